//! What is counted for operators, told in the text format of OpenMetrics.
//!
//! Labels come from enums, from the table of operations and from the names of installed plugins, never from what a
//! caller says, so that nobody outside can make series. Names and dimensions of requests follow the reference's
//! metrics (behaviour, section 7.2): `ServiceApiHit` is the sum of `service_api_result` over its status codes.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_listener::RejectReason;
use portcullis_model::Operation;
use portcullis_plugin_host::{InstalledSet, Plugin, PluginSet};
use portcullis_policy::{Access, Decision, Evaluation, Failure, Hook, Mode, Opinion};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabel as _, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// All counters of one gateway.
pub(crate) struct Metrics {
    registry: Registry,
    results: Family<ResultLabels, Counter>,
    latencies: Family<ActivityLabels, Histogram>,
    evaluations: Family<EvaluationLabels, Counter>,
    failures: Family<FailureLabels, Counter>,
    would_deny: Family<PluginLabels, Counter>,
    memo_entries: Family<MemoLabels, Gauge>,
    memo_capacity: Family<PluginLabels, Gauge>,
    rejected: Family<ReasonLabels, Counter>,
    revision: Gauge,
    /// The names of installed plugins that have a label of their own.
    installed: Mutex<HashSet<Arc<str>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    #[prometheus(flatten)]
    activity: Activity,
    status_code: u16,
    status_code_class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActivityLabels {
    #[prometheus(flatten)]
    activity: Activity,
    status_code_class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EvaluationLabels {
    plugin: Arc<str>,
    mode: &'static str,
    decision: &'static str,
    memo: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabels {
    plugin: Arc<str>,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PluginLabels {
    plugin: Arc<str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MemoLabels {
    plugin: Arc<str>,
    hook: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: &'static str,
}

/// A name of the audit log. What the reference's metrics make of it, its type and its spelling, is found out when it is
/// told and not for each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Activity(&'static str);

impl EncodeLabelSet for Activity {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        ("activity_type", activity_type(self.0)).encode(encoder.encode_label())?;
        ("activity_name", self.0.to_ascii_lowercase()).encode(encoder.encode_label())
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let latencies: fn() -> Histogram = || Histogram::new(exponential_buckets(0.000_25, 2.0, 16));
        let mut new = Self {
            registry: Registry::with_prefix("portcullis"),
            results: Family::default(),
            latencies: Family::new_with_constructor(latencies),
            evaluations: Family::default(),
            failures: Family::default(),
            would_deny: Family::default(),
            memo_entries: Family::default(),
            memo_capacity: Family::default(),
            rejected: Family::default(),
            revision: Gauge::default(),
            installed: Mutex::default(),
        };
        new.register();
        new
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("service_api_result", "Requests that were answered", self.results.clone());
        let help = "From the head of a request to the record of its answer";
        registry.register_with_unit("service_api_latency", help, Unit::Seconds, self.latencies.clone());
        let help = "Decisions of plugins; memo tells whether they were remembered or computed";
        registry.register("plugin_evaluations", help, self.evaluations.clone());
        let help = "Evaluations that ended at a bound of the sandbox or by a trap; each denied its request";
        registry.register("plugin_failures", help, self.failures.clone());
        let help = "Decisions of plugins in report-only mode that would have refused a request";
        registry.register("plugin_would_deny", help, self.would_deny.clone());
        let help = "What a plugin's memo holds, in entries as [policy] memo_entries counts them";
        registry.register("plugin_memo_entries", help, self.memo_entries.clone());
        registry.register("plugin_memo_capacity", "What each of them may hold", self.memo_capacity.clone());
        let help = "Connections that ended before a request";
        registry.register("connections_rejected", help, self.rejected.clone());
        registry.register("control_revision", "The revision of the control state", self.revision.clone());
    }

    /// Counts an answered request. `name` is the operation's in the audit log.
    pub(crate) fn answered(&self, name: &'static str, status: u16, took: Duration) {
        let (activity, status_code_class) = (Activity(name), class(status));
        let labels = ResultLabels { activity, status_code: status, status_code_class };
        self.results.get_or_create(&labels).inc();
        let labels = ActivityLabels { activity, status_code_class };
        self.latencies.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts what plugins decided.
    pub(crate) fn evaluated(&self, evaluations: &[Evaluation]) {
        for evaluation in evaluations {
            let plugin = &match evaluation.installed {
                Some(_) => self.installed_label(&evaluation.plugin),
                None => Arc::clone(&evaluation.plugin),
            };
            let (decision, refuses) = opinion(&evaluation.decision);
            let mode = match evaluation.mode {
                Mode::Enforce => "enforced",
                Mode::ReportOnly => "report-only",
            };
            let memo = if evaluation.remembered { "hit" } else { "miss" };
            let labels = EvaluationLabels { plugin: Arc::clone(plugin), mode, decision, memo };
            self.evaluations.get_or_create(&labels).inc();
            if let Decision::Failed(failure) = &evaluation.decision {
                let labels = FailureLabels { plugin: Arc::clone(plugin), reason: reason(failure) };
                self.failures.get_or_create(&labels).inc();
            }
            if refuses && evaluation.mode == Mode::ReportOnly {
                self.would_deny.get_or_create(&PluginLabels { plugin: Arc::clone(plugin) }).inc();
            }
        }
    }

    /// The name that an installed plugin is counted under. Whoever owns a vault installs plugins and removes them, under names of his
    /// choice: the names that come after the first of them have one label.
    fn installed_label(&self, name: &Arc<str>) -> Arc<str> {
        let mut names = self.installed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Arc::clone(known);
        }
        if names.len() >= INSTALLED_NAMES {
            return Arc::from(OTHERS);
        }
        names.insert(Arc::clone(name));
        Arc::clone(name)
    }

    /// Counts a connection that ended before a request.
    pub(crate) fn rejected(&self, reason: RejectReason) {
        self.rejected.get_or_create(&ReasonLabels { reason: reason.as_str() }).inc();
    }

    /// Everything as text. What is a state rather than a count is taken now.
    pub(crate) fn text(
        &self,
        revision: u64,
        declared: &PluginSet,
        installed: &InstalledSet,
    ) -> Result<String, fmt::Error> {
        self.revision.set(i64::try_from(revision).unwrap_or(i64::MAX));
        self.memo_entries.clear();
        self.memo_capacity.clear();
        for plugin in declared.plugins().iter() {
            self.add_memo(Arc::clone(plugin.name()), plugin);
        }
        for installation in installed.plugins() {
            if let Ok(plugin) = &installation.plugin {
                self.add_memo(self.installed_label(&installation.name), plugin);
            }
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Adds what the memo of a plugin holds: a plugin may be installed at several places under one name.
    fn add_memo(&self, name: Arc<str>, plugin: &Plugin) {
        for hook in [Hook::Authorization, Hook::ConditionalAccess] {
            if plugin.exports(hook) {
                let labels = MemoLabels { plugin: Arc::clone(&name), hook: hook.name() };
                self.memo_entries.get_or_create(&labels).inc_by(gauge(plugin.memo_entries(hook)));
            }
        }
        self.memo_capacity.get_or_create(&PluginLabels { plugin: name }).inc_by(gauge(plugin.memo_capacity()));
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn gauge(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn activity_type(name: &str) -> &'static str {
    match Operation::from_name(name) {
        Some(operation) => operation.row().object.map_or("vault", portcullis_model::ObjectKind::noun),
        None => "gateway",
    }
}

const fn class(status: u16) -> &'static str {
    match status {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

/// The decision, and whether it refuses the request if it counts.
const fn opinion(decision: &Decision) -> (&'static str, bool) {
    match decision {
        Decision::Authorization(Opinion::Allow { .. }) => ("allow", false),
        Decision::Authorization(Opinion::Deny { .. }) => ("deny", true),
        Decision::Authorization(Opinion::Abstain { .. }) => ("abstain", false),
        Decision::ConditionalAccess(Access::Grant { .. }) => ("grant", false),
        Decision::ConditionalAccess(Access::Block { .. }) => ("block", true),
        Decision::ConditionalAccess(Access::Challenge { .. }) => ("challenge", true),
        Decision::ConditionalAccess(Access::NotApplicable) => ("not-applicable", false),
        Decision::Failed(_) => ("failed", true),
    }
}

/// Each bound of the sandbox has a reason of its own.
fn reason(failure: &Failure) -> &'static str {
    match failure {
        Failure::Trapped(_) => "trap",
        Failure::TimedOut(_) => "time",
        Failure::OutOfMemory(_) => "memory",
        Failure::TooMuch(limit) => limit,
        Failure::Nonsense(_) => "nonsense",
        Failure::Unanswered(_) => "unanswered",
        Failure::Pending => "pending",
        Failure::Unreadable => "object unreadable",
        Failure::Quarantined => "quarantine",
        Failure::NotLoaded(_) => "not loaded",
        Failure::NoSandbox => "no sandbox",
    }
}

/// How many names of installed plugins have a label of their own, and the label of all others.
const INSTALLED_NAMES: usize = 128;
const OTHERS: &str = "others";
