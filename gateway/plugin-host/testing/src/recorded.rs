//! A request as an audit log remembers it.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_model::{ObjectKind, ObjectName, Operation, Plane, Resource, RoleDefinitionId, Scope, VaultPath};
use portcullis_policy::{
    Answer, Answers, AssignmentList, FactList, PermissionBlock, Question, RoleAssignmentFact, RoleDefinitionFact,
    Unanswered,
};
use serde::Deserialize;
use serde_json::Value;

use crate::Record;
use crate::explore::is_optional;
use crate::record::TRUNCATED;

/// Answers from the record of a request: what any plugin asked then, and what follows from the record's own fields. What
/// it does not know, such as a group that nobody asked about, it does not make up.
#[derive(Debug)]
pub struct Recorded {
    facts: HashMap<String, String>,
    operation: Option<Operation>,
    source: Option<std::net::IpAddr>,
    resource: Option<Resource>,
    object: Option<Option<(ObjectKind, ObjectName)>>,
    version: Option<String>,
    record: Record,
}

impl Recorded {
    /// What a record knows.
    #[must_use]
    pub fn new(record: Record) -> Self {
        let mut facts = HashMap::new();
        for fact in record.decisions.iter().flat_map(|decision| &decision.trace) {
            if !fact.answer.ends_with(TRUNCATED) && !fact.question.ends_with(TRUNCATED) {
                facts.insert(fact.question.clone(), fact.answer.clone());
            }
        }
        let operation = Operation::from_name(&record.operation);
        let path = path(&record.resource);
        let vault = path.as_ref().map(Resource::vault);
        let segments = segments(&record.uri);
        let object = operation.filter(|operation| operation.row().plane == Plane::Data).and_then(|operation| {
            if operation.row().scope == Scope::Vault {
                return Some(None);
            }
            let kind = operation.row().object?;
            Some(Some((kind, segments.get(1)?.parse().ok()?)))
        });
        let resource = vault.and_then(|vault| match object.as_ref()? {
            Some((kind, name)) => Some(Resource::object(&vault, *kind, name)),
            None => Some(vault),
        });
        let version = segments.get(2).filter(|text| text.len() == 32).cloned();
        Self { facts, operation, source: record.source.parse().ok(), resource, object, version, record }
    }

    /// What the record's own fields answer.
    fn derived(&self, question: &Question) -> Option<Answer> {
        let claim = |name: &str| self.record.claims.get(name).and_then(Value::as_str);
        let text = |text: &str| Answer::Text(text.into());
        Some(match question {
            Question::Operation => Answer::Name(self.operation?.row().name),
            Question::OperationIn(names) => {
                let name = self.operation?.row().name;
                Answer::Bool(names.iter().any(|known| known == name))
            }
            Question::Plane => Answer::Name(self.operation?.row().plane.name()),
            Question::DataPlane => Answer::Bool(self.operation?.row().plane == Plane::Data),
            Question::Action => Answer::Name(self.operation?.row().action),
            Question::Vault => text(&path(&self.record.resource)?.vault.as_str().to_ascii_lowercase()),
            Question::ObjectKind => {
                self.object.as_ref()?.as_ref().map_or(Answer::Nothing, |(kind, _)| Answer::Name(kind.collection()))
            }
            Question::ObjectName => {
                self.object.as_ref()?.as_ref().map_or(Answer::Nothing, |(_, name)| text(name.folded()))
            }
            Question::ObjectNameStartsWith(prefix) => Answer::Bool(
                self.object.as_ref()?.as_ref().is_some_and(|(_, name)| name.folded().starts_with(prefix.as_str())),
            ),
            Question::ObjectVersion => match self.object.as_ref()? {
                Some(_) => self.version.as_deref().map_or(Answer::Nothing, text),
                None => Answer::Nothing,
            },
            Question::Resource => text(self.resource.as_ref()?.id()),
            Question::WithinScope(scope) => Answer::Bool(self.resource.as_ref()?.is_within(scope)),
            Question::PrincipalId => text(claim("oid")?),
            Question::PrincipalIs(id) => Answer::Bool(claim("oid")?.eq_ignore_ascii_case(&id.to_string())),
            Question::Application => claim("appid").map_or(Answer::Nothing, text),
            Question::Tenant => text(claim("tid")?),
            Question::PrincipalKind => Answer::Name(match claim("idtyp")? {
                "app" => "application",
                "user" => "user",
                _ => return None,
            }),
            Question::SourceAddress => text(&self.source?.to_string()),
            Question::SourceIn(source) => Answer::Bool(source.contains(self.source?)),
            Question::Subnet if self.record.subnet.is_empty() => Answer::Nothing,
            Question::Subnet => text(&self.record.subnet),
            Question::VirtualNetwork if self.record.subnet.is_empty() => Answer::Nothing,
            Question::VirtualNetwork => text(self.record.subnet.split_once("/subnets/")?.0),
            Question::TlsVersion if self.record.tls_version.is_empty() => return None,
            Question::TlsVersion => text(&self.record.tls_version),
            Question::AccessPolicyPermission => {
                let needed = self.operation?.row().access_policy;
                needed.map_or(Answer::Nothing, |needed| text(&needed.to_string()))
            }
            Question::Before(time) => Answer::Bool(self.record.time < *time),
            Question::Within(window) => Answer::Bool(window.contains(self.record.time)),
            // What the control state, the token and others knew then, only the trace tells; settings and documents are the
            // plugin's own.
            Question::Tag(_)
            | Question::TagIs(..)
            | Question::ObjectAttribute(_)
            | Question::Header(_)
            | Question::HasRole(_)
            | Question::Claim(_)
            | Question::AuthenticatedWith(_)
            | Question::AuthenticatedWithin(_)
            | Question::Device(_)
            | Question::Risk(_)
            | Question::PrivateEndpoint
            | Question::ClientCertificate
            | Question::NetworkSignal(_)
            | Question::Data(..)
            | Question::DataContains(..)
            | Question::Rate(_)
            | Question::Quota(_)
            | Question::InGroup(_)
            | Question::NamedLocation(_)
            | Question::NamedLocationExists(_)
            | Question::RoleAssignments
            | Question::RoleDefinition(_)
            | Question::PermissionModel
            | Question::ConditionalAssignments
            | Question::ConditionalPermissions(_)
            | Question::DenyAssignments
            | Question::AccessPolicies
            | Question::RequestAttribute(_)
            | Question::ResourceAttribute(_)
            | Question::Settings => return None,
        })
    }
}

