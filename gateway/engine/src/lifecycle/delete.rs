//! Deletes an object with all its versions; it can be recovered until it is purged.

use portcullis_model::{ObjectName, UnixTime};
use portcullis_store::{Batch, BatchBuilder};

use super::{Lifecycle, Through, Version};
use crate::EngineError;
use crate::record::DeletedHead;

impl Lifecycle<'_> {
    pub(crate) async fn delete(
        &self,
        name: &ObjectName,
        through: Through,
    ) -> Result<(DeletedHead, Version), EngineError> {
        let mut tries = self.objects.tries(name);
        loop {
            let now = self.objects.now();
            let (batch, deleted, version) = self.deletion(Batch::builder(), name, through, now).await?;
            if self.objects.commit(batch).await?.is_some() {
                return Ok((deleted, version));
            }
            tries.again().await?;
        }
    }

    /// Adds to a batch the deletion of an object.
    pub(crate) async fn deletion(
        &self,
        batch: BatchBuilder,
        name: &ObjectName,
        through: Through,
        now: UnixTime,
    ) -> Result<(BatchBuilder, DeletedHead, Version), EngineError> {
        let objects = &self.objects;
        let (stored, latest) = objects.find(name, None).await?;
        self.refuse_foreign(name, &stored.head.meta, through)?;
        let scheduled_purge = self.vault.recovery.purge_time(now);
        let batch = objects.drop_attention(batch, &stored.head);
        let deleted = DeletedHead { head: stored.head.next(), deleted: now, scheduled_purge };
        let (active_key, deleted_key) = (objects.active_key(name), objects.deleted_key(name));
        let batch = batch
            .unchanged(active_key.clone(), stored.revision)
            .absent(deleted_key.clone())
            .delete(active_key)
            .put(deleted_key, objects.seal_deleted(&deleted)?)
            .put(objects.purge_key(&deleted), []);
        let batch = objects.put_current(batch, &deleted.head, &latest.record)?;
        let version = self.version(&deleted.head, latest)?;
        Ok((batch, deleted, version))
    }
}
