//! Calls about certificates, their issuers and their contacts.

use super::keys::Deleted;
use super::page::{Listed, Page};
use crate::{
    AttributeChanges, CertificatePolicy, IssuerChoice, ObjectAttributes, ObjectName, ObjectVersion, Operation,
    PolicyChanges, SecretText, Tags, UnixTime,
};

/// The greatest file that is imported, in bytes of its text.
pub const MAX_IMPORT_BYTES: usize = 192 * 1024;
/// The greatest number of contacts of a vault.
pub const MAX_CONTACTS: usize = 100;
/// The greatest number of administrators of an issuer.
pub const MAX_ADMINISTRATORS: usize = 20;

/// Which version of a certificate.
#[derive(Debug, Clone)]
pub struct CertificateChoice {
    /// The certificate's name.
    pub name: ObjectName,
    /// The version, the latest when none is named.
    pub version: Option<ObjectVersion>,
}

/// What a certificate is given besides its policy.
#[derive(Debug, Clone, Default)]
pub struct CertificateMarks {
    /// Its attributes: only whether it is enabled counts, its times are those of the X.509 certificate.
    pub attributes: AttributeChanges,
    /// Its tags.
    pub tags: Option<Tags>,
    /// Whether the certificates of the chain keep the order in which they were given.
    pub preserve_order: Option<bool>,
}

/// Someone whom an issuer may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Administrator {
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
}

/// Someone who is told of the ends of certificates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// The mail address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
}

/// The members of an issuer that are given. A new issuer needs a provider.
#[derive(Debug, Default)]
pub struct IssuerChanges {
    /// Whose certificates they are.
    pub provider: Option<String>,
    /// The account with the provider.
    pub account: Option<String>,
    /// Its password. It is never told.
    pub password: Option<SecretText>,
    /// The organisation's id with the provider.
    pub organization: Option<String>,
    /// Whom the provider may call.
    pub administrators: Option<Vec<Administrator>>,
    /// Whether it issues.
    pub enabled: Option<bool>,
}

/// An issuer as it is told, without its password.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// Its name.
    pub name: ObjectName,
    /// Whose certificates they are.
    pub provider: String,
    /// The account with the provider.
    pub account: Option<String>,
    /// The organisation's id with the provider.
    pub organization: Option<String>,
    /// Whom the provider may call.
    pub administrators: Vec<Administrator>,
    /// Whether it issues.
    pub enabled: bool,
    /// When it was made.
    pub created: UnixTime,
    /// When it was last changed.
    pub updated: UnixTime,
}

/// How far the making of a certificate is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingStatus {
    /// It waits for its issuer.
    InProgress,
    /// It was cancelled.
    Cancelled,
    /// It was made.
    Completed,
    /// The issuer refused, for this reason.
    Failed(String),
}

/// The making of a certificate (`CertificateOperation` on the wire).
#[derive(Debug, Clone)]
pub struct PendingCertificate {
    /// The certificate's name.
    pub name: ObjectName,
    /// Who signs it.
    pub issuer: IssuerChoice,
    /// The request, PKCS #10 in DER.
    pub request: Vec<u8>,
    /// How far it is.
    pub status: PendingStatus,
    /// Its id.
    pub id: ObjectVersion,
    /// Whether the chain keeps its order.
    pub preserve_order: Option<bool>,
}

