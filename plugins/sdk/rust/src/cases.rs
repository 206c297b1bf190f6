//! Case files: tests of a plugin for those who do not write code.
//!
//! A file has a scenario that its cases have in common, and cases that change fields of it:
//!
//! ```json
//! {
//!   "given": { "operation": "SecretGet", "dataPlane": true, "source": "10.0.0.1" },
//!   "cases": [
//!     { "name": "blocks from afar", "given": { "source": "203.0.113.9" },
//!       "expect": { "block": "office-only", "reason": "blocked by" }, "asked": ["source-in 10.0.0.0/8 = no"] }
//!   ]
//! }
//! ```
//!
//! `expect` is one of `allow`, `deny`, `grant`, `block` and `challenge`, each with the rule, or `abstain` and
//! `not-applicable`, which have none and are `true`. A `reason` is looked for within the plugin's reason; `obligations`,
//! such as `["no-store", "cap-page=10"]`, are all that is demanded, and `asked` is all that may be asked, each in its order
//! and when it is given.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Access, Authorization, ConditionalAccess, Obligation, Opinion, Scenario};

/// Runs a case file against an authorisation plugin.
///
/// # Panics
/// When the file cannot be read, or with all cases that failed.
pub fn authorization<P: Authorization>(file: &str) {
    run(file, |scenario| match P::evaluate(scenario) {
        Opinion::Allow { rule, obligations } => Said::demanding("allow", rule, &obligations),
        Opinion::Deny { rule, reason } => Said::new("deny", Some(rule), reason),
        Opinion::Abstain { reason } => Said::new("abstain", None, reason),
    });
}

/// Runs a case file against a conditional-access plugin.
///
/// # Panics
/// When the file cannot be read, or with all cases that failed.
pub fn conditional_access<P: ConditionalAccess>(file: &str) {
    run(file, |scenario| match P::evaluate(scenario) {
        Access::Grant { rule, obligations } => Said::demanding("grant", rule, &obligations),
        Access::Block { rule, reason } => Said::new("block", Some(rule), reason),
        Access::Challenge { rule, reason, claims } => {
            Said { claims: Some(claims), ..Said::new("challenge", Some(rule), reason) }
        }
        Access::NotApplicable => Said::new("not-applicable", None, String::new()),
    });
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    given: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    given: Map<String, Value>,
    expect: Map<String, Value>,
    asked: Option<Vec<String>>,
}

struct Said {
    kind: &'static str,
    rule: Option<String>,
    reason: String,
    claims: Option<String>,
    obligations: Vec<String>,
}

impl Said {
    const fn new(kind: &'static str, rule: Option<String>, reason: String) -> Self {
        Self { kind, rule, reason, claims: None, obligations: Vec::new() }
    }

    fn demanding(kind: &'static str, rule: String, obligations: &[Obligation]) -> Self {
        let text = |obligation: &Obligation| match obligation.value() {
            value if value.is_empty() => obligation.name().to_owned(),
            value => format!("{}={value}", obligation.name()),
        };
        let obligations = obligations.iter().map(text).collect();
        Self { obligations, ..Self::new(kind, Some(rule), String::new()) }
    }
}

fn run(file: &str, evaluate: impl Fn(&Scenario) -> Said) {
    let file: File = serde_json::from_str(file).expect("the case file can be read");
    assert!(!file.cases.is_empty(), "the case file has cases");
    let failures: Vec<String> = file.cases.iter().filter_map(|case| check(&file.given, case, &evaluate)).collect();
    assert!(failures.is_empty(), "{} of {} cases failed:\n{}", failures.len(), file.cases.len(), failures.join("\n"));
}

fn check(common: &Map<String, Value>, case: &Case, evaluate: impl Fn(&Scenario) -> Said) -> Option<String> {
    let mut given = common.clone();
    given.extend(case.given.clone());
    let scenario: Scenario = match serde_json::from_value(Value::Object(given)) {
        Ok(scenario) => scenario,
        Err(error) => return Some(format!("{}: the scenario cannot be read: {error}", case.name)),
    };
    let said = evaluate(&scenario);
    let problem = problem(&said, &case.expect).or_else(|| {
        let asked = scenario.asked();
        case.asked.as_ref().filter(|expected| **expected != asked).map(|_| format!("asked {asked:#?}"))
    });
    problem.map(|problem| format!("{}: {problem}", case.name))
}

fn problem(said: &Said, expect: &Map<String, Value>) -> Option<String> {
    let expected_rule = said.rule.as_ref().map_or(Value::Bool(true), |rule| Value::String(rule.clone()));
    let reason = expect.get("reason").and_then(Value::as_str).unwrap_or_default();
    let known =
        expect.keys().all(|key| key == said.kind || ["reason", "claims", "obligations"].contains(&key.as_str()));
    let claims = expect.get("claims").is_none_or(|claims| claims.as_str() == said.claims.as_deref());
    let obligations =
        expect.get("obligations").is_none_or(|expected| *expected == Value::from(said.obligations.clone()));
    if known && claims && obligations && expect.get(said.kind) == Some(&expected_rule) && said.reason.contains(reason) {
        return None;
    }
    let rule = said.rule.as_deref().unwrap_or("no rule");
    let Said { kind, reason, obligations, .. } = said;
    let demands =
        if obligations.is_empty() { String::new() } else { format!(", demanding {}", obligations.join(", ")) };
    Some(format!("expected {}, but it said {kind} by {rule}{demands}: {reason}", Value::Object(expect.clone())))
}
