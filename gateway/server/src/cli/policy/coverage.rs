//! What the tests of a policy reached: questions, answers, rules, and lines of the plugin's source.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use portcullis_plugin_host::{Counting, Evaluated, Marks, Plugin};
use portcullis_policy_testing::{Instrumented, LineCoverage, LinesError, SettingsRule, Sources, instrument, rules_of};

use super::source::PluginSource;

/// What is wanted of it.
#[derive(Debug, Args)]
pub(super) struct Coverage {
    /// Says which questions, answers and rules the tests reached, and which lines of the plugin's source, if the component
    /// has line tables; every other option of coverage implies it.
    #[arg(long)]
    coverage: bool,
    /// Writes the lines to a file, as a tracefile of LCOV.
    #[arg(long, value_name = "FILE")]
    coverage_lcov: Option<PathBuf>,
    /// Fails when fewer lines in a hundred were reached.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage_min: Option<u8>,
    /// Where the plugin's sources are: cargo's package, or else the current folder, if not given; may be repeated.
    #[arg(long, value_name = "FOLDER")]
    coverage_source: Vec<PathBuf>,
}

/// What takes note of the lines while tests run.
#[derive(Debug)]
pub(super) enum Lines {
    /// The plugin is a copy that tells of its lines.
    Told(Instrumented, Arc<Marks>),
    /// They are not known, and nobody insists.
    Unknown(LinesError),
}

impl Coverage {
    pub(super) fn is_wanted(&self) -> bool {
        self.coverage || self.demands_lines()
    }

    /// Whether tests must not pass without lines.
    fn demands_lines(&self) -> bool {
        self.coverage_lcov.is_some() || self.coverage_min.is_some() || !self.coverage_source.is_empty()
    }

    /// Loads a plugin so that it tells of its lines, or as it is if it cannot and need not.
    pub(super) fn load(&self, source: &PluginSource, path: &Path) -> anyhow::Result<(Plugin, Lines)> {
        let bytes = PluginSource::read(path)?;
        match instrument(&bytes, &self.sources()?) {
            Ok(instrumented) => {
                let marks = Arc::new(Marks::new(instrumented.places()));
                let plugin = source.load_telling(path, &instrumented.component, &marks)?;
                Ok((plugin, Lines::Told(instrumented, marks)))
            }
            Err(error @ (LinesError::NoLineTables | LinesError::NoOwnLines { .. })) if !self.demands_lines() => {
                Ok((source.load_file(path, Counting::Nothing)?, Lines::Unknown(error)))
            }
            Err(error) => Err(error).with_context(|| format!("no lines of the plugin `{}`", path.display())),
        }
    }

    fn sources(&self) -> Result<Sources, LinesError> {
        if self.coverage_source.is_empty() {
            let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
            return Sources::new(&[folder.into()]);
        }
        Sources::new(&self.coverage_source)
    }

    /// Writes what was reached. False when that is less than it must be.
    pub(super) fn report(
        &self,
        out: &mut impl Write,
        plugin: &Plugin,
        reached: &Reached<'_>,
        lines: &Lines,
    ) -> anyhow::Result<bool> {
        // First of all: whatever is asked of the plugin from here on is no test's doing.
        let lines = match lines {
            Lines::Told(instrumented, marks) => Ok(LineCoverage::new(instrumented, marks)),
            Lines::Unknown(error) => Err(error),
        };
        write_questions(out, &reached.evaluated)?;
        if let Some(OfSettings { settings, evaluated }) = &reached.of_settings {
            writeln!(out, "coverage: rules of the settings")?;
            match settings_rules(plugin, settings)? {
                Some(rules) => write_rules(out, &rules, evaluated)?,
                None => writeln!(out, "  not known: the plugin's description of its settings marks no rules")?,
            }
        }
        writeln!(out, "coverage: lines of the source")?;
        match lines {
            Ok(lines) => self.report_lines(out, &lines),
            Err(error) => {
                writeln!(out, "  not known: {error}")?;
                Ok(true)
            }
        }
    }

