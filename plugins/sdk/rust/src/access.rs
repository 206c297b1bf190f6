//! What grants and what takes away beside plain role assignments.

use crate::bindings::imports::access;
use crate::{Gateway, Permissions};

/// That the caller, or a group of his, has a role at a scope under a condition or for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "test-util", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct ConditionalAssignment {
    /// The assignment's id.
    pub id: String,
    /// Where it holds: a resource id.
    pub scope: String,
    /// The role's id.
    pub role: String,
    /// The condition under which it holds.
    pub condition: Option<String>,
    /// From when on it holds, in seconds since 1970-01-01T00:00:00Z.
    pub starts: Option<i64>,
    /// From when on it holds no more.
    pub ends: Option<i64>,
}

/// A permission block of a role that grants under a condition only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "test-util", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct ConditionalBlock {
    /// What it permits.
    pub permissions: Permissions,
    /// The condition.
    pub condition: String,
}

/// A deny assignment that is meant for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "test-util",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields, rename_all = "camelCase")
)]
pub struct DenyAssignment {
    /// Its id.
    pub id: String,
    /// Where it holds: a resource id.
    pub scope: String,
    /// Whether it holds at the scope alone and not below it.
    #[cfg_attr(feature = "test-util", serde(default))]
    pub scope_alone: bool,
    /// What it denies.
    pub permissions: Vec<Permissions>,
}

/// An access policy of the vault for the caller or a group of his.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "test-util", derive(serde::Deserialize, serde::Serialize), serde(deny_unknown_fields))]
pub struct PolicyEntry {
    /// The client id of the application through which a user must act.
    pub application: Option<String>,
    /// What it permits, such as `secrets/get`, in lower case.
    pub permissions: Vec<String>,
}

/// Questions about conditions, terms, denials and access policies.
pub trait Grants {
    /// `roles` or `access-policies`, if the request is about a vault that exists.
    fn permission_model(&self) -> Option<String>;

    /// What the operation needs under access policies, such as `secrets/get`, in lower case.
    fn permission(&self) -> Option<String>;

    /// The role assignments with a condition or a term; [`crate::Directory::role_assignments`] has the others.
    fn conditional_assignments(&self) -> Vec<ConditionalAssignment>;

    /// What a role permits on conditions; [`crate::Directory::role_definition`] has the rest.
    fn conditional_permissions(&self, role: &str) -> Vec<ConditionalBlock>;

    /// The deny assignments that are meant for the caller.
    fn deny_assignments(&self) -> Vec<DenyAssignment>;

    /// The access policies of the vault that are meant for the caller.
    fn access_policies(&self) -> Vec<PolicyEntry>;

    /// The values of an attribute of what the request brings.
    fn request_attribute(&self, name: &str) -> Vec<String>;

    /// The values of an attribute of what the request acts upon.
    fn resource_attribute(&self, name: &str) -> Vec<String>;
}

impl Grants for Gateway {
    fn permission_model(&self) -> Option<String> {
        access::permission_model()
    }

    fn permission(&self) -> Option<String> {
        access::permission()
    }

    fn conditional_assignments(&self) -> Vec<ConditionalAssignment> {
        access::conditional_assignments().into_iter().map(ConditionalAssignment::from).collect()
    }

    fn conditional_permissions(&self, role: &str) -> Vec<ConditionalBlock> {
        access::conditional_permissions(role).into_iter().map(ConditionalBlock::from).collect()
    }

    fn deny_assignments(&self) -> Vec<DenyAssignment> {
        access::deny_assignments().into_iter().map(DenyAssignment::from).collect()
    }

    fn access_policies(&self) -> Vec<PolicyEntry> {
        access::access_policies().into_iter().map(PolicyEntry::from).collect()
    }

    fn request_attribute(&self, name: &str) -> Vec<String> {
        access::request_attribute(name)
    }

    fn resource_attribute(&self, name: &str) -> Vec<String> {
        access::resource_attribute(name)
    }
}

impl From<access::ConditionalAssignment> for ConditionalAssignment {
    fn from(assignment: access::ConditionalAssignment) -> Self {
        let access::ConditionalAssignment { id, scope, role, condition, starts, ends } = assignment;
        Self { id, scope, role, condition, starts, ends }
    }
}

impl From<access::ConditionalBlock> for ConditionalBlock {
    fn from(block: access::ConditionalBlock) -> Self {
        Self { permissions: block.permissions.into(), condition: block.condition }
    }
}

impl From<access::DenyAssignment> for DenyAssignment {
    fn from(deny: access::DenyAssignment) -> Self {
        let access::DenyAssignment { id, scope, scope_alone, permissions } = deny;
        Self { id, scope, scope_alone, permissions: permissions.into_iter().map(Permissions::from).collect() }
    }
}

impl From<access::PolicyEntry> for PolicyEntry {
    fn from(entry: access::PolicyEntry) -> Self {
        let access::PolicyEntry { application, permissions } = entry;
        Self { application, permissions }
    }
}
