//! What can go wrong in the management plane.

use portcullis_condition::ConditionError;
use portcullis_model::{
    ComponentDigest, ConnectionName, PluginName, PrincipalId, ResourceGroupName, RoleAssignmentId, RoleDefinitionId,
    SubscriptionId, VaultName,
};
use portcullis_store::StoreError;

use crate::DirectoryRefusal;

/// Why a call of the management plane, or a declaration, was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ManagementError {
    /// There is no such vault at that place.
    #[error("there is no vault `{vault}` in that resource group")]
    VaultNotFound {
        /// The vault.
        vault: VaultName,
    },
    /// There is no such subscription.
    #[error("the subscription `{subscription}` could not be found")]
    SubscriptionNotFound {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// There is no such resource group.
    #[error("the resource group `{group}` could not be found; make it first")]
    ResourceGroupNotFound {
        /// The group.
        group: ResourceGroupName,
    },
    /// A resource group that holds vaults, or deleted ones, cannot be removed.
    #[error("the resource group `{group}` holds vaults; delete and purge them first")]
    ResourceGroupNotEmpty {
        /// The group.
        group: ResourceGroupName,
    },
    /// There are as many resource groups as there may be.
    #[error("no more resource groups can be created: {most} is the limit for a subscription")]
    ResourceGroupLimit {
        /// The limit.
        most: usize,
    },
    /// The name is that of another vault.
    #[error("the name `{vault}` is already in use; names of vaults are unique in the whole installation")]
    VaultAlreadyExists {
        /// The vault.
        vault: VaultName,
    },
    /// The name is that of a deleted vault.
    #[error(
        "a vault with the name `{vault}` exists in deleted state; recover it (createMode recover) or purge it, or choose another name"
    )]
    VaultIsDeleted {
        /// The vault.
        vault: VaultName,
    },
    /// There is no such deleted vault.
    #[error("there is no deleted vault `{vault}` at that place")]
    DeletedVaultNotFound {
        /// The vault.
        vault: VaultName,
    },
    /// Nobody may purge the vault before its time.
    #[error("Operation 'DeletedVaultPurge' is not allowed: purge protection is enabled for the vault `{vault}`")]
    PurgeProtected {
        /// The vault.
        vault: VaultName,
    },
    /// A property cannot have the value.
    #[error("Property {property} has invalid value: {why}")]
    PropertyCannotChange {
        /// The property's path in the body.
        property: &'static str,
        /// What is wrong.
        why: &'static str,
    },
    /// An access policy is for another tenant than the vault's.
    #[error("Property properties.accessPolicies[{at}].tenantId has invalid value: it is not the tenant of the vault")]
    AccessPolicyTenant {
        /// Its place in the list.
        at: usize,
    },
    /// There are as many access policies as there may be.
    #[error("Property properties.accessPolicies has invalid value: a vault has at most {most} access policies")]
    AccessPolicyLimit {
        /// The limit.
        most: usize,
    },
    /// The network rules would keep out their writer.
    #[error(
        "property properties.networkAcls: the rules would not admit your own address {address} to the vault; add it to ipRules (or its subnet to virtualNetworkRules), or add force=true to the query or the header x-portcullis-force: true"
    )]
    ExcludesCaller {
        /// The writer's address.
        address: std::net::IpAddr,
    },
    /// There is no such connection of a private endpoint.
    #[error("there is no private endpoint connection `{name}` at this vault; the gateway's configuration makes them")]
    PrivateEndpointConnectionNotFound {
        /// The connection.
        name: ConnectionName,
    },
    /// A request about a schedule cannot be carried out.
    #[error("{why}")]
    ScheduleRequest {
        /// What is wrong.
        why: &'static str,
    },
    /// A role is not taken for so long.
    #[error("property properties.scheduleInfo.expiration: the role is taken for {most_seconds} seconds at most")]
    ActivationTooLong {
        /// The limit.
        most_seconds: i64,
    },
    /// The id is taken.
    #[error("a schedule request with the id {id} exists; choose another")]
    ScheduleRequestExists {
        /// The id.
        id: RoleAssignmentId,
    },
    /// There is no such request.
    #[error("there is no schedule request {id} at this scope")]
    ScheduleRequestNotFound {
        /// The id.
        id: RoleAssignmentId,
    },
    /// Nobody approves his own request.
    #[error("a request to take a role is approved by somebody else than who asks")]
    SelfApproval,
    /// The resource is not in the state that the caller saw.
    #[error("the resource was changed since the entity tag in If-Match was given; read it again")]
    PreconditionFailed,
    /// No role can be assigned at this scope through the management plane.
    #[error("roles cannot be assigned at this scope")]
    ScopeNotSupported,
    /// Purge protection cannot be turned off.
    #[error(
        "the property \"enablePurgeProtection\" cannot be set to false; enabling the purge protection for a vault is an irreversible action"
    )]
    PurgeProtectionIsIrreversible,
    /// The principal of an assignment is not in the directory.
    #[error("principal {principal} does not exist in the directory")]
    PrincipalNotFound {
        /// The principal.
        principal: PrincipalId,
    },
    /// The role of an assignment does not exist.
    #[error("role definition {role} does not exist")]
    RoleDefinitionNotFound {
        /// The role.
        role: RoleDefinitionId,
    },
    /// The same principal has the same role at the same scope under another id.
    #[error("the role assignment already exists with the id {existing}")]
    RoleAssignmentExists {
        /// The assignment that stands.
        existing: RoleAssignmentId,
    },
    /// There is no such role assignment at that scope.
    #[error("there is no role assignment {id} at this scope")]
    RoleAssignmentNotFound {
        /// The assignment.
        id: RoleAssignmentId,
    },
    /// The condition of an assignment cannot be understood.
    #[error("property properties.condition: {0}")]
    Condition(#[source] ConditionError),
    /// The role cannot be assigned there.
    #[error("role definition {role} cannot be assigned at this scope; its assignableScopes say where it can")]
    RoleNotAssignable {
        /// The role.
        role: RoleDefinitionId,
    },
    /// Without the assignment nobody would own the scope.
    #[error(
        "this is the last assignment of the role Owner at or above its scope; assign another owner first, or add force=true to the query"
    )]
    LastOwner,
    /// The role comes with the gateway.
    #[error("role definition {role} is built in and cannot be changed")]
    RoleIsBuiltIn {
        /// The role.
        role: RoleDefinitionId,
    },
    /// Another role has the name.
    #[error("another role definition has the name `{name}`")]
    RoleNameTaken {
        /// The name.
        name: String,
    },
    /// There are as many custom roles as there may be.
    #[error("no more role definitions can be created: {most} is the limit for a tenant")]
    RoleLimit {
        /// The limit.
        most: usize,
    },
    /// The role is assigned.
    #[error("role definition {role} is assigned; remove its assignments, or keep their scopes among assignableScopes")]
    RoleInUse {
        /// The role.
        role: RoleDefinitionId,
    },
    /// A scope of the role is not within that of the request.
    #[error(
        "property properties.assignableScopes: `{scope}` is not at or below the scope of the request; write the role at a scope that covers all of its assignableScopes"
    )]
    RoleScopeOutside {
        /// The scope.
        scope: String,
    },
    /// There is no such deny assignment at that scope.
    #[error("there is no deny assignment {id} at this scope")]
    DenyAssignmentNotFound {
        /// The deny assignment.
        id: RoleAssignmentId,
    },
    /// A deny assignment stays at its scope.
    #[error("the scope of a deny assignment cannot be changed")]
    DenyAssignmentUpdateNotPermitted,
    /// Whoever writes a deny assignment could not take it back.
    #[error("the deny assignment is meant for its writer too; exclude yourself in properties.excludePrincipals")]
    DeniesItsWriter,
    /// There are as many deny assignments as there may be.
    #[error("no more deny assignments can be created: {most} is the limit for a tenant")]
    DenyLimit {
        /// The limit.
        most: usize,
    },
    /// An assignment's principal, role and scope cannot be changed.
    #[error("principal, role definition and scope of a role assignment cannot be changed")]
    RoleAssignmentUpdateNotPermitted,
    /// There are as many role assignments as there may be.
    #[error("no more role assignments can be created: {most} is the limit for {whose}")]
    RoleAssignmentLimit {
        /// The limit.
        most: usize,
        /// What it is a limit of.
        whose: &'static str,
    },
    /// There is no such installation at that scope.
    #[error("there is no plugin `{name}` at this scope")]
    PluginNotFound {
        /// The plugin.
        name: PluginName,
    },
    /// The configuration declares a plugin of the name.
    #[error(
        "the configuration of the gateway declares a plugin `{name}`, which cannot be replaced here; choose another name"
    )]
    PluginIsDeclared {
        /// The plugin.
        name: PluginName,
    },
    /// There are as many plugins as there may be.
    #[error("no more plugins can be installed: {most} is the limit for {whose}; remove one first")]
    PluginLimit {
        /// The limit.
        most: usize,
        /// What it is a limit of.
        whose: &'static str,
    },
    /// There is no generation of the number, or none before the one that holds.
    #[error("the plugin `{name}` has no earlier generation {wanted}; GET tells which ones are kept")]
    GenerationNotFound {
        /// The plugin.
        name: PluginName,
        /// What was asked for.
        wanted: String,
    },
    /// The component was not brought before.
    #[error(
        "property properties.component: there is no component {digest}; PUT its bytes to .../providers/Portcullis.Gateway/components/{digest} first"
    )]
    ComponentNotFound {
        /// Its digest.
        digest: ComponentDigest,
    },
    /// The bytes are not those that the digest names.
    #[error(
        "the body has the SHA-256 digest {found}, and the path names another one; send the component that the path names"
    )]
    DigestMismatch {
        /// The digest of the body.
        found: ComponentDigest,
    },
    /// The component, or its settings, cannot be used.
    #[error("property properties.{property}: {why}")]
    PluginRefused {
        /// `component` or `settings`.
        property: &'static str,
        /// What is wrong, and what to do.
        why: String,
    },
    /// It cannot be found out now whether the component can be used.
    #[error("the component cannot be tried out now: {why}")]
    PluginUntried {
        /// Why.
        why: String,
    },
    /// The plugin would have refused some of the latest requests, and nobody said that this is meant.
    #[error("{found}")]
    PluginWouldDeny {
        /// How many, why, and which.
        found: String,
    },
    /// The plugin reports, and no request was judged since.
    #[error(
        "no request has come that the plugin could report on, since it was changed or the gateway started, so nobody \
         knows what it would refuse; wait for requests within its scope, or force it"
    )]
    PluginUnobserved,
    /// There is no room for the component.
    #[error("the component cannot be kept: {most} is the limit for {whose}; remove plugins that nobody needs")]
    ComponentLimit {
        /// The limit.
        most: String,
        /// What it is a limit of.
        whose: &'static str,
    },
    /// The directory refuses.
    #[error(transparent)]
    Directory(#[from] DirectoryRefusal),
    /// The store holds control state already.
    #[error("the store holds principals and vaults already; choose another data folder")]
    NotEmpty,
    /// A declaration contradicts what is stored, or itself.
    #[error("the declaration of {what} cannot be applied: {why}")]
    Declaration {
        /// What was declared.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The control state is not the one that the permit was given by; judge the request again.
    #[error("the control state changed since the request was judged")]
    Stale,
    /// Others kept changing the control state.
    #[error("the control state kept changing; try again")]
    Busy,
    /// A stored record cannot be understood, or has been tampered with.
    #[error("control record `{key}` is unreadable: {why}")]
    Unreadable {
        /// The record's key.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Sealing failed.
    #[error("sealing a control record failed")]
    Seal,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for ManagementError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Busy,
            other => Self::Store(other),
        }
    }
}