impl Answers for Recorded {
    fn answer(&self, question: &Question) -> Result<Answer, Unanswered> {
        let recorded = self.facts.get(&question.to_string()).and_then(|text| read_back(question, text));
        recorded.or_else(|| self.derived(question)).ok_or(Unanswered)
    }

    fn revision(&self) -> u64 {
        self.record.revision.unwrap_or_default()
    }
}

/// An answer from its text in a log.
fn read_back(question: &Question, text: &str) -> Option<Answer> {
    match question {
        Question::OperationIn(_)
        | Question::DataPlane
        | Question::WithinScope(_)
        | Question::PrincipalIs(_)
        | Question::InGroup(_)
        | Question::SourceIn(_)
        | Question::NamedLocation(_)
        | Question::NamedLocationExists(_)
        | Question::ObjectNameStartsWith(_)
        | Question::TagIs(..)
        | Question::HasRole(_)
        | Question::AuthenticatedWith(_)
        | Question::AuthenticatedWithin(_)
        | Question::Within(_)
        | Question::DataContains(..)
        | Question::Rate(_)
        | Question::Quota(_)
        | Question::Before(_) => match text {
            "yes" => Some(Answer::Bool(true)),
            "no" => Some(Answer::Bool(false)),
            _ => None,
        },
        Question::RoleAssignments => assignments(text),
        Question::RoleDefinition(id) => role(*id, text),
        Question::ConditionalAssignments => list(text).map(Answer::ConditionalAssignments),
        Question::ConditionalPermissions(_) => list(text).map(Answer::ConditionalBlocks),
        Question::DenyAssignments => list(text).map(Answer::DenyAssignments),
        Question::AccessPolicies => list(text).map(Answer::AccessPolicies),
        Question::RequestAttribute(_) | Question::ResourceAttribute(_) => list(text).map(Answer::Texts),
        // The host answers these from what the plugin is installed with.
        Question::Settings | Question::Data(..) => None,
        // A text that is `none` reads like one that is not there; the log does not tell them apart.
        question if is_optional(question) && text == "none" => Some(Answer::Nothing),
        Question::Operation
        | Question::Plane
        | Question::Tag(_)
        | Question::ObjectAttribute(_)
        | Question::Header(_)
        | Question::Claim(_)
        | Question::Device(_)
        | Question::Risk(_)
        | Question::VirtualNetwork
        | Question::PrivateEndpoint
        | Question::ClientCertificate
        | Question::NetworkSignal(_)
        | Question::Action
        | Question::Vault
        | Question::ObjectKind
        | Question::ObjectName
        | Question::ObjectVersion
        | Question::Resource
        | Question::PrincipalId
        | Question::Application
        | Question::Tenant
        | Question::PrincipalKind
        | Question::SourceAddress
        | Question::Subnet
        | Question::PermissionModel
        | Question::AccessPolicyPermission
        | Question::TlsVersion => Some(Answer::Text(text.into())),
    }
}

fn assignments(text: &str) -> Option<Answer> {
    let parse = |item: &str| {
        let (id, rest) = item.split_once(':')?;
        let (role, scope) = rest.split_once('@')?;
        Some(RoleAssignmentFact { id: id.parse().ok()?, scope: scope.into(), role: role.parse().ok()? })
    };
    let items = if text == "none" { Vec::new() } else { text.split(", ").map(parse).collect::<Option<Vec<_>>>()? };
    Some(Answer::Assignments(Arc::new(AssignmentList::new(items))))
}

/// A list as [`Answer::recorded`] writes it.
fn list<T: serde::de::DeserializeOwned + std::hash::Hash>(text: &str) -> Option<Arc<FactList<T>>> {
    serde_json::from_str::<Vec<T>>(text).ok().map(|items| Arc::new(FactList::new(items)))
}

/// A role as [`Answer::recorded`] writes it.
fn role(id: RoleDefinitionId, text: &str) -> Option<Answer> {
    #[derive(Deserialize)]
    struct Role {
        name: String,
        permissions: Vec<PermissionBlock>,
    }

    if text == "none" {
        return Some(Answer::Nothing);
    }
    let Role { name, permissions } = serde_json::from_str(text).ok()?;
    Some(Answer::RoleDefinition(Arc::new(RoleDefinitionFact { id, name, permissions })))
}

fn path(resource: &str) -> Option<VaultPath> {
    let parts: Vec<&str> = resource.split('/').collect();
    Some(VaultPath {
        subscription: parts.get(2)?.parse().ok()?,
        group: parts.get(4)?.to_ascii_lowercase().parse().ok()?,
        vault: parts.get(8)?.to_ascii_lowercase().parse().ok()?,
    })
}

/// The segments of a URI's path.
fn segments(uri: &str) -> Vec<String> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').map(str::to_owned).collect()
}
