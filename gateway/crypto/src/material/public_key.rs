//! A public key by itself.

use std::fmt;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use portcullis_model::{Curve, KeySpec, SignatureAlgorithm};

use super::ec::EcPublicKey;
use super::error::{ImportError, OperationError};
use super::jwk::PublicJwk;
use super::rsa::RsaPublicKey;
use crate::x509;

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

    /// Takes the key of a certificate.
    pub fn of_certificate(key: &x509::PublicKey) -> Result<Self, ImportError> {
        match key.kind() {
            x509::KeyKind::Rsa { .. } => RsaPublicKey::from_document(key.as_spki()).map(Kind::Rsa),
            x509::KeyKind::Ec(curve) => EcPublicKey::from_point(curve_of(curve), key.bits()).map(Kind::Ec),
            x509::KeyKind::Other => Err(ImportError::UnsupportedSize),
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

    /// Whether a signature is one of the message under this key, with the algorithm's hash over it. An algorithm
    /// without a hash, or of another type, is an error.
    pub fn verify_message(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, OperationError> {
        let digest = hash_of(algorithm).map(|hash| digest::digest(hash, message));
        self.verify(algorithm, digest.ok_or(OperationError::Unsupported)?.as_ref(), signature)
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

/// The hash that an algorithm signs over; HS* and RSNULL sign over none, or are not for public keys.
const fn hash_of(algorithm: SignatureAlgorithm) -> Option<&'static digest::Algorithm> {
    use SignatureAlgorithm as Alg;
    match algorithm {
        Alg::Rs256 | Alg::Ps256 | Alg::Es256 | Alg::Es256k => Some(&SHA256),
        Alg::Rs384 | Alg::Ps384 | Alg::Es384 => Some(&SHA384),
        Alg::Rs512 | Alg::Ps512 | Alg::Es512 => Some(&SHA512),
        Alg::RsNull | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => None,
    }
}

const fn curve_of(curve: x509::Curve) -> Curve {
    match curve {
        x509::Curve::P256 => Curve::P256,
        x509::Curve::P384 => Curve::P384,
        x509::Curve::P521 => Curve::P521,
        x509::Curve::P256K => Curve::P256K,
    }
}
