//! Calls of the management plane.

use std::collections::BTreeMap;

use crate::{
    NetworkRules, Operation, PrincipalId, RecoveryLevel, ResourcePath, RoleAssignmentId, RoleDefinitionId, TenantId,
    VaultPath,
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
    },
    /// Assigns a role.
    RoleAssignmentPut {
        /// Where.
        scope: ResourcePath,
        /// The assignment's id, chosen by the caller.
        id: RoleAssignmentId,
        /// To whom.
        principal: PrincipalId,
        /// Which role.
        role: RoleDefinitionId,
    },
    /// Takes an assignment away.
    RoleAssignmentDelete {
        /// Where.
        scope: ResourcePath,
        /// The assignment's id.
        id: RoleAssignmentId,
    },
}

impl ManagementCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::VaultGet { .. } => Operation::VaultGet,
            Self::VaultPatch { .. } => Operation::VaultPatch,
            Self::RoleAssignmentPut { .. } => Operation::RoleAssignmentPut,
            Self::RoleAssignmentDelete { .. } => Operation::RoleAssignmentDelete,
        }
    }
}

/// A vault as the management plane tells it.
#[derive(Debug, Clone)]
pub struct VaultDescription {
    /// Where it stands.
    pub path: VaultPath,
    /// Its location.
    pub location: String,
    /// The tenant whose principals may use it.
    pub tenant: TenantId,
    /// Its network rules.
    pub network: NetworkRules,
    /// How its objects are recovered.
    pub recovery: RecoveryLevel,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
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
}

/// What came of a call of the management plane. Writes tell the revision from which they hold.
#[derive(Debug)]
pub enum ManagementOutcome {
    /// A vault.
    Vault(VaultDescription),
    /// A role assignment that stands.
    RoleAssignment(RoleAssignmentDescription),
    /// A role assignment that was taken away, or none that was there.
    RoleAssignmentDeleted(Option<RoleAssignmentDescription>),
}
