//! The key of a vault.

use std::fmt;

use super::key_bytes::{KeyBytes, Purpose};
use super::key_encryption_key::KeyEncryptionKey;
use crate::cipher::{Cipher, OpenError};
use crate::random::{Random, RandomError};

/// Seals the records of one vault. Destroying it destroys the vault's contents, in backups as well.
///
/// ```compile_fail
/// fn copy(key: &portcullis_crypto::DataKey) -> portcullis_crypto::DataKey {
///     key.clone()
/// }
/// ```
pub struct DataKey(KeyBytes);

impl DataKey {
    /// Makes a new key.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        KeyBytes::generate(random).map(Self)
    }

    /// Opens what [`DataKey::seal`] sealed for the same context.
    pub fn open(sealed: &[u8], key: &KeyEncryptionKey, context: &[u8]) -> Result<Self, OpenError> {
        KeyBytes::open(&key.cipher(), &aad(context), sealed).map(Self)
    }

    /// This key as it is kept in the store. The context says whose key it is (the key in the store, say), so that the
    /// keys of two vaults cannot be exchanged.
    pub fn seal(&self, key: &KeyEncryptionKey, context: &[u8], random: &dyn Random) -> Result<Vec<u8>, RandomError> {
        self.0.seal(&key.cipher(), &aad(context), random)
    }

    pub(crate) fn cipher(&self) -> Cipher {
        self.0.cipher(Purpose::SealRecord)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

fn aad(context: &[u8]) -> Vec<u8> {
    [b"portcullis data key 1".as_slice(), context].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn opens_under_its_key_and_in_its_context_only() {
        let random = SeededRandom::new(1);
        let (kek, other) = (KeyEncryptionKey::generate(&random).unwrap(), KeyEncryptionKey::generate(&random).unwrap());
        let key = DataKey::generate(&random).unwrap();
        let sealed = key.seal(&kek, b"vault 1", &random).unwrap();
        assert_eq!(DataKey::open(&sealed, &kek, b"vault 1").unwrap().0.expose(), key.0.expose());
        assert!(DataKey::open(&sealed, &kek, b"vault 2").is_err());
        assert!(DataKey::open(&sealed, &other, b"vault 1").is_err());
        for length in 0..sealed.len() {
            assert!(DataKey::open(&sealed[..length], &kek, b"vault 1").is_err());
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(DataKey::open(&flipped, &kek, b"vault 1").is_err());
        }
    }
}
