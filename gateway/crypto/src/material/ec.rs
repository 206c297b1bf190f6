//! A key pair on an elliptic curve.

use aws_lc_rs::digest::{self, Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED,
    ECDSA_P256K1_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};
use portcullis_model::Curve;
use portcullis_model::keys::PublicJwk;
use zeroize::Zeroizing;

use super::error::{ImportError, KeyError, OperationError};
use super::jwk::without_leading_zeros;

/// A private key and its public key, both parsed. aws-lc wipes the private number when it frees it.
pub(super) struct EcKey {
    curve: Curve,
    pair: EcdsaKeyPair,
    public: ParsedPublicKey,
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
        let pair = EcdsaKeyPair::from_private_key_and_public_key(scheme(curve).signing, &private, &point(curve, x, y)?)
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
        self.curve
    }

    pub(super) fn public(&self) -> PublicJwk {
        // The form is SEC 1's: the byte 4, then both coordinates in full length (section 2.3.3).
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(self.curve.coordinate_length());
        PublicJwk::Ec { curve: self.curve, x: x.to_vec(), y: y.to_vec() }
    }

    pub(super) fn public_key_info(&self) -> Vec<u8> {
        self.pair.public_key().as_der().expect("a checked key has an X.509 form").as_ref().to_vec()
    }

    /// Signs a digest; the signature is r and s in full length (RFC 7518 section 3.4).
    pub(super) fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, OperationError> {
        let digest = self.digest(digest)?;
        let signature = self.pair.sign_digest(&digest).map_err(|_| OperationError::Library)?;
        Ok(signature.as_ref().to_vec())
    }

    pub(super) fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<bool, OperationError> {
        let digest = self.digest(digest)?;
        Ok(self.public.verify_digest_sig(&digest, signature).is_ok())
    }

    fn new(curve: Curve, pair: EcdsaKeyPair) -> Result<Self, ImportError> {
        let public = ParsedPublicKey::new(scheme(curve).verifying, pair.public_key().as_ref())
            .map_err(|_| ImportError::Inconsistent)?;
        Ok(Self { curve, pair, public })
    }

    fn digest(&self, digest: &[u8]) -> Result<Digest, OperationError> {
        let hash = scheme(self.curve).hash;
        Digest::import_less_safe(digest, hash).map_err(|_| OperationError::DigestLength { expected: hash.output_len() })
    }
}

/// What the library calls the one algorithm of a curve.
struct Scheme {
    signing: &'static EcdsaSigningAlgorithm,
    verifying: &'static EcdsaVerificationAlgorithm,
    hash: &'static digest::Algorithm,
}

fn scheme(curve: Curve) -> Scheme {
    match curve {
        Curve::P256 => {
            Scheme { signing: &ECDSA_P256_SHA256_FIXED_SIGNING, verifying: &ECDSA_P256_SHA256_FIXED, hash: &SHA256 }
        }
        Curve::P384 => {
            Scheme { signing: &ECDSA_P384_SHA384_FIXED_SIGNING, verifying: &ECDSA_P384_SHA384_FIXED, hash: &SHA384 }
        }
        Curve::P521 => {
            Scheme { signing: &ECDSA_P521_SHA512_FIXED_SIGNING, verifying: &ECDSA_P521_SHA512_FIXED, hash: &SHA512 }
        }
        Curve::P256K => {
            Scheme { signing: &ECDSA_P256K1_SHA256_FIXED_SIGNING, verifying: &ECDSA_P256K1_SHA256_FIXED, hash: &SHA256 }
        }
    }
}

/// A point in SEC 1's uncompressed form.
fn point(curve: Curve, x: &[u8], y: &[u8]) -> Result<Vec<u8>, ImportError> {
    let length = curve.coordinate_length();
    let mut point = vec![0; 1 + 2 * length];
    point[0] = 4;
    let (first, second) = point[1..].split_at_mut(length);
    right_align(x, first)?;
    right_align(y, second)?;
    Ok(point)
}

/// Writes a number into the end of a buffer of zeros.
fn right_align(number: &[u8], buffer: &mut [u8]) -> Result<(), ImportError> {
    let number = without_leading_zeros(number);
    let start = buffer.len().checked_sub(number.len()).ok_or(ImportError::TooLong)?;
    buffer[start..].copy_from_slice(number);
    Ok(())
}
