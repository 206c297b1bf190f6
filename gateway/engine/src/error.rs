//! Why the engine did not do as asked.

use portcullis_crypto::RandomError;
use portcullis_model::{ObjectName, ObjectVersion, UnixTime};
use portcullis_store::StoreError;

/// Why the engine did not do as asked. Tells names, versions and places, never values, tags or content types.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No active secret has the name, or it has no such version (404 `SecretNotFound`).
    #[error("no secret has the name: `{name}`{}", with_version(version.as_ref()))]
    NotFound {
        /// The name asked for.
        name: ObjectName,
        /// The version asked for, when one was.
        version: Option<ObjectVersion>,
    },
    /// No deleted secret has the name (404 `SecretNotFound`).
    #[error("no deleted secret has the name: `{name}`")]
    DeletedNotFound {
        /// The name asked for.
        name: ObjectName,
    },
    /// A deleted secret has the name, which is free again once it is purged (409, inner code
    /// `ObjectIsDeletedButRecoverable`).
    #[error("a deleted secret that can be recovered has the name: `{name}`")]
    DeletedButRecoverable {
        /// The name asked for.
        name: ObjectName,
    },
    /// An active secret has the name to which is restored or recovered (409 `Conflict`).
    #[error("a secret has the name already: `{name}`")]
    AlreadyExists {
        /// The name.
        name: ObjectName,
    },
    /// The version is disabled, so its value cannot be read (403, inner code `SecretDisabled`).
    #[error("the secret is disabled: `{name}` in version {version}")]
    Disabled {
        /// The secret's name.
        name: ObjectName,
        /// The version asked for, or the latest.
        version: ObjectVersion,
    },
    /// The vault is protected from purges, and the secret's own purge is not due (403, inner code
    /// `ForbiddenByPurgeProtection`).
    #[error("purge protection keeps the deleted secret until {scheduled_purge}: `{name}`")]
    PurgeProtected {
        /// The secret's name.
        name: ObjectName,
        /// When the service purges it.
        scheduled_purge: UnixTime,
    },
    /// The value is longer than [`portcullis_model::secrets::MAX_VALUE_BYTES`] (400 `BadParameter`).
    #[error("the value has {bytes} bytes, more than a secret can hold")]
    ValueTooLarge {
        /// How long it is.
        bytes: usize,
    },
    /// The blob cannot be restored here (400 `BadParameter`).
    #[error("the backup cannot be restored here")]
    BadBackup(#[from] BadBackup),
    /// The secret has more versions than a backup holds (400 `BadParameter`).
    #[error("the secret has more versions than the {limit} that a backup holds: `{name}`")]
    TooManyVersions {
        /// The secret's name.
        name: ObjectName,
        /// How many a backup holds.
        limit: usize,
    },
    /// The object was changed by others each time that this change was tried; nothing was changed (503, worth a
    /// retry).
    #[error("the object is being changed by too many others: `{name}`")]
    Busy {
        /// The object's name.
        name: ObjectName,
    },
    /// A record is not what this engine put in its place: altered, moved, exchanged or rolled back (500, an alarm).
    #[error("a record is not the one that was put in its place: `{}`", key.escape_ascii())]
    Tampered {
        /// The record's key.
        key: Vec<u8>,
    },
    /// A record is authentic and yet not understood: written by a newer gateway, or by a faulty one (500).
    #[error("a record has a form that this gateway does not know: `{}`", key.escape_ascii())]
    Corrupt {
        /// The record's key.
        key: Vec<u8>,
    },
    /// The store did not do as asked (503, or 500 when it is corrupt).
    #[error("the store did not do as asked")]
    Store(#[from] StoreError),
    /// There was no randomness (500).
    #[error("no random bytes were to be had")]
    Random(#[from] RandomError),
}

/// Why a blob cannot be restored. The last three are said only of backups that this installation made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBackup {
    /// The bytes have not the form of a backup that this gateway knows.
    #[error("the bytes are not a backup")]
    NotBackup,
    /// The bytes were altered or cut, or another installation made them. It is not said which.
    #[error("the bytes are not an intact backup made by this installation")]
    NotAuthentic,
    /// The backup is of a vault of another tenant.
    #[error("the backup is of another tenant")]
    OtherTenant,
    /// The backup is of a vault in another subscription.
    #[error("the backup is of another subscription")]
    OtherSubscription,
    /// The backup is of a vault in another location.
    #[error("the backup is of another geography")]
    OtherGeography,
    /// The backup is of a key or a certificate.
    #[error("the backup is of another kind of object")]
    OtherKind,
}

fn with_version(version: Option<&ObjectVersion>) -> String {
    version.map_or_else(String::new, |version| format!(" and the version {version}"))
}
