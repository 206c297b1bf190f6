//! Tests in wasm: the plugin under test, evaluated by the gateway's own plugin host.
//!
//! For tests that are built for `wasm32-wasip2` and run by `portcullis policy test`, which cargo's configuration names as
//! the runner. A test describes a [`Scenario`], and the very component that will be deployed is evaluated for it in a
//! fresh sandbox with the bounds of production.

use crate::bindings::test::portcullis::policy_test::harness as imported;
use crate::{Access, Obligation, Opinion, Scenario};

/// What came of evaluating the plugin under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The decision in a word, such as `allow`; `failed` when the plugin trapped or went beyond a bound.
    pub decision: String,
    /// The rule that decided, where the decision has one.
    pub rule: Option<String>,
    /// Why, where the decision says so.
    pub reason: Option<String>,
    /// The claims that a challenge demands.
    pub claims: Option<String>,
    /// What the gateway must do when it permits: `no-store`, or `cap-page=10` with a value.
    pub obligations: Vec<String>,
    /// What was asked: `question = answer`, in the order of asking.
    pub asked: Vec<String>,
}

/// Evaluates the plugin's authorization hook.
///
/// # Panics
/// When the scenario is none, or the plugin has no such hook.
#[must_use]
pub fn authorization(scenario: &Scenario) -> Evaluation {
    evaluate(imported::Hook::Authorization, scenario)
}

/// Evaluates the plugin's conditional-access hook.
///
/// # Panics
/// When the scenario is none, or the plugin has no such hook.
#[must_use]
pub fn conditional_access(scenario: &Scenario) -> Evaluation {
    evaluate(imported::Hook::ConditionalAccess, scenario)
}

fn evaluate(hook: imported::Hook, scenario: &Scenario) -> Evaluation {
    match imported::evaluate(hook, &scenario.to_json()) {
        Ok(imported::Evaluation { decision, rule, reason, claims, obligations, trace }) => {
            let asked = trace.into_iter().map(|fact| format!("{} = {}", fact.question, fact.answer)).collect();
            Evaluation { decision, rule, reason, claims, obligations, asked }
        }
        Err(problem) => panic!("the scenario cannot be evaluated: {problem}"),
    }
}

impl Evaluation {
    /// Whether this question was asked, whatever was answered.
    #[must_use]
    pub fn asks(&self, question: &str) -> bool {
        self.asked.iter().any(|fact| fact.split(" = ").next() == Some(question))
    }
}

/// An obligation as the harness names it.
fn shown(obligation: &Obligation) -> String {
    let value = obligation.value();
    if value.is_empty() { obligation.name().to_owned() } else { format!("{}={value}", obligation.name()) }
}

impl Evaluation {
    fn is(
        &self,
        decision: &str,
        rule: Option<&String>,
        reason: Option<&String>,
        claims: Option<&String>,
        obligations: &[Obligation],
    ) -> bool {
        self.decision == decision
            && self.rule.as_ref() == rule
            && self.reason.as_ref() == reason
            && self.claims.as_ref() == claims
            && self.obligations == obligations.iter().map(shown).collect::<Vec<_>>()
    }
}

impl PartialEq<Opinion> for Evaluation {
    fn eq(&self, opinion: &Opinion) -> bool {
        match opinion {
            Opinion::Allow { rule, obligations } => self.is("allow", Some(rule), None, None, obligations),
            Opinion::Deny { rule, reason } => self.is("deny", Some(rule), Some(reason), None, &[]),
            Opinion::Abstain { reason } => self.is("abstain", None, Some(reason), None, &[]),
        }
    }
}

impl PartialEq<Access> for Evaluation {
    fn eq(&self, access: &Access) -> bool {
        match access {
            Access::Grant { rule, obligations } => self.is("grant", Some(rule), None, None, obligations),
            Access::Block { rule, reason } => self.is("block", Some(rule), Some(reason), None, &[]),
            Access::Challenge { rule, reason, claims } => {
                self.is("challenge", Some(rule), Some(reason), Some(claims), &[])
            }
            Access::NotApplicable => self.is("not-applicable", None, None, None, &[]),
        }
    }
}
