//! Makes a new version, and the object with its first.

use portcullis_model::ObjectName;
use portcullis_store::{Batch, BatchBuilder};
use zeroize::Zeroizing;

use super::{Lifecycle, Through, Version};
use crate::EngineError;
use crate::objects::Stored;
use crate::record::{Head, Meta, Standing, VersionId, VersionRecord};

/// What a new version is made of.
#[derive(Debug)]
pub(crate) struct NewVersion {
    pub(crate) meta: Meta,
    pub(crate) value: Zeroizing<Vec<u8>>,
    /// What is kept of the object as a whole from now on; absent leaves it.
    pub(crate) whole: Option<Vec<u8>>,
}

impl Lifecycle<'_> {
    /// Makes a version of what `make` gives, which is told the latest version so far and is called again when others
    /// were faster.
    pub(crate) async fn add_version(
        &self,
        name: &ObjectName,
        through: Through,
        mut make: impl FnMut(Option<&Version>) -> Result<NewVersion, EngineError>,
    ) -> Result<Version, EngineError> {
        self.objects.prepare_to_seal().await?;
        let mut tries = self.objects.tries(name);
        loop {
            let id = VersionId::random(self.objects.random())?;
            let (batch, version) = self.addition(Batch::builder(), name, id, through, &mut make).await?;
            if self.objects.commit(batch).await?.is_some() {
                return Ok(version);
            }
            tries.again().await?;
        }
    }

    /// Adds to a batch a new version of a name. The vault's key is there.
    pub(crate) async fn addition(
        &self,
        batch: BatchBuilder,
        name: &ObjectName,
        id: VersionId,
        through: Through,
        make: &mut impl FnMut(Option<&Version>) -> Result<NewVersion, EngineError>,
    ) -> Result<(BatchBuilder, Version), EngineError> {
        let objects = &self.objects;
        let (head, batch, new) = match objects.latest(name).await? {
            Some((stored, latest)) => {
                let before = self.version(&stored.head, latest)?;
                self.refuse_foreign(name, &before.meta, through)?;
                let new = make(Some(&before))?;
                let (head, batch) = self.next(batch, stored, before, id, &new)?;
                (head, batch, new)
            }
            None => {
                self.refuse_deleted(name).await?;
                let new = make(None)?;
                let (head, batch) = self.first(batch, name, id, &new)?;
                (head, batch, new)
            }
        };
        let record = VersionRecord::new(Standing::Current, &new.meta, &new.value);
        let batch = objects.put_current(batch, &head, &record)?;
        let version =
            Version::of(head.name, head.generation, id, record).expect("a record that was just encoded is read back");
        Ok((batch, version))
    }

    /// Refuses a name that a deleted object has.
    pub(crate) async fn refuse_deleted(&self, name: &ObjectName) -> Result<(), EngineError> {
        if self.objects.is_deleted(name).await? {
            return Err(EngineError::DeletedButRecoverable { kind: self.objects.kind(), name: name.clone() });
        }
        Ok(())
    }

    fn first(
        &self,
        batch: BatchBuilder,
        name: &ObjectName,
        version: VersionId,
        new: &NewVersion,
    ) -> Result<(Head, BatchBuilder), EngineError> {
        let objects = &self.objects;
        let (meta, whole) = (new.meta.clone(), new.whole.clone().unwrap_or_default());
        let head =
            Head { name: name.clone(), generation: objects.new_generation()?, sequence: 1, version, meta, whole };
        let batch = batch.absent(objects.active_key(name)).absent(objects.deleted_key(name));
        let batch = objects.put_active(batch, None, &head)?;
        Ok((head, batch))
    }

    /// The latest version is sealed anew as superseded, so that neither it nor the head can be put back alone.
    fn next(
        &self,
        batch: BatchBuilder,
        stored: Stored<Head>,
        latest: Version,
        version: VersionId,
        new: &NewVersion,
    ) -> Result<(Head, BatchBuilder), EngineError> {
        let objects = &self.objects;
        let attention = objects.attention(&stored.head);
        let before = stored.head.next();
        let whole = new.whole.clone().unwrap_or_else(|| before.whole.clone());
        let head = Head { version, meta: new.meta.clone(), whole, ..before };
        let key = objects.active_key(&head.name);
        let superseded = latest.record.standing_as(Standing::Superseded);
        let superseded = objects.seal_version(head.generation, latest.id, head.sequence, &superseded)?;
        let batch =
            batch.unchanged(key, stored.revision).put(objects.version_key(head.generation, latest.id), superseded);
        let batch = objects.put_active(batch, attention, &head)?;
        Ok((head, batch))
    }
}
