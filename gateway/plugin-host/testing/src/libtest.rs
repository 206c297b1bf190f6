//! Runs a program of tests as libtest would, with an instance for each test.
//!
//! A panic aborts a whole component, so a program is asked for its list first and each test runs by itself, in parallel
//! with others.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portcullis_plugin_host::{Ending, Evaluated, Harness, Plugin, Ran, TestProgram};
use portcullis_policy::Hook;

use crate::PluginHarness;

/// Which tests to run, in libtest's words.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Parts of names, or whole names with `exact`; all tests when there is none.
    pub filters: Vec<String>,
    /// Parts of names that are left out.
    pub skip: Vec<String>,
    /// Names are compared as a whole.
    pub exact: bool,
    /// Only the ignored ones.
    pub ignored: bool,
    /// The ignored ones too.
    pub include_ignored: bool,
    /// How many run at once; 0 for one per core.
    pub threads: usize,
}

/// Says why no test was run.
#[derive(Debug, thiserror::Error)]
pub enum RunTestsError {
    /// The program did not list its tests.
    #[error("the program of tests does not list its tests: {0}")]
    List(String),
}

/// How one test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed, for this reason.
    Failed(String),
    /// It was not run: it is ignored, or expects a panic, which wasm cannot catch.
    Ignored,
}

/// One test that ended.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it wrote.
    pub output: String,
    /// What it evaluated.
    pub evaluations: Vec<(Hook, Evaluated)>,
    /// How long it took.
    pub took: Duration,
}

/// All tests of one program.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The tests in the order of the list.
    pub tests: Vec<TestResult>,
    /// How many the filters left out.
    pub filtered: usize,
    /// How long all took.
    pub took: Duration,
}

impl Suite {
    /// Whether no test failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.tests.iter().all(|test| !matches!(test.outcome, Outcome::Failed(_)))
    }
}

/// The names of the tests that the options choose.
///
/// # Errors
/// When the program does not list them.
pub fn list(program: &TestProgram, plugin: &Plugin, options: &Options) -> Result<Vec<String>, RunTestsError> {
    let mut arguments = options.filters.clone();
    arguments.extend(options.skip.iter().flat_map(|skip| ["--skip".to_owned(), skip.clone()]));
    for (given, flag) in
        [(options.exact, "--exact"), (options.ignored, "--ignored"), (options.include_ignored, "--include-ignored")]
    {
        arguments.extend(given.then(|| flag.to_owned()));
    }
    listed(program, plugin, arguments)
}

/// Runs the tests that the options choose.
///
/// # Errors
/// When the program does not list them.
pub fn run(program: &TestProgram, plugin: &Plugin, options: &Options) -> Result<Suite, RunTestsError> {
    let began = Instant::now();
    let names = list(program, plugin, options)?;
    let all = listed(program, plugin, Vec::new())?.len();
    let ignored: HashSet<String> = if options.ignored || options.include_ignored {
        HashSet::new()
    } else {
        listed(program, plugin, vec!["--ignored".to_owned()])?.into_iter().collect()
    };
    let results: Vec<Mutex<Option<TestResult>>> = names.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads(options.threads).min(names.len()) {
            scope.spawn(|| {
                while let Some((name, result)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    names.get(at).zip(results.get(at))
                } {
                    let one = one(program, plugin, name, ignored.contains(name));
                    *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
                }
            });
        }
    });
    let tests = results.into_iter().filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner));
    let tests: Vec<TestResult> = tests.collect();
    Ok(Suite { filtered: all.saturating_sub(tests.len()), tests, took: began.elapsed() })
}

fn threads(wanted: usize) -> usize {
    if wanted > 0 { wanted } else { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) }
}

fn listed(program: &TestProgram, plugin: &Plugin, mut arguments: Vec<String>) -> Result<Vec<String>, RunTestsError> {
    arguments.extend(["--list", "--format", "terse"].map(str::to_owned));
    let Ran { ending, out, errors } = program.run(&arguments, Arc::new(PluginHarness::new(plugin.clone())));
    if ending != Ending::Success {
        return Err(RunTestsError::List(format!("{}{}", why(&ending), last_line(&errors))));
    }
    let mut names = Vec::new();
    for line in out.lines().filter(|line| !line.is_empty()) {
        match line.strip_suffix(": test") {
            Some(name) => names.push(name.to_owned()),
            None if line.ends_with(": benchmark") => {}
            None => return Err(RunTestsError::List(format!("it wrote `{line}`; is it built with `harness = false`?"))),
        }
    }
    Ok(names)
}

fn last_line(text: &str) -> String {
    text.lines().rfind(|line| !line.is_empty()).map_or_else(String::new, |line| format!(": {line}"))
}

fn one(program: &TestProgram, plugin: &Plugin, name: &str, ignored: bool) -> TestResult {
    let began = Instant::now();
    let harness = Arc::new(PluginHarness::new(plugin.clone()));
    let (outcome, output) = if ignored {
        (Outcome::Ignored, String::new())
    } else {
        let arguments = [name, "--exact", "--nocapture", "--include-ignored"].map(str::to_owned);
        let ran = program.run(&arguments, Arc::clone(&harness) as Arc<dyn Harness>);
        (outcome(&ran), output(&ran))
    };
    TestResult { name: name.to_owned(), outcome, output, evaluations: harness.evaluations(), took: began.elapsed() }
}

/// A test has passed only if libtest says that exactly one did: a program that ends early has not.
fn outcome(ran: &Ran) -> Outcome {
    let says = |count: &str| ran.out.lines().any(|line| line.starts_with("test result: ok.") && line.contains(count));
    match &ran.ending {
        Ending::Success if says(" 1 passed") => Outcome::Passed,
        Ending::Success if says(" 1 ignored") => Outcome::Ignored,
        Ending::Success => Outcome::Failed("it ended before libtest said that it passed".to_owned()),
        other => Outcome::Failed(why(other)),
    }
}

fn why(ending: &Ending) -> String {
    match ending {
        Ending::Success => "it ended early".to_owned(),
        Ending::Failure => "it exited with a failure".to_owned(),
        Ending::Trapped(trap) => format!("it panicked or trapped ({trap})"),
        Ending::TimedOut => "it took longer than a test may".to_owned(),
    }
}

/// What the test itself wrote, without libtest's own lines.
fn output(ran: &Ran) -> String {
    let own = |line: &&str| {
        !(line.is_empty() || *line == "running 1 test" || line.starts_with("test result: ") || is_result_line(line))
    };
    let lines: Vec<&str> = ran.out.lines().filter(own).chain(ran.errors.lines()).collect();
    lines.join("\n")
}

fn is_result_line(line: &str) -> bool {
    line.starts_with("test ")
        && [" ... ", " ... ok", " ... FAILED", " ... ignored"].iter().any(|end| line.ends_with(end))
}
