//! Collection of versions that no head names.

use portcullis_store::{Batch, BatchBuilder, Record};

use crate::layout::{self, GarbageEntry};
use crate::{Engine, EngineError};

/// Collects what a purge left, as far as that takes little time. A failure is no failure of the purge: the entry
/// stays, and the background job goes on.
pub(crate) async fn collect_now(engine: &Engine, entry: &GarbageEntry) {
    if let Err(error) = engine.collect(entry, AT_ONCE).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "versions of a purged object are left for later");
    }
}

/// Collects what a restore wrote before it failed, if it wrote anything.
pub(crate) async fn abandon(engine: &Engine, entry: &GarbageEntry) {
    let abandoned = async {
        let record = engine.store.get(&entry.key()).await?;
        let Some(record) = record else { return Ok(0) };
        if engine.claim(entry, &record).await? { engine.collect(entry, AT_ONCE).await } else { Ok(0) }
    };
    let abandoned: Result<usize, EngineError> = abandoned.await;
    if let Err(error) = abandoned {
        tracing::warn!(error = &error as &dyn std::error::Error, "versions of a failed restore are left for later");
    }
}

impl Engine {
    /// Makes sure that the restore which wrote the versions can no longer show them. `false` if it has just done so.
    pub(crate) async fn claim(&self, entry: &GarbageEntry, record: &Record) -> Result<bool, EngineError> {
        if record.bytes != [STAGING] {
            return Ok(true);
        }
        let key = entry.key();
        let batch = Batch::builder().unchanged(key.clone(), record.revision).put(key, [GARBAGE]);
        Ok(self.commit(batch).await?.is_some())
    }

    /// Deletes versions of a claimed entry, and the entry with the last of them. Gives how many were deleted, which
    /// exceeds the limit by less than one batch.
    pub(crate) async fn collect(&self, entry: &GarbageEntry, limit: usize) -> Result<usize, EngineError> {
        let prefix = layout::all_versions(entry.vault, entry.generation);
        let mut collected = 0;
        while collected < limit.max(1) {
            let versions = self.store.scan(&prefix, None, BATCH).await?;
            let is_last = versions.len() < BATCH;
            collected += versions.len();
            let batch = versions.into_iter().fold(Batch::builder(), |batch, version| batch.delete(version.key));
            let batch: BatchBuilder = if is_last { batch.delete(entry.key()) } else { batch };
            self.commit(batch).await?;
            if is_last {
                break;
            }
        }
        Ok(collected)
    }
}

/// What an entry holds while a restore is under way.
pub(crate) const STAGING: u8 = 0;
/// What an entry holds once its versions are nobody's.
pub(crate) const GARBAGE: u8 = 1;
/// How long a restore may take.
pub(crate) const STAGING_SECONDS: i64 = 3600;

/// A scan reads values as well, so a batch is a few megabytes at most.
const BATCH: usize = 32;
const AT_ONCE: usize = 512;
