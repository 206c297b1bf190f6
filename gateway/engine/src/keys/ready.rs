//! Keys that were parsed once and are kept ready.

use std::fmt;
use std::sync::Arc;

use portcullis_crypto::material::KeyMaterial;
use portcullis_model::{Generation, VaultId};
use quick_cache::sync::Cache;

use crate::record::VersionId;

/// Keys that were parsed once, so that an operation costs the operation. Bounded; the material of a version never
/// changes, and a key that nobody uses any more is wiped when others push it out.
pub(crate) struct ReadyKeys(Cache<(VaultId, Generation, VersionId), Arc<KeyMaterial>>);

impl ReadyKeys {
    /// How many keys are kept ready unless it is said otherwise.
    pub(crate) const DEFAULT_REMEMBERED: usize = 1024;

    pub(crate) fn new(keys: usize) -> Self {
        Self(Cache::new(keys))
    }

    pub(super) fn get(&self, place: &(VaultId, Generation, VersionId)) -> Option<Arc<KeyMaterial>> {
        self.0.get(place)
    }

    pub(super) fn keep(&self, place: (VaultId, Generation, VersionId), key: Arc<KeyMaterial>) {
        self.0.insert(place, key);
    }
}

impl fmt::Debug for ReadyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyKeys").field("remembered", &self.0.len()).finish_non_exhaustive()
    }
}
