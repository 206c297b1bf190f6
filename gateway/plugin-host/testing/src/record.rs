//! What an audit log recorded of decisions.

use std::collections::HashMap;
use std::io::BufRead;

use portcullis_model::UnixTime;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The record of one request that policy decided on.
#[derive(Debug, Clone)]
pub struct Record {
    /// The line of the log, counted from 1.
    pub line: usize,
    /// The request's id.
    pub request_id: String,
    /// When it came.
    pub time: UnixTime,
    /// The operation's name.
    pub operation: String,
    /// The client's address.
    pub source: String,
    /// The vault's resource id, in upper case.
    pub resource: String,
    /// The URI.
    pub uri: String,
    /// The version of TLS.
    pub tls_version: String,
    /// The subnet from which it came; empty for none.
    pub subnet: String,
    /// The caller's claims.
    pub claims: Map<String, Value>,
    /// The status of the answer.
    pub status: Option<u64>,
    /// Who denied.
    pub denied_by: Option<String>,
    /// The revision of the control state.
    pub revision: Option<u64>,
    /// What each plugin decided.
    pub decisions: Vec<RecordedDecision>,
    /// What came of judging the items of a list, if it was filtered.
    pub items: Vec<RecordedItems>,
}

/// Items of a filtered list of which the same was asked, answered and decided.
#[derive(Debug, Clone)]
pub struct RecordedItems {
    /// The line of the log, counted from 1.
    pub line: usize,
    /// The operation that reads such an item, as which each was judged.
    pub operation: String,
    /// The items, such as `secrets/db`, with the version where versions are listed.
    pub objects: Vec<String>,
    /// Why they were left out, if they were.
    pub refusal: Option<RecordedRefusal>,
    /// What each plugin decided.
    pub decisions: Vec<RecordedDecision>,
}

/// Why items were left out of a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RecordedRefusal {
    /// The stage that refused.
    pub stage: String,
    /// The plugin, or the stage.
    pub denied_by: String,
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
}

impl Record {
    /// For each item of a list that was filtered the record of the request that would have read it, as far as the log
    /// tells of one: it was judged and not made.
    pub fn item_records(&self) -> impl Iterator<Item = Self> {
        self.items.iter().flat_map(move |items| {
            items.objects.iter().map(move |object| Self {
                line: items.line,
                operation: items.operation.clone(),
                uri: format!("https://vault/{object}"),
                decisions: items.decisions.clone(),
                items: Vec::new(),
                ..self.clone()
            })
        })
    }
}

/// What one plugin decided.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RecordedDecision {
    /// The plugin's name.
    pub plugin: String,
    /// The digest of its component.
    pub digest: String,
    /// `enforced` or `report-only`.
    pub mode: String,
    /// `allow`, `deny` and so on.
    pub opinion: String,
    /// The rule.
    pub rule: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Whether it was remembered.
    pub memo: bool,
    /// What was asked and answered.
    pub trace: Vec<RecordedFact>,
    /// Whether the trace is cut.
    pub trace_truncated: bool,
}

/// A question with its answer, as the log shows them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RecordedFact {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// The digest of an answer that has a record of its own.
    answer_digest: Option<String>,
}

