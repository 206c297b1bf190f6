//! The table of operations.
//!
//! One row per operation drives routing, the permission that is asked for, the audit name, the page
//! `docs/compatibility.md` and the tests that demand a denial for each operation.

/// Which of the planes an operation belongs to. Their permissions are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Plane {
    /// Keys, secrets and certificates: `<vault>.vault.<domain>`.
    Data,
    /// Vaults and role assignments: `management.<domain>`.
    Management,
    /// Users, groups and applications: `graph.<domain>`. Policies know it as a part of management.
    Directory,
}

impl Plane {
    /// The plane's name in what policies are told: the directory is managed as vaults are.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Management | Self::Directory => "management",
        }
    }
}

/// The request methods that operations use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET
    Get,
    /// PUT
    Put,
    /// POST
    Post,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// The method as HTTP spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The kinds of object that a vault holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// Secrets.
    Secret,
    /// Keys.
    Key,
    /// Certificates.
    Certificate,
}

impl ObjectKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[Self::Secret, Self::Key, Self::Certificate];

    /// The kind whose collection is so called, compared without case as resource ids are.
    #[must_use]
    pub fn of_collection(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.collection().eq_ignore_ascii_case(name))
    }

    /// The collection's name in paths and resource ids.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Secret => "secrets",
            Self::Key => "keys",
            Self::Certificate => "certificates",
        }
    }

    /// The collection of deleted objects in paths.
    #[must_use]
    pub const fn deleted_collection(self) -> &'static str {
        match self {
            Self::Secret => "deletedsecrets",
            Self::Key => "deletedkeys",
            Self::Certificate => "deletedcertificates",
        }
    }

    /// What one such object is called in messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Certificate => "certificate",
        }
    }
}

/// At which resource an operation is authorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The vault: an assignment on one object never permits it (lists, restore).
    Vault,
    /// The object named in the path.
    Object,
    /// The resource that the management path names.
    Resource,
}

/// A permission of the access-policy model, such as `secrets` `get`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessPolicyPermission {
    /// `keys`, `secrets` or `certificates`.
    pub category: &'static str,
    /// The permission's name.
    pub name: &'static str,
}

impl std::fmt::Display for AccessPolicyPermission {
    /// `secrets/get`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.category, self.name)
    }
}

/// What one operation is.
#[derive(Debug, Clone, Copy)]
pub struct OperationRow {
    /// The operation.
    pub operation: Operation,
    /// Its name in audit records, policies and tokens.
    pub name: &'static str,
    /// Its name in the reference's REST documentation.
    pub wire_name: &'static str,
    /// The plane it belongs to.
    pub plane: Plane,
    /// The request method.
    pub method: Method,
    /// Every accepted spelling of the path. `{name}` and `{version}` are one segment each; the spellings with a
    /// trailing slash are the "empty version segment" that clients send (wire contract, section 6).
    pub paths: &'static [&'static str],
    /// The kind of object it acts on, if it acts on objects.
    pub object: Option<ObjectKind>,
    /// At which resource it is authorised.
    pub scope: Scope,
    /// The data action (data plane) or action (management plane) it needs.
    pub action: &'static str,
    /// What it needs under the access-policy model.
    pub access_policy: Option<AccessPolicyPermission>,
    /// The status of its success.
    pub success: u16,
}

macro_rules! operations {
    ($($(#[doc = $doc:literal])+ $op:ident = $wire:literal $plane:ident $method:ident $paths:expr, $object:expr, $scope:ident,
        $action:literal, $ap:expr, $success:literal;)+) => {
        /// Everything that can be asked of the gateway under authorisation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $($(#[doc = $doc])+ $op,)+
        }

        impl Operation {
            /// All operations, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$op),+];

            /// The operation's row.
            #[must_use]
            pub const fn row(self) -> &'static OperationRow {
                match self {
                    $(Self::$op => {
                        const ROW: OperationRow = OperationRow {
                            operation: Operation::$op,
                            name: stringify!($op),
                            wire_name: $wire,
                            plane: Plane::$plane,
                            method: Method::$method,
                            paths: $paths,
                            object: $object,
                            scope: Scope::$scope,
                            action: $action,
                            access_policy: $ap,
                            success: $success,
                        };
                        &ROW
                    })+
                }
            }
        }
    };
}

const fn secrets(name: &'static str) -> Option<AccessPolicyPermission> {
    Some(AccessPolicyPermission { category: "secrets", name })
}

const fn keys(name: &'static str) -> Option<AccessPolicyPermission> {
    Some(AccessPolicyPermission { category: "keys", name })
}

const fn certificates(name: &'static str) -> Option<AccessPolicyPermission> {
    Some(AccessPolicyPermission { category: "certificates", name })
}

const CERTIFICATE: Option<ObjectKind> = Some(ObjectKind::Certificate);

const KEY: Option<ObjectKind> = Some(ObjectKind::Key);

const SECRET: Option<ObjectKind> = Some(ObjectKind::Secret);

/// The paths of something of the provider for authorization: above all subscriptions, at a subscription, a resource group,
/// a vault and an object.
macro_rules! at_scopes {
    ($tail:literal) => {
        &[
            concat!("/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/providers/microsoft.authorization/", $tail),
            concat!("/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/{collection}/{name}/providers/microsoft.authorization/", $tail),
            concat!("/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.authorization/", $tail),
            concat!("/subscriptions/{subscription}/providers/microsoft.authorization/", $tail),
            concat!("/providers/microsoft.authorization/", $tail),
        ]
    };
}

