//! Brings a deleted secret back with all its versions.

use portcullis_model::ObjectName;
use portcullis_model::secrets::SecretOutcome;
use portcullis_store::Batch;

use super::Secrets;
use crate::EngineError;

impl Secrets<'_> {
    pub(super) async fn recover(&self, name: &ObjectName) -> Result<SecretOutcome, EngineError> {
        let objects = &self.objects;
        let mut tries = objects.tries(name);
        loop {
            let Some((stored, latest)) = objects.latest_deleted(name).await? else {
                return Err(EngineError::DeletedNotFound { name: name.clone() });
            };
            let purge_key = objects.purge_key(&stored.head);
            let head = stored.head.head.next();
            let (active_key, deleted_key) = (objects.active_key(name), objects.deleted_key(name));
            let batch = Batch::builder()
                .unchanged(deleted_key.clone(), stored.revision)
                .absent(active_key.clone())
                .delete(deleted_key)
                .delete(purge_key)
                .put(active_key, objects.seal_active(&head)?);
            let batch = objects.put_current(batch, &head, &latest.record)?;
            if objects.commit(batch).await?.is_some() {
                return Ok(SecretOutcome::Bundle(self.bundle_of(head)));
            }
            tries.again().await?;
        }
    }
}
