//! What the control state knows.

use crate::Gateway;
use crate::bindings::imports::directory;

/// That the caller, or a group of his, has a role at a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "test-util", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct Assignment {
    /// The assignment's id.
    pub id: String,
    /// Where it holds: a resource id.
    pub scope: String,
    /// The role's id.
    pub role: String,
}

/// One permission block of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "test-util",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields, default, rename_all = "camelCase")
)]
pub struct Permissions {
    /// What is granted on the management plane; `*` matches any run of characters.
    pub actions: Vec<String>,
    /// What is taken from the actions.
    pub not_actions: Vec<String>,
    /// What is granted on the data plane.
    pub data_actions: Vec<String>,
    /// What is taken from the data actions.
    pub not_data_actions: Vec<String>,
}

/// A role. Its blocks grant independently of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "test-util", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct Role {
    /// The role's id.
    pub id: String,
    /// The role's name, for people.
    pub name: String,
    /// What it permits.
    pub permissions: Vec<Permissions>,
}

/// Questions about the control state, as of the revision by which the request is judged.
pub trait Directory {
    /// The role assignments of the caller and his groups at, above or below the vault. Whether one covers the request
    /// is for [`crate::Request::within_scope`] to say.
    fn role_assignments(&self) -> Vec<Assignment>;

    /// A role, if there is one of this id.
    fn role_definition(&self, id: &str) -> Option<Role>;
}

impl Directory for Gateway {
    fn role_assignments(&self) -> Vec<Assignment> {
        directory::role_assignments().into_iter().map(Assignment::from).collect()
    }

    fn role_definition(&self, id: &str) -> Option<Role> {
        directory::role_definition(id).map(Role::from)
    }
}

impl From<directory::Assignment> for Assignment {
    fn from(assignment: directory::Assignment) -> Self {
        let directory::Assignment { id, scope, role } = assignment;
        Self { id, scope, role }
    }
}

impl From<directory::Permissions> for Permissions {
    fn from(block: directory::Permissions) -> Self {
        let directory::Permissions { actions, not_actions, data_actions, not_data_actions } = block;
        Self { actions, not_actions, data_actions, not_data_actions }
    }
}

impl From<directory::Role> for Role {
    fn from(role: directory::Role) -> Self {
        let directory::Role { id, name, permissions } = role;
        Self { id, name, permissions: permissions.into_iter().map(Permissions::from).collect() }
    }
}
