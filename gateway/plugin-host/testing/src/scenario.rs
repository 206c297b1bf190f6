//! A request that somebody made up, and the world around it.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use portcullis_identity::{Principal, PrincipalKind};
use portcullis_model::{
    ApplicationId, ObjectKind, ObjectName, Operation, PermissionModel, Plane, RecoveryLevel, Resource, Scope, UnixTime,
    VaultId, VaultPath,
};
use portcullis_network::VirtualNetworks;
use portcullis_plugin_host::{Documents, Plugin};
use portcullis_policy::{
    AccessPolicyFact, Answer, Answers, Asker, AssignmentList, Attributes, ConditionalAssignmentFact, ConditionalBlock,
    Counted, DenyAssignmentFact, FactList, Facts, HeaderNames, Headers, NamedLocation, NetworkFacts, ObjectFacts,
    PermissionBlock, Question, RequestFacts, RoleAssignmentFact, RoleDefinitionFact, Signals, StoredObject, Unanswered,
    VaultFacts,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::nearest::did_you_mean;
use crate::scenario_directory::ScenarioDirectory;

/// A request and the world around it, as a test describes them: the object that case files call `given`. What it leaves
/// out has a default, and `operation` decides plane and action; what contradicts it is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Scenario {
    operation: String,
    data_plane: Option<bool>,
    action: Option<String>,
    vault: Option<String>,
    object_kind: Option<String>,
    object_name: Option<String>,
    object_version: Option<String>,
    resource: Option<String>,
    principal: Option<String>,
    application: Option<String>,
    tenant: Option<String>,
    kind: Option<String>,
    groups: Vec<String>,
    source: Option<String>,
    locations: BTreeMap<String, Vec<String>>,
    subnet: Option<String>,
    tls_version: Option<String>,
    assignments: Vec<Assignment>,
    roles: Vec<Role>,
    permission_model: Option<String>,
    permission: Option<String>,
    conditional_assignments: Vec<ConditionalAssignmentFact>,
    conditional_permissions: BTreeMap<String, Vec<ConditionalBlock>>,
    deny_assignments: Vec<DenyAssignmentFact>,
    access_policies: Vec<AccessPolicyFact>,
    request_attributes: BTreeMap<String, Vec<String>>,
    resource_attributes: BTreeMap<String, Vec<String>>,
    time: Option<i64>,
    tags: BTreeMap<String, String>,
    attributes: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    claims: BTreeMap<String, String>,
    methods: Vec<String>,
    authenticated: Option<u32>,
    device: BTreeMap<Arc<str>, Arc<str>>,
    risk: BTreeMap<Arc<str>, Arc<str>>,
    private_endpoint: Option<String>,
    client_certificate: Option<String>,
    signals: BTreeMap<Arc<str>, Arc<str>>,
    data: BTreeMap<String, Value>,
    counted: BTreeMap<String, u32>,
    settings: Option<Value>,
}

/// The fields of a scenario.
pub(crate) const FIELDS: &[&str] = &[
    "operation",
    "dataPlane",
    "action",
    "vault",
    "objectKind",
    "objectName",
    "objectVersion",
    "resource",
    "principal",
    "application",
    "tenant",
    "kind",
    "groups",
    "source",
    "locations",
    "subnet",
    "tlsVersion",
    "assignments",
    "roles",
    "permissionModel",
    "permission",
    "conditionalAssignments",
    "conditionalPermissions",
    "denyAssignments",
    "accessPolicies",
    "requestAttributes",
    "resourceAttributes",
    "time",
    "settings",
    "tags",
    "attributes",
    "headers",
    "claims",
    "methods",
    "authenticated",
    "device",
    "risk",
    "privateEndpoint",
    "clientCertificate",
    "signals",
    "data",
    "counted",
];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    id: String,
    scope: String,
    role: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    id: String,
    name: String,
    #[serde(default)]
    permissions: Vec<PermissionBlock>,
}

/// Says what is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct ScenarioError {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

fn wrong(field: &str, problem: impl Into<String>) -> ScenarioError {
    ScenarioError { field: format!("`{field}`"), problem: problem.into() }
}

