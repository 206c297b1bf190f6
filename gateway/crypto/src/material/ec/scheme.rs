//! The one signature algorithm of each curve.

use aws_lc_rs::digest::{self, Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED,
    ECDSA_P256K1_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm,
};
use portcullis_model::Curve;

use crate::material::error::OperationError;

/// What the library calls the one algorithm of a curve.
pub(super) struct Scheme {
    pub(super) signing: &'static EcdsaSigningAlgorithm,
    pub(super) verifying: &'static EcdsaVerificationAlgorithm,
    hash: &'static digest::Algorithm,
}

impl Scheme {
    pub(super) fn digest(&self, digest: &[u8]) -> Result<Digest, OperationError> {
        Digest::import_less_safe(digest, self.hash)
            .map_err(|_| OperationError::DigestLength { expected: self.hash.output_len() })
    }
}

pub(super) fn scheme(curve: Curve) -> Scheme {
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
