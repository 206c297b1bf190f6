//! What plugins that only report said of the latest requests: whether they would have refused them, and why.
//!
//! Kept in memory, so a start forgets it; the audit log has all of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_model::RequestId;
use portcullis_model::plugins::{Observed, WouldDeny};
use portcullis_policy::{Access, Decision, Evaluation, Mode, Opinion};

/// Remembers the latest requests of each installation.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    by_key: Mutex<HashMap<Arc<str>, Latest>>,
}

/// The latest requests that one installation reported on.
#[derive(Debug, Default)]
struct Latest {
    requests: VecDeque<(RequestId, Option<usize>)>,
    /// Why some would have been refused. Requests name them by their place.
    reasons: Vec<(String, String)>,
}

impl Observations {
    /// Notes what was evaluated for a request.
    pub(crate) fn note(&self, request: RequestId, evaluations: &[Evaluation]) {
        for evaluation in evaluations {
            let Some(installed) = &evaluation.installed else { continue };
            // A failure that is ignored where the plugin counts is none that a promotion would bring.
            if evaluation.mode != Mode::ReportOnly || installed.ignored {
                continue;
            }
            let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
            by_key.entry(Arc::clone(&installed.key)).or_default().note(request, &evaluation.decision);
        }
    }

    /// What is remembered of an installation.
    pub(crate) fn of(&self, key: &str) -> Observed {
        let by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.get(key).map(Latest::tell).unwrap_or_default()
    }

    /// Forgets those that are not to stay: they are gone, or are another plugin now.
    pub(crate) fn retain(&self, stays: impl Fn(&str) -> bool) {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, _| stays(key));
    }
}

impl Latest {
    fn note(&mut self, request: RequestId, decision: &Decision) {
        let reason = refusal(decision).map(|(rule, reason)| self.place(rule, reason));
        // A request is judged anew when its body has come; it is one request.
        match self.requests.iter_mut().rev().take(LATELY).find(|(known, _)| *known == request) {
            Some(known) => known.1 = known.1.or(reason),
            None => self.requests.push_back((request, reason)),
        }
        if self.requests.len() > REQUESTS {
            self.requests.pop_front();
        }
    }

    /// The place of a rule. What a plugin says is of any length and variety: the rules after the first have one place.
    fn place(&mut self, rule: &str, reason: &str) -> usize {
        if let Some(at) = self.reasons.iter().position(|(known, _)| known == rule) {
            return at;
        }
        let unused = |at: &usize| !self.requests.iter().any(|(_, reason)| *reason == Some(*at));
        let text = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>();
        let new = (text(rule), text(reason));
        if let Some(at) = (0..self.reasons.len()).find(unused) {
            self.reasons[at] = new;
            return at;
        }
        if self.reasons.len() < REASONS {
            self.reasons.push(new);
        } else if self.reasons.len() == REASONS {
            self.reasons.push((OTHERS.to_owned(), "there are more rules than are remembered".to_owned()));
        }
        self.reasons.len() - 1
    }

    fn tell(&self) -> Observed {
        let reason = |(at, (rule, reason)): (usize, &(String, String))| {
            let mut all = self.requests.iter().rev().filter(|(_, found)| *found == Some(at)).map(|(id, _)| *id);
            let requests: Vec<_> = all.by_ref().take(SAMPLES).collect();
            let count = requests.len() + all.count();
            (count > 0).then(|| WouldDeny { rule: rule.clone(), reason: reason.clone(), count, requests })
        };
        Observed {
            requests: self.requests.len(),
            would_deny: self.reasons.iter().enumerate().filter_map(reason).collect(),
        }
    }
}

/// Rule and reason of a decision that would refuse the request.
fn refusal(decision: &Decision) -> Option<(&str, &str)> {
    match decision {
        Decision::Authorization(Opinion::Deny { rule, reason })
        | Decision::ConditionalAccess(Access::Block { rule, reason } | Access::Challenge { rule, reason, .. }) => {
            Some((rule, reason))
        }
        Decision::Failed(_) => Some(("fail-closed", "the plugin failed; the audit log says how")),
        Decision::Authorization(Opinion::Allow { .. } | Opinion::Abstain { .. })
        | Decision::ConditionalAccess(Access::Grant { .. } | Access::NotApplicable) => None,
    }
}

/// The requests that are remembered of an installation.
const REQUESTS: usize = 1_000;
/// Among how many of the latest a request is looked for that is judged anew.
const LATELY: usize = 32;
/// The reasons, the ids for each, and the characters of a text.
const REASONS: usize = 16;
const SAMPLES: usize = 3;
const LONGEST: usize = 256;
const OTHERS: &str = "others";

#[cfg(test)]
mod tests {
    use super::*;

    fn deny(rule: &str) -> Decision {
        Decision::Authorization(Opinion::Deny { rule: rule.into(), reason: "because".into() })
    }

    #[test]
    fn counts_each_request_once_and_keeps_the_latest() {
        let mut latest = Latest::default();
        let request = RequestId::random();
        latest.note(request, &deny("a"));
        latest.note(request, &deny("a"));
        assert_eq!((latest.tell().requests, latest.tell().would_deny[0].count), (1, 1));
        let allow = Decision::Authorization(Opinion::Abstain { reason: "fine".into() });
        for _ in 0..REQUESTS {
            latest.note(RequestId::random(), &allow);
        }
        assert_eq!(latest.tell(), Observed { requests: REQUESTS, would_deny: Vec::new() }, "it is long ago");
    }

    #[test]
    fn a_plugin_that_varies_its_rules_takes_no_room() {
        let mut latest = Latest::default();
        for rule in 0..5 * REQUESTS {
            latest.note(RequestId::random(), &deny(&format!("{rule}{}", "x".repeat(2_000))));
        }
        let told = latest.tell();
        assert!(latest.reasons.len() <= REASONS + 1 && told.requests == REQUESTS);
        assert_eq!(told.would_deny.iter().map(|it| it.count).sum::<usize>(), REQUESTS);
        assert!(told.would_deny.iter().all(|it| it.rule.chars().count() <= LONGEST && it.requests.len() <= SAMPLES));
    }
}