impl Scenario {
    /// Reads a scenario from a JSON object.
    ///
    /// # Errors
    /// When a field does not exist, which names the nearest one, or has the wrong form.
    pub fn from_object(object: Map<String, Value>) -> Result<Self, ScenarioError> {
        for name in object.keys() {
            if !FIELDS.contains(&name.as_str()) {
                let hint = did_you_mean(name, FIELDS.iter().copied());
                return Err(wrong(name, format!("a scenario has no such field{hint}")));
            }
        }
        // Each by itself, so that the error names its field.
        for (name, value) in &object {
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            if let Err(error) = serde_json::from_value::<Self>(Value::Object(alone)) {
                return Err(wrong(name, error.to_string()));
            }
        }
        serde_json::from_value(Value::Object(object)).map_err(|error| wrong("given", error.to_string()))
    }

    /// Reads a scenario from a JSON text.
    ///
    /// # Errors
    /// As [`Scenario::from_object`], and when the text is no JSON object.
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        let object =
            serde_json::from_str(text).map_err(|error| wrong("given", format!("is no JSON object: {error}")))?;
        Self::from_object(object)
    }

    /// The plugin's settings, if the scenario has some: a JSON text.
    #[must_use]
    pub fn settings(&self) -> Option<Arc<str>> {
        self.settings.as_ref().filter(|settings| !settings.is_null()).map(|settings| settings.to_string().into())
    }

    /// Whoever answers as the gateway would for this request.
    ///
    /// # Errors
    /// When a field does not say what it should, or contradicts another.
    pub fn answers(&self) -> Result<Arc<dyn Answers>, ScenarioError> {
        Ok(Arc::new(ScenarioAnswers {
            facts: self.facts()?,
            counted: self.counted.clone(),
            request: self.request_attributes.clone(),
            resource: self.resource_attributes.clone(),
        }))
    }

    fn facts(&self) -> Result<Facts<Imagined>, ScenarioError> {
        let operation = self.operation()?;
        let path = self.path()?;
        let vault = Resource::vault(&path);
        let object = self.object(operation)?;
        let resource = match (&object, operation.row().scope) {
            (Some((kind, name)), Scope::Object | Scope::Resource) => Resource::object(&vault, *kind, name),
            _ => vault.clone(),
        };
        let principal = self.principal()?;
        let request = RequestFacts {
            operation,
            object,
            version: self.object_version.as_deref().map(|text| parse("objectVersion", text)).transpose()?,
            vault: Some(path.vault.clone()),
            resource,
            time: UnixTime(self.time.unwrap_or(TIME)),
            headers: self.headers()?,
            attributes: Attributes::default(),
            made_as: None,
        };
        let tenant = principal.tenant;
        let vault = VaultFacts {
            id: VaultId::from_bytes([1; 16]),
            name: path.vault.as_str().into(),
            path,
            resource: vault,
            tenant,
            location: "local".to_owned(),
            recovery: RecoveryLevel { days: 90, purge_protected: false },
            permission_model: self.permission_model()?,
        };
        let caller = Imagined {
            authenticated: self.authenticated.map(|ago| request.time.plus(-i64::from(ago))),
            claims: self.claims.clone(),
            methods: self.methods.clone(),
            principal: Arc::new(principal),
        };
        Ok(Facts {
            request,
            vault: Some(Arc::new(vault)),
            caller,
            network: self.network()?,
            directory: Arc::new(self.directory()?),
            signals: Arc::new(Signals {
                device: self.device.clone(),
                risk: self.risk.clone(),
                network: self.signals.clone(),
            }),
            object: StoredObject::known(self.stored()?),
            counted: Arc::new(Counted::looking()),
        })
    }

    /// The documents beside the plugin.
    ///
    /// # Errors
    /// When they are too large.
    pub fn documents(&self) -> Result<Option<Documents>, ScenarioError> {
        if self.data.is_empty() {
            return Ok(None);
        }
        let texts: Vec<(&str, String)> =
            self.data.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
        let texts = texts.iter().map(|(name, text)| (*name, text.as_str()));
        Documents::read(texts, DOCUMENTS).map(Some).map_err(|error| wrong("data", error.to_string()))
    }

    /// A plugin as the scenario has it installed: with its settings and documents where it names some.
    ///
    /// # Errors
    /// When the plugin rejects the settings, or the documents are too large.
    pub fn installed(&self, plugin: &Plugin) -> Result<Plugin, ScenarioError> {
        let plugin = match self.settings() {
            Some(settings) => plugin.with_settings(settings).map_err(|error| wrong("settings", error.to_string()))?,
            None => plugin.clone(),
        };
        Ok(match self.documents()? {
            Some(documents) => plugin.with_data(documents),
            None => plugin,
        })
    }

    fn headers(&self) -> Result<Headers, ScenarioError> {
        let names = HeaderNames::default();
        if let Some(name) = self.headers.keys().find(|name| !names.iter().any(|known| known == name.as_str())) {
            let usual = names.iter().collect::<Vec<_>>().join("`, `");
            let problem = format!("`{name}` is none that plugins see unless the configuration says so: `{usual}`");
            return Err(wrong("headers", problem));
        }
        Ok(Headers::new(&names, |name| self.headers.get(name).map(|value| value.as_bytes()).into_iter()))
    }

    /// The stored object, where the scenario says something of it.
    fn stored(&self) -> Result<Option<ObjectFacts>, ScenarioError> {
        const NAMES: &[&str] = &["enabled", "created", "updated", "expires", "not-before"];
        if self.tags.is_empty() && self.attributes.is_empty() {
            return Ok(None);
        }
        if let Some(name) = self.attributes.keys().find(|name| !NAMES.contains(&name.as_str())) {
            let hint = did_you_mean(name, NAMES.iter().copied());
            return Err(wrong("attributes", format!("there is no attribute `{name}`{hint}")));
        }
        let time = |name: &str| {
            let text = self.attributes.get(name).map(String::as_str);
            text.map(|text| parse("attributes", text).map(UnixTime)).transpose()
        };
        Ok(Some(ObjectFacts {
            enabled: self.attributes.get("enabled").is_none_or(|enabled| enabled == "true"),
            created: time("created")?,
            updated: time("updated")?,
            expires: time("expires")?,
            not_before: time("not-before")?,
            tags: self.tags.clone().into_iter().collect(),
        }))
    }

    fn operation(&self) -> Result<Operation, ScenarioError> {
        let names = || Operation::ALL.iter().map(|operation| operation.row().name);
        if self.operation.is_empty() {
            return Err(wrong("operation", "is missing; name one such as `SecretGet`"));
        }
        let operation = Operation::from_name(&self.operation).ok_or_else(|| {
            let hint = did_you_mean(&self.operation, names());
            wrong("operation", format!("there is no operation `{}`{hint}", self.operation))
        })?;
        let row = operation.row();
        if self.data_plane.is_some_and(|data| data != (row.plane == Plane::Data)) {
            return Err(wrong("dataPlane", format!("contradicts the operation `{}`; leave it out", row.name)));
        }
        let needed = row.access_policy.map(|needed| needed.to_string());
        if self.permission.is_some() && self.permission != needed {
            let needed = needed.unwrap_or_else(|| "nothing".to_owned());
            let problem = format!("`{}` needs `{needed}` under access policies; leave the permission out", row.name);
            return Err(wrong("permission", problem));
        }
        if self.action.as_ref().is_some_and(|action| !action.eq_ignore_ascii_case(row.action)) {
            let problem = format!("`{}` needs `{}`; leave the action out", row.name, row.action);
            return Err(wrong("action", problem));
        }
        Ok(operation)
    }

    fn permission_model(&self) -> Result<PermissionModel, ScenarioError> {
        match self.permission_model.as_deref() {
            None | Some("roles") => Ok(PermissionModel::RoleBased),
            Some("access-policies") => Ok(PermissionModel::AccessPolicies),
            Some(_) => Err(wrong("permissionModel", "is neither `roles` nor `access-policies`")),
        }
    }

    /// Where the vault stands: as the resource id says, or in a subscription of nulls.
    fn path(&self) -> Result<VaultPath, ScenarioError> {
        let resource = self.resource.as_deref().unwrap_or_default();
        let parts: Vec<&str> = resource.split('/').collect();
        let part = |at: usize, default| parts.get(at).copied().filter(|part| !part.is_empty()).unwrap_or(default);
        let named = self.vault.as_deref();
        let vault = named.unwrap_or_else(|| part(8, "vault"));
        if !resource.is_empty() {
            let fits = parts.len() >= 9
                && part(1, "").eq_ignore_ascii_case("subscriptions")
                && part(7, "").eq_ignore_ascii_case("vaults")
                && part(8, "").eq_ignore_ascii_case(vault);
            if !fits {
                return Err(wrong("resource", "is no resource id of the vault; leave it out, or write the vault's"));
            }
        }
        Ok(VaultPath {
            subscription: parse("resource", part(2, "00000000-0000-0000-0000-000000000000"))?,
            group: parse("resource", part(4, "rg"))?,
            vault: parse("vault", vault)?,
        })
    }

    /// The object: as the fields say, or as the resource id does.
    fn object(&self, operation: Operation) -> Result<Option<(ObjectKind, ObjectName)>, ScenarioError> {
        let parts: Vec<&str> = self.resource.as_deref().unwrap_or_default().split('/').collect();
        let name = self.object_name.as_deref().or_else(|| parts.get(10).copied());
        let kind = self.object_kind.as_deref().or_else(|| parts.get(9).copied());
        let Some(name) = name else { return Ok(None) };
        let kind = match kind {
            Some(kind) => ObjectKind::of_collection(kind)
                .ok_or_else(|| wrong("objectKind", "is none of `secrets`, `keys` and `certificates`"))?,
            None => operation
                .row()
                .object
                .ok_or_else(|| wrong("objectKind", "is missing: the operation has objects of no kind of its own"))?,
        };
        Ok(Some((kind, parse("objectName", name)?)))
    }

    fn principal(&self) -> Result<Principal, ScenarioError> {
        Ok(Principal {
            id: parse("principal", self.principal.as_deref().unwrap_or(PRINCIPAL))?,
            tenant: parse("tenant", self.tenant.as_deref().unwrap_or(TENANT))?,
            kind: match self.kind.as_deref() {
                None | Some("application") => PrincipalKind::ServicePrincipal,
                Some("user") => PrincipalKind::User,
                Some(_) => return Err(wrong("kind", "is neither `application` nor `user`")),
            },
            application: self.application.as_deref().map(|id| parse("application", id)).transpose()?,
            display_name: "a caller".to_owned(),
            enabled: true,
            groups: self.groups.iter().map(|id| parse("groups", id)).collect::<Result<_, _>>()?,
            secrets: Vec::new(),
        })
    }

    fn network(&self) -> Result<NetworkFacts, ScenarioError> {
        let source = parse("source", self.source.as_deref().unwrap_or(SOURCE))?;
        let subnet = self.subnet.as_deref().map(|id| parse("subnet", id)).transpose()?;
        let tls_version = match self.tls_version.as_deref() {
            None | Some("TLS1_3") => "TLS1_3",
            Some("TLS1_2") => "TLS1_2",
            Some(_) => return Err(wrong("tlsVersion", "is neither `TLS1_2` nor `TLS1_3`")),
        };
        Ok(NetworkFacts {
            origin: VirtualNetworks::default().origin(source, subnet.as_ref()),
            tls_version,
            private_endpoint: self.private_endpoint.as_deref().map(Arc::from),
            client_certificate: self.client_certificate.as_deref().map(Arc::from),
        })
    }

    fn directory(&self) -> Result<ScenarioDirectory, ScenarioError> {
        let assignment = |given: &Assignment| {
            Ok(RoleAssignmentFact {
                id: parse("assignments", &given.id)?,
                scope: given.scope.as_str().into(),
                role: parse("assignments", &given.role)?,
            })
        };
        let assignments = self.assignments.iter().map(assignment).collect::<Result<Vec<_>, ScenarioError>>()?;
        let mut roles = HashMap::new();
        for Role { id, name, permissions } in &self.roles {
            let id = parse("roles", id)?;
            roles.insert(id, Arc::new(RoleDefinitionFact { id, name: name.clone(), permissions: permissions.clone() }));
        }
        let mut locations = HashMap::new();
        for (name, prefixes) in &self.locations {
            let prefixes = prefixes.iter().map(|prefix| parse::<IpNet>("locations", prefix));
            locations.insert(name.clone(), NamedLocation { prefixes: prefixes.collect::<Result<_, _>>()? });
        }
        let mut blocks = HashMap::new();
        for (role, list) in &self.conditional_permissions {
            blocks.insert(parse("conditionalPermissions", role)?, Arc::new(FactList::new(list.iter().cloned())));
        }
        Ok(ScenarioDirectory {
            assignments: Arc::new(AssignmentList::new(assignments)),
            roles,
            conditional: Arc::new(FactList::new(self.conditional_assignments.iter().cloned())),
            blocks,
            denies: Arc::new(FactList::new(self.deny_assignments.iter().cloned())),
            policies: Arc::new(FactList::new(self.access_policies.iter().cloned())),
            locations,
        })
    }
}

