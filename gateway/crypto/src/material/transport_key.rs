//! The key of an environment elsewhere, to which keys of vaults are released.

use std::fmt;

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OaepAlgorithm, OaepPublicEncryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use portcullis_model::{OctSize, ReleaseWrapping};
use zeroize::Zeroizing;

use super::error::{ImportError, KeyError, OperationError};
use super::jwk::without_leading_zeros;
use super::key_material::KeyMaterial;
use super::key_wrap::{self, Form};
use super::oct::OctKey;
use super::rsa::RsaPublicKey;
use crate::random::Random;

/// A public RSA key of 2048, 3072 or 4096 bits with the exponent 65537, to which keys are wrapped.
pub struct TransportKey(OaepPublicEncryptingKey);

impl TransportKey {
    /// Takes a key from its numbers, big-endian.
    pub fn from_numbers(n: &[u8], e: &[u8]) -> Result<Self, ImportError> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        if e != EXPONENT {
            return Err(ImportError::UnsupportedExponent);
        }
        RsaPublicKey::from_numbers(n, e)?;
        let key: PublicEncryptingKey =
            PublicKeyComponents { n, e }.try_into().map_err(|_| ImportError::Inconsistent)?;
        OaepPublicEncryptingKey::new(key).map(Self).map_err(|_| ImportError::Inconsistent)
    }

    /// Wraps a key, PKCS #8 for RSA and EC, the bare bytes of a symmetric key: a fresh AES key under this key, then
    /// the key under the AES key (PKCS #11, `CKM_RSA_AES_KEY_WRAP`).
    pub fn wrap(
        &self,
        wrapping: ReleaseWrapping,
        key: &KeyMaterial,
        random: &dyn Random,
    ) -> Result<Vec<u8>, OperationError> {
        let between = OctKey::generate(OctSize::Oct256, random).map_err(|error| match error {
            KeyError::Random(error) => OperationError::Random(error),
            KeyError::Generation => OperationError::Library,
        })?;
        let mut wrapped = vec![0; self.0.ciphertext_size()];
        let oaep = oaep(wrapping);
        let encrypted = self.0.encrypt(oaep, between.expose(), &mut wrapped, NO_LABEL);
        let length = encrypted.map_err(|_| OperationError::Library)?.len();
        wrapped.truncate(length);
        let bare: Zeroizing<Vec<u8>> = key.to_stored();
        wrapped.extend(key_wrap::wrap(&between, Form::Padded, &bare)?);
        Ok(wrapped)
    }
}

impl fmt::Debug for TransportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportKey").field("bits", &self.0.key_size_bits()).finish()
    }
}

/// The hash is that of the mask too.
const fn oaep(wrapping: ReleaseWrapping) -> &'static OaepAlgorithm {
    match wrapping {
        ReleaseWrapping::RsaAesKeyWrap => &OAEP_SHA1_MGF1SHA1,
        ReleaseWrapping::RsaAesKeyWrap256 => &OAEP_SHA256_MGF1SHA256,
        ReleaseWrapping::RsaAesKeyWrap384 => &OAEP_SHA384_MGF1SHA384,
    }
}

/// 65537.
const EXPONENT: &[u8] = &[1, 0, 1];
const NO_LABEL: Option<&[u8]> = None;

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
    use portcullis_model::{Curve, KeySpec, RsaSize, WrapAlgorithm};

    use super::*;
    use crate::SystemRandom;
    use crate::material::{PrivateJwk, PublicJwk};

    fn rsa() -> (KeyMaterial, Vec<u8>) {
        let key = KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa2048), &SystemRandom::new()).unwrap();
        let PublicJwk::Rsa { n, .. } = key.public() else { panic!("an RSA key") };
        (key, n)
    }

    /// What the environment does: the library's own decryption, then ours of AES key wrap.
    fn unwrapped(enclave: &KeyMaterial, wrapping: ReleaseWrapping, wrapped: &[u8]) -> Result<Vec<u8>, OperationError> {
        let private = PrivateDecryptingKey::from_pkcs8(&enclave.to_pkcs8().unwrap()).unwrap();
        let private = OaepPrivateDecryptingKey::new(private).unwrap();
        let mut between = vec![0; private.min_output_size()];
        let (first, rest) = wrapped.split_at(256);
        let opened = private.decrypt(oaep(wrapping), first, &mut between, NO_LABEL);
        let between = opened.map_err(|_| OperationError::DecryptionFailed)?;
        let between = KeyMaterial::import(&PrivateJwk::Oct { k: between }).unwrap();
        between.unwrap(WrapAlgorithm::CkmAesKeyWrapPad, rest).map(|bare| bare.to_vec())
    }

    #[test]
    fn every_key_comes_out_as_it_is_kept() {
        let random = SystemRandom::new();
        let (enclave, n) = rsa();
        let to = TransportKey::from_numbers(&n, &[0, 1, 0, 1]).unwrap();
        for spec in [KeySpec::Rsa(RsaSize::Rsa2048), KeySpec::Ec(Curve::P521), KeySpec::Oct(OctSize::Oct128)] {
            let key = KeyMaterial::generate(spec, &random).unwrap();
            for wrapping in ReleaseWrapping::ALL {
                let wrapped = to.wrap(*wrapping, &key, &random).unwrap();
                assert_eq!(unwrapped(&enclave, *wrapping, &wrapped).unwrap(), *key.to_stored(), "{spec:?} {wrapping}");
                assert_ne!(wrapped, to.wrap(*wrapping, &key, &random).unwrap(), "each time under a fresh key");
            }
        }
    }

    #[test]
    fn nothing_comes_out_with_another_key_or_hash_or_of_a_damaged_one() {
        let random = SystemRandom::new();
        let ((enclave, n), (other, _)) = (rsa(), rsa());
        let key = KeyMaterial::generate(KeySpec::Oct(OctSize::Oct256), &random).unwrap();
        let wrapping = ReleaseWrapping::RsaAesKeyWrap256;
        let mut wrapped = TransportKey::from_numbers(&n, EXPONENT).unwrap().wrap(wrapping, &key, &random).unwrap();
        assert!(unwrapped(&other, wrapping, &wrapped).is_err());
        assert!(unwrapped(&enclave, ReleaseWrapping::RsaAesKeyWrap, &wrapped).is_err());
        assert!(unwrapped(&enclave, wrapping, &wrapped[..wrapped.len() - 8]).is_err());
        for place in [0, 290] {
            wrapped[place] ^= 1;
            assert!(unwrapped(&enclave, wrapping, &wrapped).is_err(), "{place}");
            wrapped[place] ^= 1;
        }
        assert!(unwrapped(&enclave, wrapping, &wrapped).is_ok());
    }

    #[test]
    fn weak_and_odd_keys_are_refused() {
        let (_, n) = rsa();
        let unsupported = Err(ImportError::UnsupportedExponent);
        for e in [&[3][..], &[], &[0], &[1], &[1, 0, 0], &[1, 0, 1, 0]] {
            assert_eq!(TransportKey::from_numbers(&n, e).map(drop), unsupported);
        }
        for n in [&n[..128], &n[..255], &[]] {
            assert_eq!(TransportKey::from_numbers(n, EXPONENT).map(drop), Err(ImportError::UnsupportedSize));
        }
        let even: Vec<u8> = n[..255].iter().copied().chain([0]).collect();
        assert!(TransportKey::from_numbers(&even, EXPONENT).is_err());
    }
}
