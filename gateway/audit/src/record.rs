//! An event as a line: the one place that knows the shape of records (behaviour of Azure Key Vault's `AuditEvent`).

use std::net::IpAddr;
use std::time::Duration;

use crate::chain::{Link, PREFIX, push_quoted_hex};
use crate::clock::Moment;
use crate::event::{AuditEvent, ItemGroup};
use crate::json::{JsonLine, push_number};
use crate::note::{DecisionNote, ObjectNote, ServiceNote};
use crate::redact;
use crate::status;
use crate::strangers::Sum;
use crate::timestamp;
use crate::trace::LongAnswer;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    /// With a response of this status.
    Answered(u16),
    /// Without one: the client left, the task was cancelled or the handler panicked.
    Aborted,
}

/// Why the chain says something of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A new chain.
    Started,
    /// The process was restarted.
    Continued,
    /// The file was opened anew.
    Reopened,
    /// The process was restarted and found a last line that was not whole.
    Recovered { torn: u64 },
    /// Writing works again after it failed for some records, which are lost.
    Resumed { lost: u64 },
}

/// Puts an event into a buffer, open, as [`Link::seal`] wants it. An event that is too long even with its fields
/// bounded is written again with all of them short and without traces. Gives the answers to which it refers.
pub(crate) fn event<'a>(
    out: &mut Vec<u8>,
    event: &'a AuditEvent,
    began: Moment,
    now: Moment,
    ending: Ending,
) -> Vec<&'a LongAnswer> {
    let took = now.monotonic.saturating_sub(began.monotonic);
    let bounds = if event.authenticated { &USUAL } else { &STRANGERS };
    let whole = Writer { event, began: began.unix, took, ending, bounds };
    let answers = whole.write(out);
    if out.len() > PREFIX + MOST { Writer { bounds: &SHORT, ..whole }.write(out) } else { answers }
}

/// Puts an answer to which events refer into a buffer, open.
pub(crate) fn answer(out: &mut Vec<u8>, answer: &LongAnswer, now: Duration) {
    let mut json = begin(out, now, "PortcullisAnswer");
    json.with("answerDigest", |out| push_quoted_hex(out, &answer.digest));
    json.text("answer", &answer.text, ANSWER);
    json.open("portcullis");
}

/// Puts into a buffer, open, that a request is about to be carried out: who asks for what, and who granted it. How it
/// ended is told by the event of the same request id.
pub(crate) fn intent(out: &mut Vec<u8>, event: &AuditEvent, now: Duration) {
    let whole = IntentWriter { event, now, bounds: &USUAL };
    whole.write(out);
    if out.len() > PREFIX + MOST {
        IntentWriter { bounds: &SHORT, ..whole }.write(out);
    }
}

/// Puts items of a list that were judged alike into a buffer, open: the request that asked for the list, as what they
/// were judged, and what came of it. Gives the answers to which it refers.
pub(crate) fn items<'a>(
    out: &mut Vec<u8>,
    event: &'a AuditEvent,
    group: &'a ItemGroup,
    now: Duration,
    short: bool,
) -> Vec<&'a LongAnswer> {
    let answers = write_items(out, event, group, now, if short { &SHORT } else { &USUAL });
    if out.len() > PREFIX + MOST { write_items(out, event, group, now, &SHORT) } else { answers }
}

fn write_items<'a>(
    out: &mut Vec<u8>,
    event: &'a AuditEvent,
    group: &'a ItemGroup,
    now: Duration,
    bounds: &Bounds,
) -> Vec<&'a LongAnswer> {
    let mut json = begin(out, now, "PortcullisListItems");
    json.word("operationName", group.operation);
    json.text("resourceId", &event.resource.as_deref().unwrap_or_default().to_ascii_uppercase(), bounds.text);
    json.word("outcome", if group.refusal.is_some() { "left-out" } else { "permitted" });
    json.open_array("objects");
    for object in &group.objects {
        json.open_element();
        json.text("object", object, OBJECT);
        json.close();
    }
    json.close_array();
    json.open("portcullis");
    json.text("requestId", &event.request.request_id, bounds.text);
    if let Some(refusal) = &group.refusal {
        json.word("stage", refusal.stage);
        json.text("deniedBy", refusal.plugin.as_deref().unwrap_or(refusal.stage), bounds.text);
        json.text("rule", &refusal.rule, bounds.text);
        json.text("reason", &refusal.reason, bounds.text);
    }
    decisions(&mut json, &group.decisions, bounds)
}

