//! Calls about who may do what: role definitions, role assignments, deny assignments.

use crate::{Operation, PrincipalId, ResourcePath, RoleAssignmentId, RoleDefinitionId, UnixTime};

/// The attribute by which conditions know the role that an assignment gives.
pub const ROLE_ATTRIBUTE: &str = "Microsoft.Authorization/roleAssignments:RoleDefinitionId";
/// The attribute by which conditions know to whom it gives it.
pub const PRINCIPAL_ATTRIBUTE: &str = "Microsoft.Authorization/roleAssignments:PrincipalId";
/// The attribute by which conditions know what that principal is.
pub const PRINCIPAL_TYPE_ATTRIBUTE: &str = "Microsoft.Authorization/roleAssignments:PrincipalType";

/// A role assignment as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedAssignment {
    /// To whom.
    pub principal: PrincipalId,
    /// Which role.
    pub role: RoleDefinitionId,
    /// The condition under which it shall hold.
    pub condition: Option<String>,
    /// Words for people.
    pub description: Option<String>,
}

/// What is told of a role assignment beside scope, principal and role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignmentDetails {
    /// `User`, `Group` or `ServicePrincipal`, if the principal is known.
    pub principal_type: Option<&'static str>,
    /// The condition.
    pub condition: Option<String>,
    /// Words for people.
    pub description: Option<String>,
    /// When it was made and changed, and by whom.
    pub written: Option<Written>,
}

/// When and by whom something was made and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Written {
    /// When it was made.
    pub created: UnixTime,
    /// By whom.
    pub created_by: PrincipalId,
    /// When it was last changed.
    pub updated: UnixTime,
    /// By whom.
    pub updated_by: PrincipalId,
}

/// Which role assignments a list shall have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssignmentFilter {
    /// Those at the scope and above it, none below it.
    pub at_scope: bool,
    /// Those of this principal.
    pub principal: Option<PrincipalId>,
    /// Those of this principal and of the groups that it is in.
    pub assigned_to: Option<PrincipalId>,
}

/// One permission block of a role or of a deny assignment.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PermissionSet {
    /// Management-plane actions; `*` matches any run of characters.
    pub actions: Vec<String>,
    /// What is taken from the actions.
    pub not_actions: Vec<String>,
    /// Data-plane actions.
    pub data_actions: Vec<String>,
    /// What is taken from the data actions.
    pub not_data_actions: Vec<String>,
    /// The condition under which it grants. Built-in roles alone have one.
    #[serde(default)]
    pub condition: Option<String>,
}

/// A custom role as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedRole {
    /// Its name.
    pub name: String,
    /// Words for people.
    pub description: String,
    /// What it permits.
    pub permissions: Vec<PermissionSet>,
    /// Where it can be assigned: resource ids.
    pub scopes: Vec<String>,
}

/// A role as the management plane tells it.
#[derive(Debug, Clone)]
pub struct RoleDescription {
    /// Its id.
    pub id: RoleDefinitionId,
    /// Whether the gateway brings it along.
    pub built_in: bool,
    /// Its name.
    pub name: String,
    /// Words for people.
    pub description: String,
    /// What it permits.
    pub permissions: Vec<PermissionSet>,
    /// Where it can be assigned.
    pub scopes: Vec<String>,
    /// When and by whom it was written; built-in roles were by nobody.
    pub written: Option<Written>,
}

/// Which roles a list shall have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleFilter {
    /// Those of this name, compared without case.
    pub name: Option<String>,
    /// The built-in ones, or the custom ones.
    pub built_in: Option<bool>,
}

/// A deny assignment as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WantedDeny {
    /// Its name, for people.
    pub name: String,
    /// Words for people.
    pub description: String,
    /// What it denies.
    pub permissions: Vec<PermissionSet>,
    /// Whether it holds at its scope alone.
    pub scope_alone: bool,
    /// For whom.
    pub principals: DeniedPrincipals,
    /// For whom not, even if they are among the others.
    pub excluded: Vec<PrincipalId>,
}

impl WantedDeny {
    /// Whether it is meant for a principal in these groups.
    #[must_use]
    pub fn is_for(&self, principal: PrincipalId, groups: &[PrincipalId]) -> bool {
        let is = |id: &PrincipalId| *id == principal || groups.contains(id);
        let named = match &self.principals {
            DeniedPrincipals::Everyone => true,
            DeniedPrincipals::Named(named) => named.iter().any(is),
        };
        named && !self.excluded.iter().any(is)
    }
}

/// Whom a deny assignment is for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DeniedPrincipals {
    /// Everybody.
    Everyone,
    /// These principals and the members of those that are groups.
    Named(Vec<PrincipalId>),
}

