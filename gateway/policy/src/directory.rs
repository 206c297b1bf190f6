//! What the directory and the control state answer.

use std::fmt;
use std::sync::Arc;

use portcullis_model::{PrincipalId, Resource, RoleAssignmentId, RoleDefinitionId};
use serde::{Deserialize, Serialize};

use crate::access::{AccessPolicyFact, ConditionalAssignmentFact, ConditionalBlock, DenyAssignmentFact, FactList};
use crate::{PolicyHook, VaultFacts};

/// A role assignment as plugins see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleAssignmentFact {
    /// Its id.
    pub id: RoleAssignmentId,
    /// Where it holds: a resource id.
    pub scope: Arc<str>,
    /// The role.
    pub role: RoleDefinitionId,
}

impl fmt::Display for RoleAssignmentFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.id, self.role, self.scope)
    }
}

/// Role assignments, shared between requests.
pub type AssignmentList = FactList<RoleAssignmentFact>;

impl AssignmentList {
    /// All assignments as the audit log keeps them: ids, roles and scopes.
    pub(crate) fn recorded_whole(&self) -> String {
        let texts: Vec<String> = self.items().iter().map(ToString::to_string).collect();
        if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
    }
}

/// One permission block of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct PermissionBlock {
    /// Management-plane actions; `*` matches any run of characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// What is taken from the actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_actions: Vec<String>,
    /// Data-plane actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_actions: Vec<String>,
    /// What is taken from the data actions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_data_actions: Vec<String>,
}

/// A role definition as plugins see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoleDefinitionFact {
    /// Its id.
    pub id: RoleDefinitionId,
    /// Its name.
    pub name: String,
    /// What it permits.
    pub permissions: Vec<PermissionBlock>,
}

impl RoleDefinitionFact {
    /// The role as the audit log keeps it: JSON on one line, what is empty left out.
    pub(crate) fn recorded(&self) -> String {
        serde_json::json!({"name": self.name, "permissions": self.permissions}).to_string()
    }
}

/// A named location: a name for address prefixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLocation {
    /// Its prefixes.
    pub prefixes: Vec<ipnet::IpNet>,
}

/// Answers from the control state, as of one revision. Implemented by management's snapshot.
pub trait DirectoryFacts: Send + Sync + fmt::Debug + 'static {
    /// The revision that the answers are of.
    fn revision(&self) -> u64;

    /// The assignments of these principals whose scope is at, above or below a resource.
    fn role_assignments(
        &self,
        principal: PrincipalId,
        groups: &[PrincipalId],
        around: &Resource,
    ) -> Arc<AssignmentList>;

    /// A role definition, without what it permits on conditions.
    fn role_definition(&self, id: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>>;

    /// As [`Self::role_assignments`], those with a condition or a term.
    fn conditional_assignments(
        &self,
        _principal: PrincipalId,
        _groups: &[PrincipalId],
        _around: &Resource,
    ) -> Arc<FactList<ConditionalAssignmentFact>> {
        Arc::new(FactList::new([]))
    }

    /// What a role permits on conditions.
    fn conditional_permissions(&self, _id: RoleDefinitionId) -> Arc<FactList<ConditionalBlock>> {
        Arc::new(FactList::new([]))
    }

    /// The deny assignments at, above or below a resource that are meant for these principals.
    fn deny_assignments(
        &self,
        _principal: PrincipalId,
        _groups: &[PrincipalId],
        _around: &Resource,
    ) -> Arc<FactList<DenyAssignmentFact>> {
        Arc::new(FactList::new([]))
    }

    /// The vault's access policies for these principals.
    fn access_policies(
        &self,
        _principal: PrincipalId,
        _groups: &[PrincipalId],
        _vault: &VaultFacts,
    ) -> Arc<FactList<AccessPolicyFact>> {
        Arc::new(FactList::new([]))
    }

    /// A named location.
    fn named_location(&self, name: &str) -> Option<&NamedLocation>;

    /// The plugins that are installed as of this revision, asked after those that the configuration declares. They are a
    /// part of the control state, so a request is judged by one set from its beginning to its end.
    fn installed_plugins(&self) -> Option<&Arc<dyn PolicyHook>> {
        None
    }
}