/// Puts a mark of the chain into a buffer, open.
pub(crate) fn mark(out: &mut Vec<u8>, mark: Mark, previous: &Link, now: Duration) {
    let mut json = begin(out, now, MARK_CATEGORY);
    let (name, count) = match mark {
        Mark::Started => ("started", None),
        Mark::Continued => ("continued", None),
        Mark::Reopened => ("reopened", None),
        Mark::Recovered { torn } => (RECOVERED, Some(("tornBytes", torn))),
        Mark::Resumed { lost } => (RESUMED, Some(("lostRecords", lost))),
    };
    json.word("event", name);
    if let Some((name, count)) = count {
        json.number(name, count);
    }
    json.number("previousSequence", previous.sequence);
    json.with("previousMac", |out| push_quoted_hex(out, &previous.mac));
    json.open("portcullis");
}

/// Puts a connection-level refusal into a buffer, open.
pub(crate) fn connection(out: &mut Vec<u8>, client: IpAddr, reason: &str, count: u64, now: Duration) {
    let mut json = begin(out, now, "PortcullisConnection");
    json.word("event", "rejected");
    json.with("callerIpAddress", |out| push_address(out, client));
    json.text("reason", reason, USUAL.text);
    json.number("count", count);
    json.open("portcullis");
}

/// Puts what the service did by itself into a buffer, open.
pub(crate) fn service(out: &mut Vec<u8>, note: &ServiceNote, now: Duration) {
    let mut json = begin(out, now, "PortcullisService");
    json.text("operationName", note.operation, USUAL.text);
    json.text("resourceId", &note.resource.to_uppercase(), USUAL.text);
    json.text("id", &note.object, USUAL.text);
    json.open("portcullis");
}

/// Puts a sum of requests that had no record of their own into a buffer, open.
pub(crate) fn summed(out: &mut Vec<u8>, sum: &Sum, count: u64, now: Duration) {
    let mut json = begin(out, now, "PortcullisUnauthenticated");
    json.word("event", "summed");
    if let Some(client) = sum.client {
        json.with("callerIpAddress", |out| push_address(out, client));
    }
    if let Ending::Answered(status) = sum.ending {
        json.number("httpStatusCode", u64::from(status));
    }
    json.number("count", count);
    json.open("portcullis");
}

fn begin<'a>(out: &'a mut Vec<u8>, now: Duration, category: &str) -> JsonLine<'a> {
    out.clear();
    out.resize(PREFIX, 0);
    let mut json = JsonLine::begin(out);
    json.with("time", |out| {
        out.push(b'"');
        timestamp::push(out, now);
        out.push(b'"');
    });
    json.word("category", category);
    json
}

fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    use std::io::Write;
    write!(out, "\"{address}\"").expect("a buffer takes every byte");
}

/// The bounds of fields, in bytes before escaping, and of lists.
struct Bounds {
    text: usize,
    user_agent: usize,
    uri: usize,
    claims: usize,
    decisions: usize,
    /// The length of the record beyond which no further trace is written.
    traces_until: usize,
}

struct IntentWriter<'a> {
    event: &'a AuditEvent,
    now: Duration,
    bounds: &'static Bounds,
}

impl IntentWriter<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let Self { event, now, bounds } = *self;
        let mut json = begin(out, now, "PortcullisIntent");
        asked(&mut json, event, bounds);
        json.text("requestUri", &redact::uri(&event.request.uri), bounds.uri);
        optional(&mut json, "appliedAssignmentId", event.assignment.as_deref(), bounds.text);
        json.open("portcullis");
        json.text("requestId", &event.request.request_id, bounds.text);
        json.number("connection", event.request.connection);
        json.text("method", &event.request.method, bounds.text);
        if let Some(revision) = event.revision {
            json.number("revision", revision);
        }
    }
}

