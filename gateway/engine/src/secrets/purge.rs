//! Removes a deleted secret for good.

use portcullis_model::ObjectName;
use portcullis_model::secrets::SecretOutcome;

use super::Secrets;
use crate::EngineError;
use crate::garbage::collect_now;

impl Secrets<'_> {
    /// The name is free on return. Versions are collected at once, as many as it takes little time to collect, and the
    /// rest by [`crate::Engine::run_due`].
    pub(super) async fn purge(&self, name: &ObjectName) -> Result<SecretOutcome, EngineError> {
        let objects = &self.objects;
        let mut tries = objects.tries(name);
        loop {
            let Some(stored) = objects.deleted(name).await? else {
                return Err(EngineError::DeletedNotFound { name: name.clone() });
            };
            let (now, scheduled_purge) = (objects.now(), stored.head.scheduled_purge);
            if self.vault.recovery.purge_protected && now < scheduled_purge {
                return Err(EngineError::PurgeProtected { name: name.clone(), scheduled_purge });
            }
            let garbage = objects.garbage(stored.head.head.generation, now);
            if objects.commit(objects.purge(&stored, &garbage)).await?.is_some() {
                collect_now(objects.engine(), &garbage).await;
                return Ok(SecretOutcome::Purged);
            }
            tries.again().await?;
        }
    }
}
