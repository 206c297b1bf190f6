//! What all keys of the envelope are.

use ring::hkdf;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, OpenError};
use crate::random::{Random, RandomError};

/// Thirty-two bytes that are wiped when dropped.
pub(super) struct KeyBytes(Zeroizing<[u8; 32]>);

impl KeyBytes {
    pub(super) fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes)?;
        Ok(Self(bytes))
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key of its own for a purpose: HKDF-SHA256 (RFC 5869) with the purpose and the label as info.
    pub(super) fn derive(&self, purpose: Purpose, label: &str) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, SALT)
            .extract(&*self.0)
            .expand(&[purpose.name(), b"/", label.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *out))
            .expect("thirty-two bytes are within what HKDF-SHA256 can give");
        out
    }

    pub(super) fn cipher(&self, purpose: Purpose) -> Cipher {
        Cipher::new(&self.derive(purpose, ""))
    }

    /// Seals this key under another.
    pub(super) fn seal(&self, cipher: &Cipher, context: &[u8], random: &dyn Random) -> Result<Vec<u8>, RandomError> {
        cipher.seal(context, &*self.0, random)
    }

    pub(super) fn open(cipher: &Cipher, context: &[u8], sealed: &[u8]) -> Result<Self, OpenError> {
        let bytes = cipher.open(context, sealed)?;
        Self::from_slice(&bytes).ok_or(OpenError)
    }
}

/// What a derived key is for. No purpose's name has a slash, so no label of one purpose can reach another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    SealKeyEncryptionKey,
    SealDataKey,
    SealRecord,
    Subkey,
}

impl Purpose {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::SealKeyEncryptionKey => b"seal key-encryption key",
            Self::SealDataKey => b"seal data key",
            Self::SealRecord => b"seal record",
            Self::Subkey => b"subkey",
        }
    }
}

const SALT: &[u8] = b"portcullis 1";