/// What can be asked about certificates.
#[derive(Debug)]
pub enum CertificateCall {
    /// Begins to make a certificate, or a new version of one.
    Create {
        /// The certificate's name.
        name: ObjectName,
        /// Its policy.
        policy: Box<PolicyChanges>,
        /// What it is given besides.
        marks: CertificateMarks,
    },
    /// Takes in a certificate with its private key.
    Import {
        /// The certificate's name.
        name: ObjectName,
        /// The file: PKCS #12 in base64, or PEM.
        file: SecretText,
        /// The password of a PKCS #12 file.
        password: Option<SecretText>,
        /// What its policy is to say besides what the certificate says.
        policy: Box<PolicyChanges>,
        /// What it is given besides.
        marks: CertificateMarks,
    },
    /// Brings the certificate to a request that waits for it, the leaf first.
    Merge {
        /// The certificate's name.
        name: ObjectName,
        /// Certificates in DER, or one PKCS #7 file.
        files: Vec<Vec<u8>>,
        /// What it is given besides.
        marks: CertificateMarks,
    },
    /// Reads a version.
    Get(CertificateChoice),
    /// Changes a version.
    Update {
        /// Which version.
        certificate: CertificateChoice,
        /// The policy's changes.
        policy: Option<Box<PolicyChanges>>,
        /// What it is given.
        marks: CertificateMarks,
    },
    /// Deletes a certificate with its key and its secret.
    Delete {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Lists certificates.
    List {
        /// The page.
        page: Page<ObjectName>,
        /// Whether those are listed too that are being made for the first time.
        include_pending: bool,
    },
    /// Lists the versions of a certificate.
    ListVersions {
        /// The certificate's name.
        name: ObjectName,
        /// The page.
        page: Page<ObjectVersion>,
    },
    /// Backs a certificate up, with its key and its secret.
    Backup {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Restores a certificate from a backup, opaque bytes made by `Backup`.
    Restore {
        /// The backup.
        blob: Vec<u8>,
    },
    /// Lists deleted certificates.
    ListDeleted {
        /// The page.
        page: Page<ObjectName>,
    },
    /// Reads what is known of a deleted certificate.
    GetDeleted {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Brings a deleted certificate back, with its key and its secret.
    Recover {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Removes a deleted certificate for good, with its key and its secret.
    Purge {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Reads a certificate's policy.
    PolicyGet {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Changes a certificate's policy.
    PolicyUpdate {
        /// The certificate's name.
        name: ObjectName,
        /// The changes.
        policy: Box<PolicyChanges>,
    },
    /// Reads how far the making of a certificate is.
    PendingGet {
        /// The certificate's name.
        name: ObjectName,
        /// The id that the making must have.
        id: Option<ObjectVersion>,
    },
    /// Cancels the making of a certificate.
    PendingCancel {
        /// The certificate's name.
        name: ObjectName,
        /// Whether to cancel.
        cancel: bool,
    },
    /// Forgets the making of a certificate.
    PendingDelete {
        /// The certificate's name.
        name: ObjectName,
    },
    /// Reads the vault's contacts.
    ContactsGet,
    /// Replaces the vault's contacts.
    ContactsSet {
        /// The contacts.
        contacts: Vec<Contact>,
    },
    /// Removes the vault's contacts.
    ContactsDelete,
    /// Lists the vault's issuers.
    IssuerList {
        /// The page.
        page: Page<ObjectName>,
    },
    /// Reads an issuer.
    IssuerGet {
        /// The issuer's name.
        name: ObjectName,
    },
    /// Makes an issuer, or replaces one.
    IssuerSet {
        /// The issuer's name.
        name: ObjectName,
        /// What it is to be like.
        issuer: Box<IssuerChanges>,
    },
    /// Changes an issuer.
    IssuerUpdate {
        /// The issuer's name.
        name: ObjectName,
        /// The changes.
        issuer: Box<IssuerChanges>,
    },
    /// Removes an issuer.
    IssuerDelete {
        /// The issuer's name.
        name: ObjectName,
    },
}

impl CertificateCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Create { .. } => Operation::CertificateCreate,
            Self::Import { .. } => Operation::CertificateImport,
            Self::Merge { .. } => Operation::CertificatePendingMerge,
            Self::Get(_) => Operation::CertificateGet,
            Self::Update { .. } => Operation::CertificateUpdate,
            Self::Delete { .. } => Operation::CertificateDelete,
            Self::List { .. } => Operation::CertificateList,
            Self::ListVersions { .. } => Operation::CertificateListVersions,
            Self::Backup { .. } => Operation::CertificateBackup,
            Self::Restore { .. } => Operation::CertificateRestore,
            Self::ListDeleted { .. } => Operation::CertificateListDeleted,
            Self::GetDeleted { .. } => Operation::CertificateGetDeleted,
            Self::Recover { .. } => Operation::CertificateRecover,
            Self::Purge { .. } => Operation::CertificatePurge,
            Self::PolicyGet { .. } => Operation::CertificatePolicyGet,
            Self::PolicyUpdate { .. } => Operation::CertificatePolicyUpdate,
            Self::PendingGet { .. } => Operation::CertificatePendingGet,
            Self::PendingCancel { .. } => Operation::CertificatePendingUpdate,
            Self::PendingDelete { .. } => Operation::CertificatePendingDelete,
            Self::ContactsGet => Operation::CertificateContactsGet,
            Self::ContactsSet { .. } => Operation::CertificateContactsSet,
            Self::ContactsDelete => Operation::CertificateContactsDelete,
            Self::IssuerList { .. } => Operation::CertificateIssuersList,
            Self::IssuerGet { .. } => Operation::CertificateIssuerGet,
            Self::IssuerSet { .. } => Operation::CertificateIssuerSet,
            Self::IssuerUpdate { .. } => Operation::CertificateIssuerUpdate,
            Self::IssuerDelete { .. } => Operation::CertificateIssuerDelete,
        }
    }
}

/// A certificate that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCertificate {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// Its SHA-1 digest.
    pub thumbprint: [u8; 20],
}

/// A version of a certificate as it is told.
#[derive(Debug)]
pub struct CertificateBundle {
    /// The name in the spelling of its creation.
    pub name: ObjectName,
    /// The version, which its key and its secret have too.
    pub version: ObjectVersion,
    /// The certificate; absent of one that was begun and never made. Such a one has no key and no secret.
    pub made: Option<MadeCertificate>,
    /// Its attributes.
    pub attributes: ObjectAttributes,
    /// Its tags.
    pub tags: Tags,
    /// The policy, where it is told.
    pub policy: Option<Box<CertificatePolicy>>,
    /// Whether a new version is being made.
    pub pending: bool,
    /// Whether the chain keeps its order.
    pub preserve_order: Option<bool>,
}

/// A certificate as lists tell it.
#[derive(Debug)]
pub struct CertificateItem {
    /// The name in the spelling of its creation.
    pub name: ObjectName,
    /// The version.
    pub version: ObjectVersion,
    /// The SHA-1 digest of the certificate; absent while it is being made.
    pub thumbprint: Option<[u8; 20]>,
    /// Its attributes.
    pub attributes: ObjectAttributes,
    /// Its tags.
    pub tags: Tags,
}

/// What came of a call about certificates.
#[derive(Debug)]
pub enum CertificateOutcome {
    /// One version.
    Bundle(Box<CertificateBundle>),
    /// A deleted certificate.
    Deleted(Box<Deleted<CertificateBundle>>),
    /// A page of certificates.
    List(Listed<CertificateItem, ObjectName>),
    /// A page of versions.
    Versions(Listed<CertificateItem, ObjectVersion>),
    /// A page of deleted certificates.
    DeletedList(Listed<Deleted<CertificateItem>, ObjectName>),
    /// The sealed backup.
    Backup(Vec<u8>),
    /// Done, with nothing to tell.
    Purged,
    /// A policy.
    Policy(ObjectName, Box<CertificatePolicy>),
    /// How far the making of a certificate is.
    Pending(Box<PendingCertificate>),
    /// The vault's contacts.
    Contacts(Vec<Contact>),
    /// An issuer.
    Issuer(Box<Issuer>),
    /// A page of issuers.
    Issuers(Listed<Issuer, ObjectName>),
}
