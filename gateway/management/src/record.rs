//! How the control state is stored: a version byte and JSON, sealed under the record's key.

use std::collections::BTreeMap;

use portcullis_crypto::{SealContext, Sealer, sha256};
use portcullis_identity::{Account, Group, Principal, Registration, record as identity};
use portcullis_model::access::{DenyDescription, PermissionSet, RoleDescription, WantedDeny, Written};
use portcullis_model::plugins::PluginGeneration;
use portcullis_model::schedules::RequestStatus;
use portcullis_model::{
    AccessPolicy, ApplicationId, ComponentDigest, NetworkRules, PermissionModel, PluginName, PrincipalId,
    PrivateEndpointConnection, RecoveryLevel, ResourceGroupName, RoleAssignmentId, RoleDefinitionId, SubscriptionId,
    TenantId, UnixTime, VaultId, VaultName, VaultPath,
};
use serde::{Deserialize, Serialize};

use crate::ManagementError;

/// All control records stand under this prefix.
pub(crate) const PREFIX: &[u8] = b"c/";
/// The record that every control write touches: it seals the digest of all other control records, so that none of
/// them can be removed or rolled back alone unnoticed, and it makes control writes serial.
pub(crate) const HEAD: &[u8] = b"c/head";
pub(crate) const FORMAT: u8 = 1;

/// Seals and opens control records.
#[derive(Debug)]
pub(crate) struct Codec {
    sealer: Sealer,
}

impl Codec {
    pub(crate) const fn new(sealer: Sealer) -> Self {
        Self { sealer }
    }

    pub(crate) fn seal(&self, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, ManagementError> {
        self.sealer.seal(&context(key), plain).map_err(|_| ManagementError::Seal)
    }

    pub(crate) fn open(&self, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ManagementError> {
        self.sealer.open(&context(key), sealed).map(|plain| plain.to_vec()).map_err(|_| {
            unreadable(
                key,
                "it was changed outside the gateway, or the root key is another one than when it was written",
            )
        })
    }
}

fn context(key: &[u8]) -> SealContext<'_> {
    SealContext { store_key: key, generation: b"control", sequence: 0 }
}

pub(crate) fn unreadable(key: &[u8], why: &'static str) -> ManagementError {
    ManagementError::Unreadable { key: key.escape_ascii().to_string(), why }
}

/// The digest of all control records but the head, as they are sealed.
pub(crate) fn digest(records: &BTreeMap<Vec<u8>, Vec<u8>>) -> [u8; 32] {
    let mut all = Vec::new();
    for (key, sealed) in records {
        all.extend_from_slice(&(key.len() as u64).to_be_bytes());
        all.extend_from_slice(key);
        all.extend_from_slice(&sha256(sealed));
    }
    sha256(&all)
}

/// One control record.
#[derive(Debug)]
pub(crate) enum Record {
    Tenant(TenantId),
    Principal(Box<Principal>),
    Registration(Box<Registration>),
    Account(Box<Account>),
    Group(Group),
    SignedOut(SignedOut),
    Revoked(Revoked),
    Vault(Box<StoredVault>),
    Subscription(StoredSubscription),
    ResourceGroup(StoredGroup),
    /// A vault that is gone, whose objects are still to be erased.
    Erasure(VaultId),
    Assignment(StoredAssignment),
    Role(Box<StoredRole>),
    Deny(Box<StoredDeny>),
    Eligibility(Box<StoredEligibility>),
    /// A request to take a role that was not carried out.
    Activation(Box<StoredActivation>),
    Plugin(Box<StoredPlugin>),
    Component(StoredComponent),
}

/// That a principal was signed out of all its sessions.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct SignedOut {
    pub(crate) principal: PrincipalId,
    /// Sessions that began before are over.
    pub(crate) before: UnixTime,
}

