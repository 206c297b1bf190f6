//! The key that seals the data keys.

use std::fmt;

use zeroize::Zeroizing;

use super::key_bytes::{KeyBytes, Purpose};
use super::root_key::RootKey;
use crate::cipher::{Cipher, OpenError};
use crate::random::{Random, RandomError};

/// Seals the data keys of all vaults. Kept in the store, sealed under the root key, so that the root key can be
/// replaced by sealing this one anew.
///
/// ```compile_fail
/// fn copy(key: &portcullis_crypto::KeyEncryptionKey) -> portcullis_crypto::KeyEncryptionKey {
///     key.clone()
/// }
/// ```
pub struct KeyEncryptionKey(KeyBytes);

impl KeyEncryptionKey {
    /// Makes a new key.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        KeyBytes::generate(random).map(Self)
    }

    /// Opens what [`KeyEncryptionKey::seal`] sealed.
    pub fn open(sealed: &[u8], root: &RootKey) -> Result<Self, OpenError> {
        KeyBytes::open(&root.cipher(), CONTEXT, sealed).map(Self)
    }

    /// This key as it is kept in the store.
    pub fn seal(&self, root: &RootKey, random: &dyn Random) -> Result<Vec<u8>, RandomError> {
        self.0.seal(&root.cipher(), CONTEXT, random)
    }

    /// A key of its own for the purpose that the label names. Survives a change of the root key.
    #[must_use]
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        self.0.derive(Purpose::Subkey, label)
    }

    pub(super) fn cipher(&self) -> Cipher {
        self.0.cipher(Purpose::SealDataKey)
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey(..)")
    }
}

const CONTEXT: &[u8] = b"portcullis key-encryption key 1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn opens_under_its_root_key_only() {
        let random = SeededRandom::new(1);
        let (root, other) = (RootKey::generate(&random).unwrap(), RootKey::generate(&random).unwrap());
        let key = KeyEncryptionKey::generate(&random).unwrap();
        let sealed = key.seal(&root, &random).unwrap();
        assert_eq!(KeyEncryptionKey::open(&sealed, &root).unwrap().derive("a"), key.derive("a"));
        assert!(KeyEncryptionKey::open(&sealed, &other).is_err());
        for length in 0..sealed.len() {
            assert!(KeyEncryptionKey::open(&sealed[..length], &root).is_err());
        }
    }

    #[test]
    fn derives_a_key_per_label() {
        let random = SeededRandom::new(1);
        let (key, other) = (KeyEncryptionKey::generate(&random).unwrap(), KeyEncryptionKey::generate(&random).unwrap());
        assert_eq!(key.derive("tokens"), key.derive("tokens"));
        let all = [key.derive("tokens"), key.derive("audit"), key.derive(""), other.derive("tokens")];
        for (n, derived) in all.iter().enumerate() {
            assert!(!all[..n].contains(derived));
        }
    }

    #[test]
    fn shows_nothing() {
        let key = KeyEncryptionKey::generate(&SeededRandom::new(1)).unwrap();
        assert_eq!(format!("{key:?}"), "KeyEncryptionKey(..)");
    }
}
