//! Certificates with a private key, as they came out of a file.

use std::fmt;

use zeroize::Zeroizing;

/// A certificate or a request in DER. Nothing about it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Der(Vec<u8>);

impl Der {
    /// Bytes that are, or claim to be, a certificate.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, owned.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// What a file of certificates and a private key had in it.
pub struct Bundle {
    /// The private key (PKCS #8), if there was one.
    pub private_key: Option<Zeroizing<Vec<u8>>>,
    /// The certificates; each can be parsed.
    pub certificates: Vec<Der>,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bundle(..)")
    }
}

/// The most bytes that a file of certificates may have.
pub(super) const MAX_FILE: usize = 256 * 1024;
/// The most certificates that a file may have.
pub(super) const MAX_CERTIFICATES: usize = 32;
