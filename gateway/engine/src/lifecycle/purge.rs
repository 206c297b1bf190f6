//! Removes a deleted object for good.

use portcullis_model::{ObjectName, UnixTime};
use portcullis_store::{Batch, BatchBuilder};

use super::{Lifecycle, Through};
use crate::EngineError;
use crate::garbage::collect_now;
use crate::layout::GarbageEntry;

impl Lifecycle<'_> {
    /// The name is free on return. Versions are collected at once, as many as it takes little time to collect, and the
    /// rest by [`crate::Engine::run_due`].
    pub(crate) async fn purge(&self, name: &ObjectName, through: Through) -> Result<(), EngineError> {
        let mut tries = self.objects.tries(name);
        loop {
            let now = self.objects.now();
            let (batch, garbage) = self.removal(Batch::builder(), name, through, now).await?;
            if self.objects.commit(batch).await?.is_some() {
                collect_now(self.objects.engine(), &garbage).await;
                return Ok(());
            }
            tries.again().await?;
        }
    }

    /// Adds to a batch the removal of a deleted object, whose versions become garbage.
    pub(crate) async fn removal(
        &self,
        batch: BatchBuilder,
        name: &ObjectName,
        through: Through,
        now: UnixTime,
    ) -> Result<(BatchBuilder, GarbageEntry), EngineError> {
        let objects = &self.objects;
        let Some(stored) = objects.deleted(name).await? else {
            return Err(self.deleted_not_found(name));
        };
        self.refuse_foreign(name, &stored.head.head.meta, through)?;
        let scheduled_purge = stored.head.scheduled_purge;
        if self.vault.recovery.purge_protected && now < scheduled_purge {
            return Err(EngineError::PurgeProtected { kind: objects.kind(), name: name.clone(), scheduled_purge });
        }
        let garbage = objects.garbage(stored.head.head.generation, now);
        Ok((objects.purge(batch, &stored, &garbage), garbage))
    }
}
