//! RoleAssignments_Create: the body of `PUT` on a role assignment.

use portcullis_model::management::ManagementCall;
use portcullis_model::{ResourcePath, RoleAssignmentId, RoleDefinitionId};
use serde::Deserialize;

use super::vault::{invalid, invalid_content};
use crate::json::{self, Member, Object};
use crate::{ApiError, ErrorCode};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    properties: Member<Object<Properties>>,
}

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
}

pub(super) fn parse(scope: ResourcePath, id: RoleAssignmentId, body: &[u8]) -> Result<ManagementCall, ApiError> {
    let body: Body = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let properties = body.properties.optional().map_err(|_| invalid("properties"))?;
    let Object(properties) = properties.unwrap_or_else(|| Object(Properties::default()));
    check_principal_type(properties.principal_type)?;
    check_condition(properties.condition)?;
    let role = required(properties.role_definition_id, "properties.roleDefinitionId")?;
    let role = role_definition(&role).ok_or_else(|| invalid("properties.roleDefinitionId"))?;
    let principal = required(properties.principal_id, "properties.principalId")?
        .parse()
        .map_err(|_| ApiError::new(ErrorCode::InvalidPrincipalId, "Property properties.principalId is not a GUID"))?;
    Ok(ManagementCall::RoleAssignmentPut { scope, id, principal, role })
}

fn required(member: Member<String>, property: &str) -> Result<String, ApiError> {
    let text = member.optional().map_err(|_| invalid(property))?;
    text.ok_or_else(|| invalid_content(format!("Property {property} is required")))
}

/// The role of `[/subscriptions/{s}]/providers/Microsoft.Authorization/roleDefinitions/{guid}`, or of a bare GUID.
fn role_definition(text: &str) -> Option<RoleDefinitionId> {
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

/// Conditions are not evaluated, and an assignment without its condition would permit more than was asked for.
fn check_condition(member: Member<String>) -> Result<(), ApiError> {
    match member.optional().map_err(|_| invalid("properties.condition"))? {
        Some(text) if !text.is_empty() => {
            Err(invalid_content("Property properties.condition is not supported".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}
