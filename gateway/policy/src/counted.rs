//! What one request has been counted under.

use std::sync::{Arc, Mutex};

use crate::{Mode, Question};

/// Remembers what a request was counted under, so that it counts once, however often it is judged.
#[derive(Debug)]
pub struct Counted {
    looks_only: bool,
    seen: Mutex<Vec<Seen>>,
}

/// One plugin's question and its answer.
#[derive(Debug)]
struct Seen {
    plugin: Arc<str>,
    mode: Mode,
    question: Question,
    answer: bool,
}

impl Default for Counted {
    /// Of a request that is being made.
    fn default() -> Self {
        Self { looks_only: false, seen: Mutex::default() }
    }
}

impl Counted {
    /// Of a request that nobody makes: counters are looked at and stay as they are.
    #[must_use]
    pub fn looking() -> Self {
        Self { looks_only: true, ..Self::default() }
    }

    /// Whether counters must stay as they are.
    #[must_use]
    pub const fn looks_only(&self) -> bool {
        self.looks_only
    }

    /// The answer to a counting question of a plugin: the one that it got before within this request, or that of
    /// `count`.
    pub fn once(&self, plugin: &Arc<str>, mode: Mode, question: &Question, count: impl FnOnce() -> bool) -> bool {
        // A panic while counting poisons the list; without it the request would count twice, so it may not.
        let Ok(mut seen) = self.seen.lock() else { return false };
        let asked = |it: &&Seen| it.plugin == *plugin && it.mode == mode && it.question == *question;
        if let Some(known) = seen.iter().find(asked) {
            return known.answer;
        }
        let answer = count();
        seen.push(Seen { plugin: Arc::clone(plugin), mode, question: question.clone(), answer });
        answer
    }
}
