//! Why the engine did not do as asked.

use portcullis_crypto::RandomError;
use portcullis_crypto::material::{ImportError, KeyError, OperationError};
use portcullis_crypto::x509::{FactsError, MakeError, PemError, Pkcs12Error};
use portcullis_model::{
    ObjectKind, ObjectName, ObjectVersion, OverLimit, PolicyError as CertificatePolicyError, RotationPolicyError,
    UnixTime,
};
use portcullis_store::StoreError;

use crate::certificates::{BadProperties, ProviderError};
use crate::keys::{AuthorityUnreachable, PolicyError};

/// Why the engine did not do as asked. Tells names, versions and places, never values, tags or content types.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No active object has the name, or it has no such version (404 `SecretNotFound` and so on).
    #[error("no {} has the name: `{name}`{}", kind.noun(), with_version(version.as_ref()))]
    NotFound {
        /// The kind of object.
        kind: ObjectKind,
        /// The name asked for.
        name: ObjectName,
        /// The version asked for, when one was.
        version: Option<ObjectVersion>,
    },
    /// No deleted object has the name (404 `SecretNotFound` and so on).
    #[error("no deleted {} has the name: `{name}`", kind.noun())]
    DeletedNotFound {
        /// The kind of object.
        kind: ObjectKind,
        /// The name asked for.
        name: ObjectName,
    },
    /// A deleted object has the name, which is free again once it is purged (409, inner code
    /// `ObjectIsDeletedButRecoverable`).
    #[error("a deleted {} that can be recovered has the name: `{name}`", kind.noun())]
    DeletedButRecoverable {
        /// The kind of object.
        kind: ObjectKind,
        /// The name asked for.
        name: ObjectName,
    },
    /// An active object has the name to which is restored or recovered (409 `Conflict`).
    #[error("a {} has the name already: `{name}`", kind.noun())]
    AlreadyExists {
        /// The kind of object.
        kind: ObjectKind,
        /// The name.
        name: ObjectName,
    },
    /// The object belongs to a certificate and changes with it alone (403).
    #[error("the {} belongs to the certificate of its name and is changed through it alone: `{name}`", kind.noun())]
    Managed {
        /// The kind of object.
        kind: ObjectKind,
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
    /// The secret cannot be told in the form that is wanted (400 `BadParameter`).
    #[error("the secret cannot be converted so: only PKCS #12 secrets of certificates are, to PEM")]
    NoConversion,
    /// The permit is for no vault. That is a fault of the gateway's (500).
    #[error("the permit is for no vault")]
    NoVault,
    /// The version of a key cannot be used this way now (403).
    #[error("the key cannot be used so: {why}")]
    KeyUnusable {
        /// What is in the way.
        #[source]
        why: KeyUnusable,
    },
    /// The key is not released to this environment (400, 403 or 503).
    #[error("the key is not released: {why}")]
    NotReleased {
        /// What is in the way.
        #[source]
        why: NotReleased,
    },
    /// A key cannot be made or changed as asked (400 `BadParameter`).
    #[error("the key cannot be made or changed as asked: {why}")]
    BadKey {
        /// What is wrong.
        #[source]
        why: BadKey,
    },
    /// A certificate cannot be made or taken in as asked (400 `BadParameter`).
    #[error("the certificate cannot be made or taken in as asked: {why}")]
    BadCertificate {
        /// What is wrong.
        #[source]
        why: BadCertificate,
    },
    /// The certificate, its issuer or the contacts are not in a state for what is asked (403, 404, 409).
    #[error(transparent)]
    CertificateState(#[from] CertificateState),
    /// A certificate could not be made (500).
    #[error("a certificate could not be made")]
    Certificate(#[source] MakeError),
    /// A certificate provider cannot be reached (503).
    #[error("a certificate provider")]
    Provider(#[source] ProviderError),
    /// A key operation cannot be done with what was given (400 `BadParameter`).
    #[error(transparent)]
    KeyOperation(#[from] OperationError),
    /// A key could not be generated (500).
    #[error(transparent)]
    Generation(#[from] KeyError),
    /// The vault is protected from purges, and the object's own purge is not due (403, inner code
    /// `ForbiddenByPurgeProtection`).
    #[error("purge protection keeps the deleted {} until {scheduled_purge}: `{name}`", kind.noun())]
    PurgeProtected {
        /// The kind of object.
        kind: ObjectKind,
        /// The object's name.
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
    /// The object has more versions than a backup holds (400 `BadParameter`).
    #[error("the {} has more versions than the {limit} that a backup holds: `{name}`", kind.noun())]
    TooManyVersions {
        /// The kind of object.
        kind: ObjectKind,
        /// The object's name.
        name: ObjectName,
        /// How many a backup holds.
        limit: usize,
    },
    /// The versions together are larger than what a restore takes (400 `BadParameter`).
    #[error("the versions of the {} together are too large for a backup: `{name}`", kind.noun())]
    BackupTooLarge {
        /// The kind of object.
        kind: ObjectKind,
        /// The object's name.
        name: ObjectName,
    },
    /// The object was changed by others each time that this change was tried; nothing was changed (503, worth a
    /// retry).
    #[error("the {} is being changed by too many others: `{name}`", kind.noun())]
    Busy {
        /// The kind of object.
        kind: ObjectKind,
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
    /// The use of the key costs more than there is room for (429 `Throttled`).
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// The work was given up, as the process stops (503).
    #[error("the work was given up, as the process stops")]
    Stopping,
}

impl From<KeyUnusable> for EngineError {
    fn from(why: KeyUnusable) -> Self {
        Self::KeyUnusable { why }
    }
}

impl From<NotReleased> for EngineError {
    fn from(why: NotReleased) -> Self {
        Self::NotReleased { why }
    }
}

impl From<BadKey> for EngineError {
    fn from(why: BadKey) -> Self {
        Self::BadKey { why }
    }
}

/// Why a version of a key cannot be used (wire contract, section 10.3). The operation is named as in `key_ops`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyUnusable {
    /// It is disabled.
    #[error("operation {operation} is not allowed on a disabled key")]
    Disabled {
        /// What was asked.
        operation: &'static str,
    },
    /// The time is before its `nbf` or not before its `exp`.
    #[error("operation {operation} is not allowed on a key that is not yet valid or expired")]
    NotYetValidOrExpired {
        /// What was asked.
        operation: &'static str,
    },
    /// It is not meant for the operation.
    #[error("operation {operation} is not permitted on this key")]
    OperationNotPermitted {
        /// What was asked.
        operation: &'static str,
    },
}

impl From<BadCertificate> for EngineError {
    fn from(why: BadCertificate) -> Self {
        Self::BadCertificate { why }
    }
}

/// Why a certificate cannot be made or taken in. Tells no content of files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCertificate {
    /// The policy contradicts itself.
    #[error("{0}")]
    Policy(#[from] CertificatePolicyError),
    /// A member of the policy is malformed.
    #[error("{0}")]
    Properties(#[from] BadProperties),
    /// The issuer of the policy is not there.
    #[error("policy.issuer.name: the vault has no issuer of this name")]
    UnknownIssuer,
    /// An issuer needs a provider.
    #[error("Property provider is required")]
    NoProvider,
    /// The names of the two issuers that every vault has.
    #[error("the names Self and Unknown are taken")]
    ReservedIssuer,
    /// The file is no base64.
    #[error("Property value has invalid value: not base64")]
    NotBase64,
    /// The file is no PEM.
    #[error("Property value has invalid value: {0}")]
    Pem(PemError),
    /// The file is no PKCS #12, or the password is not its.
    #[error("Property value has invalid value: {0}")]
    Pkcs12(Pkcs12Error),
    /// There is no private key in the file.
    #[error("Property value has invalid value: the file has no private key")]
    NoKey,
    /// The private key cannot be kept.
    #[error("Property value has invalid value: {0}")]
    Key(ImportError),
    /// No certificate is that of the private key.
    #[error("the public key of the certificate is not that of the private key")]
    OtherKey,
    /// The certificate cannot be read.
    #[error("{0}")]
    Facts(FactsError),
    /// There are too many certificates.
    #[error("there are more certificates than a chain may have")]
    TooMany,
}

/// What is in the way of something asked of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateState {
    /// No making is known (404 `PendingCertificateNotFound`).
    #[error("no pending certificate operation has the name: `{name}`")]
    NoPending {
        /// The name.
        name: ObjectName,
    },
    /// A making is under way (409, code `Forbidden`).
    #[error("a certificate operation is in progress; wait for it, cancel it or delete it: `{name}`")]
    InProgress {
        /// The name.
        name: ObjectName,
    },
    /// The making has ended (400 `BadParameter`).
    #[error("the certificate operation is not in progress: `{name}`")]
    NotInProgress {
        /// The name.
        name: ObjectName,
    },
    /// An issuer makes the certificate, so nobody merges one (403).
    #[error("the certificate is being made by its issuer: `{name}`")]
    IssuerAtWork {
        /// The name.
        name: ObjectName,
    },
    /// No issuer has the name (404 `CertificateIssuerNotFound`).
    #[error("no certificate issuer has the name: `{name}`")]
    NoIssuer {
        /// The name.
        name: ObjectName,
    },
    /// The vault has no contacts (404 `ContactsNotFound`).
    #[error("the vault has no certificate contacts")]
    NoContacts,
}

/// Why a key is not released. Nothing of the token is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReleased {
    /// The key has no release policy.
    #[error("the key is not exportable")]
    NotExportable,
    /// The token is not a signed JSON Web Token of a form and an algorithm that are accepted.
    #[error("the attestation token is malformed, or not of an accepted form")]
    Malformed,
    /// The policy does not name the token's issuer, the installation does not trust it, or its key did not sign. It is
    /// not said which.
    #[error("the attestation token is not one of an authority that the key trusts")]
    Unverified,
    /// The token has expired, or is of the future.
    #[error("the attestation token is not valid at this time")]
    Untimely,
    /// The token's claims do not fulfil the key's release policy.
    #[error("the attested environment does not fulfil the release policy of the key")]
    NotFulfilled,
    /// The environment has no key to which one could be wrapped.
    #[error("the attestation token has no RSA key for encryption, of 2048, 3072 or 4096 bits, in x-ms-runtime.keys")]
    NoTransportKey,
    /// The authority's keys are not known and cannot be fetched.
    #[error("{0}")]
    Unreachable(#[from] AuthorityUnreachable),
}

/// Why a key cannot be made or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// An exportable key needs a release policy.
    #[error("AKV.SKR.1004: an exportable key must have a release policy")]
    ExportableWithoutPolicy,
    /// A release policy is for exportable keys.
    #[error("a release policy is only for exportable keys")]
    PolicyWithoutExportable,
    /// The release policy is not in the grammar.
    #[error("release_policy: {0}")]
    ReleasePolicy(#[from] PolicyError),
    /// The release policy was made immutable.
    #[error("the release policy is immutable")]
    ImmutablePolicy,
    /// The key material is not a key, or not one of a size that is served.
    #[error("{0}")]
    Material(#[from] ImportError),
    /// `import` does not stand beside other operations.
    #[error("the key operation import must be the only one")]
    ImportNotAlone,
    /// Symmetric keys have none of the public operations of others.
    #[error("the key operations do not fit the type of the key")]
    OperationsOfOtherType,
    /// The rotation policy contradicts itself.
    #[error("{0}")]
    RotationPolicy(#[from] RotationPolicyError),
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
