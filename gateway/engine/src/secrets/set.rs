//! Makes a new version.

use portcullis_model::secrets::{MAX_VALUE_BYTES, SecretOutcome};
use portcullis_model::{AttributeChanges, Attributes, ContentType, ObjectName, SecretText, Tags};
use portcullis_store::{Batch, BatchBuilder};

use super::Secrets;
use crate::EngineError;
use crate::objects::{Stored, StoredVersion};
use crate::record::{Head, Meta, Standing, VersionId, VersionRecord};

/// What a new version is made of.
#[derive(Debug)]
pub(super) struct NewSecret {
    pub(super) value: SecretText,
    pub(super) content_type: Option<ContentType>,
    pub(super) attributes: AttributeChanges,
    pub(super) tags: Tags,
}

impl Secrets<'_> {
    pub(super) async fn set(&self, name: &ObjectName, new: NewSecret) -> Result<SecretOutcome, EngineError> {
        let bytes = new.value.expose().len();
        if bytes > MAX_VALUE_BYTES {
            return Err(EngineError::ValueTooLarge { bytes });
        }
        self.objects.prepare_to_seal().await?;
        let mut tries = self.objects.tries(name);
        loop {
            let version = VersionId::random(self.objects.random())?;
            let meta = self.new_meta(&new);
            let (head, batch) = match self.objects.latest(name).await? {
                Some(latest) => self.next_version(latest, version, meta)?,
                None => self.first_version(name, version, meta).await?,
            };
            let record = VersionRecord::new(Standing::Current, &head.meta, new.value.expose().as_bytes());
            let batch = self.objects.put_current(batch, &head, &record)?;
            if self.objects.commit(batch).await?.is_some() {
                let bundle = self.bundle(head.name, head.version, head.meta, Some(new.value));
                return Ok(SecretOutcome::Bundle(bundle));
            }
            tries.again().await?;
        }
    }

    fn new_meta(&self, new: &NewSecret) -> Meta {
        let now = self.objects.now();
        Meta {
            attributes: new.attributes.apply(Attributes::default()),
            created: now,
            updated: now,
            content_type: new.content_type.clone(),
            tags: new.tags.clone(),
        }
    }

    async fn first_version(
        &self,
        name: &ObjectName,
        version: VersionId,
        meta: Meta,
    ) -> Result<(Head, BatchBuilder), EngineError> {
        let objects = &self.objects;
        if objects.is_deleted(name).await? {
            return Err(EngineError::DeletedButRecoverable { name: name.clone() });
        }
        let head = Head { name: name.clone(), generation: objects.new_generation()?, sequence: 1, version, meta };
        let batch = Batch::builder()
            .absent(objects.active_key(name))
            .absent(objects.deleted_key(name))
            .put(objects.active_key(name), objects.seal_active(&head)?);
        Ok((head, batch))
    }

    /// The latest version is sealed anew as superseded, so that neither it nor the head can be put back alone.
    fn next_version(
        &self,
        (stored, latest): (Stored<Head>, StoredVersion),
        version: VersionId,
        meta: Meta,
    ) -> Result<(Head, BatchBuilder), EngineError> {
        let objects = &self.objects;
        let head = Head { version, meta, ..stored.head.next() };
        let key = objects.active_key(&head.name);
        let superseded = latest.record.standing_as(Standing::Superseded);
        let superseded = objects.seal_version(head.generation, latest.id, head.sequence, &superseded)?;
        let batch = Batch::builder()
            .unchanged(key.clone(), stored.revision)
            .put(key, objects.seal_active(&head)?)
            .put(objects.version_key(head.generation, latest.id), superseded);
        Ok((head, batch))
    }
}