/// Says at which line a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the audit log {problem}")]
pub struct RecordError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads the records of requests that policy decided on; other lines are passed by.
///
/// # Errors
/// At the first line that is no record of an audit log.
pub fn read(mut log: impl BufRead) -> Result<Vec<Record>, RecordError> {
    let mut records = Vec::new();
    let mut answers = HashMap::new();
    let mut items: HashMap<String, Vec<RecordedItems>> = HashMap::new();
    let mut text = Vec::new();
    for line in 1.. {
        let wrong = |problem: String| RecordError { line, problem };
        text.clear();
        let read = std::io::Read::take(&mut log, LONGEST + 1).read_until(b'\n', &mut text);
        let read = read.map_err(|error| wrong(format!("cannot be read: {error}")))?;
        if read == 0 {
            break;
        }
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST {
            return Err(wrong(format!("is longer than {LONGEST} bytes")));
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_slice(&text).map_err(|error| wrong(format!("is not JSON: {error}")))?;
        match value.get("category").and_then(Value::as_str) {
            None => return Err(wrong("has no `category`: it is no record of an audit log".to_owned())),
            Some("AuditEvent") => {
                let of_request = value.pointer("/portcullis/requestId").and_then(Value::as_str);
                let items = of_request.and_then(|id| items.remove(id)).unwrap_or_default();
                records.extend(record(line, &value, items, &answers).map_err(wrong)?);
            }
            // They stand before the event of their request.
            Some("PortcullisListItems") => {
                let (id, judged) = list_items(line, &value, &answers).map_err(wrong)?;
                items.entry(id).or_default().push(judged);
            }
            Some("PortcullisAnswer") => {
                let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
                answers.extend(text("answerDigest").zip(text("answer")));
            }
            Some(_) => {}
        }
    }
    Ok(records)
}

/// What plugins decided, with the long answers in their places.
fn decisions(value: &Value, answers: &HashMap<String, String>) -> Result<Vec<RecordedDecision>, String> {
    let Some(decisions) = value.pointer("/portcullis/decision") else { return Ok(Vec::new()) };
    let mut decisions: Vec<RecordedDecision> =
        serde_json::from_value(decisions.clone()).map_err(|error| format!("has decisions of another form: {error}"))?;
    for fact in decisions.iter_mut().flat_map(|decision| &mut decision.trace) {
        if let Some(digest) = &fact.answer_digest {
            let elsewhere = || format!("(in an earlier part of the log, under {digest}) {TRUNCATED}");
            fact.answer = answers.get(digest).cloned().unwrap_or_else(elsewhere);
        }
    }
    Ok(decisions)
}

/// Items of a list, and the id of the request for it.
fn list_items(
    line: usize,
    value: &Value,
    answers: &HashMap<String, String>,
) -> Result<(String, RecordedItems), String> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let object = |item: &Value| item.get("object").and_then(Value::as_str).map(str::to_owned);
    let objects =
        value.get("objects").and_then(Value::as_array).map(|objects| objects.iter().filter_map(object).collect());
    let refusal = (text("/outcome") != "permitted")
        .then(|| serde_json::from_value(value.get("portcullis").cloned().unwrap_or_default()))
        .transpose()
        .map_err(|error| format!("has a refusal of another form: {error}"))?;
    let items = RecordedItems {
        line,
        operation: text("/operationName"),
        objects: objects.unwrap_or_default(),
        refusal,
        decisions: decisions(value, answers)?,
    };
    Ok((text("/portcullis/requestId"), items))
}

fn record(
    line: usize,
    value: &Value,
    items: Vec<RecordedItems>,
    answers: &HashMap<String, String>,
) -> Result<Option<Record>, String> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let decisions = decisions(value, answers)?;
    if decisions.is_empty() {
        return Ok(None);
    }
    let time = OffsetDateTime::parse(&text("/time"), &Rfc3339).map_err(|_| "has no `time`".to_owned())?;
    Ok(Some(Record {
        line,
        request_id: text("/portcullis/requestId"),
        time: UnixTime(time.unix_timestamp()),
        operation: text("/operationName"),
        source: text("/callerIpAddress"),
        resource: text("/resourceId"),
        uri: text("/properties/requestUri"),
        tls_version: text("/properties/tlsVersion"),
        subnet: text("/properties/subnetId"),
        claims: value.pointer("/identity/claim").and_then(Value::as_object).cloned().unwrap_or_default(),
        status: value.pointer("/properties/httpStatusCode").and_then(Value::as_u64),
        denied_by: value.pointer("/portcullis/deniedBy").and_then(Value::as_str).map(str::to_owned),
        revision: value.pointer("/portcullis/revision").and_then(Value::as_u64),
        decisions,
        items,
    }))
}

/// The longest line that is read, in bytes; the gateway writes less.
const LONGEST: u64 = 1 << 20;
/// How the log marks what it cut.
pub(crate) const TRUNCATED: &str = "[truncated]";
