//! Changes what is told of a version of a key.

use portcullis_model::keys::{KeyChanges, KeyChoice, KeyOutcome};
use portcullis_model::{AttributeChanges, ReleasePolicy};

use super::Keys;
use super::create::check_operations;
use super::record::KeyRecord;
use super::release::Policy;
use crate::EngineError;
use crate::error::BadKey;
use crate::lifecycle::{MetaChanges, NewVersion, Through, Version};

impl Keys<'_> {
    pub(super) async fn update(&self, key: &KeyChoice, changes: &KeyChanges) -> Result<KeyOutcome, EngineError> {
        let change = |before: &Version| {
            if is_empty(changes) {
                return Ok(None);
            }
            let meta = MetaChanges { content_type: None, attributes: changes.attributes, tags: changes.tags.clone() };
            let mut record: KeyRecord<'_> = self.record(before)?;
            if let Some(operations) = changes.operations {
                check_operations(record.spec.key_type(), operations)?;
                record.operations = operations;
            }
            if let Some(policy) = &changes.release_policy {
                record.release_policy = Some(replace(record.release_policy.as_ref(), policy)?);
            }
            let meta = meta.apply(&before.meta, self.0.objects.now());
            Ok(Some(NewVersion { meta, value: record.encode(), whole: None }))
        };
        let version = self.0.update(&key.name, key.version.as_ref(), Through::Itself, change).await?;
        self.told(&version)
    }
}

fn is_empty(changes: &KeyChanges) -> bool {
    let KeyChanges { operations, attributes, release_policy, tags } = changes;
    operations.is_none() && *attributes == AttributeChanges::default() && release_policy.is_none() && tags.is_none()
}

fn replace(before: Option<&ReleasePolicy>, new: &ReleasePolicy) -> Result<ReleasePolicy, BadKey> {
    match before {
        None => Err(BadKey::PolicyWithoutExportable),
        Some(before) if before.immutable && before != new => Err(BadKey::ImmutablePolicy),
        Some(_) => {
            Policy::of(new)?;
            Ok(new.clone())
        }
    }
}
