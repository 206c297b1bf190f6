//! What the host keeps for one evaluation.

use std::sync::Arc;

use portcullis_policy::{Answer, Facts, Question, Trace};

use crate::HostSettings;
use crate::limits::Growth;
use crate::plugin::Installation;
use crate::stopped::Stopped;

/// The store's data of one evaluation: whom it is about, what was asked, and how much of each bound is left.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) growth: Growth,
    pub(crate) installation: Arc<Installation>,
    pub(crate) trace: Trace,
    pub(crate) log_lines: usize,
    pub(crate) system_calls: usize,
    /// What the guest wrote to its standard error: the words of a panic, for the log.
    pub(crate) last_words: String,
    facts: Arc<Facts>,
    questions: usize,
    text: usize,
}

impl Sandbox {
    pub(crate) fn new(settings: &HostSettings, installation: Arc<Installation>, facts: Arc<Facts>) -> Self {
        Self {
            growth: Growth::up_to(settings.memory),
            installation,
            trace: Trace::new(),
            log_lines: settings.log_lines,
            system_calls: settings.system_calls,
            last_words: String::new(),
            facts,
            questions: settings.questions,
            text: settings.text,
        }
    }

    /// Answers a question and records both.
    pub(crate) fn ask(&mut self, question: Question) -> wasmtime::Result<Answer> {
        self.questions = self.questions.checked_sub(1).ok_or_else(|| Stopped::too_much("questions"))?;
        let answer = self.installation.answer(&self.facts, &question);
        self.trace.push(Arc::new(question), answer.clone());
        Ok(answer)
    }

    /// Counts text that the guest handed over.
    pub(crate) fn count_text(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.text = self.text.checked_sub(bytes).ok_or_else(|| Stopped::too_much("text"))?;
        Ok(())
    }

    /// Counts a call of a WASI function.
    pub(crate) fn count_system_call(&mut self) -> wasmtime::Result<()> {
        self.system_calls = self.system_calls.checked_sub(1).ok_or_else(|| Stopped::too_much("system calls"))?;
        Ok(())
    }
}