/// Somebody whom a scenario makes up, with what a token would say.
#[derive(Debug)]
struct Imagined {
    principal: Arc<Principal>,
    claims: BTreeMap<String, String>,
    methods: Vec<String>,
    authenticated: Option<UnixTime>,
}

impl Asker for Imagined {
    fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    fn application(&self) -> Option<ApplicationId> {
        self.principal.application
    }

    fn claim(&self, name: &str) -> Option<String> {
        self.claims.get(name).cloned()
    }

    fn authenticated_with(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known == method)
    }

    fn authenticated_at(&self) -> Option<UnixTime> {
        self.authenticated
    }
}

/// Answers as the gateway would, but counts nothing: what was counted before is what the scenario says.
#[derive(Debug)]
struct ScenarioAnswers {
    facts: Facts<Imagined>,
    counted: BTreeMap<String, u32>,
    request: BTreeMap<String, Vec<String>>,
    resource: BTreeMap<String, Vec<String>>,
}

/// The values of an attribute, whose name compares without case as the gateway compares it.
fn attribute(of: &BTreeMap<String, Vec<String>>, name: &str) -> Answer {
    let values = of.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).flat_map(|(_, values)| values.clone());
    Answer::Texts(Arc::new(FactList::new(values)))
}

impl Answers for ScenarioAnswers {
    fn answer(&self, question: &Question) -> Result<Answer, Unanswered> {
        match question {
            Question::Rate(rate) | Question::Quota(rate) => {
                Ok(Answer::Bool(self.counted.get(&rate.key).copied().unwrap_or_default() < rate.limit))
            }
            Question::RequestAttribute(name) => Ok(attribute(&self.request, name)),
            Question::ResourceAttribute(name) => Ok(attribute(&self.resource, name)),
            other => Ok(self.facts.answer(other)),
        }
    }