/// That a token or a session was revoked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Revoked {
    /// Its id in hexadecimal digits.
    pub(crate) id: String,
    /// From when on it would have ended anyway.
    pub(crate) ends: UnixTime,
    /// In whose room it counts. Records from before tenants had room of their own count nowhere until they end.
    #[serde(default)]
    pub(crate) tenant: Option<TenantId>,
    /// Whether the gateway made it itself.
    #[serde(default)]
    pub(crate) automatic: bool,
}

/// A vault as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredVault {
    pub(crate) id: VaultId,
    pub(crate) subscription: SubscriptionId,
    pub(crate) group: ResourceGroupName,
    pub(crate) name: VaultName,
    pub(crate) location: String,
    pub(crate) tenant: TenantId,
    pub(crate) network: NetworkRules,
    pub(crate) retention_days: u8,
    pub(crate) purge_protected: bool,
    pub(crate) tags: BTreeMap<String, String>,
    /// What decides who may use its objects. Records from before there were two models are under roles.
    #[serde(default)]
    pub(crate) permission_model: PermissionModel,
    /// Its access policies, which stay while the vault is under roles.
    #[serde(default)]
    pub(crate) access_policies: Vec<AccessPolicy>,
    /// Whether its SKU is `premium`.
    #[serde(default)]
    pub(crate) premium: bool,
    /// The connections of private endpoints to it, those that were removed among them.
    #[serde(default)]
    pub(crate) private_endpoints: Vec<PrivateEndpointConnection>,
    /// When and by whom it was made and changed through the management plane.
    #[serde(default)]
    pub(crate) written: Option<Written>,
    /// Since when it is deleted, if it is.
    #[serde(default)]
    pub(crate) deleted: Option<StoredDeletion>,
}

/// The deletion of a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredDeletion {
    pub(crate) at: UnixTime,
    /// When the service purges it: fixed at the deletion, so that nothing shortens it.
    pub(crate) purge: UnixTime,
}

/// A subscription as it is stored. It stays when nothing is in it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSubscription {
    pub(crate) id: SubscriptionId,
    pub(crate) tenant: TenantId,
}

/// A resource group as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredGroup {
    pub(crate) subscription: SubscriptionId,
    /// In the spelling of its creation; names compare without case.
    pub(crate) name: ResourceGroupName,
    pub(crate) location: String,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
}

impl StoredVault {
    pub(crate) fn path(&self) -> VaultPath {
        VaultPath { subscription: self.subscription, group: self.group.clone(), vault: self.name.clone() }
    }

    /// Names this state of the vault's properties, in a way that tells nothing else.
    pub(crate) fn etag(&self) -> String {
        use std::fmt::Write as _;
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        sha256(&bytes).iter().take(12).fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    pub(crate) const fn recovery(&self) -> RecoveryLevel {
        RecoveryLevel { days: self.retention_days, purge_protected: self.purge_protected }
    }
}

/// A role assignment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredAssignment {
    pub(crate) id: RoleAssignmentId,
    /// The scope in the spelling given; it is compared without case.
    pub(crate) scope: String,
    pub(crate) principal: PrincipalId,
    pub(crate) role: RoleDefinitionId,
    /// The condition under which it holds.
    #[serde(default)]
    pub(crate) condition: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// From when on it holds.
    #[serde(default)]
    pub(crate) starts: Option<UnixTime>,
    /// From when on it holds no more.
    #[serde(default)]
    pub(crate) ends: Option<UnixTime>,
    #[serde(default)]
    pub(crate) written: Option<Written>,
    /// The request by which it is held for a time.
    #[serde(default)]
    pub(crate) schedule: Option<Schedule>,
}

impl StoredAssignment {
    /// An assignment that holds always and of which nothing else is known.
    pub(crate) const fn plain(
        id: RoleAssignmentId,
        scope: String,
        principal: PrincipalId,
        role: RoleDefinitionId,
    ) -> Self {
        Self {
            id,
            scope,
            principal,
            role,
            condition: None,
            description: None,
            starts: None,
            ends: None,
            written: None,
            schedule: None,
        }
    }

