//! What the tests of a policy reached: questions, answers, rules, and lines of the plugin's source.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use portcullis_plugin_host::{Counting, Evaluated, Marks, Plugin};
use portcullis_policy_testing::{Instrumented, LineCoverage, LinesError, Sources, instrument};

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
    pub(super) fn report<'a>(
        &self,
        out: &mut impl Write,
        evaluated: impl Iterator<Item = &'a Evaluated>,
        lines: &Lines,
    ) -> anyhow::Result<bool> {
        write_questions(out, evaluated)?;
        writeln!(out, "coverage: lines of the source")?;
        let lines = match lines {
            Lines::Told(instrumented, marks) => LineCoverage::new(instrumented, marks),
            Lines::Unknown(error) => {
                writeln!(out, "  not known: {error}")?;
                return Ok(true);
            }
        };
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

/// Which questions were asked with which answers, and which rules decided.
fn write_questions<'a>(out: &mut impl Write, all: impl Iterator<Item = &'a Evaluated>) -> io::Result<()> {
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
