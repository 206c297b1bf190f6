//! Calls of the management plane.

use std::collections::BTreeMap;

use super::schedules::{ScheduleCall, ScheduleOutcome};
use super::what_if::{Suppositions, WhatIf};
use crate::access::{AccessCall, AccessOutcome, AssignmentDetails, WantedAssignment, Written};
use crate::directory::{DirectoryCall, DirectoryOutcome};
use crate::plugins::{PluginCall, PluginOutcome};
use crate::{
    AccessPolicy, AccessPolicyChange, ConnectionName, NetworkRules, Operation, PermissionModel, PrincipalId,
    PrivateEndpointConnection, RecoveryLevel, ResourceGroupName, ResourcePath, RoleAssignmentId, RoleDefinitionId,
    SubscriptionId, TenantId, UnixTime, VaultName, VaultPath,
};

/// A change of a vault's properties: members that are absent stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultChanges {
    /// The new network rules, those of the members given.
    pub network: crate::NetworkRuleChanges,
    /// `true` turns purge protection on, for good; `false` is refused where it is on.
    pub purge_protection: Option<bool>,
    /// The tags that replace all tags.
    pub tags: Option<BTreeMap<String, String>>,
    /// What shall decide who may use its objects.
    pub permission_model: Option<PermissionModel>,
    /// The access policies that replace all access policies.
    pub access_policies: Option<Vec<AccessPolicy>>,
}

/// What a vault shall be like. Members that are absent are the defaults of a new vault, and stay as they are in one
/// that exists; tags are replaced as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultWanted {
    /// Its location; it cannot be changed.
    pub location: String,
    /// Its tenant, which is its subscription's.
    pub tenant: TenantId,
    /// Whether its SKU is `premium`.
    pub premium: bool,
    /// For how many days deleted objects are kept; fixed when the vault is made.
    pub retention_days: Option<u8>,
    /// Whether a deleted vault of the name shall be brought back, and nothing else of this be looked at.
    pub recover: bool,
    /// What decides who may use the objects of a new vault of which the changes do not say it.
    pub new_model: PermissionModel,
    /// What is changed in a vault that exists.
    pub changes: VaultChanges,
}

/// What the owner of a vault says of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// It may be used.
    Approve,
    /// It may not.
    Reject,
}

