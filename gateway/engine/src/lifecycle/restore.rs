//! Restores an object from a backup.

use portcullis_model::ObjectName;
use portcullis_store::{BatchBuilder, MAX_BATCH_BYTES, MAX_OPERATIONS, Revision};

use super::{Lifecycle, Version};
use crate::backup::{self, Backup, Origin};
use crate::garbage::{STAGING, STAGING_SECONDS, abandon};
use crate::layout::GarbageEntry;
use crate::record::{Head, Standing, VersionId, VersionRecord};
use crate::{BadBackup, EngineError};

/// A backup whose versions are written and not shown yet.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) head: Head,
    pub(crate) staging: GarbageEntry,
    revision: Revision,
}

impl Lifecycle<'_> {
    /// The object becomes visible in one last commit. What does not fit that commit is written before it, as garbage
    /// until then.
    pub(crate) async fn restore(&self, blob: &[u8]) -> Result<Version, EngineError> {
        let objects = &self.objects;
        let plaintext = backup::open(blob, &Origin::of(self.vault, objects.kind()), &objects.engine().keys)?;
        let backup = Backup::decode(&plaintext).map_err(|_| BadBackup::NotBackup)?;
        self.refuse_taken(&backup.name).await?;
        objects.prepare_to_seal().await?;
        let (head, versions) = self.head_of(backup)?;
        let staging = objects.garbage(head.generation, objects.now().plus(STAGING_SECONDS));
        let restored = self.write(&head, versions, &staging).await;
        if restored.is_err() {
            abandon(objects.engine(), &staging).await;
        }
        restored?;
        self.get(&head.name, None).await
    }

    /// Writes all of a backup as garbage, to be shown together with others.
    pub(crate) async fn stage_whole(&self, backup: Backup) -> Result<Staged, EngineError> {
        let (head, versions) = self.head_of(backup)?;
        let staging = self.objects.garbage(head.generation, self.objects.now().plus(STAGING_SECONDS));
        let staged = async {
            let (part, staged) = self.write_parts(&head, versions, &staging).await?;
            self.stage(&head, part, &staging, staged).await
        };
        match staged.await {
            Ok(revision) => Ok(Staged { head, staging, revision }),
            Err(error) => {
                abandon(self.objects.engine(), &staging).await;
                Err(error)
            }
        }
    }

    /// Adds to a batch what shows a staged object.
    pub(crate) fn showing(&self, batch: BatchBuilder, staged: &Staged) -> Result<BatchBuilder, EngineError> {
        let (objects, name, key) = (&self.objects, &staged.head.name, staged.staging.key());
        let batch = batch.absent(objects.active_key(name)).absent(objects.deleted_key(name));
        let batch = batch.unchanged(key.clone(), staged.revision).delete(key);
        objects.put_active(batch, None, &staged.head)
    }

    fn head_of(&self, backup: Backup) -> Result<(Head, Vec<(VersionId, VersionRecord)>), EngineError> {
        let meta = backup.current_meta()?;
        let Backup { name, current, whole, versions } = backup;
        let generation = self.objects.new_generation()?;
        Ok((Head { name, generation, sequence: 1, version: current, meta, whole }, versions))
    }

    async fn write(
        &self,
        head: &Head,
        versions: Vec<(VersionId, VersionRecord)>,
        staging: &GarbageEntry,
    ) -> Result<(), EngineError> {
        let (part, staged) = self.write_parts(head, versions, staging).await?;
        self.show(head, part, staging, staged).await
    }

    /// Writes all parts but the last, which is for the caller to write.
    async fn write_parts(
        &self,
        head: &Head,
        versions: Vec<(VersionId, VersionRecord)>,
        staging: &GarbageEntry,
    ) -> Result<(Part, Option<Revision>), EngineError> {
        let mut staged = None;
        let mut part = Part::default();
        for (id, record) in versions {
            let standing = if id == head.version { Standing::Current } else { Standing::Superseded };
            let sealed =
                self.objects.seal_version(head.generation, id, head.sequence, &record.standing_as(standing))?;
            if !part.has_room_for(&sealed) {
                staged = Some(self.stage(head, std::mem::take(&mut part), staging, staged).await?);
            }
            part.add(self.objects.version_key(head.generation, id), sealed);
        }
        Ok((part, staged))
    }

    /// Writes a part under the staging entry, which the first part makes. From then on its revision must stay: if it
    /// does not, the time was up and the parts are being collected.
    async fn stage(
        &self,
        head: &Head,
        part: Part,
        staging: &GarbageEntry,
        staged: Option<Revision>,
    ) -> Result<Revision, EngineError> {
        let key = staging.key();
        let batch = match staged {
            None => part.batch.absent(key.clone()).put(key, [STAGING]),
            Some(revision) => part.batch.unchanged(key, revision),
        };
        let revision = self.objects.commit(batch).await?.ok_or_else(|| self.objects.busy(&head.name))?;
        Ok(staged.unwrap_or(revision))
    }

    async fn show(
        &self,
        head: &Head,
        part: Part,
        staging: &GarbageEntry,
        staged: Option<Revision>,
    ) -> Result<(), EngineError> {
        let objects = &self.objects;
        let (active_key, deleted_key) = (objects.active_key(&head.name), objects.deleted_key(&head.name));
        let mut batch = objects.put_active(part.batch.absent(active_key).absent(deleted_key), None, head)?;
        if let Some(revision) = staged {
            batch = batch.unchanged(staging.key(), revision).delete(staging.key());
        }
        if objects.commit(batch).await?.is_none() {
            self.refuse_taken(&head.name).await?;
            return Err(self.objects.busy(&head.name));
        }
        Ok(())
    }

    pub(crate) async fn refuse_taken(&self, name: &ObjectName) -> Result<(), EngineError> {
        if self.objects.active(name).await?.is_some() {
            return Err(self.exists(name));
        }
        if self.objects.is_deleted(name).await? {
            return Err(EngineError::DeletedButRecoverable { kind: self.objects.kind(), name: name.clone() });
        }
        Ok(())
    }
}

/// Versions that are written in one commit.
#[derive(Default)]
struct Part {
    batch: BatchBuilder,
    versions: usize,
    bytes: usize,
}

impl Part {
    const fn has_room_for(&self, sealed: &[u8]) -> bool {
        self.versions < MOST_VERSIONS && self.bytes + sealed.len() <= MOST_BYTES
    }

    fn add(&mut self, key: Vec<u8>, sealed: Vec<u8>) {
        self.versions += 1;
        self.bytes += key.len() + sealed.len();
        self.batch = std::mem::take(&mut self.batch).put(key, sealed);
    }
}

/// Half of what a batch holds, so that the head and the checks fit as well.
const MOST_VERSIONS: usize = MAX_OPERATIONS / 2;
const MOST_BYTES: usize = MAX_BATCH_BYTES / 2;
