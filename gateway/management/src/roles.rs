//! The built-in roles, as the reference publishes them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use portcullis_model::RoleDefinitionId;
use portcullis_model::access::{PermissionSet, RoleDescription};
use portcullis_policy::{ConditionalBlock, FactList, PermissionBlock, RoleDefinitionFact};
use serde::Deserialize;

/// The published role definitions (`docs/reference` of the reference service; see shared data `built-in-roles`).
const BUILT_IN: &str = include_str!("built_in_roles.json");

/// The role whose holders own a scope.
pub(crate) const OWNER: RoleDefinitionId = RoleDefinitionId::from_bytes([
    0x8e, 0x3a, 0xf6, 0x57, 0xa8, 0xff, 0x44, 0x3c, 0xa7, 0x5c, 0x2f, 0xe8, 0xc4, 0xbc, 0xb6, 0x35,
]);

/// What an eligible principal may do before he takes the role: ask for it, and see what he could ask for. Nobody can be
/// assigned it; the control state tells policies of eligibilities as of assignments of it, so that the right to take a
/// role is judged and traced as every other.
pub(crate) const ELIGIBLE: RoleDefinitionId = RoleDefinitionId::from_bytes([
    0x0e, 0x11, 0x61, 0xb1, 0xe0, 0x00, 0x80, 0x00, 0x80, 0x00, 0x70, 0x6f, 0x72, 0x74, 0x63, 0x75,
]);

static ELIGIBLE_ROLE: LazyLock<Role> = LazyLock::new(|| {
    let actions = [
        "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
        "Microsoft.Authorization/roleAssignmentScheduleRequests/read",
        "Microsoft.Authorization/roleAssignmentScheduleInstances/read",
        "Microsoft.Authorization/roleEligibilityScheduleInstances/read",
    ];
    let permissions = PermissionSet { actions: actions.map(str::to_owned).into(), ..PermissionSet::default() };
    Role::new(&RoleDescription {
        id: ELIGIBLE,
        built_in: true,
        name: "Eligible".to_owned(),
        description: String::new(),
        permissions: vec![permissions],
        scopes: Vec::new(),
        written: None,
    })
});

/// The role that eligibilities are told as.
pub(crate) fn eligible() -> &'static Role {
    &ELIGIBLE_ROLE
}

static PUBLISHED: LazyLock<Vec<RoleDescription>> = LazyLock::new(|| {
    let published: Published = serde_json::from_str(BUILT_IN).expect("the embedded role definitions are well-formed");
    published.value.into_iter().map(PublishedRole::into_description).collect()
});

static ROLES: LazyLock<HashMap<RoleDefinitionId, Arc<Role>>> =
    LazyLock::new(|| PUBLISHED.iter().map(|role| (role.id, Arc::new(Role::new(role)))).collect());

/// A role as plugins are told of it.
#[derive(Debug)]
pub(crate) struct Role {
    /// The blocks that grant whatever the circumstances.
    pub(crate) plain: Arc<RoleDefinitionFact>,
    /// The blocks that grant under a condition.
    pub(crate) conditional: Arc<FactList<ConditionalBlock>>,
}

impl Role {
    pub(crate) fn new(role: &RoleDescription) -> Self {
        let block = |set: &PermissionSet| PermissionBlock {
            actions: set.actions.clone(),
            not_actions: set.not_actions.clone(),
            data_actions: set.data_actions.clone(),
            not_data_actions: set.not_data_actions.clone(),
        };
        let plain = role.permissions.iter().filter(|set| set.condition.is_none()).map(block).collect();
        let conditional = role.permissions.iter().filter_map(|set| {
            let condition = set.condition.as_deref()?;
            Some(ConditionalBlock { block: block(set), condition: condition.into() })
        });
        Self {
            plain: Arc::new(RoleDefinitionFact { id: role.id, name: role.name.clone(), permissions: plain }),
            conditional: Arc::new(FactList::new(conditional)),
        }
    }
}

/// A built-in role as it is told.
pub(crate) fn description(id: RoleDefinitionId) -> Option<&'static RoleDescription> {
    PUBLISHED.iter().find(|role| role.id == id)
}

/// All built-in roles.
pub(crate) fn descriptions() -> impl Iterator<Item = &'static RoleDescription> {
    PUBLISHED.iter()
}

/// A built-in role.
pub(crate) fn built_in(id: RoleDefinitionId) -> Option<Arc<Role>> {
    ROLES.get(&id).cloned()
}

/// A built-in role's id by its name, such as `Key Vault Secrets Officer`.
fn id_of(name: &str) -> Option<RoleDefinitionId> {
    PUBLISHED.iter().find(|role| role.name == name).map(|role| role.id)
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
    description: String,
    assignable_scopes: Vec<String>,
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
    fn into_description(self) -> RoleDescription {
        let PublishedProperties { role_name, description, permissions, assignable_scopes } = self.properties;
        let permissions = permissions.into_iter().map(|block| PermissionSet {
            actions: block.actions,
            not_actions: block.not_actions,
            data_actions: block.data_actions,
            not_data_actions: block.not_data_actions,
            condition: block.condition,
        });
        RoleDescription {
            id: self.name,
            built_in: true,
            name: role_name,
            description,
            permissions: permissions.collect(),
            scopes: assignable_scopes,
            written: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_roles_are_there() {
        let id = id_of("Key Vault Secrets User").unwrap();
        assert_eq!(id.to_string(), "4633458b-17de-408a-b874-0445c86b69e6");
        assert_eq!(built_in(id).unwrap().plain.permissions[0].data_actions.len(), 2);
        assert_eq!(descriptions().count(), 18);
        assert_eq!(id_of("Owner"), Some(OWNER));
    }

    #[test]
    fn what_a_role_grants_on_conditions_is_kept_apart() {
        let role = built_in(id_of("Key Vault Data Access Administrator").unwrap()).unwrap();
        assert!(role.plain.permissions.is_empty());
        let condition: portcullis_condition::Condition = role.conditional.items()[0].condition.parse().unwrap();
        drop(condition);
    }
}
