//! The key with which the installation signs answers of releases.

use std::fmt;

use portcullis_crypto::jose::base64url;
use portcullis_crypto::material::{ImportError, KeyError, KeyMaterial};
use portcullis_crypto::{Random, sha256};
use portcullis_model::keys::{PublicJwk, ReleaseSigner, SigningFailed};
use portcullis_model::{Curve, KeySpec, SignatureAlgorithm};
use zeroize::Zeroizing;

/// A key on P-256 that signs answers of releases, and nothing else.
pub struct ReleaseSigningKey {
    key: KeyMaterial,
    public: PublicJwk,
    kid: String,
}

impl ReleaseSigningKey {
    /// Makes a new key.
    pub fn generate(random: &dyn Random) -> Result<Self, KeyError> {
        KeyMaterial::generate(SPEC, random).map(Self::of)
    }

    /// Reads what [`Self::to_stored`] wrote.
    pub fn from_stored(stored: &[u8]) -> Result<Self, ImportError> {
        KeyMaterial::from_stored(SPEC, stored).map(Self::of)
    }

    /// The key as it is kept, to be sealed.
    #[must_use]
    pub fn to_stored(&self) -> Zeroizing<Vec<u8>> {
        self.key.to_stored()
    }

    fn of(key: KeyMaterial) -> Self {
        let public = key.public();
        let kid = thumbprint(&public);
        Self { key, public, kid }
    }
}

impl ReleaseSigner for ReleaseSigningKey {
    fn kid(&self) -> &str {
        &self.kid
    }

    fn public(&self) -> &PublicJwk {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        self.key.sign(SignatureAlgorithm::Es256, &sha256(message)).map_err(|_| SigningFailed)
    }
}

impl fmt::Debug for ReleaseSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReleaseSigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The name that a key has by itself: the digest of its members in order (RFC 7638 section 3).
fn thumbprint(key: &PublicJwk) -> String {
    let PublicJwk::Ec { curve, x, y } = key else { unreachable!("a key on P-256") };
    let (x, y) = (base64url::encode(x), base64url::encode(y));
    base64url::encode(&sha256(format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes()))
}

const SPEC: KeySpec = KeySpec::Ec(Curve::P256);

#[cfg(test)]
mod tests {
    use portcullis_crypto::SystemRandom;
    use portcullis_crypto::material::PublicKey;

    use super::*;

    #[test]
    fn is_the_same_key_after_it_was_kept() {
        let key = ReleaseSigningKey::generate(&SystemRandom::new()).unwrap();
        let again = ReleaseSigningKey::from_stored(&key.to_stored()).unwrap();
        assert_eq!((key.kid(), key.public()), (again.kid(), again.public()));
        let signature = again.sign(b"message").unwrap();
        let public = PublicKey::from_jwk(key.public()).unwrap();
        assert!(public.verify_message(SignatureAlgorithm::Es256, b"message", &signature).unwrap());
        assert!(!public.verify_message(SignatureAlgorithm::Es256, b"other", &signature).unwrap());
        let other = ReleaseSigningKey::generate(&SystemRandom::new()).unwrap();
        assert_ne!(key.kid(), other.kid());
        assert!(!format!("{key:?}").contains("key:"));
    }
}
