//! What objects of every kind have in common: versions, lists, soft delete, recovery, purge and backup.

mod add_version;
pub(crate) mod backup;
mod delete;
mod get;
mod get_deleted;
mod list;
mod list_deleted;
mod list_versions;
mod managed;
mod page;
mod purge;
mod recover;
pub(crate) mod restore;
mod update;
mod whole;

use portcullis_model::{Generation, ObjectAttributes, ObjectKind, ObjectName};
use portcullis_policy::VaultFacts;

use crate::objects::{Objects, StoredVersion, corrupt};
use crate::record::{Head, Malformed, Meta, VersionId, VersionRecord};
use crate::{Engine, EngineError};

pub(crate) use add_version::NewVersion;
pub(crate) use managed::Through;
pub(crate) use update::MetaChanges;

/// The objects of one kind in one vault and what can be done with all kinds, for the time of one call.
#[derive(Debug)]
pub(crate) struct Lifecycle<'a> {
    pub(crate) objects: Objects<'a>,
    pub(crate) vault: &'a VaultFacts,
}

/// A version of an object, opened.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) name: ObjectName,
    pub(crate) generation: Generation,
    pub(crate) id: VersionId,
    pub(crate) meta: Meta,
    record: VersionRecord,
    value_at: usize,
}

impl Version {
    fn of(name: ObjectName, generation: Generation, id: VersionId, record: VersionRecord) -> Result<Self, Malformed> {
        let (meta, value_at) = record.meta()?;
        Ok(Self { name, generation, id, meta, record, value_at })
    }

    /// What the kind of object keeps in a version: a secret's value, a key's material.
    pub(crate) fn value(&self) -> &[u8] {
        self.record.as_bytes().get(self.value_at..).unwrap_or_default()
    }
}

impl<'a> Lifecycle<'a> {
    pub(crate) const fn of(engine: &'a Engine, vault: &'a VaultFacts, kind: ObjectKind) -> Self {
        Self { objects: Objects::of(engine, vault.id, kind), vault }
    }

    /// The attributes of a version as they are told.
    pub(crate) const fn attributes(&self, meta: &Meta) -> ObjectAttributes {
        let Meta { attributes, created, updated, .. } = meta;
        ObjectAttributes { set: *attributes, created: *created, updated: *updated, recovery: self.vault.recovery }
    }

    fn version(&self, head: &Head, found: StoredVersion) -> Result<Version, EngineError> {
        let key = || self.objects.version_key(head.generation, found.id);
        Version::of(head.name.clone(), head.generation, found.id, found.record).map_err(|error| corrupt(&key(), error))
    }
}
