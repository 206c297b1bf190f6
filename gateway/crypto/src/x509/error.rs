//! Why there is no certificate or request.

use super::KeyError;
use crate::random::RandomError;

/// Why there is no certificate or request.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The key cannot be used.
    #[error("the key cannot be used for a certificate")]
    Key(#[from] KeyError),
    /// The certificate would be valid in years that it cannot tell, or not at all.
    #[error("a certificate must be valid from a time to a later one, in the years 1950 to 9999")]
    Time,
    /// The authority signs end entities only.
    #[error("the authority issues no certificates of authorities")]
    AuthorityRequested,
    /// The certificate of the authority is not valid now.
    #[error("the certificate of the authority is not valid now")]
    AuthorityNotValid,
    /// There is no randomness for a serial number.
    #[error("the certificate could not be given a serial number")]
    Random(#[from] RandomError),
}