    /// Whether it holds under a condition or for a time only.
    pub(crate) const fn is_conditional(&self) -> bool {
        self.condition.is_some() || self.starts.is_some() || self.ends.is_some()
    }
}

/// By which request a role is held, or could be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// The eligibility by which the holder took it himself.
    pub(crate) eligibility: Option<RoleAssignmentId>,
    pub(crate) justification: Option<String>,
    pub(crate) requestor: PrincipalId,
    pub(crate) created: UnixTime,
}

/// That a principal may take a role, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredEligibility {
    pub(crate) id: RoleAssignmentId,
    pub(crate) scope: String,
    pub(crate) principal: PrincipalId,
    pub(crate) role: RoleDefinitionId,
    pub(crate) starts: UnixTime,
    pub(crate) ends: Option<UnixTime>,
    pub(crate) schedule: Schedule,
}

/// A request to take a role that waits, or that was denied, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredActivation {
    pub(crate) id: RoleAssignmentId,
    pub(crate) scope: String,
    pub(crate) principal: PrincipalId,
    pub(crate) role: RoleDefinitionId,
    /// For how long, in seconds from the approval on.
    pub(crate) seconds: i64,
    pub(crate) status: RequestStatus,
    pub(crate) schedule: Schedule,
}

/// A custom role as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredRole {
    pub(crate) id: RoleDefinitionId,
    pub(crate) tenant: TenantId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) permissions: Vec<PermissionSet>,
    /// Where it can be assigned: resource ids.
    pub(crate) scopes: Vec<String>,
    pub(crate) written: Written,
}

impl StoredRole {
    pub(crate) fn describe(&self) -> RoleDescription {
        RoleDescription {
            id: self.id,
            built_in: false,
            name: self.name.clone(),
            description: self.description.clone(),
            permissions: self.permissions.clone(),
            scopes: self.scopes.clone(),
            written: Some(self.written),
        }
    }
}

/// A deny assignment as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredDeny {
    pub(crate) id: RoleAssignmentId,
    pub(crate) tenant: TenantId,
    pub(crate) scope: String,
    pub(crate) wanted: WantedDeny,
    pub(crate) written: Written,
}

impl StoredDeny {
    pub(crate) fn describe(&self) -> DenyDescription {
        DenyDescription { id: self.id, scope: self.scope.clone(), wanted: self.wanted.clone(), written: self.written }
    }
}

/// An installation of a plugin as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredPlugin {
    pub(crate) tenant: TenantId,
    /// The scope in the spelling given; it is compared without case.
    pub(crate) scope: String,
    pub(crate) name: PluginName,
    /// The vault that its scope is of: it is not installed at another vault of the same name.
    pub(crate) vault: Option<VaultId>,
    pub(crate) current: PluginGeneration,
    /// The latest last.
    pub(crate) previous: Vec<PluginGeneration>,
}

/// That a component is kept for a tenant. Its bytes stand elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredComponent {
    pub(crate) tenant: TenantId,
    pub(crate) digest: ComponentDigest,
    pub(crate) bytes: u64,
    pub(crate) uploaded: UnixTime,
    pub(crate) uploaded_by: PrincipalId,
}

impl Record {
    /// Whether it is a part of the directory, whose records must fit together.
    pub(crate) const fn is_of_directory(&self) -> bool {
        matches!(self, Self::Tenant(_) | Self::Principal(_) | Self::Registration(_) | Self::Account(_) | Self::Group(_))
    }

