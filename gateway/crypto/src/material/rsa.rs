//! An RSA key pair.

mod encryption;
mod public;
mod signature;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPairComponents, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair, RsaKeyPair};
pub(super) use encryption::Padding;
use encryption::RsaCipher;
use portcullis_model::{RsaSize, SignatureAlgorithm};
pub(super) use public::RsaPublicKey;
use zeroize::Zeroizing;

use super::error::{ImportError, KeyError, OperationError};
use super::jwk::{PublicJwk, without_leading_zeros};

/// A private key and its public key, both parsed. aws-lc wipes the private numbers when it frees them.
pub(super) struct RsaKey {
    pair: RsaKeyPair,
    public: RsaPublicKey,
    cipher: RsaCipher,
}

/// The private numbers of a key (RFC 7518 section 6.3.2).
pub(super) struct PrivateNumbers<'a> {
    pub(super) d: &'a [u8],
    pub(super) dp: &'a [u8],
    pub(super) dq: &'a [u8],
    pub(super) qi: &'a [u8],
    pub(super) p: &'a [u8],
    pub(super) q: &'a [u8],
}

impl RsaKey {
    /// Makes a key with the exponent 65537. Takes from tenths of a second to seconds.
    pub(super) fn generate(size: RsaSize) -> Result<Self, KeyError> {
        let size = match size {
            RsaSize::Rsa2048 => KeySize::Rsa2048,
            RsaSize::Rsa3072 => KeySize::Rsa3072,
            RsaSize::Rsa4096 => KeySize::Rsa4096,
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::Generation)?;
        Self::new(pair).map_err(|_| KeyError::Generation)
    }

    /// Takes a key from its numbers. The library checks every relation between them, but not that p and q are prime.
    pub(super) fn from_numbers(n: &[u8], e: &[u8], private: &PrivateNumbers<'_>) -> Result<Self, ImportError> {
        let n = without_leading_zeros(n);
        public::size_of(n)?;
        let pair = RsaKeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents { n, e: without_leading_zeros(e) },
            d: private.d,
            p: private.p,
            q: private.q,
            dP: private.dp,
            dQ: private.dq,
            qInv: private.qi,
        })
        .map_err(|_| ImportError::Inconsistent)?;
        Self::new(pair)
    }

    /// Takes a key out of PKCS #8; the library checks it as it checks numbers.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, ImportError> {
        RsaKeyPair::from_pkcs8(der).map_err(|_| ImportError::Malformed).and_then(Self::new)
    }

    pub(super) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let document = self.pair.as_der().expect("a checked key has a PKCS #8 form");
        Zeroizing::new(document.as_ref().to_vec())
    }

    pub(super) const fn size(&self) -> RsaSize {
        self.public.size()
    }

    pub(super) fn public(&self) -> PublicJwk {
        let public = self.pair.public_key();
        PublicJwk::Rsa {
            n: public.modulus().big_endian_without_leading_zero().to_vec(),
            e: public.exponent().big_endian_without_leading_zero().to_vec(),
        }
    }

    pub(super) fn public_key_info(&self) -> Vec<u8> {
        self.pair.public_key().as_der().expect("a checked key has an X.509 form").as_ref().to_vec()
    }

    pub(super) fn sign(&self, algorithm: SignatureAlgorithm, digest: &[u8]) -> Result<Vec<u8>, OperationError> {
        signature::sign(&self.pair, algorithm, digest)
    }

    pub(super) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, OperationError> {
        self.public.verify(algorithm, digest, signature)
    }

    pub(super) fn encrypt(&self, padding: Padding, value: &[u8]) -> Result<Vec<u8>, OperationError> {
        self.cipher.encrypt(padding, value)
    }

    pub(super) fn decrypt(&self, padding: Padding, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, OperationError> {
        self.cipher.decrypt(padding, value)
    }

    fn new(pair: RsaKeyPair) -> Result<Self, ImportError> {
        let public = RsaPublicKey::new(pair.public_key())?;
        let cipher = RsaCipher::new(&pair).map_err(|_| ImportError::Inconsistent)?;
        Ok(Self { pair, public, cipher })
    }
}
