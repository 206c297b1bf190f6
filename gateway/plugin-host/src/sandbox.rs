//! What the host keeps for one evaluation.

use std::sync::Arc;

use portcullis_policy::{Answer, Answers, Failure, Mode, Question, Rate, Trace};

use crate::HostSettings;
use crate::counters::{Count, Counters, Kind};
use crate::limits::Growth;
use crate::plugin::Installation;
use crate::stopped::Stopped;
use crate::system::{STDERR, System};

/// The store's data of one evaluation: whom it is about, what was asked, and how much of each bound is left.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) growth: Growth,
    pub(crate) installation: Arc<Installation>,
    pub(crate) trace: Trace,
    pub(crate) log_lines: usize,
    system_calls: usize,
    /// What the guest wrote to its standard error: the words of a panic, for the log.
    pub(crate) last_words: String,
    /// None while the plugin is only asked about its settings.
    answers: Option<Arc<dyn Answers>>,
    counters: Arc<Counters>,
    mode: Mode,
    questions: usize,
    text: usize,
}

impl Sandbox {
    pub(crate) fn new(
        settings: &HostSettings,
        installation: Arc<Installation>,
        answers: Option<Arc<dyn Answers>>,
        counters: Arc<Counters>,
        mode: Mode,
    ) -> Self {
        Self {
            growth: Growth::up_to(installation.memory(settings)).noting(settings.marks.clone()),
            installation,
            trace: Trace::new(),
            log_lines: settings.log_lines,
            system_calls: settings.system_calls,
            last_words: String::new(),
            answers,
            counters,
            mode,
            questions: settings.questions,
            text: settings.text,
        }
    }

    /// Answers a question and records both.
    pub(crate) fn ask(&mut self, question: Question) -> wasmtime::Result<Answer> {
        self.questions = self.questions.checked_sub(1).ok_or_else(|| Stopped::too_much("questions"))?;
        let Some(answers) = self.answers.as_deref() else {
            return Err(Stopped::nonsense("asked while there is no request"));
        };
        let counted = match &question {
            Question::Rate(rate) => self.count(answers, &question, Kind::Sliding, rate),
            Question::Quota(rate) => self.count(answers, &question, Kind::Fixed, rate),
            _ => None,
        };
        let answer = match counted {
            Some(within) => Answer::Bool(within),
            None => self.installation.answer(answers, &question)?,
        };
        match answer {
            Answer::Pending => return Err(Stopped(Failure::Pending).into()),
            Answer::Unreadable => return Err(Stopped(Failure::Unreadable).into()),
            _ => {}
        }
        self.trace.push(Arc::new(question), answer.clone());
        Ok(answer)
    }

    /// Counts for whoever asks, if that is anybody: a recorded trace knows what was answered.
    fn count(&self, answers: &dyn Answers, question: &Question, kind: Kind, rate: &Rate) -> Option<bool> {
        let (caller, time, counted) = answers.counting()?;
        let (plugin, mode) = (&self.installation.key, self.mode);
        let count = Count { plugin, mode, caller, time, looks_only: counted.looks_only() };
        Some(counted.once(plugin, mode, question, || self.counters.count(count, kind, rate)))
    }

    /// Whether the configuration lets plugins see a header, by its name in lower case.
    pub(crate) fn may_ask_for_header(&self, name: &str) -> bool {
        self.answers.as_ref().is_some_and(|answers| answers.may_ask_for_header(name))
    }

    /// Counts text that the guest handed over.
    pub(crate) fn count_text(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.text = self.text.checked_sub(bytes).ok_or_else(|| Stopped::too_much("text"))?;
        Ok(())
    }
}

impl System for Sandbox {
    fn count_system_call(&mut self) -> wasmtime::Result<()> {
        self.system_calls = self.system_calls.checked_sub(1).ok_or_else(|| Stopped::too_much("system calls"))?;
        Ok(())
    }

    fn system_calls_left(&self) -> u64 {
        self.system_calls as u64
    }

    /// Drops standard output, and keeps the first bytes of standard error for the log.
    fn write(&mut self, stream: u32, bytes: &[u8]) -> wasmtime::Result<()> {
        self.count_system_call()?;
        self.count_text(bytes.len())?;
        if stream == STDERR {
            let room = LAST_WORDS.saturating_sub(self.last_words.len());
            let kept = bytes.get(..room).unwrap_or(bytes);
            self.last_words.push_str(&String::from_utf8_lossy(kept));
        }
        Ok(())
    }

    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }

    fn exited(&self, _: bool) -> wasmtime::Error {
        Stopped(Failure::Trapped("it exited in place of deciding".into())).into()
    }
}

/// What is kept of standard error, in bytes.
const LAST_WORDS: usize = 512;