/// Who asks for what, as events and intents name it alike.
fn asked(json: &mut JsonLine<'_>, event: &AuditEvent, bounds: &Bounds) {
    json.text("operationName", event.operation, bounds.text);
    json.text("operationVersion", event.api_version.as_deref().unwrap_or_default(), bounds.text);
    json.with("callerIpAddress", |out| push_address(out, event.request.client));
    json.text("correlationId", event.request.correlation_id.as_deref().unwrap_or_default(), bounds.text);
    let resource = event.resource.as_deref().unwrap_or_default().to_ascii_uppercase();
    json.text("resourceId", &resource, bounds.text);
    json.open("identity");
    json.open("claim");
    for (name, value) in event.claims.iter().take(bounds.claims) {
        json.text(name, value, bounds.text);
    }
    json.close();
    json.close();
}

struct Writer<'a> {
    event: &'a AuditEvent,
    began: Duration,
    took: Duration,
    ending: Ending,
    bounds: &'static Bounds,
}

impl<'a> Writer<'a> {
    fn write(&self, out: &mut Vec<u8>) -> Vec<&'a LongAnswer> {
        let mut json = begin(out, self.began, "AuditEvent");
        asked(&mut json, self.event, self.bounds);
        self.result(&mut json);
        self.properties(&mut json);
        self.own(&mut json)
    }

    fn result(&self, json: &mut JsonLine<'_>) {
        let (kind, signature) = match self.ending {
            Ending::Answered(status) if status < 400 => ("Success", status::signature(status)),
            Ending::Answered(status) => ("Failed", status::signature(status)),
            Ending::Aborted => ("Aborted", ""),
        };
        json.word("resultType", kind);
        json.word("resultSignature", signature);
        json.text("resultDescription", self.event.description.as_deref().unwrap_or_default(), self.bounds.text);
        json.with("durationMs", |out| {
            out.push(b'"');
            push_number(out, u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX));
            out.push(b'"');
        });
    }

    fn properties(&self, json: &mut JsonLine<'_>) {
        let event = self.event;
        let bound = self.bounds.text;
        json.open("properties");
        optional(json, "id", event.object_id.as_deref(), bound);
        json.text("clientInfo", event.request.user_agent.as_deref().unwrap_or_default(), self.bounds.user_agent);
        json.text("requestUri", &redact::uri(&event.request.uri), self.bounds.uri);
        optional(json, "claimedAppId", event.claimed_application.as_deref(), bound);
        if let Ending::Answered(status) = self.ending {
            json.number("httpStatusCode", u64::from(status));
        }
        if let Some(authorized) = event.rbac {
            json.flag("isRbacAuthorized", authorized);
        }
        optional(json, "appliedAssignmentId", event.assignment.as_deref(), bound);
        if let Some(network) = &event.network {
            json.flag("isAddressAuthorized", network.authorized);
            json.word("addrAuthType", network.kind);
            json.text("subnetId", network.subnet.as_deref().unwrap_or_default(), bound);
            optional(json, "trustedService", network.trusted_service.as_deref(), bound);
        }
        json.word("tlsVersion", event.request.tls_version);
        if let Some(object) = &event.object {
            attributes(json, object);
        }
        json.close();
    }

    /// The object of our own; it stays open for its place in the chain.
    fn own(&self, json: &mut JsonLine<'_>) -> Vec<&'a LongAnswer> {
        let event = self.event;
        let bound = self.bounds.text;
        json.open("portcullis");
        json.text("requestId", &event.request.request_id, bound);
        json.number("connection", event.request.connection);
        json.text("method", &event.request.method, bound);
        json.number("durationUs", u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX));
        json.word("stage", event.stage);
        if let Some(revision) = event.revision {
            json.number("revision", revision);
        }
        optional(json, "networkRule", event.network.as_ref().and_then(|network| network.rule.as_deref()), bound);
        optional(json, "deniedBy", event.denied_by.as_deref(), bound);
        if !event.obligations.is_empty() {
            json.open_array("obligations");
            for obligation in &event.obligations {
                json.open_element();
                json.text("obligation", obligation, bound);
                json.close();
            }
            json.close_array();
        }
        if !event.items.is_empty() {
            json.open("list");
            json.number("judged", event.items.iter().map(|group| group.objects.len() as u64).sum());
            let left_out = event.items.iter().filter(|group| group.refusal.is_some());
            json.number("leftOut", left_out.map(|group| group.objects.len() as u64).sum());
            json.close();
        }
        decisions(json, &event.decisions, self.bounds)
    }
}

