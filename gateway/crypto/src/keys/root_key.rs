//! The key above all others.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use super::key_bytes::{KeyBytes, Purpose};
use super::root_key_file::{self, RootKeyError};
use crate::cipher::Cipher;
use crate::random::{Random, RandomError};

/// Opens the key-encryption key. The only key that is not in the store: without its file nothing in the store can be
/// read by anyone.
///
/// ```compile_fail
/// fn copy(key: &portcullis_crypto::RootKey) -> portcullis_crypto::RootKey {
///     key.clone()
/// }
/// ```
pub struct RootKey(KeyBytes);

impl RootKey {
    /// Makes a key that is kept nowhere, for a gateway that forgets everything.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        KeyBytes::generate(random).map(Self)
    }

    /// Makes a key and keeps it in a new file that only its owner can read. The file is durable on return.
    pub fn create(path: &Path, random: &dyn Random) -> Result<Self, RootKeyError> {
        let key = KeyBytes::generate(random)?;
        root_key_file::write(path, key.expose())?;
        Ok(Self(key))
    }

    /// Reads the key from its file, unless others than the owner can read or change it as well.
    pub fn load(path: &Path) -> Result<Self, RootKeyError> {
        let bytes = root_key_file::read(path)?;
        KeyBytes::from_slice(&bytes).map(Self).ok_or_else(|| RootKeyError::Malformed { path: path.to_owned() })
    }

    /// A key of its own for the purpose that the label names.
    #[must_use]
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        self.0.derive(Purpose::Subkey, label)
    }

    pub(super) fn cipher(&self) -> Cipher {
        self.0.cipher(Purpose::SealKeyEncryptionKey)
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::SeededRandom;

    #[test]
    fn is_the_same_after_it_was_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let created = RootKey::create(&path, &SeededRandom::new(1)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(RootKey::load(&path).unwrap().derive("a"), created.derive("a"));
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("portcullis-root-key-1:") && text.ends_with('\n') && text.lines().count() == 1);
    }

    #[test]
    fn never_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let random = SeededRandom::new(1);
        let created = RootKey::create(&path, &random).unwrap();
        assert!(matches!(RootKey::create(&path, &random), Err(RootKeyError::Exists { .. })));
        assert_eq!(RootKey::load(&path).unwrap().derive("a"), created.derive("a"));
    }

    #[test]
    fn refuses_a_file_that_others_can_reach() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        RootKey::create(&path, &SeededRandom::new(1)).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(RootKey::load(&path), Err(RootKeyError::Exposed { .. })), "{mode:o}");
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(RootKey::load(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_root_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        RootKey::create(&path, &SeededRandom::new(1)).unwrap();
        let good = fs::read_to_string(&path).unwrap();
        let mut bad: Vec<String> = (0..good.len() - 1).map(|length| good[..length].to_owned()).collect();
        bad.extend([
            good.replace("key-1", "key-2"),
            good.replace(':', ": "),
            format!("{good}\n{good}"),
            format!(" {good}"),
            good.replace('\n', "AA\n"),
            good.repeat(100),
        ]);
        for text in bad {
            fs::write(&path, &text).unwrap();
            assert!(matches!(RootKey::load(&path), Err(RootKeyError::Malformed { .. })), "{text:?}");
        }
        // What an editor may do to the end of the line is harmless.
        fs::write(&path, good.trim_end()).unwrap();
        assert!(RootKey::load(&path).is_ok());
    }

    #[test]
    fn says_that_the_file_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let error = RootKey::load(&path).unwrap_err();
        assert!(matches!(error, RootKeyError::Missing { .. }));
        assert!(error.to_string().contains("root.key"));
        assert!(matches!(RootKey::load(folder.path()), Err(RootKeyError::NotFile { .. })));
    }

    #[test]
    fn shows_nothing() {
        let key = RootKey::generate(&SeededRandom::new(1)).unwrap();
        assert_eq!(format!("{key:?}"), "RootKey(..)");
    }
}
