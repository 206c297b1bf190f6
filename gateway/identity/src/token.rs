//! What a token holds, once its signature is known to be ours.

pub(crate) mod claims;
pub(crate) mod complexity;
mod verified;

pub(crate) use claims::Claims;
pub use complexity::Complexity;
pub(crate) use complexity::{Prefixes, review};
pub(crate) use verified::{ReadTokenError, VerifiedToken};
