//! A host for native tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;

use ipnet::IpNet;
use serde::Deserialize;

use crate::{Assignment, Clock, Directory, Level, Log, Network, Principal, Request, Role, Settings};

/// A request and the world around it, answering as the gateway would. It records what was asked, so that a test can
/// demand that nothing was asked in vain.
///
/// Case files write it in camel case; what they leave out is empty, false or nothing.
///
/// # Panics
/// Where the gateway would fail the evaluation, such as at a prefix that is none, its methods panic.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Scenario {
    /// The operation's name.
    pub operation: String,
    /// Whether the request is one of the data plane.
    pub data_plane: bool,
    /// The permission that the operation needs.
    pub action: String,
    /// The vault's name.
    pub vault: String,
    /// The kind of the object that the request names.
    pub object_kind: Option<String>,
    /// The object that the request names.
    pub object_name: Option<String>,
    /// The version that the request names.
    pub object_version: Option<String>,
    /// The resource id, in lower case.
    pub resource: String,
    /// The caller's object id.
    pub principal: String,
    /// The client id of the caller's application.
    pub application: Option<String>,
    /// The caller's tenant.
    pub tenant: String,
    /// `application` or `user`.
    pub kind: String,
    /// The caller's groups.
    pub groups: Vec<String>,
    /// The client's address.
    pub source: String,
    /// Named locations: name and prefixes.
    pub locations: BTreeMap<String, Vec<String>>,
    /// The subnet from which the request came.
    pub subnet: Option<String>,
    /// The version of TLS.
    pub tls_version: String,
    /// The caller's role assignments.
    pub assignments: Vec<Assignment>,
    /// The roles that the directory knows.
    pub roles: Vec<Role>,
    /// The time of the request, in seconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The plugin's settings.
    pub settings: serde_json::Value,
    /// What was asked, as the gateway's traces show it.
    #[serde(skip)]
    pub asked: RefCell<Vec<String>>,
}

impl Scenario {
    /// What was asked so far: `question = answer`, as the gateway's traces show it.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    fn record<T>(&self, question: impl Display, answer: T, shown: impl Display) -> T {
        self.asked.borrow_mut().push(format!("{question} = {shown}"));
        answer
    }

    fn text(&self, question: &str, answer: &str) -> String {
        self.record(question, answer.to_owned(), answer)
    }

    fn optional(&self, question: &str, answer: Option<&str>) -> Option<String> {
        self.record(question, answer.map(str::to_owned), answer.unwrap_or("none"))
    }

    fn predicate(&self, question: impl Display, answer: bool) -> bool {
        self.record(question, answer, if answer { "yes" } else { "no" })
    }

    fn lies_in(&self, prefixes: &[String]) -> bool {
        let source: std::net::IpAddr = self.source.parse().expect("the scenario has a source address");
        prefixes.iter().any(|prefix| parse_prefix(prefix).contains(&source))
    }
}

fn parse_prefix(text: &str) -> IpNet {
    text.parse()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .expect("a prefix is asked, or the evaluation fails")
}

impl Request for Scenario {
    fn operation(&self) -> String {
        self.text("operation", &self.operation)
    }

    fn operation_in(&self, names: &[String]) -> bool {
        self.predicate(format_args!("operation-in {}", names.join(",")), names.contains(&self.operation))
    }

    fn data_plane(&self) -> bool {
        self.predicate("data-plane", self.data_plane)
    }

    fn action(&self) -> String {
        self.text("action", &self.action)
    }

    fn vault(&self) -> String {
        self.text("vault", &self.vault)
    }

    fn object_kind(&self) -> Option<String> {
        self.optional("object-kind", self.object_kind.as_deref())
    }

    fn object_name(&self) -> Option<String> {
        self.optional("object-name", self.object_name.as_deref())
    }

    fn object_version(&self) -> Option<String> {
        self.optional("object-version", self.object_version.as_deref())
    }

    fn resource(&self) -> String {
        self.text("resource", &self.resource)
    }

    fn within_scope(&self, scope: &str) -> bool {
        let bare = scope.strip_suffix('/').unwrap_or(scope);
        let (head, tail) = self.resource.split_at_checked(bare.len()).unwrap_or_default();
        let within =
            head.len() == bare.len() && head.eq_ignore_ascii_case(bare) && (tail.is_empty() || tail.starts_with('/'));
        self.predicate(format_args!("within-scope {scope}"), within)
    }
}

impl Principal for Scenario {
    fn principal_id(&self) -> String {
        self.text("principal-id", &self.principal)
    }

    fn principal_is(&self, id: &str) -> bool {
        self.predicate(format_args!("principal-is {id}"), self.principal.eq_ignore_ascii_case(id))
    }

    fn application(&self) -> Option<String> {
        self.optional("application", self.application.as_deref())
    }

    fn tenant(&self) -> String {
        self.text("tenant", &self.tenant)
    }

    fn principal_kind(&self) -> String {
        self.text("principal-kind", &self.kind)
    }

    fn in_group(&self, id: &str) -> bool {
        let member = self.groups.iter().any(|group| group.eq_ignore_ascii_case(id));
        self.predicate(format_args!("in-group {id}"), member)
    }
}

impl Network for Scenario {
    fn source(&self) -> String {
        self.text("source", &self.source)
    }

    fn source_in(&self, prefixes: &[String]) -> bool {
        assert!(!prefixes.is_empty(), "a prefix is asked, or the evaluation fails");
        self.predicate(format_args!("source-in {}", prefixes.join(",")), self.lies_in(prefixes))
    }

    fn named_location(&self, name: &str) -> bool {
        let inside = self.locations.get(name).is_some_and(|prefixes| self.lies_in(prefixes));
        self.predicate(format_args!("named-location {name}"), inside)
    }

    fn named_location_exists(&self, name: &str) -> bool {
        self.predicate(format_args!("named-location-exists {name}"), self.locations.contains_key(name))
    }

    fn subnet(&self) -> Option<String> {
        self.optional("subnet", self.subnet.as_deref())
    }

    fn tls_version(&self) -> String {
        self.text("tls-version", &self.tls_version)
    }
}

impl Directory for Scenario {
    fn role_assignments(&self) -> Vec<Assignment> {
        let ids: Vec<&str> = self.assignments.iter().map(|assignment| assignment.id.as_str()).collect();
        let shown = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        self.record("role-assignments", self.assignments.clone(), shown)
    }

    fn role_definition(&self, id: &str) -> Option<Role> {
        let role = self.roles.iter().find(|role| role.id.eq_ignore_ascii_case(id));
        let shown = role.map_or("none", |role| role.name.as_str());
        self.record(format_args!("role-definition {id}"), role.cloned(), shown)
    }
}

impl Clock for Scenario {
    fn before(&self, time: i64) -> bool {
        self.predicate(format_args!("before {time}"), self.time < time)
    }
}

impl Settings for Scenario {
    fn settings(&self) -> String {
        let text = if self.settings.is_null() { "{}".to_owned() } else { self.settings.to_string() };
        self.record("settings", text, "(not shown)")
    }
}

impl Log for Scenario {
    /// Drops the line, as the gateway may.
    fn log(&self, _level: Level, _message: &str) {}
}
