//! The bodies of `PUT` on a role definition and on a deny assignment.

use portcullis_model::PrincipalId;
use portcullis_model::access::{DeniedPrincipals, PermissionSet, WantedDeny, WantedRole};
use serde::Deserialize;

use super::vault::{given, invalid, invalid_content, properties};
use crate::ApiError;
use crate::json::{Member, Object};

/// The greatest number of permission blocks, of actions in a list, of scopes and of principals.
const MOST_BLOCKS: usize = 20;
const MOST_ACTIONS: usize = 2_048;
const MOST_SCOPES: usize = 2_000;
const MOST_PRINCIPALS: usize = 1_000;
/// The greatest lengths, in characters.
const LONGEST_NAME: usize = 512;
const LONGEST_DESCRIPTION: usize = 2_048;
const LONGEST_ACTION: usize = 512;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    role_name: Member<String>,
    #[serde(default)]
    deny_assignment_name: Member<String>,
    #[serde(default)]
    description: Member<String>,
    #[serde(default, rename = "type")]
    kind: Member<String>,
    #[serde(default)]
    permissions: Member<Vec<Member<Object<Block>>>>,
    #[serde(default)]
    assignable_scopes: Member<Vec<Member<String>>>,
    #[serde(default)]
    do_not_apply_to_child_scopes: Member<bool>,
    #[serde(default)]
    principals: Member<Vec<Member<Object<Principal>>>>,
    #[serde(default)]
    exclude_principals: Member<Vec<Member<Object<Principal>>>>,
    #[serde(default)]
    condition: Member<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    #[serde(default)]
    actions: Member<Vec<Member<String>>>,
    #[serde(default)]
    not_actions: Member<Vec<Member<String>>>,
    #[serde(default)]
    data_actions: Member<Vec<Member<String>>>,
    #[serde(default)]
    not_data_actions: Member<Vec<Member<String>>>,
    #[serde(default)]
    condition: Member<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Principal {
    #[serde(default)]
    id: Member<String>,
}

/// A custom role.
pub(super) fn role(body: &[u8]) -> Result<WantedRole, ApiError> {
    let properties: Properties = properties(body)?;
    match properties.kind.optional().map_err(|_| invalid("properties.type"))? {
        Some(kind) if !kind.eq_ignore_ascii_case("CustomRole") => return Err(invalid("properties.type")),
        Some(_) | None => {}
    }
    let name = required_text(properties.role_name, "properties.roleName")?;
    let scopes = texts(properties.assignable_scopes, "properties.assignableScopes", MOST_SCOPES)?;
    if scopes.is_empty() {
        return Err(invalid_content("Property properties.assignableScopes must have at least one scope".to_owned()));
    }
    if let Some(at) = scopes.iter().position(|scope| !is_scope(scope)) {
        return Err(invalid(&format!("properties.assignableScopes[{at}]")));
    }
    Ok(WantedRole {
        name,
        description: description(properties.description)?,
        permissions: permissions(properties.permissions)?,
        scopes,
    })
}

/// A deny assignment.
pub(super) fn deny(body: &[u8]) -> Result<WantedDeny, ApiError> {
    let properties: Properties = properties(body)?;
    if properties
        .condition
        .optional()
        .map_err(|_| invalid("properties.condition"))?
        .is_some_and(|text| !text.is_empty())
    {
        return Err(invalid_content("Property properties.condition is not supported for deny assignments".to_owned()));
    }
    let scope_alone = "properties.doNotApplyToChildScopes";
    let named = principals(properties.principals, "properties.principals")?;
    // The zero GUID is everybody.
    let principals_of = |named: Vec<PrincipalId>| {
        if named.iter().any(|id| *id.as_bytes() == [0; 16]) {
            DeniedPrincipals::Everyone
        } else {
            DeniedPrincipals::Named(named)
        }
    };
    if named.is_empty() {
        return Err(invalid_content("Property properties.principals must have at least one principal".to_owned()));
    }
    Ok(WantedDeny {
        name: required_text(properties.deny_assignment_name, "properties.denyAssignmentName")?,
        description: description(properties.description)?,
        permissions: permissions(properties.permissions)?,
        scope_alone: properties
            .do_not_apply_to_child_scopes
            .optional()
            .map_err(|_| invalid(scope_alone))?
            .unwrap_or_default(),
        principals: principals_of(named),
        excluded: principals(properties.exclude_principals, "properties.excludePrincipals")?,
    })
}

