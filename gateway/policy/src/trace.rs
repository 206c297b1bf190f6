//! What was asked and answered.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::{Answer, Question};

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The question, shared with the memo.
    pub question: Arc<Question>,
    /// The answer.
    pub answer: Answer,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.question, self.answer)
    }
}

/// All that a decision rested on, in the order of asking. Cheap to clone: the memo hands out the trace that it learned.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    entries: Vec<Asked>,
    /// The entries as someone writes them down, made when first asked for and then shared: a remembered decision is
    /// recorded for every request that it answers.
    written: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), written: OnceLock::new() }
    }
}

impl Trace {
    /// An empty trace with room for the usual number of questions.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared { entries: Vec::with_capacity(8), written: OnceLock::new() }))
    }

    /// Adds a question and its answer. Meant for the one who records: a trace that is shared is copied first.
    pub fn push(&mut self, question: Arc<Question>, answer: Answer) {
        let shared = Arc::make_mut(&mut self.0);
        shared.entries.push(Asked { question, answer });
        shared.written.take();
    }

    /// The entries in the order of asking.
    #[must_use]
    pub fn entries(&self) -> &[Asked] {
        &self.0.entries
    }

    /// Questions and answers as the audit log keeps them, in the form that `write` gives them. The form is kept with the
    /// trace for the next call; whoever asks for another one has it made each time.
    #[must_use]
    pub fn written<T: Send + Sync + 'static>(&self, write: impl Fn(Vec<(String, String)>) -> T) -> Arc<T> {
        let make = || {
            let text = |asked: &Asked| (asked.question.to_string(), asked.answer.recorded());
            Arc::new(write(self.0.entries.iter().map(text).collect()))
        };
        let kept = self.0.written.get_or_init(|| make());
        Arc::clone(kept).downcast().unwrap_or_else(|_| make())
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.entries == other.0.entries
    }
}

impl Eq for Trace {}
