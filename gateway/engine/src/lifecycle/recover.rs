//! Brings a deleted object back with all its versions.

use portcullis_model::ObjectName;
use portcullis_store::{Batch, BatchBuilder};

use super::{Lifecycle, Through, Version};
use crate::EngineError;

impl Lifecycle<'_> {
    pub(crate) async fn recover(&self, name: &ObjectName, through: Through) -> Result<Version, EngineError> {
        let mut tries = self.objects.tries(name);
        loop {
            let (batch, version) = self.recovery(Batch::builder(), name, through).await?;
            if self.objects.commit(batch).await?.is_some() {
                return Ok(version);
            }
            tries.again().await?;
        }
    }

    /// Adds to a batch the recovery of an object.
    pub(crate) async fn recovery(
        &self,
        batch: BatchBuilder,
        name: &ObjectName,
        through: Through,
    ) -> Result<(BatchBuilder, Version), EngineError> {
        let objects = &self.objects;
        let Some((stored, latest)) = objects.latest_deleted(name).await? else {
            return Err(self.deleted_not_found(name));
        };
        self.refuse_foreign(name, &stored.head.head.meta, through)?;
        let purge_key = objects.purge_key(&stored.head);
        let head = stored.head.head.next();
        let (active_key, deleted_key) = (objects.active_key(name), objects.deleted_key(name));
        let batch = batch
            .unchanged(deleted_key.clone(), stored.revision)
            .absent(active_key)
            .delete(deleted_key)
            .delete(purge_key);
        let batch = objects.put_active(batch, None, &head)?;
        let batch = objects.put_current(batch, &head, &latest.record)?;
        let version = self.version(&head, latest)?;
        Ok((batch, version))
    }
}
