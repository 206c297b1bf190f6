//! RSAES-OAEP and RSAES-PKCS1-v1_5 (RFC 8017 section 7).

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
    Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::RsaKeyPair;
use zeroize::Zeroizing;

use crate::material::error::OperationError;

/// How a value is padded.
#[derive(Debug, Clone, Copy)]
pub(in crate::material) enum Padding {
    /// OAEP with SHA-256 for the hash and the mask.
    OaepSha256,
    /// OAEP with SHA-1 for the hash and the mask.
    OaepSha1,
    /// PKCS #1 v1.5.
    Pkcs1,
}

/// A key as the library wants it for encryption. The four share one key in the library's memory.
pub(super) struct RsaCipher {
    oaep_private: OaepPrivateDecryptingKey,
    oaep_public: OaepPublicEncryptingKey,
    pkcs1_private: Pkcs1PrivateDecryptingKey,
    pkcs1_public: Pkcs1PublicEncryptingKey,
}

impl RsaCipher {
    pub(super) fn new(pair: &RsaKeyPair) -> Result<Self, Unspecified> {
        // The library has no other way from a key that signs to a key that decrypts. The document wipes itself.
        let private = PrivateDecryptingKey::from_pkcs8(pair.as_der()?.as_ref())?;
        let public = private.public_key();
        Ok(Self {
            oaep_private: OaepPrivateDecryptingKey::new(private.clone())?,
            oaep_public: OaepPublicEncryptingKey::new(public.clone())?,
            pkcs1_private: Pkcs1PrivateDecryptingKey::new(private)?,
            pkcs1_public: Pkcs1PublicEncryptingKey::new(public)?,
        })
    }

    pub(super) fn encrypt(&self, padding: Padding, value: &[u8]) -> Result<Vec<u8>, OperationError> {
        let limit = self.longest(padding);
        if value.len() > limit {
            return Err(OperationError::TooLong { limit });
        }
        let mut encrypted = vec![0; self.oaep_public.ciphertext_size()];
        let result = match padding {
            Padding::OaepSha256 => self.oaep_public.encrypt(&OAEP_SHA256_MGF1SHA256, value, &mut encrypted, NO_LABEL),
            Padding::OaepSha1 => self.oaep_public.encrypt(&OAEP_SHA1_MGF1SHA1, value, &mut encrypted, NO_LABEL),
            Padding::Pkcs1 => self.pkcs1_public.encrypt(value, &mut encrypted),
        };
        result.map_err(|_| OperationError::Library)?;
        Ok(encrypted)
    }

    /// Decrypts, or fails without a reason: see the documentation of `material`.
    pub(super) fn decrypt(&self, padding: Padding, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, OperationError> {
        let mut decrypted = Zeroizing::new(vec![0; self.oaep_private.min_output_size()]);
        let result = match padding {
            Padding::OaepSha256 => self.oaep_private.decrypt(&OAEP_SHA256_MGF1SHA256, value, &mut decrypted, NO_LABEL),
            Padding::OaepSha1 => self.oaep_private.decrypt(&OAEP_SHA1_MGF1SHA1, value, &mut decrypted, NO_LABEL),
            Padding::Pkcs1 => self.pkcs1_private.decrypt(value, &mut decrypted),
        };
        let length = result.map_err(|_| OperationError::DecryptionFailed)?.len();
        decrypted.truncate(length);
        Ok(decrypted)
    }

    fn longest(&self, padding: Padding) -> usize {
        match padding {
            Padding::OaepSha256 => self.oaep_public.max_plaintext_size(&OAEP_SHA256_MGF1SHA256),
            Padding::OaepSha1 => self.oaep_public.max_plaintext_size(&OAEP_SHA1_MGF1SHA1),
            Padding::Pkcs1 => self.pkcs1_public.max_plaintext_size(),
        }
    }
}

/// JSON Web Algorithms use the empty label (RFC 7518 section 4.3).
const NO_LABEL: Option<&[u8]> = None;
