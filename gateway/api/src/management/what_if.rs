//! `whatIf` of a vault: ours, for the reference has nothing like it.

use std::net::IpAddr;

use portcullis_model::what_if::{MAX_SUPPOSED_PRINCIPALS, MAX_SUPPOSITIONS, Supposition, Suppositions, WhatIf};
use portcullis_model::{ObjectKind, ObjectName, Operation, Plane, PrincipalId};
use serde::{Deserialize, Serialize};

use super::role_definition::texts;
use super::vault::{given, invalid, invalid_content};
use crate::ApiError;
use crate::json::{self, Member, Object};

/// How many methods of authentication may be supposed, and the letters of each.
const METHODS: usize = 8;
const METHOD: usize = 32;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    operations: Member<Vec<Member<String>>>,
    #[serde(default)]
    object: Member<Object<ObjectBody>>,
    #[serde(default)]
    principals: Member<Vec<Member<String>>>,
    #[serde(default)]
    source_address: Member<String>,
    #[serde(default)]
    authentication_methods: Member<Vec<Member<String>>>,
    #[serde(default)]
    only_allowed: Member<bool>,
    #[serde(default)]
    after: Member<String>,
}

#[derive(Debug, Default, Deserialize)]
struct ObjectBody {
    #[serde(default)]
    kind: Member<String>,
    #[serde(default)]
    name: Member<String>,
}

/// The question that a body asks.
pub(super) fn parse(body: &[u8]) -> Result<WhatIf, ApiError> {
    let body: Body = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let object = object(body.object)?;
    let kind = object.as_ref().map(|(kind, _)| *kind);
    let operations = operations(&texts(body.operations, "operations", Operation::ALL.len())?, kind)?;
    let principals = texts(body.principals, "principals", MAX_SUPPOSED_PRINCIPALS)?;
    let principals = principals.iter().enumerate().map(|(at, id)| principal(id, &format!("principals[{at}]")));
    let mut principals = principals.collect::<Result<Vec<_>, _>>()?;
    principals.sort_unstable();
    principals.dedup();
    let source = body.source_address.optional().map_err(|_| invalid("sourceAddress"))?;
    let source = source.map(|text| text.parse::<IpAddr>().map_err(|_| invalid("sourceAddress"))).transpose()?;
    let methods = texts(body.authentication_methods, "authenticationMethods", METHODS)?;
    if let Some(at) = methods.iter().position(|method| method.is_empty() || method.len() > METHOD) {
        return Err(invalid(&format!("authenticationMethods[{at}]")));
    }
    let only_allowed = body.only_allowed.optional().map_err(|_| invalid("onlyAllowed"))?.unwrap_or_default();
    let after = body.after.optional().map_err(|_| invalid("after"))?;
    let after = after.map(|id| principal(&id, "after")).transpose()?;
    Ok(WhatIf { operations, object, principals, source, methods, only_allowed, after })
}

fn object(member: Member<Object<ObjectBody>>) -> Result<Option<(ObjectKind, ObjectName)>, ApiError> {
    let Some(Object(body)) = member.optional().map_err(|_| invalid("object"))? else { return Ok(None) };
    let kind = ObjectKind::of_collection(&given(body.kind, "object.kind")?);
    let kind =
        kind.ok_or_else(|| invalid_content("Property object.kind must be secrets, keys or certificates".to_owned()))?;
    let name = given(body.name, "object.name")?.parse().map_err(|_| invalid("object.name"))?;
    Ok(Some((kind, name)))
}

/// The operations that are named, each once; all that are possible when none is.
fn operations(names: &[String], kind: Option<ObjectKind>) -> Result<Vec<Operation>, ApiError> {
    if names.is_empty() {
        return Ok(WhatIf::possible(kind).collect());
    }
    let mut operations = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let operation = Operation::from_name(name).ok_or_else(|| invalid(&format!("operations[{at}]")))?;
        if !WhatIf::fits(operation, kind) {
            let (row, name) = (operation.row(), operation.row().name);
            let why = match row.object.filter(|_| row.plane == Plane::Data) {
                Some(object) => format!("give the {} that {name} is about as object", object.noun()),
                None => format!("{name} is not about a vault"),
            };
            return Err(invalid_content(format!("Property operations[{at}]: {why}")));
        }
        if !operations.contains(&operation) {
            operations.push(operation);
        }
    }
    Ok(operations)
}

fn principal(text: &str, property: &str) -> Result<PrincipalId, ApiError> {
    text.parse().map_err(|_| invalid_content(format!("Property {property} is not the GUID of a principal")))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WhatIfAnswer<'a> {
    value: Vec<SuppositionAnswer<'a>>,
    /// To be sent as `after` for the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SuppositionAnswer<'a> {
    principal_id: String,
    display_name: &'a str,
    principal_type: &'static str,
    operation: &'static str,
    outcome: &'static str,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'a str>,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    facts: &'a [String],
}

impl<'a> WhatIfAnswer<'a> {
    pub(super) fn new(found: &'a Suppositions) -> Self {
        debug_assert!(found.items.len() <= MAX_SUPPOSITIONS, "the answer is bounded where it is made");
        Self {
            value: found.items.iter().map(SuppositionAnswer::new).collect(),
            next: found.next.map(|id| id.to_string()),
        }
    }
}

impl<'a> SuppositionAnswer<'a> {
    fn new(item: &'a Supposition) -> Self {
        Self {
            principal_id: item.principal.to_string(),
            display_name: &item.display_name,
            principal_type: item.kind,
            operation: item.operation.row().name,
            outcome: item.outcome,
            stage: item.stage,
            plugin: item.plugin.as_deref(),
            rule: &item.rule,
            reason: item.reason.as_deref(),
            facts: &item.facts,
        }
    }
}
