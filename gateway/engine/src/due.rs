//! The engine's background work: purges that are due, and garbage.

use portcullis_model::UnixTime;
use portcullis_store::{Batch, Entry};

use crate::layout::{GarbageEntry, ObjectEntry, PurgeEntry};
use crate::objects::Objects;
use crate::{Engine, EngineError};

/// What one call of [`Engine::run_due`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Due {
    /// How many deleted objects were purged.
    pub purged: usize,
    /// How many versions of purged objects, or of restores that came to nothing, were deleted.
    pub collected: usize,
    /// Whether there may be more to do at this time.
    pub more: bool,
}

impl Engine {
    /// Purges what is due and collects garbage, a bounded amount of each.
    ///
    /// Purges on schedule are for every vault, protected from purges or not. May be called by several processes at
    /// once, may be dropped at any time, and is to be called again soon when there is more. An object that cannot be
    /// opened is logged, kept and looked at again after a day.
    pub async fn run_due(&self, now: UnixTime) -> Result<Due, EngineError> {
        let purges = self.store.scan(PurgeEntry::ALL, None, PURGES).await?;
        let mut due = Due { more: purges.len() == PURGES, ..Due::default() };
        for Entry { key, .. } in purges {
            match PurgeEntry::parse(&key) {
                Some(PurgeEntry(entry)) if entry.time > now => {
                    due.more = false;
                    break;
                }
                Some(PurgeEntry(entry)) => due.purged += usize::from(self.purge_due(&entry, now).await?),
                None => self.drop_unknown(key).await?,
            }
        }
        self.collect_due(now, &mut due).await?;
        Ok(due)
    }

    async fn collect_due(&self, now: UnixTime, due: &mut Due) -> Result<(), EngineError> {
        for Entry { key, record } in self.store.scan(GarbageEntry::ALL, None, GARBAGE_ENTRIES).await? {
            let Some(entry) = GarbageEntry::parse(&key) else {
                self.drop_unknown(key).await?;
                continue;
            };
            if entry.time > now {
                return Ok(());
            }
            if due.collected >= VERSIONS {
                break;
            }
            if self.claim(&entry, &record).await? {
                due.collected += self.collect(&entry, VERSIONS - due.collected).await?;
            }
        }
        Ok(())
    }

    /// Purges the object of an entry, if it is due; forgets the entry, if it is no longer.
    async fn purge_due(&self, entry: &ObjectEntry, now: UnixTime) -> Result<bool, EngineError> {
        let objects = Objects::of(self, entry.vault, entry.kind);
        let deleted_key = objects.deleted_key(&entry.name);
        match objects.deleted(&entry.name).await {
            Ok(Some(stored)) if stored.head.scheduled_purge <= now => {
                let garbage = objects.garbage(stored.head.head.generation, now);
                // The entry is the one of the head's own time, or one that was put off.
                let batch = objects.purge(Batch::builder(), &stored, &garbage);
                let entry_key = PurgeEntry(entry.clone()).key();
                let own = objects.purge_key(&stored.head) == entry_key;
                let batch = if own { batch } else { batch.delete(entry_key) };
                Ok(self.commit(batch).await?.is_some())
            }
            Ok(Some(stored)) => {
                let batch =
                    Batch::builder().unchanged(deleted_key, stored.revision).delete(PurgeEntry(entry.clone()).key());
                self.commit(batch).await.map(|_| false)
            }
            Ok(None) => {
                let batch = Batch::builder().absent(deleted_key).delete(PurgeEntry(entry.clone()).key());
                self.commit(batch).await.map(|_| false)
            }
            Err(error @ (EngineError::Tampered { .. } | EngineError::Corrupt { .. })) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    vault = %entry.vault,
                    "a deleted object that is due cannot be opened, so it is not purged"
                );
                self.put_off(entry, now).await.map(|()| false)
            }
            Err(error) => Err(error),
        }
    }

    /// So that entries that cannot be carried out do not keep others from being looked at.
    async fn put_off(&self, entry: &ObjectEntry, now: UnixTime) -> Result<(), EngineError> {
        let later = PurgeEntry(ObjectEntry { time: now.plus(PUT_OFF_SECONDS), ..entry.clone() });
        let key = PurgeEntry(entry.clone()).key();
        let batch = Batch::builder().exists(key.clone()).delete(key).put(later.key(), []);
        self.commit(batch).await.map(|_| ())
    }

    pub(crate) async fn drop_unknown(&self, key: Vec<u8>) -> Result<(), EngineError> {
        tracing::error!(key = %key.escape_ascii(), "dropped an entry of a queue that cannot be read");
        self.commit(Batch::builder().delete(key)).await.map(|_| ())
    }
}

const PURGES: usize = 64;
const GARBAGE_ENTRIES: usize = 64;
const VERSIONS: usize = 1024;
const PUT_OFF_SECONDS: i64 = 86_400;