fn required_text(member: Member<String>, property: &str) -> Result<String, ApiError> {
    let text = given(member, property)?;
    if text.trim().is_empty() || text.trim() != text || text.chars().count() > LONGEST_NAME {
        return Err(invalid(property));
    }
    Ok(text)
}

fn description(member: Member<String>) -> Result<String, ApiError> {
    let text = member.optional().map_err(|_| invalid("properties.description"))?.unwrap_or_default();
    if text.chars().count() > LONGEST_DESCRIPTION { Err(invalid("properties.description")) } else { Ok(text) }
}

fn permissions(member: Member<Vec<Member<Object<Block>>>>) -> Result<Vec<PermissionSet>, ApiError> {
    let property = "properties.permissions";
    let given = member.optional().map_err(|_| invalid(property))?.unwrap_or_default();
    if given.is_empty() || given.len() > MOST_BLOCKS {
        return Err(invalid_content(format!("Property {property} must have 1 to {MOST_BLOCKS} entries")));
    }
    let mut sets = Vec::with_capacity(given.len());
    for (at, block) in given.into_iter().enumerate() {
        let Member::Given(Object(block)) = block else { return Err(invalid(&format!("{property}[{at}]"))) };
        let part = |name: &str| format!("{property}[{at}].{name}");
        let condition = block.condition.optional().map_err(|_| invalid(&part("condition")))?;
        if condition.is_some_and(|text| !text.is_empty()) {
            return Err(invalid_content(format!("Property {} is not supported in custom roles", part("condition"))));
        }
        sets.push(PermissionSet {
            actions: actions(block.actions, &part("actions"))?,
            not_actions: actions(block.not_actions, &part("notActions"))?,
            data_actions: actions(block.data_actions, &part("dataActions"))?,
            not_data_actions: actions(block.not_data_actions, &part("notDataActions"))?,
            condition: None,
        });
    }
    if sets.iter().all(|set| set.actions.is_empty() && set.data_actions.is_empty()) {
        return Err(invalid_content(format!("Property {property} must permit at least one action or data action")));
    }
    Ok(sets)
}

fn actions(member: Member<Vec<Member<String>>>, property: &str) -> Result<Vec<String>, ApiError> {
    let actions = texts(member, property, MOST_ACTIONS)?;
    let fits = |action: &String| {
        (1..=LONGEST_ACTION).contains(&action.len())
            && action.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*/._-".contains(&byte))
            && (action == "*" || action.contains('/') || action.contains('*'))
    };
    match actions.iter().position(|action| !fits(action)) {
        None => Ok(actions),
        Some(at) => Err(invalid(&format!("{property}[{at}]"))),
    }
}

pub(super) fn texts(member: Member<Vec<Member<String>>>, property: &str, most: usize) -> Result<Vec<String>, ApiError> {
    let given = member.optional().map_err(|_| invalid(property))?.unwrap_or_default();
    if given.len() > most {
        return Err(invalid_content(format!("Property {property} has more than {most} entries")));
    }
    given
        .into_iter()
        .enumerate()
        .map(|(at, text)| match text {
            Member::Given(text) => Ok(text),
            Member::Absent | Member::Null | Member::Wrong => Err(invalid(&format!("{property}[{at}]"))),
        })
        .collect()
}

fn principals(member: Member<Vec<Member<Object<Principal>>>>, property: &str) -> Result<Vec<PrincipalId>, ApiError> {
    let given = member.optional().map_err(|_| invalid(property))?.unwrap_or_default();
    if given.len() > MOST_PRINCIPALS {
        return Err(invalid_content(format!("Property {property} has more than {MOST_PRINCIPALS} entries")));
    }
    let id = |(at, member): (usize, Member<Object<Principal>>)| {
        let Member::Given(Object(principal)) = member else { return Err(invalid(&format!("{property}[{at}]"))) };
        let id = principal.id.optional().ok().flatten().and_then(|text| text.parse().ok());
        id.ok_or_else(|| invalid(&format!("{property}[{at}].id")))
    };
    given.into_iter().enumerate().map(id).collect()
}

/// `/subscriptions/{guid}`, or something below it. A custom role cannot be assigned everywhere.
fn is_scope(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let ["", subscriptions, id, rest @ ..] = parts.as_slice() else { return false };
    subscriptions.eq_ignore_ascii_case("subscriptions")
        && id.parse::<portcullis_model::SubscriptionId>().is_ok()
        && rest.iter().all(|part| !part.is_empty())
        && text.len() <= 1_024
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}