/// What plugins decided. Gives the answers to which the traces refer.
fn decisions<'a>(json: &mut JsonLine<'_>, decisions: &'a [DecisionNote], bounds: &Bounds) -> Vec<&'a LongAnswer> {
    let mut answers = Vec::new();
    json.open_array("decision");
    for one in decisions.iter().take(bounds.decisions) {
        json.open_element();
        answers.extend(decision(json, one, bounds));
        json.close();
    }
    json.close_array();
    if decisions.len() > bounds.decisions {
        json.flag("decisionsTruncated", true);
    }
    answers
}

fn decision<'a>(json: &mut JsonLine<'_>, decision: &'a DecisionNote, bounds: &Bounds) -> &'a [LongAnswer] {
    let bound = bounds.text;
    json.text("plugin", &decision.plugin, bound);
    json.text("digest", &decision.digest, bound);
    json.word("mode", decision.mode);
    json.word("opinion", decision.opinion);
    optional(json, "rule", decision.rule.as_deref(), bound);
    optional(json, "reason", decision.reason.as_deref(), bound);
    json.flag("memo", decision.memo);
    if let Some(installed) = &decision.installed {
        json.text("scope", &installed.scope, bound);
        if let Some((percent, place)) = installed.share {
            json.number("percentage", u64::from(percent));
            json.number("place", u64::from(place));
        }
        if installed.ignored {
            json.flag("failureIgnored", true);
        }
    }
    let part = decision.trace.within(bounds.traces_until.saturating_sub(json.len()));
    json.with("trace", |out| {
        out.push(b'[');
        out.extend_from_slice(part.rendered);
        out.push(b']');
    });
    if !part.whole {
        json.flag("traceTruncated", true);
    }
    part.long
}

fn optional(json: &mut JsonLine<'_>, name: &str, value: Option<&str>, most: usize) {
    if let Some(value) = value {
        json.text(name, value, most);
    }
}

fn attributes(json: &mut JsonLine<'_>, object: &ObjectNote) {
    json.open(object.bag);
    json.open("attributes");
    if let Some(enabled) = object.enabled {
        json.flag("enabled", enabled);
    }
    if let Some(seconds) = object.not_before {
        json.signed("nbf", seconds);
    }
    if let Some(seconds) = object.expires {
        json.signed("exp", seconds);
    }
    json.close();
    json.close();
}

/// The category of marks, and the two marks that excuse a broken line before them.
pub(crate) const MARK_CATEGORY: &str = "PortcullisAuditChain";
pub(crate) const RECOVERED: &str = "recovered";
pub(crate) const RESUMED: &str = "resumed";
/// The longest name of an item of a list: kind, name and version.
const OBJECT: usize = 192;
/// The longest record, without its place in the chain.
const MOST: usize = 64 * 1024;
/// The longest line, with some room for the place in the chain.
pub(crate) const MOST_LINE: usize = MOST + 256;

const USUAL: Bounds =
    Bounds { text: 1024, user_agent: 1024, uri: 8 * 1024, claims: 32, decisions: 32, traces_until: 40 * 1024 };
/// For callers whom nobody authenticated: what they send costs them little, and should cost us no more.
const STRANGERS: Bounds = Bounds { text: 512, user_agent: 512, uri: 512, ..USUAL };
/// Escaping makes six bytes of one at worst; eighty fields of this bound stay well below the longest record.
const SHORT: Bounds = Bounds { text: 64, user_agent: 64, uri: 256, claims: 16, decisions: 8, traces_until: 0 };
/// The longest answer in a record of its own, in bytes before escaping: a role with its permissions, or some sixty
/// assignments. What a replay needs; escaped at worst it is still within the longest record.
const ANSWER: usize = 8 * 1024;
