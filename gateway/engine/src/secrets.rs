//! Secrets.

mod convert;

use portcullis_model::secrets::{DeletedSecret, MAX_VALUE_BYTES, SecretBundle, SecretCall, SecretOutcome};
use portcullis_model::{
    AttributeChanges, Attributes, ContentType, Listed, ObjectKind, ObjectName, ObjectVersion, SecretForm, SecretText,
    Tags,
};
use portcullis_policy::VaultFacts;
use zeroize::Zeroizing;

use crate::lifecycle::{Lifecycle, MetaChanges, NewVersion, Through, Version};
use crate::record::{DeletedHead, Hand, Head, Meta, VersionId};
use crate::{Engine, EngineError};

/// The secrets of one vault, for the time of one call.
#[derive(Debug)]
pub(crate) struct Secrets<'a>(Lifecycle<'a>);

/// What a new version is made of.
#[derive(Debug)]
struct NewSecret {
    value: SecretText,
    content_type: Option<ContentType>,
    attributes: AttributeChanges,
    tags: Tags,
}

impl<'a> Secrets<'a> {
    pub(crate) const fn of(engine: &'a Engine, vault: &'a VaultFacts) -> Self {
        Self(Lifecycle::of(engine, vault, ObjectKind::Secret))
    }

    pub(crate) async fn execute(&self, call: SecretCall) -> Result<SecretOutcome, EngineError> {
        match call {
            SecretCall::Set { name, value, content_type, attributes, tags } => {
                self.set(&name, NewSecret { value, content_type, attributes, tags }).await
            }
            SecretCall::Get { name, version, convert } => self.get(&name, version.as_ref(), convert).await,
            SecretCall::Update { name, version, content_type, attributes, tags } => {
                self.update(&name, version.as_ref(), MetaChanges { content_type, attributes, tags }).await
            }
            SecretCall::Delete { name } => {
                let (deleted, _) = self.0.delete(&name, Through::Itself).await?;
                Ok(SecretOutcome::Deleted(self.deleted_of(deleted)))
            }
            SecretCall::List { page } => {
                let (heads, next) = self.0.list(&page).await?;
                Ok(SecretOutcome::List(Listed {
                    items: heads.into_iter().map(|head| self.bundle_of(head)).collect(),
                    next,
                }))
            }
            SecretCall::ListVersions { name, page } => {
                let (versions, next) = self.0.list_versions(&name, &page).await?;
                let items = versions.into_iter().map(|version| self.bundle_of_version(version)).collect();
                Ok(SecretOutcome::Versions(Listed { items, next }))
            }
            SecretCall::Backup { name } => self.0.backup(&name).await.map(SecretOutcome::Backup),
            SecretCall::Restore { blob } => self.told(self.0.restore(&blob).await?),
            SecretCall::ListDeleted { page } => {
                let (heads, next) = self.0.list_deleted(&page).await?;
                let items = heads.into_iter().map(|head| self.deleted_of(head)).collect();
                Ok(SecretOutcome::DeletedList(Listed { items, next }))
            }
            SecretCall::GetDeleted { name } => {
                let (deleted, _) = self.0.get_deleted(&name).await?;
                Ok(SecretOutcome::Deleted(self.deleted_of(deleted)))
            }
            SecretCall::Recover { name } => self.told(self.0.recover(&name, Through::Itself).await?),
            SecretCall::Purge { name } => self.0.purge(&name, Through::Itself).await.map(|()| SecretOutcome::Purged),
        }
    }

    async fn set(&self, name: &ObjectName, new: NewSecret) -> Result<SecretOutcome, EngineError> {
        let bytes = new.value.expose().len();
        if bytes > MAX_VALUE_BYTES {
            return Err(EngineError::ValueTooLarge { bytes });
        }
        let make = |_: Option<&Version>| {
            let now = self.0.objects.now();
            let meta = Meta {
                hand: Hand::Own,
                exportable: false,
                attributes: new.attributes.apply(Attributes::default()),
                created: now,
                updated: now,
                content_type: new.content_type.clone(),
                tags: new.tags.clone(),
            };
            Ok(NewVersion { meta, value: Zeroizing::new(new.value.expose().as_bytes().to_vec()), whole: None })
        };
        let made = self.0.add_version(name, Through::Itself, make).await?;
        Ok(SecretOutcome::Bundle(self.bundle(made.name, made.id, made.meta, Some(new.value))))
    }

    /// `nbf` and `exp` of a secret only inform (wire contract, section 9): they do not keep it from being read.
    async fn get(
        &self,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
        convert: Option<SecretForm>,
    ) -> Result<SecretOutcome, EngineError> {
        let mut version = self.0.get(name, version).await?;
        if !version.meta.attributes.enabled {
            return Err(EngineError::Disabled { name: version.name, version: version.id.into() });
        }
        let value = str::from_utf8(version.value());
        let value = value.map_err(|_| EngineError::Corrupt { key: self.0.objects.active_key(name) })?;
        let value = match convert {
            None => SecretText::new(value.to_owned()),
            Some(form) => {
                let value = convert::convert(&version.meta, value, form)?;
                version.meta.content_type = form.content_type().parse().ok();
                value
            }
        };
        Ok(SecretOutcome::Bundle(self.bundle(version.name, version.id, version.meta, Some(value))))
    }

    async fn update(
        &self,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
        changes: MetaChanges,
    ) -> Result<SecretOutcome, EngineError> {
        let change = |before: &Version| {
            let changed = || NewVersion {
                meta: changes.apply(&before.meta, self.0.objects.now()),
                value: Zeroizing::new(before.value().to_vec()),
                whole: None,
            };
            Ok((!changes.is_empty()).then(changed))
        };
        self.told(self.0.update(name, version, Through::Itself, change).await?)
    }

    /// A version without its value.
    fn told(&self, version: Version) -> Result<SecretOutcome, EngineError> {
        Ok(SecretOutcome::Bundle(self.bundle_of_version(version)))
    }

    fn bundle(&self, name: ObjectName, version: VersionId, meta: Meta, value: Option<SecretText>) -> SecretBundle {
        let attributes = self.0.attributes(&meta);
        let Meta { hand, content_type, tags, .. } = meta;
        let managed = hand == Hand::Certificate;
        SecretBundle { name, version: version.into(), value, content_type, attributes, tags, managed }
    }

    fn bundle_of_version(&self, version: Version) -> SecretBundle {
        self.bundle(version.name, version.id, version.meta, None)
    }

    /// The bundle of the current version, without value.
    fn bundle_of(&self, head: Head) -> SecretBundle {
        self.bundle(head.name, head.version, head.meta, None)
    }

    fn deleted_of(&self, deleted: DeletedHead) -> DeletedSecret {
        let DeletedHead { head, deleted, scheduled_purge } = deleted;
        DeletedSecret { bundle: self.bundle_of(head), deleted, scheduled_purge }
    }
}
