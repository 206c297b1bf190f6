//! What grants and what takes away beside plain role assignments: conditions, terms, denials, access policies.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use portcullis_model::{ApplicationId, PermissionModel, RoleAssignmentId, RoleDefinitionId, UnixTime};

use serde::{Deserialize, Serialize};

use crate::PermissionBlock;

/// A role assignment that holds under a condition or for a time only. Plugins that know nothing of either are not told
/// of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConditionalAssignmentFact {
    /// Its id.
    pub id: RoleAssignmentId,
    /// Where it holds: a resource id.
    pub scope: Arc<str>,
    /// The role.
    pub role: RoleDefinitionId,
    /// The condition under which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Arc<str>>,
    /// From when on it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<UnixTime>,
    /// From when on it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<UnixTime>,
}

/// A permission block of a role that grants under a condition only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConditionalBlock {
    /// What it permits.
    #[serde(rename = "permissions")]
    pub block: PermissionBlock,
    /// The condition under which it does.
    pub condition: Arc<str>,
}

/// A deny assignment that is meant for the caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DenyAssignmentFact {
    /// Its id.
    pub id: RoleAssignmentId,
    /// Where it holds: a resource id.
    pub scope: Arc<str>,
    /// Whether it holds at the scope alone and not below it.
    #[serde(default)]
    pub scope_alone: bool,
    /// What it denies.
    pub permissions: Vec<PermissionBlock>,
}

/// An access policy of the vault whose object id is the caller's or that of a group of his.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AccessPolicyFact {
    /// The application through which a user must act for the policy to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationId>,
    /// What it permits, as `secrets/get`, in lower case and without `all`.
    pub permissions: Vec<String>,
}

/// A list shared between requests, with a hash computed once.
#[derive(Debug, Clone)]
pub struct FactList<T> {
    items: Box<[T]>,
    hash: u64,
}

impl<T: Hash> FactList<T> {
    /// Takes the items in the order in which plugins shall see them.
    #[must_use]
    pub fn new(items: impl IntoIterator<Item = T>) -> Self {
        let items: Box<[_]> = items.into_iter().collect();
        let mut hasher = std::hash::DefaultHasher::new();
        items.hash(&mut hasher);
        Self { hash: hasher.finish(), items }
    }
}

impl<T> FactList<T> {
    /// The items.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }
}

impl<T: Serialize> FactList<T> {
    /// The items as the audit log keeps them: a JSON list on one line.
    pub(crate) fn recorded(&self) -> String {
        serde_json::to_string(&self.items).unwrap_or_default()
    }
}

impl<T: PartialEq> PartialEq for FactList<T> {
    /// Compares the content, never the hash alone: two lists that collide must not share a memo entry.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.hash == other.hash && self.items == other.items)
    }
}

impl<T: Eq> Eq for FactList<T> {}

impl<T> Hash for FactList<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<T: fmt::Display> fmt::Display for FactList<T> {
    /// The first few, when there are many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        if self.items.is_empty() {
            return f.write_str("none");
        }
        for (i, item) in self.items.iter().take(SHOWN).enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{item}")?;
        }
        if self.items.len() > SHOWN { write!(f, " and {} more", self.items.len() - SHOWN) } else { Ok(()) }
    }
}

impl fmt::Display for ConditionalAssignmentFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.id, self.role, self.scope)?;
        if let Some(starts) = self.starts {
            write!(f, " from {starts}")?;
        }
        if let Some(ends) = self.ends {
            write!(f, " until {ends}")?;
        }
        if self.condition.is_some() { f.write_str(" on condition") } else { Ok(()) }
    }
}

impl fmt::Display for ConditionalBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.condition)
    }
}

impl fmt::Display for DenyAssignmentFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.scope)
    }
}

impl fmt::Display for AccessPolicyFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.application {
            Some(application) => write!(f, "through {application}: {}", self.permissions.join(" ")),
            None => f.write_str(&self.permissions.join(" ")),
        }
    }
}

/// The name by which plugins know a permission model.
pub(crate) const fn model_name(model: PermissionModel) -> &'static str {
    match model {
        PermissionModel::RoleBased => "roles",
        PermissionModel::AccessPolicies => "access-policies",
    }
}
