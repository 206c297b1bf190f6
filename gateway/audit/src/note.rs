//! What the stages of a request have to say about it, as plain text and numbers.

use std::net::IpAddr;
use std::sync::Arc;

use crate::event::Text;
use crate::trace::TraceNote;

/// What is known when a request arrives.
#[derive(Debug, Clone)]
pub struct RequestNote {
    /// The id we gave the request.
    pub request_id: Text,
    /// The HTTP method.
    pub method: Text,
    /// The full URI. Credentials in its query are masked when it is written.
    pub uri: Text,
    /// The `User-Agent`.
    pub user_agent: Option<Text>,
    /// The client's `x-ms-client-request-id`.
    pub correlation_id: Option<Text>,
    /// Where the request comes from.
    pub client: IpAddr,
    /// `TLS1_2` or `TLS1_3`.
    pub tls_version: &'static str,
    /// The number of its connection.
    pub connection: u64,
}

/// What the firewall found.
#[derive(Debug, Clone)]
pub struct NetworkNote {
    /// Whether the address may reach the vault.
    pub authorized: bool,
    /// The kind of address, as Azure's `addrAuthType` has it: `PublicIP`, `Subnet`, ...
    pub kind: &'static str,
    /// The subnet the address belongs to.
    pub subnet: Option<Text>,
    /// The rule that matched.
    pub rule: Option<Text>,
    /// The trusted service that was let by, by its name.
    pub trusted_service: Option<Text>,
}

/// The attributes of an object; never its value.
#[derive(Debug, Clone)]
pub struct ObjectNote {
    /// The property bag it is written to: `secretProperties`, `keyProperties` or `certificateProperties`.
    pub bag: &'static str,
    /// Whether the object is enabled.
    pub enabled: Option<bool>,
    /// `nbf`, in seconds since 1970.
    pub not_before: Option<i64>,
    /// `exp`, in seconds since 1970.
    pub expires: Option<i64>,
}

/// What one plugin decided, and what it asked to get there. Cheap to copy, so that a remembered decision can be
/// written again for every request it answers.
#[derive(Debug, Clone)]
pub struct DecisionNote {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// The digest or version of its code.
    pub digest: Arc<str>,
    /// `enforced` or `report-only`.
    pub mode: &'static str,
    /// `allow`, `deny`, `abstain`, `block`, `challenge`, `failed`, ...
    pub opinion: &'static str,
    /// The rule that decided.
    pub rule: Option<Arc<str>>,
    /// Why, in the plugin's words.
    pub reason: Option<Arc<str>>,
    /// Whether an earlier evaluation was remembered.
    pub memo: bool,
    /// Every question the plugin asked, and the answer it got.
    pub trace: Arc<TraceNote>,
    /// Where it is installed and why it counts, if the management plane installed it.
    pub installed: Option<InstalledNote>,
}

impl DecisionNote {
    /// Whether it is the same decision on the same grounds; whether it was remembered is no part of that.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let Self { plugin, digest, mode, opinion, rule, reason, memo: _, trace, installed } = self;
        (plugin, digest, mode, opinion, rule, reason, installed)
            == (&other.plugin, &other.digest, &other.mode, &other.opinion, &other.rule, &other.reason, &other.installed)
            && (Arc::ptr_eq(trace, &other.trace) || trace.is_like(&other.trace))
    }
}

/// What came of judging an item of a filtered list.
#[derive(Debug, Clone)]
pub struct ItemNote {
    /// The operation that reads it, as which it was judged.
    pub operation: &'static str,
    /// The object, such as `secrets/db`, with the version where versions are listed.
    pub object: String,
    /// Why it was left out, if it was.
    pub refusal: Option<ItemRefusal>,
    /// What each plugin decided; in the order of evaluation.
    pub decisions: Vec<DecisionNote>,
}

/// Why an item was left out of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRefusal {
    /// The stage that refused.
    pub stage: &'static str,
    /// The plugin, unless it was the token or nobody allowed.
    pub plugin: Option<Arc<str>>,
    /// The rule.
    pub rule: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
}

/// Where a plugin is installed, and what besides its mode decided whether it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledNote {
    /// Where: a resource id.
    pub scope: Arc<str>,
    /// For how many in a hundred principals it counts, and the caller's place among them.
    pub share: Option<(u8, u8)>,
    /// Whether it failed and the failure was not counted.
    pub ignored: bool,
}

/// What the service did with an object by itself.
#[derive(Debug, Clone)]
pub struct ServiceNote {
    /// What it did, in the reference's words, such as `KeyRotateIfDue`.
    pub operation: &'static str,
    /// The vault's resource id.
    pub resource: String,
    /// The object's id with its version.
    pub object: String,
}
