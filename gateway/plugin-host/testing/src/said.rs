//! What a plugin said, in the words that audit logs and tests use.

use portcullis_plugin_host::{Evaluated, Fact};
use portcullis_policy::{Access, Answer, Asked, Decision, Evaluation, Obligation, Opinion};

/// What a plugin said, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `allow`, `deny`, `abstain`, `grant`, `block`, `challenge`, `not-applicable` or `failed`.
    pub opinion: &'static str,
    /// The rule that decided.
    pub rule: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The claims that a challenge demands.
    pub claims: Option<String>,
}

impl Said {
    /// A decision in words.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        let said = |opinion, rule: Option<&str>, reason: Option<&str>| Self {
            opinion,
            rule: rule.map(str::to_owned),
            reason: reason.map(str::to_owned),
            claims: None,
        };
        match decision {
            Decision::Authorization(Opinion::Allow { rule, .. }) => said("allow", Some(rule), None),
            Decision::Authorization(Opinion::Deny { rule, reason }) => said("deny", Some(rule), Some(reason)),
            Decision::Authorization(Opinion::Abstain { reason }) => said("abstain", None, Some(reason)),
            Decision::ConditionalAccess(Access::Grant { rule, .. }) => said("grant", Some(rule), None),
            Decision::ConditionalAccess(Access::Block { rule, reason }) => said("block", Some(rule), Some(reason)),
            Decision::ConditionalAccess(Access::Challenge { rule, reason, claims }) => {
                Self { claims: Some(claims.as_ref().to_owned()), ..said("challenge", Some(rule), Some(reason)) }
            }
            Decision::ConditionalAccess(Access::NotApplicable) => said("not-applicable", None, None),
            Decision::Failed(failure) => said("failed", None, Some(&failure.to_string())),
        }
    }

    /// Whether the request goes on, as far as this plugin is concerned.
    #[must_use]
    pub fn lets_by(&self) -> bool {
        matches!(self.opinion, "allow" | "grant" | "not-applicable")
    }

    /// The decision on one line.
    #[must_use]
    pub fn line(&self) -> String {
        let rule = self.rule.as_ref().map_or_else(String::new, |rule| format!(" by `{rule}`"));
        let reason = self.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{}{rule}{reason}", self.opinion)
    }
}

/// An evaluation as tests see it.
pub(crate) fn evaluated(evaluation: &Evaluation) -> Evaluated {
    let Said { opinion, rule, reason, claims } = Said::of(&evaluation.decision);
    let obligations = match &evaluation.decision {
        Decision::Authorization(Opinion::Allow { obligations, .. })
        | Decision::ConditionalAccess(Access::Grant { obligations, .. }) => obligations.iter().map(shown).collect(),
        _ => Vec::new(),
    };
    Evaluated { decision: opinion.to_owned(), rule, reason, claims, obligations, trace: trace(evaluation) }
}

/// An obligation as tests name it.
fn shown(obligation: &Obligation) -> String {
    let name = obligation.name();
    match obligation {
        Obligation::FilterList | Obligation::NoStore => name.to_owned(),
        Obligation::CapPage(items) => format!("{name}={items}"),
        Obligation::RequireReason(value) | Obligation::Notify(value) => format!("{name}={value}"),
    }
}

/// A trace as tests see it: settings are the test's own and never shown.
pub(crate) fn trace(evaluation: &Evaluation) -> Vec<Fact> {
    let fact = |asked: &Asked| {
        let answer = match &asked.answer {
            Answer::Settings(_) => "(not shown)".to_owned(),
            answer => answer.to_string(),
        };
        Fact { question: asked.question.to_string(), answer }
    };
    evaluation.trace.entries().iter().map(fact).collect()
}
