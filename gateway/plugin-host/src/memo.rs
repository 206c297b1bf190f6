//! What a plugin decided before, found again by asking what it would ask.
//!
//! Per hook, a decision trie: a node is the question that the plugin asks next, an edge an answer to it, a leaf the
//! decision. A hit asks the facts the same questions in the same order and never enters wasm. It is sound because a
//! guest has no other input: the answers so far determine the next question, and all of them the decision. There is no
//! key that could miss an input.
//!
//! A change of revision starts an empty trie. Soundness does not need it, as every answer is asked anew; it keeps the
//! trie from filling with answers that will not come again.

mod trie;

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_model::PrincipalId;
use portcullis_policy::{Answer, Decision, Hook, Question, Trace};

use crate::MemoSettings;
pub(crate) use trie::NotDeterministic;
use trie::Trie;

/// The memo of one plugin with its settings.
#[derive(Debug)]
pub(crate) struct Memo {
    entries: usize,
    off: AtomicBool,
    authorization: RwLock<Trie>,
    conditional_access: RwLock<Trie>,
}

impl Memo {
    pub(crate) fn new(settings: MemoSettings) -> Self {
        let entries = match settings {
            MemoSettings::Off => 0,
            MemoSettings::On { entries } => entries,
        };
        Self {
            entries,
            off: AtomicBool::new(entries == 0),
            authorization: RwLock::default(),
            conditional_access: RwLock::default(),
        }
    }

    /// The decision and trace of an evaluation that asked the same and was answered the same.
    ///
    /// The lock is held while the facts are asked, which takes well under a microsecond; a reader never waits for
    /// another, and for a writer only while one decision is learned.
    pub(crate) fn recall(
        &self,
        hook: Hook,
        revision: u64,
        answer: impl Fn(&Question) -> Option<Answer>,
    ) -> Option<(Decision, Trace)> {
        if self.off.load(Ordering::Relaxed) {
            return None;
        }
        // A writer that panicked may have left half a path; whoever meets the poison computes afresh.
        let trie = self.trie(hook).read().ok()?;
        let (decision, trace) = trie.recall(revision, answer)?;
        Some((decision.clone(), trace.clone()))
    }

    /// Remembers a decision with its trace, on the account of the caller for whom it was made. Failures are never learned: they depend on the machine.
    ///
    /// # Errors
    /// When an earlier evaluation was answered the same and asked or decided something else. The memo is empty and off
    /// from then on.
    pub(crate) fn learn(
        &self,
        hook: Hook,
        revision: u64,
        caller: PrincipalId,
        trace: &Trace,
        decision: &Decision,
    ) -> Result<(), NotDeterministic> {
        let failed = matches!(decision, Decision::Failed(_));
        if failed || self.off.load(Ordering::Relaxed) || !is_cacheable(trace) {
            return Ok(());
        }
        let Ok(mut trie) = self.trie(hook).write() else { return Ok(()) };
        let learned = trie.learn(revision, caller, trace, decision, self.entries);
        if learned.is_err() {
            self.off.store(true, Ordering::Relaxed);
            *trie = Trie::default();
        }
        learned
    }

    /// What is kept for a hook, in entries; none when a writer panicked.
    pub(crate) fn entries(&self, hook: Hook) -> usize {
        self.trie(hook).read().map_or(0, |trie| trie.entries())
    }

    /// How many entries each hook may have.
    pub(crate) const fn capacity(&self) -> usize {
        self.entries
    }

    const fn trie(&self, hook: Hook) -> &RwLock<Trie> {
        match hook {
            Hook::Authorization => &self.authorization,
            Hook::ConditionalAccess => &self.conditional_access,
        }
    }
}

fn is_cacheable(trace: &Trace) -> bool {
    trace.entries().iter().all(|asked| asked.question.is_cacheable())
}

#[cfg(test)]
mod programs;
#[cfg(test)]
mod tests;
