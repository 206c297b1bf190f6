//! Secrets.

mod backup;
mod delete;
mod get;
mod get_deleted;
mod list;
mod list_deleted;
mod list_versions;
mod purge;
mod recover;
mod restore;
mod set;
mod update;

use portcullis_model::secrets::{DeletedSecret, SecretBundle, SecretCall, SecretOutcome};
use portcullis_model::{ObjectAttributes, ObjectKind, ObjectName, SecretText};
use portcullis_policy::VaultFacts;

use crate::objects::Objects;
use crate::record::{DeletedHead, Head, Meta, VersionId};
use crate::{Engine, EngineError};

use set::NewSecret;
use update::SecretChanges;

/// The secrets of one vault, for the time of one call.
#[derive(Debug)]
pub(crate) struct Secrets<'a> {
    objects: Objects<'a>,
    vault: &'a VaultFacts,
}

impl<'a> Secrets<'a> {
    pub(crate) const fn of(engine: &'a Engine, vault: &'a VaultFacts) -> Self {
        Self { objects: Objects::of(engine, vault.id, ObjectKind::Secret), vault }
    }

    pub(crate) async fn execute(&self, call: SecretCall) -> Result<SecretOutcome, EngineError> {
        match call {
            SecretCall::Set { name, value, content_type, attributes, tags } => {
                self.set(&name, NewSecret { value, content_type, attributes, tags }).await
            }
            SecretCall::Get { name, version } => self.get(&name, version.as_ref()).await,
            SecretCall::Update { name, version, content_type, attributes, tags } => {
                self.update(&name, version.as_ref(), SecretChanges { content_type, attributes, tags }).await
            }
            SecretCall::Delete { name } => self.delete(&name).await,
            SecretCall::List { page } => self.list(&page).await,
            SecretCall::ListVersions { name, page } => self.list_versions(&name, &page).await,
            SecretCall::Backup { name } => self.backup(&name).await,
            SecretCall::Restore { blob } => self.restore(&blob).await,
            SecretCall::ListDeleted { page } => self.list_deleted(&page).await,
            SecretCall::GetDeleted { name } => self.get_deleted(&name).await,
            SecretCall::Recover { name } => self.recover(&name).await,
            SecretCall::Purge { name } => self.purge(&name).await,
        }
    }

    fn bundle(&self, name: ObjectName, version: VersionId, meta: Meta, value: Option<SecretText>) -> SecretBundle {
        let Meta { attributes, created, updated, content_type, tags } = meta;
        let attributes = ObjectAttributes { set: attributes, created, updated, recovery: self.vault.recovery };
        SecretBundle { name, version: version.into(), value, content_type, attributes, tags }
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

/// How many to read for a page, which is one more than it holds: then there is more.
fn with_next(limit: u8) -> usize {
    usize::from(limit.max(1)) + 1
}

/// Takes away the item that only shows that there is more. The position to go on from is then the last one left.
fn cut<T, P>(items: &mut Vec<T>, limit: u8, position: impl FnOnce(&T) -> P) -> Option<P> {
    let limit = usize::from(limit.max(1));
    if items.len() <= limit {
        return None;
    }
    items.truncate(limit);
    items.last().map(position)
}
