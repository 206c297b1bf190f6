//! What the host keeps for one run of a program of tests.

use std::fmt;
use std::sync::Arc;

use portcullis_policy::Hook;
use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

use crate::TestLimits;
use crate::bindings::harness;
use crate::stopped::Exited;
use crate::system::{STDERR, System};

/// Answers what tests ask the plugin host.
pub trait Harness: Send + Sync + fmt::Debug + 'static {
    /// Evaluates the plugin under test for a scenario, a JSON text.
    ///
    /// # Errors
    /// What is wrong with the scenario, in words for the test's author.
    fn evaluate(&self, hook: Hook, scenario: &str) -> Result<Evaluated, String>;
}

/// What came of asking the plugin under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// The decision in a word, such as `allow`.
    pub decision: String,
    /// The rule that decided.
    pub rule: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The claims that a challenge demands.
    pub claims: Option<String>,
    /// What the gateway must do when it permits, such as `no-store` or `cap-page=10`.
    pub obligations: Vec<String>,
    /// What was asked and answered.
    pub trace: Vec<Fact>,
}

/// A question and its answer, as traces show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// The store's data of one run.
#[derive(Debug)]
pub(crate) struct TestSandbox {
    pub(crate) out: Output,
    pub(crate) errors: Output,
    arguments: Vec<String>,
    harness: Arc<dyn Harness>,
    limits: StoreLimits,
    calls: u64,
}

/// What was written, up to a bound.
#[derive(Debug)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    most: usize,
    cut: bool,
}

impl TestSandbox {
    pub(crate) fn new(limits: &TestLimits, arguments: Vec<String>, harness: Arc<dyn Harness>) -> Self {
        let output = || Output { bytes: Vec::new(), most: limits.output, cut: false };
        Self {
            out: output(),
            errors: output(),
            arguments,
            harness,
            limits: StoreLimitsBuilder::new().memory_size(limits.memory).trap_on_grow_failure(true).build(),
            calls: u64::MAX,
        }
    }

    pub(crate) fn limits(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.limits
    }
}

impl Output {
    fn push(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.bytes.len());
        self.cut |= bytes.len() > room;
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    pub(crate) fn into_text(self) -> String {
        let mut text = String::from_utf8_lossy(&self.bytes).into_owned();
        if self.cut {
            text.push_str("\n[the rest of the output is not kept]\n");
        }
        text
    }
}

impl System for TestSandbox {
    fn count_system_call(&mut self) -> wasmtime::Result<()> {
        self.calls = self.calls.wrapping_sub(1);
        Ok(())
    }

    fn system_calls_left(&self) -> u64 {
        self.calls
    }

    fn write(&mut self, stream: u32, bytes: &[u8]) -> wasmtime::Result<()> {
        self.count_system_call()?;
        if stream == STDERR {
            self.errors.push(bytes)
        } else {
            self.out.push(bytes)
        }
        Ok(())
    }

    fn arguments(&self) -> Vec<String> {
        self.arguments.clone()
    }

    fn exited(&self, success: bool) -> wasmtime::Error {
        Exited { success }.into()
    }
}

impl harness::Host for TestSandbox {
    fn evaluate(
        &mut self,
        hook: harness::Hook,
        scenario: String,
    ) -> wasmtime::Result<Result<harness::Evaluation, String>> {
        let hook = match hook {
            harness::Hook::Authorization => Hook::Authorization,
            harness::Hook::ConditionalAccess => Hook::ConditionalAccess,
        };
        Ok(self.harness.evaluate(hook, &scenario).map(|evaluated| {
            let Evaluated { decision, rule, reason, claims, obligations, trace } = evaluated;
            let trace = trace.into_iter().map(|Fact { question, answer }| harness::Fact { question, answer }).collect();
            harness::Evaluation { decision, rule, reason, claims, obligations, trace }
        }))
    }
}
