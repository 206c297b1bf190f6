//! A public key by itself.

use std::fmt;

use portcullis_model::{KeySpec, SignatureAlgorithm};

use super::ec::EcPublicKey;
use super::error::{ImportError, OperationError};
use super::jwk::PublicJwk;
use super::rsa::RsaPublicKey;

/// A public key whose private key is elsewhere: it verifies signatures.
pub struct PublicKey(Kind);

enum Kind {
    Rsa(RsaPublicKey),
    Ec(EcPublicKey),
}

impl PublicKey {
    /// Takes a key from its numbers, with the same tolerance as [`KeyMaterial::import`](super::KeyMaterial::import).
    pub fn from_jwk(jwk: &PublicJwk) -> Result<Self, ImportError> {
        match jwk {
            PublicJwk::Rsa { n, e } => RsaPublicKey::from_numbers(n, e).map(Kind::Rsa),
            PublicJwk::Ec { curve, x, y } => EcPublicKey::from_coordinates(*curve, x, y).map(Kind::Ec),
            PublicJwk::Oct => Err(ImportError::NotPublic),
        }
        .map(Self)
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn spec(&self) -> KeySpec {
        match &self.0 {
            Kind::Rsa(key) => KeySpec::Rsa(key.size()),
            Kind::Ec(key) => KeySpec::Ec(key.curve()),
        }
    }

    /// As [`KeyMaterial::verify`](super::KeyMaterial::verify).
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, OperationError> {
        if !algorithm.fits(&self.spec()) {
            return Err(OperationError::WrongAlgorithm);
        }
        match &self.0 {
            Kind::Rsa(key) => key.verify(algorithm, digest, signature),
            Kind::Ec(key) => key.verify(digest, signature),
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.spec()).finish()
    }
}