/// What can be asked of the management plane.
#[derive(Debug)]
pub enum ManagementCall {
    /// Reads a vault's properties.
    VaultGet {
        /// The vault.
        vault: VaultPath,
    },
    /// Changes a vault's properties.
    VaultPatch {
        /// The vault.
        vault: VaultPath,
        /// What to change.
        changes: VaultChanges,
        /// Whether the caller may lock himself out.
        force: bool,
        /// The entity tag that the vault must have.
        if_match: Option<String>,
    },
    /// Makes a vault, changes one as a whole, or brings a deleted one back.
    VaultPut {
        /// The vault.
        vault: VaultPath,
        /// What it shall be like.
        wanted: Box<VaultWanted>,
        /// Whether the caller may lock himself out.
        force: bool,
        /// The entity tag that the vault must have.
        if_match: Option<String>,
    },
    /// Takes entries into the access policies of a vault.
    AccessPoliciesChange {
        /// The vault.
        vault: VaultPath,
        /// How.
        change: AccessPolicyChange,
        /// The entries.
        entries: Vec<AccessPolicy>,
        /// The entity tag that the vault must have.
        if_match: Option<String>,
    },
    /// Deletes a vault.
    VaultDelete {
        /// The vault.
        vault: VaultPath,
        /// The entity tag that the vault must have.
        if_match: Option<String>,
    },
    /// Lists the vaults of a resource group or of a subscription.
    VaultList {
        /// Where.
        within: ResourcePath,
    },
    /// Lists the vaults of a subscription as resources.
    ResourceList {
        /// Where.
        within: ResourcePath,
        /// The name that they must have.
        name: Option<String>,
        /// Whether vaults are asked for at all; nothing else is told of.
        vaults: bool,
    },
    /// Says whether a name is free for a vault.
    VaultNameCheck {
        /// The name, as it was given.
        name: String,
    },
    /// Lists the deleted vaults of a subscription.
    DeletedVaultList {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// Reads what is known of a deleted vault.
    DeletedVaultGet {
        /// Its subscription.
        subscription: SubscriptionId,
        /// Its location.
        location: String,
        /// Its name.
        name: VaultName,
    },
    /// Removes a deleted vault for good.
    DeletedVaultPurge {
        /// Its subscription.
        subscription: SubscriptionId,
        /// Its location.
        location: String,
        /// Its name.
        name: VaultName,
    },
    /// Lists managed HSMs, deleted ones or not, of which there are none.
    ManagedHsmList {
        /// Whether deleted ones are asked for.
        deleted: bool,
    },
    /// Reads the connection of a private endpoint.
    PrivateEndpointConnectionGet {
        /// The vault.
        vault: VaultPath,
        /// The connection.
        name: ConnectionName,
    },
    /// Lists the connections of private endpoints to a vault.
    PrivateEndpointConnectionList {
        /// The vault.
        vault: VaultPath,
    },
    /// Approves or rejects a connection.
    PrivateEndpointConnectionPut {
        /// The vault.
        vault: VaultPath,
        /// The connection.
        name: ConnectionName,
        /// What is said of it.
        approve: Approval,
        /// Why.
        description: String,
    },
    /// Removes a connection.
    PrivateEndpointConnectionDelete {
        /// The vault.
        vault: VaultPath,
        /// The connection.
        name: ConnectionName,
    },
    /// Lists what private endpoints of a vault lead to.
    VaultPrivateLinkResourceList {
        /// The vault.
        vault: VaultPath,
    },
    /// Tells what would come of requests to a vault that nobody makes.
    VaultWhatIf {
        /// The vault.
        vault: VaultPath,
        /// What is supposed.
        asked: Box<WhatIf>,
    },
    /// Reads a subscription.
    SubscriptionGet {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// Lists the resource groups of a subscription.
    GroupList {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// Reads a resource group.
    GroupGet {
        /// Its subscription.
        subscription: SubscriptionId,
        /// Its name.
        name: ResourceGroupName,
    },
    /// Makes a resource group, or changes its tags.
    GroupPut {
        /// Its subscription.
        subscription: SubscriptionId,
        /// Its name.
        name: ResourceGroupName,
        /// Its location, which stays what it was.
        location: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
    /// Removes a resource group that holds no vault.
    GroupDelete {
        /// Its subscription.
        subscription: SubscriptionId,
        /// Its name.
        name: ResourceGroupName,
    },
    /// Assigns a role.
    RoleAssignmentPut {
        /// Where.
        scope: ResourcePath,
        /// The assignment's id, chosen by the caller.
        id: RoleAssignmentId,
        /// What it shall be.
        wanted: WantedAssignment,
    },
    /// Takes an assignment away.
    RoleAssignmentDelete {
        /// Where.
        scope: ResourcePath,
        /// The assignment's id.
        id: RoleAssignmentId,
        /// Whether the last owner may be removed.
        force: bool,
    },
    /// Something about access.
    Access(AccessCall),
    /// Something about privileged access.
    Schedule(ScheduleCall),
    /// Something about plugins.
    Plugin(PluginCall),
    /// Something about the directory of the caller's tenant.
    Directory(DirectoryCall),
}

impl ManagementCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::VaultGet { .. } => Operation::VaultGet,
            Self::VaultPatch { .. } => Operation::VaultPatch,
            Self::VaultPut { .. } => Operation::VaultPut,
            Self::AccessPoliciesChange { .. } => Operation::AccessPoliciesChange,
            Self::VaultDelete { .. } => Operation::VaultDelete,
            Self::VaultList { .. } => Operation::VaultList,
            Self::ResourceList { .. } => Operation::ResourceList,
            Self::VaultNameCheck { .. } => Operation::VaultNameCheck,
            Self::DeletedVaultList { .. } => Operation::DeletedVaultList,
            Self::DeletedVaultGet { .. } => Operation::DeletedVaultGet,
            Self::DeletedVaultPurge { .. } => Operation::DeletedVaultPurge,
            Self::ManagedHsmList { deleted: false } => Operation::ManagedHsmList,
            Self::ManagedHsmList { deleted: true } => Operation::DeletedManagedHsmList,
            Self::PrivateEndpointConnectionGet { .. } => Operation::PrivateEndpointConnectionGet,
            Self::PrivateEndpointConnectionList { .. } => Operation::PrivateEndpointConnectionList,
            Self::PrivateEndpointConnectionPut { .. } => Operation::PrivateEndpointConnectionPut,
            Self::PrivateEndpointConnectionDelete { .. } => Operation::PrivateEndpointConnectionDelete,
            Self::VaultPrivateLinkResourceList { .. } => Operation::VaultPrivateLinkResourceList,
            Self::VaultWhatIf { .. } => Operation::VaultWhatIf,
            Self::SubscriptionGet { .. } => Operation::SubscriptionGet,
            Self::GroupList { .. } => Operation::GroupList,
            Self::GroupGet { .. } => Operation::GroupGet,
            Self::GroupPut { .. } => Operation::GroupPut,
            Self::GroupDelete { .. } => Operation::GroupDelete,
            Self::RoleAssignmentPut { .. } => Operation::RoleAssignmentPut,
            Self::RoleAssignmentDelete { .. } => Operation::RoleAssignmentDelete,
            Self::Access(call) => call.operation(),
            Self::Schedule(call) => call.operation(),
            Self::Plugin(call) => call.operation(),
            Self::Directory(call) => call.operation(),
        }
    }
}

/// A vault as the management plane tells it.
#[derive(Debug, Clone)]
pub struct VaultDescription {
    /// What decides who may use its objects.
    pub permission_model: PermissionModel,
    /// Its access policies, which count under that model only.
    pub access_policies: Vec<AccessPolicy>,
    /// Where it stands.
    pub path: VaultPath,
    /// Its location.
    pub location: String,
    /// The tenant whose principals may use it.
    pub tenant: TenantId,
    /// Its network rules.
    pub network: NetworkRules,
    /// The connections of private endpoints to it.
    pub private_endpoints: Vec<PrivateEndpointConnection>,
    /// How its objects are recovered.
    pub recovery: RecoveryLevel,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether its SKU is `premium`.
    pub premium: bool,
    /// Names this state of its properties.
    pub etag: String,
    /// When and by whom it was made and changed, if that is known.
    pub system: Option<SystemData>,
}

/// What whoever writes a vault should know of what he did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultWarning {
    /// The network rules do not let in the address from which they were written.
    ExcludesCaller,
    /// Nobody comes in but through private endpoints, and trusted services.
    PublicAccessDisabled,
}