/// A deny assignment as the management plane tells it.
#[derive(Debug, Clone)]
pub struct DenyDescription {
    /// Its id.
    pub id: RoleAssignmentId,
    /// Where it holds.
    pub scope: String,
    /// What was asked for.
    pub wanted: WantedDeny,
    /// When and by whom it was written.
    pub written: Written,
}

/// What can be asked about access.
#[derive(Debug)]
pub enum AccessCall {
    /// Reads a role assignment.
    RoleAssignmentGet {
        /// Where it stands.
        scope: ResourcePath,
        /// Its id.
        id: RoleAssignmentId,
    },
    /// Lists role assignments around a scope.
    RoleAssignmentList {
        /// The scope.
        scope: ResourcePath,
        /// Which ones.
        filter: AssignmentFilter,
    },
    /// Reads a role.
    RoleDefinitionGet {
        /// From where it is looked at.
        scope: ResourcePath,
        /// Its id.
        id: RoleDefinitionId,
    },
    /// Lists the roles that can be assigned at a scope.
    RoleDefinitionList {
        /// The scope.
        scope: ResourcePath,
        /// Which ones.
        filter: RoleFilter,
    },
    /// Makes a custom role, or changes one.
    RoleDefinitionPut {
        /// At or above all of its scopes.
        scope: ResourcePath,
        /// Its id.
        id: RoleDefinitionId,
        /// What it shall be.
        wanted: WantedRole,
    },
    /// Removes a custom role.
    RoleDefinitionDelete {
        /// At or above all of its scopes.
        scope: ResourcePath,
        /// Its id.
        id: RoleDefinitionId,
    },
    /// Reads a deny assignment.
    DenyAssignmentGet {
        /// Where it stands.
        scope: ResourcePath,
        /// Its id.
        id: RoleAssignmentId,
    },
    /// Lists deny assignments around a scope.
    DenyAssignmentList {
        /// The scope.
        scope: ResourcePath,
        /// Which ones.
        filter: AssignmentFilter,
    },
    /// Makes a deny assignment, or changes one.
    DenyAssignmentPut {
        /// Where.
        scope: ResourcePath,
        /// Its id.
        id: RoleAssignmentId,
        /// What it shall be.
        wanted: WantedDeny,
    },
    /// Removes a deny assignment.
    DenyAssignmentDelete {
        /// Where it stands.
        scope: ResourcePath,
        /// Its id.
        id: RoleAssignmentId,
    },
    /// Tells what the caller's roles permit at a scope.
    PermissionList {
        /// The scope.
        scope: ResourcePath,
    },
}

impl AccessCall {
    /// The operation that this call asks for.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::RoleAssignmentGet { .. } => Operation::RoleAssignmentGet,
            Self::RoleAssignmentList { .. } => Operation::RoleAssignmentList,
            Self::RoleDefinitionGet { .. } => Operation::RoleDefinitionGet,
            Self::RoleDefinitionList { .. } => Operation::RoleDefinitionList,
            Self::RoleDefinitionPut { .. } => Operation::RoleDefinitionPut,
            Self::RoleDefinitionDelete { .. } => Operation::RoleDefinitionDelete,
            Self::DenyAssignmentGet { .. } => Operation::DenyAssignmentGet,
            Self::DenyAssignmentList { .. } => Operation::DenyAssignmentList,
            Self::DenyAssignmentPut { .. } => Operation::DenyAssignmentPut,
            Self::DenyAssignmentDelete { .. } => Operation::DenyAssignmentDelete,
            Self::PermissionList { .. } => Operation::PermissionList,
        }
    }
}

/// What came of a call about access.
#[derive(Debug)]
pub enum AccessOutcome {
    /// A role assignment.
    RoleAssignment(super::management::RoleAssignmentDescription),
    /// Role assignments.
    RoleAssignments(Vec<super::management::RoleAssignmentDescription>),
    /// A role.
    Role(RoleDescription),
    /// Roles.
    Roles(Vec<RoleDescription>),
    /// A role that was written.
    RoleWritten(RoleDescription),
    /// A role that was removed, or none that was there.
    RoleDeleted(Option<RoleDescription>),
    /// A deny assignment.
    Deny(DenyDescription),
    /// Deny assignments.
    Denies(Vec<DenyDescription>),
    /// A deny assignment that was written.
    DenyWritten(DenyDescription),
    /// A deny assignment that was removed, or none that was there.
    DenyDeleted,
    /// Permissions.
    Permissions(Vec<PermissionSet>),
}
