//! A key pair on an elliptic curve.

mod public;
mod scheme;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair};
use portcullis_model::Curve;
pub(super) use public::EcPublicKey;
use scheme::scheme;
use zeroize::Zeroizing;

use super::error::{ImportError, KeyError, OperationError};
use super::jwk::{PublicJwk, right_align};

/// A private key and its public key, both parsed. aws-lc wipes the private number when it frees it.
pub(super) struct EcKey {
    pair: EcdsaKeyPair,
    public: EcPublicKey,
}

impl EcKey {
    pub(super) fn generate(curve: Curve) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(scheme(curve).signing).map_err(|_| KeyError::Generation)?;
        Self::new(curve, pair).map_err(|_| KeyError::Generation)
    }

    /// Takes a key from its numbers. The library checks that the point is on the curve and belongs to the number.
    pub(super) fn from_numbers(curve: Curve, x: &[u8], y: &[u8], d: &[u8]) -> Result<Self, ImportError> {
        let mut private = Zeroizing::new(vec![0; curve.coordinate_length()]);
        right_align(d, &mut private)?;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            scheme(curve).signing,
            &private,
            &public::point(curve, x, y)?,
        )
        .map_err(|_| ImportError::Inconsistent)?;
        Self::new(curve, pair)
    }

    /// Takes a key out of PKCS #8; the library checks it.
    pub(super) fn from_pkcs8(curve: Curve, der: &[u8]) -> Result<Self, ImportError> {
        let pair = EcdsaKeyPair::from_pkcs8(scheme(curve).signing, der).map_err(|_| ImportError::Malformed)?;
        Self::new(curve, pair)
    }

    pub(super) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let document = self.pair.to_pkcs8v1().expect("a checked key has a PKCS #8 form");
        Zeroizing::new(document.as_ref().to_vec())
    }

    pub(super) const fn curve(&self) -> Curve {
        self.public.curve()
    }

    pub(super) fn public(&self) -> PublicJwk {
        // The form is SEC 1's: the byte 4, then both coordinates in full length (section 2.3.3).
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(self.curve().coordinate_length());
        PublicJwk::Ec { curve: self.curve(), x: x.to_vec(), y: y.to_vec() }
    }

    pub(super) fn public_key_info(&self) -> Vec<u8> {
        self.pair.public_key().as_der().expect("a checked key has an X.509 form").as_ref().to_vec()
    }

    /// Signs a digest; the signature is r and s in full length (RFC 7518 section 3.4).
    pub(super) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, OperationError> {
        let digest = scheme(self.curve()).digest(digest)?;
        let signature = self.pair.sign_digest(&digest).map_err(|_| OperationError::Library)?;
        Ok(signature.as_ref().to_vec())
    }

    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<bool, OperationError> {
        self.public.verify(digest, signature)
    }

    fn new(curve: Curve, pair: EcdsaKeyPair) -> Result<Self, ImportError> {
        let public = EcPublicKey::from_point(curve, pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }
}
