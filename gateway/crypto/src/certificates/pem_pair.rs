//! A certificate with its key, as text.

use std::fmt;

use zeroize::Zeroizing;

/// Certificates and the private key of the first, both as PEM.
pub struct PemPair {
    /// The certificate, then those that lead to its authority.
    pub certificates: String,
    /// Its private key (PKCS #8).
    pub key: Zeroizing<String>,
}

impl fmt::Debug for PemPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PemPair(..)")
    }
}
