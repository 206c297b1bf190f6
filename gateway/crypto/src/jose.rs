//! Signed JSON of others: tokens (RFC 7515, RFC 7519) and the key sets that verify them (RFC 7517).
//!
//! In [`Jws`] only asymmetric algorithms are known, so neither `none` nor a public key taken for a shared secret can verify
//! anything; what a shared key signs is read by [`Shared`], which knows no other. Which keys count is for the caller to say: header parameters that bring keys along are not looked at.

pub mod base64url;
pub mod json;
mod jws;
mod key_set;
mod shared;

pub use jws::Jws;
pub use key_set::{BadKeySet, KeySet, VerificationKey, algorithm};
pub use shared::Shared;
