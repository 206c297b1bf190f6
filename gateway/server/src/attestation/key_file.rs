//! Keys in a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use portcullis_crypto::jose::{KeySet, VerificationKey};

use super::BadAuthority;

/// A file of keys, and the keys that were last read from it.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    keys: ArcSwap<KeySet>,
}

impl KeyFile {
    pub(super) fn open(path: PathBuf) -> Result<Self, BadAuthority> {
        let keys = ArcSwap::from_pointee(read(&path)?);
        Ok(Self { path, keys })
    }

    /// Reads the file anew; if it cannot be used, the keys stay.
    pub(super) fn reload(&self) -> Result<(), BadAuthority> {
        self.keys.store(Arc::new(read(&self.path)?));
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<VerificationKey>> {
        self.keys.load().find(kid)
    }
}

fn read(path: &Path) -> Result<KeySet, BadAuthority> {
    Ok(KeySet::parse(&std::fs::read(path)?)?)
}