    /// The key under which the record stands.
    pub(crate) fn key(&self) -> Vec<u8> {
        match self {
            Self::Tenant(id) => format!("c/t/{id}"),
            Self::Principal(principal) => principal_key(principal.id),
            Self::Registration(known) => registration_key(known.tenant, known.application),
            Self::Account(account) => account_key(account.user),
            Self::Group(group) => group_of_directory_key(group.id),
            Self::SignedOut(signed_out) => signed_out_key(signed_out.principal),
            Self::Revoked(revoked) => format!("c/x/{}", revoked.id),
            Self::Vault(vault) => vault_key(&vault.name),
            Self::Subscription(subscription) => format!("c/s/{}", subscription.id),
            Self::ResourceGroup(group) => group_key(group.subscription, &group.name),
            Self::Erasure(vault) => erasure_key(*vault),
            Self::Assignment(assignment) => assignment_key(assignment.id),
            Self::Role(role) => role_key(role.id),
            Self::Deny(deny) => deny_key(deny.id),
            Self::Eligibility(eligibility) => eligibility_key(eligibility.id),
            Self::Activation(activation) => activation_key(activation.id),
            Self::Plugin(plugin) => plugin_key(plugin.tenant, &plugin.scope, &plugin.name),
            Self::Component(component) => component_key(component.tenant, component.digest),
        }
        .into_bytes()
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, ManagementError> {
        let json = |result: serde_json::Result<Vec<u8>>| {
            let body = result.map_err(|_| ManagementError::Seal)?;
            Ok([&[FORMAT], body.as_slice()].concat())
        };
        match self {
            Self::Tenant(id) => json(serde_json::to_vec(id)),
            Self::Principal(principal) => Ok(identity::encode(principal)),
            Self::Registration(registration) => Ok(identity::encode_registration(registration)),
            Self::Account(account) => Ok(std::mem::take(&mut *identity::encode_account(account))),
            Self::Group(group) => json(serde_json::to_vec(group)),
            Self::SignedOut(signed_out) => json(serde_json::to_vec(signed_out)),
            Self::Revoked(revoked) => json(serde_json::to_vec(revoked)),
            Self::Vault(vault) => json(serde_json::to_vec(vault)),
            Self::Subscription(subscription) => json(serde_json::to_vec(subscription)),
            Self::ResourceGroup(group) => json(serde_json::to_vec(group)),
            Self::Erasure(vault) => json(serde_json::to_vec(vault)),
            Self::Assignment(assignment) => json(serde_json::to_vec(assignment)),
            Self::Role(role) => json(serde_json::to_vec(role)),
            Self::Deny(deny) => json(serde_json::to_vec(deny)),
            Self::Eligibility(eligibility) => json(serde_json::to_vec(eligibility)),
            Self::Activation(activation) => json(serde_json::to_vec(activation)),
            Self::Plugin(plugin) => json(serde_json::to_vec(plugin)),
            Self::Component(component) => json(serde_json::to_vec(component)),
        }
    }

    pub(crate) fn decode(key: &[u8], plain: &[u8]) -> Result<Self, ManagementError> {
        let kind = key.strip_prefix(PREFIX).and_then(|rest| rest.first());
        let unknown = |_| unreadable(key, "its format is unknown");
        match kind {
            Some(b'p') => return identity::decode(plain).map(|it| Self::Principal(Box::new(it))).map_err(unknown),
            Some(b'r') => {
                return identity::decode_registration(plain)
                    .map(|it| Self::Registration(Box::new(it)))
                    .map_err(unknown);
            }
            Some(b'u') => {
                return identity::decode_account(plain).map(|it| Self::Account(Box::new(it))).map_err(unknown);
            }
            _ => {}
        }
        let (format, body) = plain.split_first().ok_or_else(|| unreadable(key, "it is empty"))?;
        if *format != FORMAT {
            return Err(unreadable(key, "its format is of a newer version"));
        }
        let malformed = |_| unreadable(key, "its content is malformed");
        match kind {
            Some(b't') => serde_json::from_slice(body).map(Self::Tenant).map_err(malformed),
            Some(b'v') => serde_json::from_slice(body).map(|vault| Self::Vault(Box::new(vault))).map_err(malformed),
            Some(b'g') => serde_json::from_slice(body).map(Self::Group).map_err(malformed),
            Some(b'o') => serde_json::from_slice(body).map(Self::SignedOut).map_err(malformed),
            Some(b'x') => serde_json::from_slice(body).map(Self::Revoked).map_err(malformed),
            Some(b's') => serde_json::from_slice(body).map(Self::Subscription).map_err(malformed),
            Some(b'w') => serde_json::from_slice(body).map(Self::ResourceGroup).map_err(malformed),
            Some(b'e') => serde_json::from_slice(body).map(Self::Erasure).map_err(malformed),
            Some(b'f') => serde_json::from_slice(body).map(|role| Self::Role(Box::new(role))).map_err(malformed),
            Some(b'd') => serde_json::from_slice(body).map(|deny| Self::Deny(Box::new(deny))).map_err(malformed),
            Some(b'h') => serde_json::from_slice(body).map(|it| Self::Eligibility(Box::new(it))).map_err(malformed),
            Some(b'q') => serde_json::from_slice(body).map(|it| Self::Activation(Box::new(it))).map_err(malformed),
            Some(b'a') => serde_json::from_slice(body).map(Self::Assignment).map_err(malformed),
            Some(b'l') if key.starts_with(PLUGINS) => {
                serde_json::from_slice(body).map(|it| Self::Plugin(Box::new(it))).map_err(malformed)
            }
            Some(b'l') if key.starts_with(COMPONENTS) => {
                serde_json::from_slice(body).map(Self::Component).map_err(malformed)
            }
            _ => Err(unreadable(key, "its kind is unknown")),
        }
    }
}

pub(crate) fn principal_key(id: PrincipalId) -> String {
    format!("c/p/{id}")
}

pub(crate) fn account_key(user: PrincipalId) -> String {
    format!("c/u/{user}")
}

pub(crate) fn group_of_directory_key(id: PrincipalId) -> String {
    format!("c/g/{id}")
}

pub(crate) fn signed_out_key(principal: PrincipalId) -> String {
    format!("c/o/{principal}")
}

pub(crate) fn vault_key(name: &VaultName) -> String {
    format!("c/v/{name}")
}

pub(crate) fn group_key(subscription: SubscriptionId, name: &ResourceGroupName) -> String {
    format!("c/w/{subscription}/{}", name.as_str().to_ascii_lowercase())
}

pub(crate) fn erasure_key(vault: VaultId) -> String {
    format!("c/e/{vault}")
}

pub(crate) fn role_key(id: RoleDefinitionId) -> String {
    format!("c/f/{id}")
}

pub(crate) fn deny_key(id: RoleAssignmentId) -> String {
    format!("c/d/{id}")
}

/// Installations of plugins stand under this prefix, and what is known of their components under the next.
const PLUGINS: &[u8] = b"c/l/p/";
const COMPONENTS: &[u8] = b"c/l/c/";

/// Scopes are long, and any character may be in them: the key has their digest.
pub(crate) fn plugin_key(tenant: TenantId, scope: &str, name: &PluginName) -> String {
    let place = format!("{tenant}\n{}\n{name}", scope.to_ascii_lowercase());
    format!("c/l/p/{}", hex::encode(sha256(place.as_bytes())))
}

pub(crate) fn component_key(tenant: TenantId, digest: ComponentDigest) -> String {
    format!("c/l/c/{tenant}/{digest}")
}

pub(crate) fn eligibility_key(id: RoleAssignmentId) -> String {
    format!("c/h/{id}")
}

pub(crate) fn activation_key(id: RoleAssignmentId) -> String {
    format!("c/q/{id}")
}

pub(crate) fn assignment_key(id: RoleAssignmentId) -> String {
    format!("c/a/{id}")
}

pub(crate) fn registration_key(tenant: TenantId, application: ApplicationId) -> String {
    format!("c/r/{tenant}/{application}")
}
