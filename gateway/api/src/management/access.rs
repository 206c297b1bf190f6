//! Answers about role definitions, role assignments and deny assignments.

use http::StatusCode;
use portcullis_model::ResourcePath;
use portcullis_model::access::{
    AccessOutcome, DeniedPrincipals, DenyDescription, PermissionSet, RoleDescription, Written,
};
use portcullis_model::management::RoleAssignmentDescription;
use serde::Serialize;

use super::deleted_vault::date;
use super::render::list;
use crate::Answer;

/// The answer that tells an outcome. Role definitions are named by the subscription of the scope asked at.
pub(super) fn render(outcome: &AccessOutcome, scope: &ResourcePath) -> Answer {
    match outcome {
        AccessOutcome::RoleAssignment(assignment) => {
            Answer::json(StatusCode::OK, &AssignmentAnswer::new(assignment, scope))
        }
        AccessOutcome::RoleAssignments(items) => list(items.iter().map(|item| AssignmentAnswer::new(item, scope))),
        AccessOutcome::Role(role) | AccessOutcome::RoleDeleted(Some(role)) => {
            Answer::json(StatusCode::OK, &RoleAnswer::new(role, scope))
        }
        AccessOutcome::RoleWritten(role) => Answer::json(StatusCode::CREATED, &RoleAnswer::new(role, scope)),
        AccessOutcome::Roles(items) => list(items.iter().map(|item| RoleAnswer::new(item, scope))),
        AccessOutcome::RoleDeleted(None) => Answer::empty(StatusCode::NO_CONTENT),
        AccessOutcome::Deny(deny) => Answer::json(StatusCode::OK, &DenyAnswer::new(deny)),
        AccessOutcome::DenyWritten(deny) => Answer::json(StatusCode::CREATED, &DenyAnswer::new(deny)),
        AccessOutcome::Denies(items) => list(items.iter().map(DenyAnswer::new)),
        AccessOutcome::DenyDeleted => Answer::empty(StatusCode::NO_CONTENT),
        AccessOutcome::Permissions(items) => list(items.iter().map(Block::new)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Marks {
    created_on: String,
    created_by: String,
    updated_on: String,
    updated_by: String,
}

impl Marks {
    pub(super) fn new(written: Written) -> Self {
        Self {
            created_on: date(written.created),
            created_by: written.created_by.to_string(),
            updated_on: date(written.updated),
            updated_by: written.updated_by.to_string(),
        }
    }
}

/// A role assignment as it is told.
#[derive(Serialize)]
pub(super) struct AssignmentAnswer<'a> {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: AssignmentProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AssignmentProperties<'a> {
    role_definition_id: String,
    principal_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_type: Option<&'static str>,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    written: Option<Marks>,
}

impl<'a> AssignmentAnswer<'a> {
    pub(super) fn new(assignment: &'a RoleAssignmentDescription, at: &ResourcePath) -> Self {
        let details = &assignment.details;
        Self {
            id: format!(
                "{}/providers/Microsoft.Authorization/roleAssignments/{}",
                assignment.scope.trim_end_matches('/'),
                assignment.id
            ),
            name: assignment.id.to_string(),
            kind: "Microsoft.Authorization/roleAssignments",
            properties: AssignmentProperties {
                role_definition_id: role_id(at, &assignment.role.to_string()),
                principal_id: assignment.principal.to_string(),
                principal_type: details.principal_type,
                scope: &assignment.scope,
                condition: details.condition.as_deref(),
                condition_version: details.condition.is_some().then_some("2.0"),
                description: details.description.as_deref(),
                written: details.written.map(Marks::new),
            },
        }
    }
}

pub(super) fn role_id(at: &ResourcePath, id: &str) -> String {
    let subscription =
        at.subscription().map(|subscription| format!("/subscriptions/{subscription}")).unwrap_or_default();
    format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Block<'a> {
    actions: &'a [String],
    not_actions: &'a [String],
    data_actions: &'a [String],
    not_data_actions: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_version: Option<&'static str>,
}

impl<'a> Block<'a> {
    fn new(set: &'a PermissionSet) -> Self {
        Self {
            actions: &set.actions,
            not_actions: &set.not_actions,
            data_actions: &set.data_actions,
            not_data_actions: &set.not_data_actions,
            condition: set.condition.as_deref(),
            condition_version: set.condition.is_some().then_some("2.0"),
        }
    }
}

#[derive(Serialize)]
struct RoleAnswer<'a> {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: RoleProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleProperties<'a> {
    role_name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    description: &'a str,
    assignable_scopes: &'a [String],
    permissions: Vec<Block<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    written: Option<Marks>,
}

impl<'a> RoleAnswer<'a> {
    fn new(role: &'a RoleDescription, at: &ResourcePath) -> Self {
        Self {
            id: role_id(at, &role.id.to_string()),
            name: role.id.to_string(),
            kind: "Microsoft.Authorization/roleDefinitions",
            properties: RoleProperties {
                role_name: &role.name,
                kind: if role.built_in { "BuiltInRole" } else { "CustomRole" },
                description: &role.description,
                assignable_scopes: &role.scopes,
                permissions: role.permissions.iter().map(Block::new).collect(),
                written: role.written.map(Marks::new),
            },
        }
    }
}

#[derive(Serialize)]
struct DenyAnswer<'a> {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: DenyProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DenyProperties<'a> {
    deny_assignment_name: &'a str,
    description: &'a str,
    permissions: Vec<Block<'a>>,
    scope: &'a str,
    do_not_apply_to_child_scopes: bool,
    principals: Vec<PrincipalAnswer>,
    exclude_principals: Vec<PrincipalAnswer>,
    is_system_protected: bool,
    #[serde(flatten)]
    written: Marks,
}

#[derive(Serialize)]
struct PrincipalAnswer {
    id: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

impl<'a> DenyAnswer<'a> {
    fn new(deny: &'a DenyDescription) -> Self {
        let principal = |id: &portcullis_model::PrincipalId| PrincipalAnswer { id: id.to_string(), kind: None };
        let principals = match &deny.wanted.principals {
            DeniedPrincipals::Named(named) => named.iter().map(principal).collect(),
            DeniedPrincipals::Everyone => vec![PrincipalAnswer {
                id: "00000000-0000-0000-0000-000000000000".to_owned(),
                kind: Some("SystemDefined"),
            }],
        };
        Self {
            id: format!(
                "{}/providers/Microsoft.Authorization/denyAssignments/{}",
                deny.scope.trim_end_matches('/'),
                deny.id
            ),
            name: deny.id.to_string(),
            kind: "Microsoft.Authorization/denyAssignments",
            properties: DenyProperties {
                deny_assignment_name: &deny.wanted.name,
                description: &deny.wanted.description,
                permissions: deny.wanted.permissions.iter().map(Block::new).collect(),
                scope: &deny.scope,
                do_not_apply_to_child_scopes: deny.wanted.scope_alone,
                principals,
                exclude_principals: deny.wanted.excluded.iter().map(principal).collect(),
                is_system_protected: false,
                written: Marks::new(deny.written),
            },
        }
    }
}
