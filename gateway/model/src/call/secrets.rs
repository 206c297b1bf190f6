//! Calls about secrets.

use super::page::{Listed, Page};
use crate::{
    AttributeChanges, ContentType, ObjectAttributes, ObjectName, ObjectVersion, Operation, SecretForm, SecretText,
    Tags, UnixTime,
};

/// The greatest secret value, in bytes of UTF-8 (25 KB; wire contract, section 9).
pub const MAX_VALUE_BYTES: usize = 25_600;

/// What can be asked about secrets.
#[derive(Debug)]
pub enum SecretCall {
    /// Makes a new version.
    Set {
        /// The secret's name.
        name: ObjectName,
        /// Its value, at most [`MAX_VALUE_BYTES`].
        value: SecretText,
        /// The type of its content.
        content_type: Option<ContentType>,
        /// Its attributes; absent ones take their defaults.
        attributes: AttributeChanges,
        /// Its tags.
        tags: Tags,
    },
    /// Reads a version, the latest when none is named.
    Get {
        /// The secret's name.
        name: ObjectName,
        /// The version.
        version: Option<ObjectVersion>,
        /// The form in which the secret of a certificate is wanted.
        convert: Option<SecretForm>,
    },
    /// Changes a version, the latest when none is named. Absent members stay.
    Update {
        /// The secret's name.
        name: ObjectName,
        /// The version.
        version: Option<ObjectVersion>,
        /// The new content type.
        content_type: Option<ContentType>,
        /// The attributes to change.
        attributes: AttributeChanges,
        /// The tags that replace all tags.
        tags: Option<Tags>,
    },
    /// Deletes the secret with all its versions.
    Delete {
        /// The secret's name.
        name: ObjectName,
    },
    /// Lists secrets.
    List {
        /// The page.
        page: Page<ObjectName>,
    },
    /// Lists the versions of a secret.
    ListVersions {
        /// The secret's name.
        name: ObjectName,
        /// The page.
        page: Page<ObjectVersion>,
    },
    /// Backs the secret up.
    Backup {
        /// The secret's name.
        name: ObjectName,
    },
    /// Restores a secret from a backup, opaque bytes made by `Backup`.
    Restore {
        /// The backup.
        blob: Vec<u8>,
    },
    /// Lists deleted secrets.
    ListDeleted {
        /// The page.
        page: Page<ObjectName>,
    },
    /// Reads what is known of a deleted secret.
    GetDeleted {
        /// The secret's name.
        name: ObjectName,
    },
    /// Brings a deleted secret back.
    Recover {
        /// The secret's name.
        name: ObjectName,
    },
    /// Removes a deleted secret for good.
    Purge {
        /// The secret's name.
        name: ObjectName,
    },
}

impl SecretCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Set { .. } => Operation::SecretSet,
            Self::Get { .. } => Operation::SecretGet,
            Self::Update { .. } => Operation::SecretUpdate,
            Self::Delete { .. } => Operation::SecretDelete,
            Self::List { .. } => Operation::SecretList,
            Self::ListVersions { .. } => Operation::SecretListVersions,
            Self::Backup { .. } => Operation::SecretBackup,
            Self::Restore { .. } => Operation::SecretRestore,
            Self::ListDeleted { .. } => Operation::SecretListDeleted,
            Self::GetDeleted { .. } => Operation::SecretGetDeleted,
            Self::Recover { .. } => Operation::SecretRecover,
            Self::Purge { .. } => Operation::SecretPurge,
        }
    }
}

/// A version of a secret as it is told, with its value only where the operation tells values.
#[derive(Debug)]
pub struct SecretBundle {
    /// The secret's name, in the spelling of its creation.
    pub name: ObjectName,
    /// The version.
    pub version: ObjectVersion,
    /// The value, when the operation tells it.
    pub value: Option<SecretText>,
    /// The type of its content.
    pub content_type: Option<ContentType>,
    /// Its attributes.
    pub attributes: ObjectAttributes,
    /// Its tags.
    pub tags: Tags,
    /// Whether it belongs to a certificate.
    pub managed: bool,
}

/// A secret that has been deleted and not yet purged. The bundle is its latest version's, without value.
#[derive(Debug)]
pub struct DeletedSecret {
    /// The latest version.
    pub bundle: SecretBundle,
    /// When it was deleted.
    pub deleted: UnixTime,
    /// When the service purges it.
    pub scheduled_purge: UnixTime,
}

/// What came of a call about secrets.
#[derive(Debug)]
pub enum SecretOutcome {
    /// One version: of set and get with the value, of update, recover and restore without it.
    Bundle(SecretBundle),
    /// A deleted secret.
    Deleted(DeletedSecret),
    /// A page of secrets; the bundles are those of the latest versions, without values.
    List(Listed<SecretBundle, ObjectName>),
    /// A page of versions, without values.
    Versions(Listed<SecretBundle, ObjectVersion>),
    /// A page of deleted secrets.
    DeletedList(Listed<DeletedSecret, ObjectName>),
    /// The sealed backup.
    Backup(Vec<u8>),
    /// Done, with nothing to tell.
    Purged,
}
