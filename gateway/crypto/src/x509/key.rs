//! The keys of certificates.

mod error;
mod kind;
mod public;
mod signing;

pub use error::KeyError;
pub(super) use kind::rsa_algorithm;
pub use kind::{Curve, KeyKind};
pub use public::PublicKey;
pub(super) use signing::SigningKey;
