//! Why a file is no bundle.

use crate::random::RandomError;
use crate::x509::der::Malformed;
use crate::x509::{FactsError, KeyError};

/// Why a file is no bundle, or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs12Error {
    /// There are more bytes than we accept.
    #[error("the PKCS #12 file or its password is too long")]
    TooLong,
    /// It is not PKCS #12.
    #[error("not a PKCS #12 file")]
    Malformed,
    /// The password is not that of the file.
    #[error("the password of the PKCS #12 file is wrong")]
    WrongPassword,
    /// The file demands more work of key derivation than we do.
    #[error("the PKCS #12 file demands more than {} iterations of key derivation", super::Budget::LIMIT)]
    TooManyIterations,
    /// The file uses an algorithm or a form that we do not read.
    #[error("the PKCS #12 file uses an unsupported algorithm or form")]
    Unsupported,
    /// There are several private keys.
    #[error("the PKCS #12 file has more than one private key")]
    SeveralKeys,
    /// There are more certificates or bags than we accept.
    #[error("the PKCS #12 file has too many certificates")]
    TooManyCertificates,
    /// There is no certificate, or none to write.
    #[error("the PKCS #12 file has no certificate")]
    NoCertificate,
    /// No certificate is that of the private key.
    #[error("no certificate in the PKCS #12 file belongs to its private key")]
    KeyMismatch,
    /// A certificate is malformed.
    #[error("a certificate in the PKCS #12 file is malformed")]
    Certificate(#[from] FactsError),
    /// The private key cannot be used.
    #[error("the private key in the PKCS #12 file cannot be used")]
    Key(#[from] KeyError),
    /// There is no randomness to write with.
    #[error("the PKCS #12 file could not be given a salt")]
    Random(#[from] RandomError),
}

impl From<Malformed> for Pkcs12Error {
    fn from(Malformed: Malformed) -> Self {
        Self::Malformed
    }
}
