//! The store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;

use crate::{Batch, Entry, MAX_SCAN, Record, Revision, Store, StoreError, Watch, Watchers};

/// Keeps records in memory, for tests and for development: nothing survives it.
#[derive(Default)]
pub struct MemoryStore {
    contents: RwLock<Contents>,
    watchers: Watchers,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Contents> {
        self.contents.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Contents> {
        self.contents.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        Ok(self.read().records.get(key).cloned())
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            Some(_) | None => Bound::Included(prefix),
        };
        let contents = self.read();
        let entries = contents
            .records
            .range::<[u8], _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit.min(MAX_SCAN))
            .map(|(key, record)| Entry { key: key.clone(), record: record.clone() });
        Ok(entries.collect())
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let keys: Vec<Vec<u8>> = batch.writes().iter().map(|write| write.key().to_vec()).collect();
        let mut contents = self.write();
        let revision = contents.apply(batch)?;
        // Under the lock, so that notices come in the order of revisions.
        self.watchers.notify(revision, &keys);
        Ok(revision)
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.watchers.watch(prefix)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        Ok(self.read().revision)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("revision", &self.read().revision).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Contents {
    records: BTreeMap<Vec<u8>, Record>,
    revision: Revision,
}

impl Contents {
    fn apply(&mut self, batch: Batch) -> Result<Revision, StoreError> {
        for check in batch.checks() {
            if !check.holds(self.records.get(check.key()).map(|record| record.revision)) {
                return Err(check.conflict());
            }
        }
        self.revision = self.revision.next();
        for write in batch.into_writes() {
            match write.into_record(self.revision) {
                (key, Some(record)) => self.records.insert(key, record),
                (key, None) => self.records.remove(&key),
            };
        }
        Ok(self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn conforms() {
        crate::conformance::run(async || MemoryStore::new()).await;
    }
}
