//! Why there is no certificate.

use crate::random::RandomError;

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A server's certificate must name something.
    #[error("a server certificate needs at least one name or address")]
    NoNames,
    /// A name cannot stand in a certificate.
    #[error("not a name for a certificate: `{}`", name.escape_debug())]
    Name {
        /// The name.
        name: String,
    },
    /// The span of time is empty or out of the years 1950 to 9999.
    #[error("a certificate must be valid from a time to a later one, in the years 1950 to 9999")]
    Validity,
    /// The text is not a certificate of an authority.
    #[error("not the certificate of a certificate authority in PEM form")]
    NotAuthority,
    /// The text is not a private key that can sign.
    #[error("not an ECDSA P-256 private key in PEM form")]
    NotKey {
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// The key is not that of the certificate.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// Generation or signing failed.
    #[error("the certificate could not be made")]
    Making {
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// There is no randomness for a serial number.
    #[error("the certificate could not be given a serial number")]
    Random(#[from] RandomError),
}

impl CertificateError {
    pub(super) fn making(source: rcgen::Error) -> Self {
        Self::Making { source }
    }
}
