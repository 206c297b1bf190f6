//! An RSA public key.

use aws_lc_rs::rsa::{PublicKey, PublicKeyComponents};
use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use portcullis_model::{RsaSize, SignatureAlgorithm};

use super::signature;
use crate::material::error::{ImportError, OperationError};
use crate::material::jwk::without_leading_zeros;

/// A public key in its DER form. It is parsed for each verification, which is cheap, rather than kept parsed for each
/// of six algorithms.
pub(in crate::material) struct RsaPublicKey {
    size: RsaSize,
    der: Vec<u8>,
}

impl RsaPublicKey {
    /// Takes a key from its numbers.
    pub(in crate::material) fn from_numbers(n: &[u8], e: &[u8]) -> Result<Self, ImportError> {
        let numbers = PublicKeyComponents { n: without_leading_zeros(n), e: without_leading_zeros(e) };
        size_of(numbers.n)?;
        // Only the way through a document makes the library check the exponent; which algorithm is named has no effect.
        let parsed = numbers
            .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            .and_then(|key| PublicKey::from_der(key.as_ref()))
            .map_err(|_| ImportError::Inconsistent)?;
        Self::new(&parsed)
    }

    /// Takes a key from its SubjectPublicKeyInfo; the library checks it.
    pub(in crate::material) fn from_document(info: &[u8]) -> Result<Self, ImportError> {
        PublicKey::from_der(info).map_err(|_| ImportError::Inconsistent).and_then(|key| Self::new(&key))
    }

    pub(super) fn new(key: &PublicKey) -> Result<Self, ImportError> {
        let size = size_of(key.modulus().big_endian_without_leading_zero())?;
        Ok(Self { size, der: key.as_ref().to_vec() })
    }

    pub(in crate::material) const fn size(&self) -> RsaSize {
        self.size
    }

    pub(in crate::material) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, OperationError> {
        signature::verify(&self.der, algorithm, digest, signature)
    }
}

/// The size of a modulus without leading zeros. A modulus of 2047 bits in 256 bytes is no key of 2048 bits.
pub(super) fn size_of(modulus: &[u8]) -> Result<RsaSize, ImportError> {
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    let unused = usize::try_from(unused).map_err(|_| ImportError::UnsupportedSize)?;
    RsaSize::from_bits((modulus.len() * 8).saturating_sub(unused)).ok_or(ImportError::UnsupportedSize)
}