    fn revision(&self) -> u64 {
        Answers::revision(&self.facts)
    }

    fn may_ask_for_header(&self, name: &str) -> bool {
        self.facts.may_ask_for_header(name)
    }
}

fn parse<T: FromStr>(field: &str, text: &str) -> Result<T, ScenarioError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| wrong(field, format!("`{text}`: {error}")))
}

/// The bytes that a scenario's documents may have.
const DOCUMENTS: usize = 1 << 20;
/// What a scenario has that says nothing of it.
const PRINCIPAL: &str = "00000000-0000-0000-0000-000000000001";
const TENANT: &str = "00000000-0000-0000-0000-00000000007e";
/// An address of no network that exists (RFC 5737).
const SOURCE: &str = "192.0.2.1";
/// 2026-01-01T12:00:00Z.
const TIME: i64 = 1_767_268_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_does_not_exist_and_names_the_nearest() {
        for (text, expected) in [
            (r#"{"sorce": "10.0.0.1"}"#, "`sorce`: a scenario has no such field; did you mean `source`?"),
            (r#"{"colour": 1}"#, "`colour`: a scenario has no such field"),
            (r#"{"groups": 1}"#, "`groups`: invalid type: integer `1`, expected a sequence"),
            ("[]", "`given`: is no JSON object"),
        ] {
            let error = Scenario::from_json(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn refuses_what_contradicts_itself() {
        for (text, expected) in [
            ("{}", "`operation`: is missing"),
            (
                r#"{"operation": "SecretGett"}"#,
                "`operation`: there is no operation `SecretGett`; did you mean `SecretGet`?",
            ),
            (r#"{"operation": "SecretGet", "dataPlane": false}"#, "`dataPlane`: contradicts"),
            (r#"{"operation": "SecretGet", "action": "x"}"#, "`action`: `SecretGet` needs `Microsoft.KeyVault"),
            (r#"{"operation": "SecretGet", "principal": "x"}"#, "`principal`: `x`: "),
            (r#"{"operation": "SecretGet", "source": "x"}"#, "`source`: `x`: "),
            (r#"{"operation": "SecretGet", "resource": "/x"}"#, "`resource`: is no resource id"),
            (r#"{"operation": "SecretGet", "kind": "robot"}"#, "`kind`: is neither"),
            (r#"{"operation": "SecretGet", "locations": {"a": ["x"]}}"#, "`locations`: `x`: "),
        ] {
            let error = Scenario::from_json(text).unwrap().answers().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