    fn report_lines(&self, out: &mut impl Write, lines: &LineCoverage) -> anyhow::Result<bool> {
        lines.write_summary(out)?;
        if let Some(path) = &self.coverage_lcov {
            let writing = || format!("writing the lines to `{}`", path.display());
            let mut file = BufWriter::new(std::fs::File::create(path).with_context(writing)?);
            lines.write_lcov(&mut file).and_then(|()| file.flush()).with_context(writing)?;
        }
        match self.coverage_min {
            Some(least) if !lines.is_at_least(least) => {
                writeln!(out, "coverage: fewer than {least} lines in a hundred were reached")?;
                Ok(false)
            }
            _ => Ok(true),
        }
    }
}

/// What tests evaluated.
pub(super) struct Reached<'a> {
    pub(super) evaluated: Vec<&'a Evaluated>,
    pub(super) of_settings: Option<OfSettings<'a>>,
}

/// The settings that the plugin was loaded with, and what was decided by them.
pub(super) struct OfSettings<'a> {
    pub(super) settings: String,
    pub(super) evaluated: Vec<&'a Evaluated>,
}

/// The rules that the settings have, if the plugin says what a rule is.
fn settings_rules(plugin: &Plugin, settings: &str) -> anyhow::Result<Option<Vec<SettingsRule>>> {
    let described = plugin.describe().context("the plugin cannot describe its settings")?;
    let rules = described.map(|description| rules_of(&description, settings)).transpose();
    Ok(rules.context("the plugin's description of its settings is no JSON")?.flatten())
}

/// How often each rule of the settings decided. A decision's rule may also be a sentence about one, such as
/// `report-only: pilot would block`.
fn write_rules(out: &mut impl Write, rules: &[SettingsRule], evaluated: &[&Evaluated]) -> io::Result<()> {
    let decided: Vec<&str> = evaluated.iter().filter_map(|evaluated| evaluated.rule.as_deref()).collect();
    for SettingsRule { name, pointer } in rules {
        let own = decided.iter().filter(|rule| *rule == name).count();
        let named = decided.iter().filter(|rule| *rule != name && names(rule, name)).count();
        let named = if named == 0 { String::new() } else { format!(", named {named} times") };
        match own {
            0 if named.is_empty() => writeln!(out, "  {name}: never decided  <- {pointer}")?,
            0 => writeln!(out, "  {name}: never decided{named}")?,
            _ => writeln!(out, "  {name}: decided {own} times{named}")?,
        }
    }
    Ok(())
}

/// Whether a sentence has a name as a word of its own.
fn names(sentence: &str, name: &str) -> bool {
    let is_of_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    sentence.match_indices(name).any(|(at, found)| {
        let before = sentence.get(..at).and_then(|before| before.chars().next_back());
        let after = sentence.get(at + found.len()..).and_then(|after| after.chars().next());
        ![before, after].into_iter().flatten().any(is_of_word)
    })
}

/// Which questions were asked with which answers, and which rules decided.
fn write_questions(out: &mut impl Write, all: &[&Evaluated]) -> io::Result<()> {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for evaluated in all {
        for fact in &evaluated.trace {
            asked.entry(&fact.question).or_default().insert(&fact.answer);
        }
        *rules.entry(evaluated.rule.as_deref().unwrap_or(&evaluated.decision)).or_default() += 1;
    }
    writeln!(out, "coverage: questions and their answers")?;
    for (question, answers) in asked {
        let one_sided = matches!(answers.iter().copied().collect::<Vec<_>>().as_slice(), ["yes" | "no"]);
        let note = if one_sided { "  <- only this answer" } else { "" };
        let shown: Vec<&str> = answers.iter().copied().take(4).collect();
        let more = if answers.len() > 4 { format!(" and {} more", answers.len() - 4) } else { String::new() };
        writeln!(out, "  {question} = {}{more}{note}", shown.join(" | "))?;
    }
    writeln!(out, "coverage: rules that decided")?;
    rules.iter().try_for_each(|(rule, count)| writeln!(out, "  {rule}: {count} times"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word_and_no_part_of_one() {
        for (sentence, name, expected) in [
            ("report-only: pilot would block", "pilot", true),
            ("report-only: pilot-2 would block", "pilot", false),
            ("report-only: a.pilot would block", "pilot", false),
            ("copilot, pilot", "pilot", true),
            ("pilot", "pilot", true),
            ("x", "pilot", false),
        ] {
            assert_eq!(names(sentence, name), expected, "{sentence}");
        }
    }
}