impl VaultWarning {
    /// It in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ExcludesCaller => "the network rules do not admit the address of this request to the vault's objects",
            Self::PublicAccessDisabled => {
                "publicNetworkAccess is Disabled: the vault's objects are reached through private endpoints only"
            }
        }
    }
}

/// When, by whom and by what kind of principal a resource was made and changed.
#[derive(Debug, Clone, Copy)]
pub struct SystemData {
    /// When and by whom.
    pub written: Written,
    /// What its maker is: `User` or `Application`, if the directory knows.
    pub created_by_type: Option<&'static str>,
    /// What the one who changed it is.
    pub updated_by_type: Option<&'static str>,
}

/// A deleted vault as the management plane tells it.
#[derive(Debug, Clone)]
pub struct DeletedVaultDescription {
    /// Where it stood.
    pub path: VaultPath,
    /// Its location.
    pub location: String,
    /// When it was deleted.
    pub deleted: UnixTime,
    /// When the service purges it.
    pub scheduled_purge: UnixTime,
    /// Whether nobody may purge it before.
    pub purge_protected: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A resource group as the management plane tells it.
#[derive(Debug, Clone)]
pub struct GroupDescription {
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: ResourceGroupName,
    /// Its location.
    pub location: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Whether a name is free for a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameCheck {
    /// It is.
    Free,
    /// A vault has it, or a deleted one.
    Taken,
    /// It is no name of a vault.
    Invalid,
}

/// A role assignment as the management plane tells it.
#[derive(Debug, Clone)]
pub struct RoleAssignmentDescription {
    /// Its id.
    pub id: RoleAssignmentId,
    /// Where, in the spelling given.
    pub scope: String,
    /// To whom.
    pub principal: PrincipalId,
    /// Which role.
    pub role: RoleDefinitionId,
    /// The rest.
    pub details: AssignmentDetails,
}

/// What came of a call of the management plane. Writes tell the revision from which they hold.
#[derive(Debug)]
pub enum ManagementOutcome {
    /// A vault.
    Vault(VaultDescription),
    /// A vault that was written, and what its writer should know.
    VaultWritten(VaultDescription, Option<VaultWarning>),
    /// The access policies of a vault, after a change.
    AccessPolicies(VaultDescription),
    /// Vaults.
    Vaults(Vec<VaultDescription>),
    /// Vaults, as resources.
    Resources(Vec<VaultDescription>),
    /// Whether a name is free.
    NameCheck(NameCheck),
    /// A deleted vault.
    DeletedVault(DeletedVaultDescription),
    /// Deleted vaults.
    DeletedVaults(Vec<DeletedVaultDescription>),
    /// The connection of a private endpoint to a vault.
    PrivateEndpointConnection(VaultPath, PrivateEndpointConnection),
    /// The connections of private endpoints to a vault.
    PrivateEndpointConnections(VaultPath, Vec<PrivateEndpointConnection>),
    /// What private endpoints of a vault lead to.
    PrivateLinkResources(VaultPath),
    /// What would come of requests that nobody makes.
    WhatIf(Suppositions),
    /// A subscription, and its tenant.
    Subscription(SubscriptionId, TenantId),
    /// A resource group, and whether it is new.
    Group(GroupDescription, bool),
    /// Resource groups.
    Groups(Vec<GroupDescription>),
    /// It was removed; `false`: it was not there.
    Removed(bool),
    /// A role assignment that stands.
    RoleAssignment(RoleAssignmentDescription),
    /// A role assignment that was taken away, or none that was there.
    RoleAssignmentDeleted(Option<RoleAssignmentDescription>),
    /// Something about access.
    Access(AccessOutcome),
    /// Something about privileged access.
    Schedule(ScheduleOutcome),
    /// Something about plugins.
    Plugin(PluginOutcome),
    /// Something about the directory.
    Directory(DirectoryOutcome),
}
