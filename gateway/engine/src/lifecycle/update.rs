//! Changes what is told of a version.

use portcullis_model::{AttributeChanges, ContentType, ObjectName, ObjectVersion, Tags, UnixTime};
use portcullis_store::{Batch, BatchBuilder};

use super::{Lifecycle, NewVersion, Through, Version};
use crate::EngineError;
use crate::objects::Stored;
use crate::record::{Head, Meta, Standing, VersionRecord};

/// What to change: members that are absent stay as they are.
#[derive(Debug, Default)]
pub(crate) struct MetaChanges {
    pub(crate) content_type: Option<ContentType>,
    pub(crate) attributes: AttributeChanges,
    pub(crate) tags: Option<Tags>,
}

impl MetaChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.content_type.is_none() && self.attributes == AttributeChanges::default() && self.tags.is_none()
    }

    pub(crate) fn apply(&self, to: &Meta, now: UnixTime) -> Meta {
        Meta {
            hand: to.hand,
            exportable: to.exportable,
            attributes: self.attributes.apply(to.attributes),
            created: to.created,
            // A clock that was set back does not take the time of a change back.
            updated: now.max(to.updated),
            content_type: self.content_type.clone().or_else(|| to.content_type.clone()),
            tags: self.tags.clone().unwrap_or_else(|| to.tags.clone()),
        }
    }
}

impl Lifecycle<'_> {
    /// Changes a version to what `change` makes of it, which gives `None` where nothing is to be changed and is called
    /// again when others were faster.
    pub(crate) async fn update(
        &self,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
        through: Through,
        mut change: impl FnMut(&Version) -> Result<Option<NewVersion>, EngineError>,
    ) -> Result<Version, EngineError> {
        let mut tries = self.objects.tries(name);
        loop {
            let (batch, version) = self.change(Batch::builder(), name, version, through, &mut change).await?;
            let Some(batch) = batch else { return Ok(version) };
            if self.objects.commit(batch).await?.is_some() {
                return Ok(version);
            }
            tries.again().await?;
        }
    }

    /// Adds to a batch the change of a version; there is no batch where nothing is to be changed.
    pub(crate) async fn change(
        &self,
        batch: BatchBuilder,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
        through: Through,
        change: &mut impl FnMut(&Version) -> Result<Option<NewVersion>, EngineError>,
    ) -> Result<(Option<BatchBuilder>, Version), EngineError> {
        let (stored, found) = self.objects.find(name, version).await?;
        let (sequence, revision) = (found.sequence, found.revision);
        let before = self.version(&stored.head, found)?;
        self.refuse_foreign(name, &before.meta, through)?;
        let Some(new) = change(&before)? else { return Ok((None, before)) };
        let (id, objects) = (before.id, &self.objects);
        let (batch, record) = if id == stored.head.version {
            self.change_current(batch, &stored, &new)?
        } else {
            // The head has nothing of a superseded version, and stays. It must still be there, though.
            let NewVersion { meta, value, whole } = new;
            let record = VersionRecord::new(Standing::Superseded, &meta, &value);
            let key = objects.version_key(stored.head.generation, id);
            let sealed = objects.seal_version(stored.head.generation, id, sequence + 1, &record)?;
            let head_key = objects.active_key(&stored.head.name);
            let batch = batch.unchanged(head_key, stored.revision).unchanged(key.clone(), revision).put(key, sealed);
            match whole {
                Some(whole) => (self.put_whole(batch, &stored.head, whole).await?, record),
                None => (batch, record),
            }
        };
        let Head { name, generation, .. } = stored.head;
        let version = Version::of(name, generation, id, record).expect("a record that was just encoded is read back");
        Ok((Some(batch), version))
    }

    fn change_current(
        &self,
        batch: BatchBuilder,
        stored: &Stored<Head>,
        new: &NewVersion,
    ) -> Result<(BatchBuilder, VersionRecord), EngineError> {
        let objects = &self.objects;
        let attention = objects.attention(&stored.head);
        let before = stored.head.clone().next();
        let whole = new.whole.clone().unwrap_or_else(|| before.whole.clone());
        let head = Head { meta: new.meta.clone(), whole, ..before };
        let batch = batch.unchanged(objects.active_key(&head.name), stored.revision);
        let batch = objects.put_active(batch, attention, &head)?;
        let record = VersionRecord::new(Standing::Current, &new.meta, &new.value);
        Ok((objects.put_current(batch, &head, &record)?, record))
    }
}
