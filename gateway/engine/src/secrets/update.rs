//! Changes what is told of a version.

use portcullis_model::secrets::SecretOutcome;
use portcullis_model::{AttributeChanges, ContentType, ObjectName, ObjectVersion, Tags, UnixTime};
use portcullis_store::{Batch, BatchBuilder};

use super::Secrets;
use crate::EngineError;
use crate::objects::{Stored, StoredVersion, corrupt};
use crate::record::{Head, Meta, Standing, VersionRecord};

/// What to change: members that are absent stay as they are.
#[derive(Debug)]
pub(super) struct SecretChanges {
    pub(super) content_type: Option<ContentType>,
    pub(super) attributes: AttributeChanges,
    pub(super) tags: Option<Tags>,
}

impl SecretChanges {
    fn is_empty(&self) -> bool {
        self.content_type.is_none() && self.attributes == AttributeChanges::default() && self.tags.is_none()
    }

    fn apply(&self, to: &Meta, now: UnixTime) -> Meta {
        Meta {
            attributes: self.attributes.apply(to.attributes),
            created: to.created,
            // A clock that was set back does not take the time of a change back.
            updated: now.max(to.updated),
            content_type: self.content_type.clone().or_else(|| to.content_type.clone()),
            tags: self.tags.clone().unwrap_or_else(|| to.tags.clone()),
        }
    }
}

impl Secrets<'_> {
    pub(super) async fn update(
        &self,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
        changes: SecretChanges,
    ) -> Result<SecretOutcome, EngineError> {
        let mut tries = self.objects.tries(name);
        loop {
            let (stored, found) = self.objects.find(name, version).await?;
            let key = self.objects.version_key(stored.head.generation, found.id);
            let (meta, value) = found.record.parts().map_err(|error| corrupt(&key, error))?;
            if changes.is_empty() {
                return Ok(SecretOutcome::Bundle(self.bundle(stored.head.name, found.id, meta, None)));
            }
            let meta = changes.apply(&meta, self.objects.now());
            let batch = if found.id == stored.head.version {
                self.change_current(&stored, &meta, value)?
            } else {
                self.change_superseded(&stored, &found, &meta, value)?
            };
            if self.objects.commit(batch).await?.is_some() {
                return Ok(SecretOutcome::Bundle(self.bundle(stored.head.name, found.id, meta, None)));
            }
            tries.again().await?;
        }
    }

    fn change_current(&self, stored: &Stored<Head>, meta: &Meta, value: &[u8]) -> Result<BatchBuilder, EngineError> {
        let objects = &self.objects;
        let head = Head { meta: meta.clone(), ..stored.head.clone().next() };
        let key = objects.active_key(&head.name);
        let batch = Batch::builder().unchanged(key.clone(), stored.revision).put(key, objects.seal_active(&head)?);
        objects.put_current(batch, &head, &VersionRecord::new(Standing::Current, meta, value))
    }

    /// The head has nothing of a superseded version, and stays. It must still be there, though.
    fn change_superseded(
        &self,
        stored: &Stored<Head>,
        found: &StoredVersion,
        meta: &Meta,
        value: &[u8],
    ) -> Result<BatchBuilder, EngineError> {
        let objects = &self.objects;
        let generation = stored.head.generation;
        let record = VersionRecord::new(Standing::Superseded, meta, value);
        let key = objects.version_key(generation, found.id);
        Ok(Batch::builder()
            .unchanged(objects.active_key(&stored.head.name), stored.revision)
            .unchanged(key.clone(), found.revision)
            .put(key, objects.seal_version(generation, found.id, found.sequence + 1, &record)?))
    }
}
