//! The built-in roles, as the reference publishes them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use portcullis_model::RoleDefinitionId;
use portcullis_policy::{PermissionBlock, RoleDefinitionFact};
use serde::Deserialize;

/// The published role definitions (`docs/reference` of the reference service; see shared data `built-in-roles`).
const BUILT_IN: &str = include_str!("built_in_roles.json");

static ROLES: LazyLock<HashMap<RoleDefinitionId, Arc<RoleDefinitionFact>>> = LazyLock::new(|| {
    let published: Published = serde_json::from_str(BUILT_IN).expect("the embedded role definitions are well-formed");
    published
        .value
        .into_iter()
        // A role whose permissions carry a condition is left out: conditions are not evaluated, and to ignore one
        // would grant more than the role says.
        .filter(|role| role.properties.permissions.iter().all(|block| block.condition.is_none()))
        .map(|role| (role.name, Arc::new(role.into_fact())))
        .collect()
});

/// A built-in role.
pub(crate) fn built_in(id: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
    ROLES.get(&id).cloned()
}

/// A built-in role's id by its name, such as `Key Vault Secrets Officer`.
fn id_of(name: &str) -> Option<RoleDefinitionId> {
    ROLES.values().find(|role| role.name == name).map(|role| role.id)
}

/// The role that a declaration means: by its id, or by its name.
pub(crate) fn named(text: &str) -> Option<RoleDefinitionId> {
    text.parse().ok().filter(|id| ROLES.contains_key(id)).or_else(|| id_of(text))
}

/// Whether a built-in role has the name or id, so that it can be assigned.
#[must_use]
pub fn is_role(text: &str) -> bool {
    named(text).is_some()
}

#[derive(Deserialize)]
struct Published {
    value: Vec<PublishedRole>,
}

#[derive(Deserialize)]
struct PublishedRole {
    name: RoleDefinitionId,
    properties: PublishedProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishedProperties {
    role_name: String,
    permissions: Vec<PublishedPermission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PublishedPermission {
    actions: Vec<String>,
    not_actions: Vec<String>,
    data_actions: Vec<String>,
    not_data_actions: Vec<String>,
    condition: Option<String>,
}

impl PublishedRole {
    fn into_fact(self) -> RoleDefinitionFact {
        let permissions = self.properties.permissions.into_iter().map(|block| PermissionBlock {
            actions: block.actions,
            not_actions: block.not_actions,
            data_actions: block.data_actions,
            not_data_actions: block.not_data_actions,
        });
        RoleDefinitionFact { id: self.name, name: self.properties.role_name, permissions: permissions.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_roles_are_there() {
        let id = id_of("Key Vault Secrets User").unwrap();
        assert_eq!(id.to_string(), "4633458b-17de-408a-b874-0445c86b69e6");
        assert_eq!(built_in(id).unwrap().permissions[0].data_actions.len(), 2);
        assert_eq!(id_of("Key Vault Data Access Administrator"), None, "its condition is not evaluated yet");
    }
}
