//! Keys as they are told.

use portcullis_model::ObjectName;
use portcullis_model::keys::{Deleted, KeyBundle, KeyItem, KeyOutcome};

use super::Keys;
use super::record::KeyRecord;
use crate::EngineError;
use crate::lifecycle::Version;
use crate::objects::corrupt;
use crate::record::{DeletedHead, Hand, Head, Meta, VersionId};

impl Keys<'_> {
    pub(super) fn told(&self, version: &Version) -> Result<KeyOutcome, EngineError> {
        self.bundle(version).map(|bundle| KeyOutcome::Bundle(Box::new(bundle)))
    }

    pub(super) fn deleted(&self, deleted: &DeletedHead, version: &Version) -> Result<KeyOutcome, EngineError> {
        let DeletedHead { deleted, scheduled_purge, .. } = *deleted;
        let object = self.bundle(version)?;
        Ok(KeyOutcome::Deleted(Box::new(Deleted { object, deleted, scheduled_purge })))
    }

    pub(super) fn item_of(&self, head: Head) -> KeyItem {
        self.item(head.name, head.version, head.meta)
    }

    pub(super) fn deleted_item_of(&self, deleted: DeletedHead) -> Deleted<KeyItem> {
        let DeletedHead { head, deleted, scheduled_purge } = deleted;
        Deleted { object: self.item_of(head), deleted, scheduled_purge }
    }

    pub(super) fn item(&self, name: ObjectName, version: VersionId, meta: Meta) -> KeyItem {
        let attributes = self.0.attributes(&meta);
        let Meta { hand, exportable, tags, .. } = meta;
        KeyItem { name, version: version.into(), attributes, exportable, tags, managed: hand == Hand::Certificate }
    }

    /// What a version keeps as its value.
    pub(super) fn record<'v>(&self, version: &'v Version) -> Result<KeyRecord<'v>, EngineError> {
        let key = || self.0.objects.version_key(version.generation, version.id);
        KeyRecord::decode(version.value()).map_err(|error| corrupt(&key(), error))
    }

    pub(super) fn bundle(&self, version: &Version) -> Result<KeyBundle, EngineError> {
        let KeyRecord { operations, release_policy, public, .. } = self.record(version)?;
        let meta = &version.meta;
        Ok(KeyBundle {
            name: version.name.clone(),
            version: version.id.into(),
            key: public,
            operations,
            attributes: self.0.attributes(meta),
            exportable: meta.exportable,
            release_policy,
            tags: meta.tags.clone(),
            managed: meta.hand == Hand::Certificate,
        })
    }
}
