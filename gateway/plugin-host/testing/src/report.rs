//! Results as text: as libtest prints them, as its lines of JSON, or as JUnit.

use std::io::{self, Write};

use portcullis_plugin_host::Evaluated;
use portcullis_policy::Hook;
use serde_json::json;

use crate::{CaseResult, Outcome, Suite, TestResult};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// As libtest prints them.
    #[default]
    Pretty,
    /// One letter for each test.
    Terse,
    /// A line of JSON for each event.
    Json,
    /// JUnit's XML.
    Junit,
}

/// Writes the names of tests, as `--list` does.
///
/// # Errors
/// When the writer does.
pub fn write_list(out: &mut impl Write, format: Format, names: &[String]) -> io::Result<()> {
    for name in names {
        writeln!(out, "{name}: test")?;
    }
    if format == Format::Pretty {
        writeln!(out, "\n{} tests, 0 benchmarks", names.len())?;
    }
    Ok(())
}

/// Writes the results of a program of tests.
///
/// # Errors
/// When the writer does.
pub fn write_suite(out: &mut impl Write, format: Format, name: &str, suite: &Suite) -> io::Result<()> {
    match format {
        Format::Pretty | Format::Terse => text(out, format, suite),
        Format::Json => json_lines(out, suite),
        Format::Junit => junit(out, name, suite),
    }
}

/// Writes the results of case files, whose cases count as tests.
///
/// # Errors
/// When the writer does.
pub fn write_cases(out: &mut impl Write, format: Format, name: &str, cases: &[CaseResult]) -> io::Result<()> {
    let tests = cases.iter().map(|case| TestResult {
        name: case.name.clone(),
        outcome: case.problem.clone().map_or(Outcome::Passed, Outcome::Failed),
        output: String::new(),
        evaluations: case.evaluated.clone().into_iter().collect(),
        took: case.took,
    });
    let tests: Vec<TestResult> = tests.collect();
    let took = tests.iter().map(|test| test.took).sum();
    write_suite(out, format, name, &Suite { tests, filtered: 0, took })
}

struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

fn counts(suite: &Suite) -> Counts {
    let mut counts = Counts { passed: 0, failed: 0, ignored: 0 };
    for test in &suite.tests {
        match test.outcome {
            Outcome::Passed => counts.passed += 1,
            Outcome::Failed(_) => counts.failed += 1,
            Outcome::Ignored => counts.ignored += 1,
        }
    }
    counts
}

fn text(out: &mut impl Write, format: Format, suite: &Suite) -> io::Result<()> {
    let many = suite.tests.len();
    writeln!(out, "\nrunning {many} test{}", if many == 1 { "" } else { "s" })?;
    for test in &suite.tests {
        let (word, letter) = match test.outcome {
            Outcome::Passed => ("ok", "."),
            Outcome::Failed(_) => ("FAILED", "F"),
            Outcome::Ignored => ("ignored", "i"),
        };
        if format == Format::Terse { write!(out, "{letter}")? } else { writeln!(out, "test {} ... {word}", test.name)? }
    }
    let failed: Vec<_> = suite.tests.iter().filter(|test| matches!(test.outcome, Outcome::Failed(_))).collect();
    if !failed.is_empty() {
        writeln!(out, "\nfailures:\n")?;
        for test in &failed {
            writeln!(out, "---- {} stdout ----\n{}\n", test.name, failure(test))?;
        }
        writeln!(out, "\nfailures:")?;
        failed.iter().try_for_each(|test| writeln!(out, "    {}", test.name))?;
    }
    let Counts { passed, failed, ignored } = counts(suite);
    let word = if failed == 0 { "ok" } else { "FAILED" };
    writeln!(
        out,
        "\ntest result: {word}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        suite.filtered,
        suite.took.as_secs_f64()
    )
}

/// Why a test failed: what it wrote, and what the plugin last decided on which facts.
fn failure(test: &TestResult) -> String {
    let mut lines = Vec::new();
    if !test.output.is_empty() {
        lines.push(test.output.clone());
    }
    if let Outcome::Failed(why) = &test.outcome {
        lines.push(why.clone());
    }
    match test.evaluations.last() {
        Some((hook, evaluated)) => lines.push(trace(*hook, evaluated)),
        None => lines.push("the plugin was not evaluated".to_owned()),
    }
    lines.join("\n")
}

/// A decision with its trace, on a line for each question.
pub(crate) fn trace(hook: Hook, evaluated: &Evaluated) -> String {
    let Evaluated { decision, rule, reason, trace, .. } = evaluated;
    let rule = rule.as_ref().map_or_else(String::new, |rule| format!(" by `{rule}`"));
    let reason = reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let mut text = format!("the plugin's last decision, at {}: {decision}{rule}{reason}", hook.name());
    if trace.is_empty() {
        text.push_str("\n  it asked nothing");
    }
    for fact in trace {
        text.push_str(&format!("\n  {} = {}", fact.question, fact.answer));
    }
    text
}

fn json_lines(out: &mut impl Write, suite: &Suite) -> io::Result<()> {
    writeln!(out, "{}", json!({"type": "suite", "event": "started", "test_count": suite.tests.len()}))?;
    for test in &suite.tests {
        writeln!(out, "{}", json!({"type": "test", "event": "started", "name": test.name}))?;
        let took = test.took.as_secs_f64();
        let event = match &test.outcome {
            Outcome::Passed => json!({"type": "test", "name": test.name, "event": "ok", "exec_time": took}),
            Outcome::Ignored => json!({"type": "test", "name": test.name, "event": "ignored"}),
            Outcome::Failed(_) => json!({"type": "test", "name": test.name, "event": "failed", "exec_time": took,
                "stdout": failure(test)}),
        };
        writeln!(out, "{event}")?;
    }
    let Counts { passed, failed, ignored } = counts(suite);
    let event = if failed == 0 { "ok" } else { "failed" };
    let took = suite.took.as_secs_f64();
    writeln!(
        out,
        "{}",
        json!({"type": "suite", "event": event, "passed": passed, "failed": failed, "ignored": ignored,
        "measured": 0, "filtered_out": suite.filtered, "exec_time": took})
    )
}

fn junit(out: &mut impl Write, name: &str, suite: &Suite) -> io::Result<()> {
    let Counts { failed, ignored, .. } = counts(suite);
    let (name, many, took) = (escape(name), suite.tests.len(), suite.took.as_secs_f64());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, "<testsuites>")?;
    writeln!(
        out,
        r#"<testsuite name="{name}" tests="{many}" failures="{failed}" errors="0" skipped="{ignored}" time="{took:.3}">"#
    )?;
    for test in &suite.tests {
        let head = format!(
            r#"<testcase classname="{name}" name="{}" time="{:.3}""#,
            escape(&test.name),
            test.took.as_secs_f64()
        );
        match &test.outcome {
            Outcome::Passed => writeln!(out, "{head}/>")?,
            Outcome::Ignored => writeln!(out, "{head}><skipped/></testcase>")?,
            Outcome::Failed(why) => writeln!(
                out,
                r#"{head}><failure message="{}">{}</failure></testcase>"#,
                escape(why),
                escape(&failure(test))
            )?,
        }
    }
    writeln!(out, "</testsuite>\n</testsuites>")
}

/// XML 1.0, sections 2.2 and 2.4; characters that XML cannot hold at all are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