/// The paths of something of the provider for plugins: for the tenant, at a subscription, a resource group and a vault. The
/// vault's comes first, since tests ask there.
macro_rules! at_plugin_scopes {
    ($tail:literal) => {
        &[
            concat!("/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/providers/portcullis.gateway/", $tail),
            concat!("/subscriptions/{subscription}/resourcegroups/{group}/providers/portcullis.gateway/", $tail),
            concat!("/subscriptions/{subscription}/providers/portcullis.gateway/", $tail),
            concat!("/providers/portcullis.gateway/", $tail),
        ]
    };
}

operations! {
    /// Makes a new version of a secret.
    SecretSet = "SetSecret" Data Put &["/secrets/{name}"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/setSecret/action", secrets("set"), 200;
    /// Reads a secret's value.
    SecretGet = "GetSecret" Data Get &["/secrets/{name}", "/secrets/{name}/", "/secrets/{name}/{version}"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/getSecret/action", secrets("get"), 200;
    /// Changes attributes, content type or tags of a version.
    SecretUpdate = "UpdateSecret" Data Patch &["/secrets/{name}", "/secrets/{name}/", "/secrets/{name}/{version}"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/update/action", secrets("set"), 200;
    /// Deletes a secret with all its versions; it can be recovered.
    SecretDelete = "DeleteSecret" Data Delete &["/secrets/{name}"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/delete", secrets("delete"), 200;
    /// Lists secrets without their values.
    SecretList = "GetSecrets" Data Get &["/secrets"], SECRET, Vault,
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action", secrets("list"), 200;
    /// Lists the versions of a secret.
    SecretListVersions = "GetSecretVersions" Data Get &["/secrets/{name}/versions"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action", secrets("list"), 200;
    /// Backs a secret up with all its versions.
    SecretBackup = "BackupSecret" Data Post &["/secrets/{name}/backup"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/backup/action", secrets("backup"), 200;
    /// Restores a backed-up secret.
    SecretRestore = "RestoreSecret" Data Post &["/secrets/restore"], SECRET, Vault,
        "Microsoft.KeyVault/vaults/secrets/restore/action", secrets("restore"), 200;
    /// Lists deleted secrets.
    SecretListDeleted = "GetDeletedSecrets" Data Get &["/deletedsecrets"], SECRET, Vault,
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action", secrets("list"), 200;
    /// Reads what is known of a deleted secret.
    SecretGetDeleted = "GetDeletedSecret" Data Get &["/deletedsecrets/{name}"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action", secrets("get"), 200;
    /// Brings a deleted secret back.
    SecretRecover = "RecoverDeletedSecret" Data Post &["/deletedsecrets/{name}/recover"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/recover/action", secrets("recover"), 200;
    /// Removes a deleted secret for good.
    SecretPurge = "PurgeDeletedSecret" Data Delete &["/deletedsecrets/{name}"], SECRET, Object,
        "Microsoft.KeyVault/vaults/secrets/purge/action", secrets("purge"), 204;
    /// Makes a new key, or a new version of a key.
    KeyCreate = "CreateKey" Data Post &["/keys/{name}/create"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/create/action", keys("create"), 200;
    /// Takes in a key that was made elsewhere.
    KeyImport = "ImportKey" Data Put &["/keys/{name}"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/import/action", keys("import"), 200;
    /// Makes a new version like the latest one.
    KeyRotate = "RotateKey" Data Post &["/keys/{name}/rotate"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/rotate/action", keys("rotate"), 200;
    /// Reads the public side of a key.
    KeyGet = "GetKey" Data Get &["/keys/{name}", "/keys/{name}/", "/keys/{name}/{version}"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/read", keys("get"), 200;
    /// Changes attributes, operations, tags or release policy of a version.
    KeyUpdate = "UpdateKey" Data Patch &["/keys/{name}", "/keys/{name}/", "/keys/{name}/{version}"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/update/action", keys("update"), 200;
    /// Deletes a key with all its versions; it can be recovered.
    KeyDelete = "DeleteKey" Data Delete &["/keys/{name}"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/delete", keys("delete"), 200;
    /// Lists keys.
    KeyList = "GetKeys" Data Get &["/keys"], KEY, Vault,
        "Microsoft.KeyVault/vaults/keys/read", keys("list"), 200;
    /// Lists the versions of a key.
    KeyListVersions = "GetKeyVersions" Data Get &["/keys/{name}/versions"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/read", keys("list"), 200;
    /// Backs a key up with all its versions.
    KeyBackup = "BackupKey" Data Post &["/keys/{name}/backup"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/backup/action", keys("backup"), 200;
    /// Restores a backed-up key.
    KeyRestore = "RestoreKey" Data Post &["/keys/restore"], KEY, Vault,
        "Microsoft.KeyVault/vaults/keys/restore/action", keys("restore"), 200;
    /// Encrypts with a key.
    KeyEncrypt = "Encrypt" Data Post &["/keys/{name}/encrypt", "/keys/{name}//encrypt",
        "/keys/{name}/{version}/encrypt"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/encrypt/action", keys("encrypt"), 200;
    /// Decrypts with a key.
    KeyDecrypt = "Decrypt" Data Post &["/keys/{name}/decrypt", "/keys/{name}//decrypt",
        "/keys/{name}/{version}/decrypt"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/decrypt/action", keys("decrypt"), 200;
    /// Wraps a key with a key.
    KeyWrap = "WrapKey" Data Post &["/keys/{name}/wrapkey", "/keys/{name}//wrapkey",
        "/keys/{name}/{version}/wrapkey"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/wrap/action", keys("wrapKey"), 200;
    /// Unwraps a key with a key.
    KeyUnwrap = "UnwrapKey" Data Post &["/keys/{name}/unwrapkey", "/keys/{name}//unwrapkey",
        "/keys/{name}/{version}/unwrapkey"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/unwrap/action", keys("unwrapKey"), 200;
    /// Signs a digest with a key.
    KeySign = "Sign" Data Post &["/keys/{name}/sign", "/keys/{name}//sign",
        "/keys/{name}/{version}/sign"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/sign/action", keys("sign"), 200;
    /// Verifies a signature with a key.
    KeyVerify = "Verify" Data Post &["/keys/{name}/verify", "/keys/{name}//verify",
        "/keys/{name}/{version}/verify"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/verify/action", keys("verify"), 200;
    /// Gives a key to an environment that attests itself, as the key's release policy demands.
    KeyRelease = "Release" Data Post &["/keys/{name}/release", "/keys/{name}//release",
        "/keys/{name}/{version}/release"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/release/action", keys("release"), 200;
    /// Reads a key's rotation policy.
    KeyRotationPolicyGet = "GetKeyRotationPolicy" Data Get &["/keys/{name}/rotationpolicy"], KEY, Object,
        "Microsoft.KeyVault/vaults/keyrotationpolicies/read", keys("getrotationpolicy"), 200;
    /// Replaces a key's rotation policy.
    KeyRotationPolicySet = "UpdateKeyRotationPolicy" Data Put &["/keys/{name}/rotationpolicy"], KEY, Object,
        "Microsoft.KeyVault/vaults/keyrotationpolicies/write", keys("setrotationpolicy"), 200;
    /// Lists deleted keys.
    KeyListDeleted = "GetDeletedKeys" Data Get &["/deletedkeys"], KEY, Vault,
        "Microsoft.KeyVault/vaults/keys/read", keys("list"), 200;
    /// Reads what is known of a deleted key.
    KeyGetDeleted = "GetDeletedKey" Data Get &["/deletedkeys/{name}"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/read", keys("get"), 200;
    /// Brings a deleted key back.
    KeyRecover = "RecoverDeletedKey" Data Post &["/deletedkeys/{name}/recover"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/recover/action", keys("recover"), 200;
    /// Removes a deleted key for good.
    KeyPurge = "PurgeDeletedKey" Data Delete &["/deletedkeys/{name}"], KEY, Object,
        "Microsoft.KeyVault/vaults/keys/purge/action", keys("purge"), 204;
    /// Draws random bytes. The reference has it in managed HSMs only; the action is ours, and roles for all of `keys/*` cover it.
    RandomBytes = "GetRandomBytes" Data Post &["/rng"], None, Vault,
        "Microsoft.KeyVault/vaults/keys/rng/action", None, 200;
    /// Begins to make a certificate, or a new version of one.
    CertificateCreate = "CreateCertificate" Data Post &["/certificates/{name}/create"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/create/action", certificates("create"), 202;
    /// Takes in a certificate with its private key.
    CertificateImport = "ImportCertificate" Data Post &["/certificates/{name}/import"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/import/action", certificates("import"), 200;
    /// Reads a certificate.
    CertificateGet = "GetCertificate" Data Get &["/certificates/{name}", "/certificates/{name}/", "/certificates/{name}/{version}"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("get"), 200;
    /// Changes attributes or tags of a version, or the policy.
    CertificateUpdate = "UpdateCertificate" Data Patch &["/certificates/{name}", "/certificates/{name}/", "/certificates/{name}/{version}"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/update/action", certificates("update"), 200;
    /// Deletes a certificate with its key and its secret; it can be recovered.
    CertificateDelete = "DeleteCertificate" Data Delete &["/certificates/{name}"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/delete", certificates("delete"), 200;
    /// Lists certificates.
    CertificateList = "GetCertificates" Data Get &["/certificates"], CERTIFICATE, Vault,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("list"), 200;
    /// Lists the versions of a certificate.
    CertificateListVersions = "GetCertificateVersions" Data Get &["/certificates/{name}/versions"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("list"), 200;
    /// Backs a certificate up, with its key and its secret.
    CertificateBackup = "BackupCertificate" Data Post &["/certificates/{name}/backup"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/backup/action", certificates("backup"), 200;
    /// Restores a backed-up certificate.
    CertificateRestore = "RestoreCertificate" Data Post &["/certificates/restore"], CERTIFICATE, Vault,
        "Microsoft.KeyVault/vaults/certificates/restore/action", certificates("restore"), 200;
    /// Reads a certificate's policy.
    CertificatePolicyGet = "GetCertificatePolicy" Data Get &["/certificates/{name}/policy"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("get"), 200;
    /// Changes a certificate's policy.
    CertificatePolicyUpdate = "UpdateCertificatePolicy" Data Patch &["/certificates/{name}/policy"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/update/action", certificates("update"), 200;
    /// Reads how far the making of a certificate is.
    CertificatePendingGet = "GetCertificateOperation" Data Get &["/certificates/{name}/pending"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("get"), 200;
    /// Cancels the making of a certificate.
    CertificatePendingUpdate = "UpdateCertificateOperation" Data Patch &["/certificates/{name}/pending"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/update/action", certificates("update"), 200;
    /// Forgets the making of a certificate.
    CertificatePendingDelete = "DeleteCertificateOperation" Data Delete &["/certificates/{name}/pending"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/update/action", certificates("update"), 200;
    /// Brings a certificate to the request that waits for it.
    CertificatePendingMerge = "MergeCertificate" Data Post &["/certificates/{name}/pending/merge"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/create/action", certificates("create"), 201;
    /// Reads the vault's certificate contacts.
    CertificateContactsGet = "GetCertificateContacts" Data Get &["/certificates/contacts"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecontacts/write", certificates("managecontacts"), 200;
    /// Replaces the vault's certificate contacts.
    CertificateContactsSet = "SetCertificateContacts" Data Put &["/certificates/contacts"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecontacts/write", certificates("managecontacts"), 200;
    /// Removes the vault's certificate contacts.
    CertificateContactsDelete = "DeleteCertificateContacts" Data Delete &["/certificates/contacts"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecontacts/write", certificates("managecontacts"), 200;
    /// Lists the vault's certificate issuers.
    CertificateIssuersList = "GetCertificateIssuers" Data Get &["/certificates/issuers"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecas/read", certificates("listissuers"), 200;
    /// Reads a certificate issuer.
    CertificateIssuerGet = "GetCertificateIssuer" Data Get &["/certificates/issuers/{issuer}"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecas/read", certificates("getissuers"), 200;
    /// Makes a certificate issuer, or replaces one.
    CertificateIssuerSet = "SetCertificateIssuer" Data Put &["/certificates/issuers/{issuer}"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecas/write", certificates("setissuers"), 200;
    /// Changes a certificate issuer.
    CertificateIssuerUpdate = "UpdateCertificateIssuer" Data Patch &["/certificates/issuers/{issuer}"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecas/write", certificates("setissuers"), 200;
    /// Removes a certificate issuer.
    CertificateIssuerDelete = "DeleteCertificateIssuer" Data Delete &["/certificates/issuers/{issuer}"], None, Vault,
        "Microsoft.KeyVault/vaults/certificatecas/delete", certificates("deleteissuers"), 200;
    /// Lists deleted certificates.
    CertificateListDeleted = "GetDeletedCertificates" Data Get &["/deletedcertificates"], CERTIFICATE, Vault,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("list"), 200;
    /// Reads what is known of a deleted certificate.
    CertificateGetDeleted = "GetDeletedCertificate" Data Get &["/deletedcertificates/{name}"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/read", certificates("get"), 200;
    /// Brings a deleted certificate back, with its key and its secret.
    CertificateRecover = "RecoverDeletedCertificate" Data Post &["/deletedcertificates/{name}/recover"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/recover/action", certificates("recover"), 200;
    /// Removes a deleted certificate for good, with its key and its secret.
    CertificatePurge = "PurgeDeletedCertificate" Data Delete &["/deletedcertificates/{name}"], CERTIFICATE, Object,
        "Microsoft.KeyVault/vaults/certificates/purge/action", certificates("purge"), 204;
    /// Reads a vault's properties.
    VaultGet = "Vaults_Get" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}"], None, Resource,
        "Microsoft.KeyVault/vaults/read", None, 200;
    /// Changes some of a vault's properties.
    VaultPatch = "Vaults_Update" Management Patch
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}"], None, Resource,
        "Microsoft.KeyVault/vaults/write", None, 200;
    /// Makes a vault, changes one as a whole, or brings a deleted one back.
    VaultPut = "Vaults_CreateOrUpdate" Management Put
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}"], None, Resource,
        "Microsoft.KeyVault/vaults/write", None, 200;
    /// Adds to, replaces in or removes from the access policies of a vault.
    AccessPoliciesChange = "Vaults_UpdateAccessPolicy" Management Put
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/accesspolicies/{change}"], None, Resource,
        "Microsoft.KeyVault/vaults/accessPolicies/write", None, 200;
    /// Deletes a vault; it can be recovered.
    VaultDelete = "Vaults_Delete" Management Delete
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}"], None, Resource,
        "Microsoft.KeyVault/vaults/delete", None, 200;
    /// Lists the vaults of a resource group or of a subscription.
    VaultList = "Vaults_ListByResourceGroup" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults",
          "/subscriptions/{subscription}/providers/microsoft.keyvault/vaults"], None, Resource,
        "Microsoft.KeyVault/vaults/read", None, 200;
    /// Lists the vaults of a subscription as resources of any kind are listed.
    ResourceList = "Vaults_List" Management Get
        &["/subscriptions/{subscription}/resources"], None, Resource,
        "Microsoft.KeyVault/vaults/read", None, 200;
    /// Says whether a name is free for a vault.
    VaultNameCheck = "Vaults_CheckNameAvailability" Management Post
        &["/subscriptions/{subscription}/providers/microsoft.keyvault/checknameavailability"], None, Resource,
        "Microsoft.KeyVault/checkNameAvailability/read", None, 200;
    /// Lists the deleted vaults of a subscription.
    DeletedVaultList = "Vaults_ListDeleted" Management Get
        &["/subscriptions/{subscription}/providers/microsoft.keyvault/deletedvaults"], None, Resource,
        "Microsoft.KeyVault/deletedVaults/read", None, 200;
    /// Reads what is known of a deleted vault.
    DeletedVaultGet = "Vaults_GetDeleted" Management Get
        &["/subscriptions/{subscription}/providers/microsoft.keyvault/locations/{location}/deletedvaults/{vault}"], None, Resource,
        "Microsoft.KeyVault/locations/deletedVaults/read", None, 200;
    /// Removes a deleted vault for good, with all that it holds.
    DeletedVaultPurge = "Vaults_PurgeDeleted" Management Post
        &["/subscriptions/{subscription}/providers/microsoft.keyvault/locations/{location}/deletedvaults/{vault}/purge"], None, Resource,
        "Microsoft.KeyVault/locations/deletedVaults/purge/action", None, 200;
    /// Lists the managed HSMs of a resource group or of a subscription; there are none.
    ManagedHsmList = "ManagedHsms_ListBySubscription" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/managedhsms",
          "/subscriptions/{subscription}/providers/microsoft.keyvault/managedhsms"], None, Resource,
        "Microsoft.KeyVault/managedHSMs/read", None, 200;
    /// Lists the deleted managed HSMs of a subscription; there are none.
    DeletedManagedHsmList = "ManagedHsms_ListDeleted" Management Get
        &["/subscriptions/{subscription}/providers/microsoft.keyvault/deletedmanagedhsms"], None, Resource,
        "Microsoft.KeyVault/deletedManagedHsms/read", None, 200;
    /// Reads the connection of a private endpoint to a vault.
    PrivateEndpointConnectionGet = "PrivateEndpointConnections_Get" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/privateendpointconnections/{connection}"], None, Resource,
        "Microsoft.KeyVault/vaults/privateEndpointConnections/read", None, 200;
    /// Lists the connections of private endpoints to a vault.
    PrivateEndpointConnectionList = "PrivateEndpointConnections_ListByResource" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/privateendpointconnections"], None, Resource,
        "Microsoft.KeyVault/vaults/privateEndpointConnections/read", None, 200;
    /// Approves or rejects the connection of a private endpoint. To make one is a matter of the configuration, so this is
    /// the right to approve.
    PrivateEndpointConnectionPut = "PrivateEndpointConnections_Put" Management Put
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/privateendpointconnections/{connection}"], None, Resource,
        "Microsoft.KeyVault/vaults/PrivateEndpointConnectionsApproval/action", None, 200;
    /// Removes the connection of a private endpoint.
    PrivateEndpointConnectionDelete = "PrivateEndpointConnections_Delete" Management Delete
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/privateendpointconnections/{connection}"], None, Resource,
        "Microsoft.KeyVault/vaults/privateEndpointConnections/delete", None, 200;
    /// Lists what private endpoints of a vault lead to.
    VaultPrivateLinkResourceList = "PrivateLinkResources_ListByVault" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/privatelinkresources"], None, Resource,
        "Microsoft.KeyVault/vaults/privateLinkResources/read", None, 200;
    /// Tells what would come of requests to a vault that nobody makes. Ours: the reference has nothing like it.
    VaultWhatIf = "Vaults_WhatIf" Management Post
        &["/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.keyvault/vaults/{vault}/providers/portcullis.gateway/whatif"], None, Resource,
        "Portcullis.Gateway/whatIf/action", None, 200;
    /// Reads a subscription.
    SubscriptionGet = "Subscriptions_Get" Management Get
        &["/subscriptions/{subscription}"], None, Resource,
        "Microsoft.Resources/subscriptions/read", None, 200;
    /// Lists the resource groups of a subscription.
    GroupList = "ResourceGroups_List" Management Get
        &["/subscriptions/{subscription}/resourcegroups"], None, Resource,
        "Microsoft.Resources/subscriptions/resourceGroups/read", None, 200;
    /// Reads a resource group.
    GroupGet = "ResourceGroups_Get" Management Get
        &["/subscriptions/{subscription}/resourcegroups/{group}"], None, Resource,
        "Microsoft.Resources/subscriptions/resourceGroups/read", None, 200;
    /// Makes a resource group, or changes its tags.
    GroupPut = "ResourceGroups_CreateOrUpdate" Management Put
        &["/subscriptions/{subscription}/resourcegroups/{group}"], None, Resource,
        "Microsoft.Resources/subscriptions/resourceGroups/write", None, 201;
    /// Removes a resource group that holds no vault.
    GroupDelete = "ResourceGroups_Delete" Management Delete
        &["/subscriptions/{subscription}/resourcegroups/{group}"], None, Resource,
        "Microsoft.Resources/subscriptions/resourceGroups/delete", None, 200;
    /// Assigns a role to a principal.
    RoleAssignmentPut = "RoleAssignments_Create" Management Put at_scopes!("roleassignments/{assignment}"), None, Resource,
        "Microsoft.Authorization/roleAssignments/write", None, 201;
    /// Takes a role assignment away.
    RoleAssignmentDelete = "RoleAssignments_Delete" Management Delete at_scopes!("roleassignments/{assignment}"), None, Resource,
        "Microsoft.Authorization/roleAssignments/delete", None, 200;
    /// Reads a role assignment.
    RoleAssignmentGet = "RoleAssignments_Get" Management Get at_scopes!("roleassignments/{assignment}"), None, Resource,
        "Microsoft.Authorization/roleAssignments/read", None, 200;
    /// Lists role assignments around a scope.
    RoleAssignmentList = "RoleAssignments_ListForScope" Management Get at_scopes!("roleassignments"), None, Resource,
        "Microsoft.Authorization/roleAssignments/read", None, 200;
    /// Reads a role definition.
    RoleDefinitionGet = "RoleDefinitions_Get" Management Get at_scopes!("roledefinitions/{role}"), None, Resource,
        "Microsoft.Authorization/roleDefinitions/read", None, 200;
    /// Lists the role definitions that can be assigned at a scope.
    RoleDefinitionList = "RoleDefinitions_List" Management Get at_scopes!("roledefinitions"), None, Resource,
        "Microsoft.Authorization/roleDefinitions/read", None, 200;
    /// Makes a custom role, or changes one.
    RoleDefinitionPut = "RoleDefinitions_CreateOrUpdate" Management Put at_scopes!("roledefinitions/{role}"), None, Resource,
        "Microsoft.Authorization/roleDefinitions/write", None, 201;
    /// Removes a custom role that nobody has.
    RoleDefinitionDelete = "RoleDefinitions_Delete" Management Delete at_scopes!("roledefinitions/{role}"), None, Resource,
        "Microsoft.Authorization/roleDefinitions/delete", None, 200;
    /// Reads a deny assignment.
    DenyAssignmentGet = "DenyAssignments_Get" Management Get at_scopes!("denyassignments/{deny}"), None, Resource,
        "Microsoft.Authorization/denyAssignments/read", None, 200;
    /// Lists deny assignments around a scope.
    DenyAssignmentList = "DenyAssignments_ListForScope" Management Get at_scopes!("denyassignments"), None, Resource,
        "Microsoft.Authorization/denyAssignments/read", None, 200;
    /// Makes a deny assignment, or changes one.
    DenyAssignmentPut = "DenyAssignments_CreateOrUpdate" Management Put at_scopes!("denyassignments/{deny}"), None, Resource,
        "Microsoft.Authorization/denyAssignments/write", None, 201;
    /// Removes a deny assignment.
    DenyAssignmentDelete = "DenyAssignments_Delete" Management Delete at_scopes!("denyassignments/{deny}"), None, Resource,
        "Microsoft.Authorization/denyAssignments/delete", None, 200;
    /// Makes a principal eligible for a role, or takes that back.
    RoleEligibilityScheduleRequestPut = "RoleEligibilityScheduleRequests_Create" Management Put at_scopes!("roleeligibilityschedulerequests/{request}"), None, Resource,
        "Microsoft.Authorization/roleEligibilityScheduleRequests/write", None, 201;
    /// Lists who is eligible for which role at a scope.
    RoleEligibilityScheduleInstanceList = "RoleEligibilityScheduleInstances_ListForScope" Management Get at_scopes!("roleeligibilityscheduleinstances"), None, Resource,
        "Microsoft.Authorization/roleEligibilityScheduleInstances/read", None, 200;
    /// Gives a role for a time, takes a role that the caller is eligible for, or takes that back.
    RoleAssignmentScheduleRequestPut = "RoleAssignmentScheduleRequests_Create" Management Put at_scopes!("roleassignmentschedulerequests/{request}"), None, Resource,
        "Microsoft.Authorization/roleAssignmentScheduleRequests/write", None, 201;
    /// Lists the requests to take roles at a scope.
    RoleAssignmentScheduleRequestList = "RoleAssignmentScheduleRequests_ListForScope" Management Get at_scopes!("roleassignmentschedulerequests"), None, Resource,
        "Microsoft.Authorization/roleAssignmentScheduleRequests/read", None, 200;
    /// Lists the roles that are held for a time at a scope.
    RoleAssignmentScheduleInstanceList = "RoleAssignmentScheduleInstances_ListForScope" Management Get at_scopes!("roleassignmentscheduleinstances"), None, Resource,
        "Microsoft.Authorization/roleAssignmentScheduleInstances/read", None, 200;
    /// Approves a request to take a role, or does not: judged as the assignment that it brings about.
    RoleAssignmentApprovalPatch = "RoleAssignmentApprovalStep_Patch" Management Patch at_scopes!("roleassignmentapprovals/{request}/stages/{stage}"), None, Resource,
        "Microsoft.Authorization/roleAssignments/write", None, 200;
    /// Tells what the caller's roles permit at a scope.
    PermissionList = "Permissions_ListForScope" Management Get at_scopes!("permissions"), None, Resource,
        "Microsoft.Authorization/permissions/read", None, 200;
    /// Installs a plugin, or changes an installation.
    PluginPut = "Plugins_CreateOrUpdate" Management Put at_plugin_scopes!("plugins/{plugin}"), None, Resource,
        "Microsoft.Authorization/policyAssignments/write", None, 200;
    /// Reads an installation of a plugin.
    PluginGet = "Plugins_Get" Management Get at_plugin_scopes!("plugins/{plugin}"), None, Resource,
        "Microsoft.Authorization/policyAssignments/read", None, 200;
    /// Lists the installations of plugins at a scope and below it.
    PluginList = "Plugins_ListForScope" Management Get at_plugin_scopes!("plugins"), None, Resource,
        "Microsoft.Authorization/policyAssignments/read", None, 200;
    /// Removes an installation of a plugin.
    PluginDelete = "Plugins_Delete" Management Delete at_plugin_scopes!("plugins/{plugin}"), None, Resource,
        "Microsoft.Authorization/policyAssignments/delete", None, 200;
    /// Makes an earlier generation of an installation hold again.
    PluginRollback = "Plugins_Rollback" Management Post at_plugin_scopes!("plugins/{plugin}/rollback"), None, Resource,
        "Microsoft.Authorization/policyAssignments/write", None, 200;
    /// Lets a plugin that only reported count.
    PluginPromote = "Plugins_Promote" Management Post at_plugin_scopes!("plugins/{plugin}/promote"), None, Resource,
        "Microsoft.Authorization/policyAssignments/write", None, 200;
    /// Brings the component of a plugin.
    PluginComponentPut = "Components_Put" Management Put at_plugin_scopes!("components/{digest}"), None, Resource,
        "Microsoft.Authorization/policyAssignments/write", None, 201;
    /// Lists the users of the caller's tenant.
    DirectoryUserList = "user_List" Directory Get &["/v1.0/users"], None, Resource,
        "Microsoft.Authorization/directory/users/read", None, 200;
    /// Makes a user.
    DirectoryUserCreate = "user_Create" Directory Post &["/v1.0/users"], None, Resource,
        "Microsoft.Authorization/directory/users/write", None, 201;
    /// Reads a user.
    DirectoryUserGet = "user_Get" Directory Get &["/v1.0/users/{id}"], None, Resource,
        "Microsoft.Authorization/directory/users/read", None, 200;
    /// Changes a user.
    DirectoryUserUpdate = "user_Update" Directory Patch &["/v1.0/users/{id}"], None, Resource,
        "Microsoft.Authorization/directory/users/write", None, 204;
    /// Removes a user.
    DirectoryUserDelete = "user_Delete" Directory Delete &["/v1.0/users/{id}"], None, Resource,
        "Microsoft.Authorization/directory/users/delete", None, 204;
    /// Lists the groups of the caller's tenant.
    DirectoryGroupList = "group_List" Directory Get &["/v1.0/groups"], None, Resource,
        "Microsoft.Authorization/directory/groups/read", None, 200;
    /// Makes a group.
    DirectoryGroupCreate = "group_Create" Directory Post &["/v1.0/groups"], None, Resource,
        "Microsoft.Authorization/directory/groups/write", None, 201;
    /// Reads a group.
    DirectoryGroupGet = "group_Get" Directory Get &["/v1.0/groups/{id}"], None, Resource,
        "Microsoft.Authorization/directory/groups/read", None, 200;
    /// Changes a group.
    DirectoryGroupUpdate = "group_Update" Directory Patch &["/v1.0/groups/{id}"], None, Resource,
        "Microsoft.Authorization/directory/groups/write", None, 204;
    /// Removes a group.
    DirectoryGroupDelete = "group_Delete" Directory Delete &["/v1.0/groups/{id}"], None, Resource,
        "Microsoft.Authorization/directory/groups/delete", None, 204;
    /// Lists the registrations of applications of the caller's tenant.
    DirectoryApplicationList = "application_List" Directory Get &["/v1.0/applications"], None, Resource,
        "Microsoft.Authorization/directory/applications/read", None, 200;
    /// Makes a registration of an application.
    DirectoryApplicationCreate = "application_Create" Directory Post &["/v1.0/applications"], None, Resource,
        "Microsoft.Authorization/directory/applications/write", None, 201;
    /// Reads a registration of an application.
    DirectoryApplicationGet = "application_Get" Directory Get &["/v1.0/applications/{id}"], None, Resource,
        "Microsoft.Authorization/directory/applications/read", None, 200;
    /// Changes a registration of an application.
    DirectoryApplicationUpdate = "application_Update" Directory Patch &["/v1.0/applications/{id}"], None, Resource,
        "Microsoft.Authorization/directory/applications/write", None, 204;
    /// Removes a registration of an application.
    DirectoryApplicationDelete = "application_Delete" Directory Delete &["/v1.0/applications/{id}"], None, Resource,
        "Microsoft.Authorization/directory/applications/delete", None, 204;
    /// Lists the service principals of the caller's tenant.
    DirectoryPrincipalList = "servicePrincipal_List" Directory Get &["/v1.0/serviceprincipals"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/read", None, 200;
    /// Makes a service principal.
    DirectoryPrincipalCreate = "servicePrincipal_Create" Directory Post &["/v1.0/serviceprincipals"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/write", None, 201;
    /// Reads a service principal.
    DirectoryPrincipalGet = "servicePrincipal_Get" Directory Get &["/v1.0/serviceprincipals/{id}"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/read", None, 200;
    /// Changes a service principal.
    DirectoryPrincipalUpdate = "servicePrincipal_Update" Directory Patch &["/v1.0/serviceprincipals/{id}"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/write", None, 204;
    /// Removes a service principal.
    DirectoryPrincipalDelete = "servicePrincipal_Delete" Directory Delete &["/v1.0/serviceprincipals/{id}"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/delete", None, 204;
    /// Signs a user out everywhere: no token that they have is accepted any more.
    DirectoryUserSignOut = "user_RevokeSignInSessions" Directory Post &["/v1.0/users/{id}/revokesigninsessions"], None, Resource,
        "Microsoft.Authorization/directory/users/write", None, 200;
    /// Ends all tokens of a service principal. The reference has this for users only.
    DirectoryPrincipalSignOut = "servicePrincipal_RevokeSignInSessions" Directory Post &["/v1.0/serviceprincipals/{id}/revokesigninsessions"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/write", None, 200;
    /// Ends one token, and those made from it, by its revocation id. The reference has nothing like it.
    DirectoryTokenRevoke = "revokedTokens_Create" Directory Post &["/v1.0/directory/revokedtokens"], None, Resource,
        "Microsoft.Authorization/directory/revokedTokens/write", None, 204;
    /// Gives an application a secret, which is shown this once.
    DirectoryApplicationPasswordAdd = "application_AddPassword" Directory Post &["/v1.0/applications/{id}/addpassword"], None, Resource,
        "Microsoft.Authorization/directory/applications/write", None, 200;
    /// Takes a secret from an application.
    DirectoryApplicationPasswordRemove = "application_RemovePassword" Directory Post &["/v1.0/applications/{id}/removepassword"], None, Resource,
        "Microsoft.Authorization/directory/applications/write", None, 204;
    /// Gives a service principal a secret, which is shown this once.
    DirectoryPrincipalPasswordAdd = "servicePrincipal_AddPassword" Directory Post &["/v1.0/serviceprincipals/{id}/addpassword"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/write", None, 200;
    /// Takes a secret from a service principal.
    DirectoryPrincipalPasswordRemove = "servicePrincipal_RemovePassword" Directory Post &["/v1.0/serviceprincipals/{id}/removepassword"], None, Resource,
        "Microsoft.Authorization/directory/servicePrincipals/write", None, 204;
    /// Lists who is in a group directly.
    DirectoryMemberList = "group_ListMembers" Directory Get &["/v1.0/groups/{id}/members"], None, Resource,
        "Microsoft.Authorization/directory/groups/read", None, 200;
    /// Takes somebody into a group.
    DirectoryMemberAdd = "group_PostMembers" Directory Post &["/v1.0/groups/{id}/members/$ref"], None, Resource,
        "Microsoft.Authorization/directory/groups/write", None, 204;
    /// Takes somebody out of a group.
    DirectoryMemberRemove = "group_DeleteMembers" Directory Delete &["/v1.0/groups/{id}/members/{member}/$ref"], None, Resource,
        "Microsoft.Authorization/directory/groups/write", None, 204;
    /// Reads the objects of some ids.
    DirectoryObjectsByIds = "directoryObject_GetByIds" Directory Post &["/v1.0/directoryobjects/getbyids"], None, Resource,
        "Microsoft.Authorization/directory/objects/read", None, 200;
    /// Tells in which groups somebody is, directly or through other groups.
    DirectoryMemberGroups = "directoryObject_GetMemberGroups" Directory Post &["/v1.0/directoryobjects/{id}/getmembergroups", "/v1.0/directoryobjects/{id}/getmemberobjects", "/v1.0/users/{id}/getmembergroups", "/v1.0/users/{id}/getmemberobjects", "/v1.0/groups/{id}/getmembergroups", "/v1.0/groups/{id}/getmemberobjects", "/v1.0/serviceprincipals/{id}/getmembergroups", "/v1.0/serviceprincipals/{id}/getmemberobjects"], None, Resource,
        "Microsoft.Authorization/directory/objects/read", None, 200;
    /// Tells in which of some groups somebody is.
    DirectoryMemberCheck = "directoryObject_CheckMemberGroups" Directory Post &["/v1.0/directoryobjects/{id}/checkmembergroups", "/v1.0/users/{id}/checkmembergroups", "/v1.0/groups/{id}/checkmembergroups", "/v1.0/serviceprincipals/{id}/checkmembergroups"], None, Resource,
        "Microsoft.Authorization/directory/objects/read", None, 200;
    /// Lists the groups that somebody is in directly.
    DirectoryMemberOf = "directoryObject_ListMemberOf" Directory Get &["/v1.0/users/{id}/memberof", "/v1.0/groups/{id}/memberof", "/v1.0/serviceprincipals/{id}/memberof"], None, Resource,
        "Microsoft.Authorization/directory/objects/read", None, 200;
    /// Lists the owners of an object; there are none here.
    DirectoryOwnerList = "directoryObject_ListOwners" Directory Get &["/v1.0/applications/{id}/owners", "/v1.0/groups/{id}/owners", "/v1.0/serviceprincipals/{id}/owners"], None, Resource,
        "Microsoft.Authorization/directory/objects/read", None, 200;
}

impl Operation {
    /// Whether the operation leaves everything as it was, so that there is nothing to take back when its answer is
    /// withheld.
    #[must_use]
    pub const fn changes_nothing(self) -> bool {
        match self.row().method {
            Method::Get => true,
            Method::Put | Method::Patch | Method::Delete => false,
            Method::Post => matches!(
                self,
                Self::SecretBackup
                    | Self::KeyBackup
                    | Self::KeyEncrypt
                    | Self::KeyDecrypt
                    | Self::KeyWrap
                    | Self::KeyUnwrap
                    | Self::KeySign
                    | Self::KeyVerify
                    | Self::RandomBytes
                    | Self::CertificateBackup
                    | Self::VaultNameCheck
                    | Self::VaultWhatIf
                    | Self::DirectoryObjectsByIds
                    | Self::DirectoryMemberGroups
                    | Self::DirectoryMemberCheck
            ),
        }
    }

    /// Whether it is about installed plugins. Those at the very scope of such a request are not asked about it
    /// (`docs/decisions/0014-who-judges-the-judges.md`).
    #[must_use]
    pub const fn is_about_plugins(self) -> bool {
        matches!(
            self,
            Self::PluginPut
                | Self::PluginGet
                | Self::PluginList
                | Self::PluginDelete
                | Self::PluginRollback
                | Self::PluginPromote
                | Self::PluginComponentPut
        )
    }

    /// The operation of a name such as `SecretGet`, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.row().name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_operations_share_a_route() {
        let mut seen = HashSet::new();
        for operation in Operation::ALL {
            let row = operation.row();
            for path in row.paths {
                assert!(seen.insert((row.plane, row.method, path)), "{:?} {path}", row.method);
            }
        }
    }

    #[test]
    fn names_are_unique_and_found_again() {
        for operation in Operation::ALL {
            assert_eq!(Operation::from_name(operation.row().name), Some(*operation));
        }
    }
}
