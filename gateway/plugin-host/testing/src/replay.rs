//! Asks a plugin anew about requests of the past.

use std::sync::Arc;

use portcullis_plugin_host::Plugin;
use portcullis_policy::{Answers, Decision, Failure, Hook};

use crate::{Record, Recorded, RecordedDecision, Said};

/// What came of a replay.
#[derive(Debug, Default)]
pub struct Replay {
    /// The decisions that stay as they were.
    pub same: usize,
    /// Of those, the ones that another rule makes now.
    pub by_another_rule: usize,
    /// The decisions that change.
    pub changed: Vec<Change>,
    /// The decisions that the log does not know enough for: the request's id, the line and the question.
    pub unknown: Vec<(String, usize, String)>,
}

/// A decision that changes.
#[derive(Debug)]
pub struct Change {
    /// The request's id.
    pub request_id: String,
    /// The line of the log.
    pub line: usize,
    /// The operation's name.
    pub operation: String,
    /// What was decided.
    pub before: String,
    /// What would be decided.
    pub after: Said,
}

/// Asks a plugin about every decision that the plugin of a name made.
#[must_use]
pub fn replay(plugin: &Plugin, name: &str, records: &[Record]) -> Replay {
    let mut replay = Replay::default();
    // Of a list that was filtered, each item was judged too.
    let with_items = |record: &Record| {
        let items: Vec<Record> = record.item_records().collect();
        std::iter::once(record.clone()).chain(items)
    };
    for record in records.iter().flat_map(with_items) {
        for decision in record.decisions.iter().filter(|decision| decision.plugin == name) {
            for hook in hooks(plugin, decision) {
                replay.one(plugin, hook, &record, decision);
            }
        }
    }
    replay
}

/// The hook at which a decision was made. A plugin that failed says nothing of it.
fn hooks(plugin: &Plugin, decision: &RecordedDecision) -> Vec<Hook> {
    let all = match decision.opinion.as_str() {
        "allow" | "deny" | "abstain" => vec![Hook::Authorization],
        "grant" | "block" | "challenge" | "not-applicable" => vec![Hook::ConditionalAccess],
        _ => vec![Hook::ConditionalAccess, Hook::Authorization],
    };
    all.into_iter().filter(|hook| plugin.exports(*hook)).collect()
}

impl Replay {
    fn one(&mut self, plugin: &Plugin, hook: Hook, record: &Record, decision: &RecordedDecision) {
        let answers = Arc::new(Recorded::new(record.clone())) as Arc<dyn Answers>;
        let Some(evaluation) = plugin.suppose(hook, &answers) else { return };
        if let Decision::Failed(Failure::Unanswered(question)) = &evaluation.decision {
            self.unknown.push((record.request_id.clone(), record.line, question.as_ref().to_owned()));
            return;
        }
        let after = Said::of(&evaluation.decision);
        if after.opinion == decision.opinion {
            self.same += 1;
            self.by_another_rule += usize::from(after.rule != decision.rule);
            return;
        }
        self.changed.push(Change {
            request_id: record.request_id.clone(),
            line: record.line,
            operation: record.operation.clone(),
            before: decision.opinion.clone(),
            after,
        });
    }
}
