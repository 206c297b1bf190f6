//! Deletes a secret with all its versions; it can be recovered until it is purged.

use portcullis_model::ObjectName;
use portcullis_model::secrets::SecretOutcome;
use portcullis_store::Batch;

use super::Secrets;
use crate::EngineError;
use crate::record::DeletedHead;

impl Secrets<'_> {
    pub(super) async fn delete(&self, name: &ObjectName) -> Result<SecretOutcome, EngineError> {
        let objects = &self.objects;
        let mut tries = objects.tries(name);
        loop {
            let (stored, latest) = objects.find(name, None).await?;
            let now = objects.now();
            let deleted = DeletedHead {
                head: stored.head.next(),
                deleted: now,
                scheduled_purge: self.vault.recovery.purge_time(now),
            };
            let (active_key, deleted_key) = (objects.active_key(name), objects.deleted_key(name));
            let batch = Batch::builder()
                .unchanged(active_key.clone(), stored.revision)
                .absent(deleted_key.clone())
                .delete(active_key)
                .put(deleted_key, objects.seal_deleted(&deleted)?)
                .put(objects.purge_key(&deleted), []);
            let batch = objects.put_current(batch, &deleted.head, &latest.record)?;
            if objects.commit(batch).await?.is_some() {
                return Ok(SecretOutcome::Deleted(self.deleted_of(deleted)));
            }
            tries.again().await?;
        }
    }
}
