//! RoleAssignments_Create: the body of `PUT` on a role assignment.

use portcullis_model::access::{PRINCIPAL_ATTRIBUTE, ROLE_ATTRIBUTE, WantedAssignment};
use portcullis_model::management::ManagementCall;
use portcullis_model::{ResourcePath, RoleAssignmentId, RoleDefinitionId};
use serde::Deserialize;

use super::vault::{given, invalid, invalid_content, optional_properties};
use crate::json::Member;
use crate::{ApiError, ErrorCode};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    role_definition_id: Member<String>,
    #[serde(default)]
    principal_id: Member<String>,
    #[serde(default)]
    principal_type: Member<String>,
    #[serde(default)]
    condition: Member<String>,
    #[serde(default)]
    condition_version: Member<String>,
    #[serde(default)]
    description: Member<String>,
}

pub(super) fn parse(scope: ResourcePath, id: RoleAssignmentId, body: &[u8]) -> Result<ManagementCall, ApiError> {
    let properties: Properties = optional_properties(body)?.unwrap_or_default();
    check_principal_type(properties.principal_type)?;
    let condition = condition(properties.condition, properties.condition_version)?;
    let role = given(properties.role_definition_id, "properties.roleDefinitionId")?;
    let role = role_definition(&role).ok_or_else(|| invalid("properties.roleDefinitionId"))?;
    let principal = given(properties.principal_id, "properties.principalId")?
        .parse()
        .map_err(|_| ApiError::new(ErrorCode::InvalidPrincipalId, "Property properties.principalId is not a GUID"))?;
    Ok(ManagementCall::RoleAssignmentPut {
        scope,
        id,
        wanted: WantedAssignment { principal, role, condition, description: description(properties.description)? },
    })
}

/// The role of `[/subscriptions/{s}]/providers/Microsoft.Authorization/roleDefinitions/{guid}`, or of a bare GUID.
pub(super) fn role_definition(text: &str) -> Option<RoleDefinitionId> {
    let lower = text.to_ascii_lowercase();
    let parts: Vec<&str> = lower.split('/').collect();
    match parts.as_slice() {
        [id]
        | ["", "providers", "microsoft.authorization", "roledefinitions", id]
        | ["", "subscriptions", _, "providers", "microsoft.authorization", "roledefinitions", id] => id.parse().ok(),
        _ => None,
    }
}

fn check_principal_type(member: Member<String>) -> Result<(), ApiError> {
    let property = "properties.principalType";
    let known = ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"];
    match member.optional().map_err(|_| invalid(property))? {
        Some(text) if !known.iter().any(|name| name.eq_ignore_ascii_case(&text)) => Err(invalid(property)),
        Some(_) | None => Ok(()),
    }
}

/// The condition, which is parsed by those who keep it. Its version must be the one whose language is spoken.
fn condition(condition: Member<String>, version: Member<String>) -> Result<Option<String>, ApiError> {
    let condition = condition.optional().map_err(|_| invalid("properties.condition"))?.filter(|text| !text.is_empty());
    let version = version.optional().map_err(|_| invalid("properties.conditionVersion"))?;
    match (&condition, version.as_deref()) {
        (None, _) | (Some(_), Some("2.0")) => Ok(condition),
        (Some(_), _) => Err(invalid_content("Property properties.conditionVersion must be 2.0".to_owned())),
    }
}

fn description(member: Member<String>) -> Result<Option<String>, ApiError> {
    let text = member.optional().map_err(|_| invalid("properties.description"))?.filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > 2_048) {
        return Err(invalid("properties.description"));
    }
    Ok(text)
}

/// What conditions can know of a request for a role assignment, as far as its body can be read.
pub(super) fn attributes(body: &[u8]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let Ok(Some(properties)) = optional_properties::<Properties>(body) else { return found };
    let role = properties.role_definition_id.optional().ok().flatten();
    if let Some(role) = role.and_then(|text| role_definition(&text)) {
        found.push((ROLE_ATTRIBUTE, role.to_string()));
    }
    let principal = properties.principal_id.optional().ok().flatten();
    if let Some(principal) = principal.and_then(|text| text.parse::<portcullis_model::PrincipalId>().ok()) {
        found.push((PRINCIPAL_ATTRIBUTE, principal.to_string()));
    }
    found
}
