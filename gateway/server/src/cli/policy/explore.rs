//! `portcullis policy explore`: varies the answers to what a plugin asks.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use portcullis_policy_testing::{Finding, explore};

use super::EXIT_FAILED;
use super::prepared::{Prepared, prepared};
use super::source::PluginSource;

#[derive(Debug, Args)]
pub(in crate::cli) struct Explore {
    #[command(flatten)]
    source: PluginSource,
    /// The case files from whose scenarios it sets out; may be repeated.
    #[arg(long, value_name = "PATH", required = true)]
    cases: Vec<PathBuf>,
    /// How often the answers of each scenario are varied.
    #[arg(long, value_name = "N", default_value_t = 100)]
    rounds: u64,
    /// The first seed; the same seed varies the same way.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Fails for refusals that a weaker fact lifts, too.
    #[arg(long)]
    monotonic: bool,
}

impl Explore {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let plugin = self.source.load()?;
        let mut out = std::io::stdout().lock();
        let (mut evaluations, mut bad) = (0, 0);
        for Prepared { name, scenario, answers, hook } in prepared(&self.cases, &plugin)? {
            let plugin = scenario.installed(&plugin).with_context(|| format!("the case `{name}`"))?;
            let found = explore(&plugin, hook, &answers, self.seed, self.rounds);
            evaluations += found.evaluations;
            for finding in &found.findings {
                let (seed, what) = match finding {
                    Finding::Failed { seed, failure } => (seed, format!("fails: {failure}")),
                    Finding::NotDeterministic { seed } => {
                        (seed, "decides or asks differently on the same answers".to_owned())
                    }
                    Finding::WeakerLetsBy { seed, question, before, after } => {
                        bad += usize::from(self.monotonic);
                        (seed, format!("hint: `{question}` = no lifts a refusal: {before} -> {after}"))
                    }
                };
                bad += usize::from(!matches!(finding, Finding::WeakerLetsBy { .. }));
                writeln!(out, "{name}: {what} (--seed {seed} --rounds 1)")?;
            }
        }
        writeln!(out, "{evaluations} evaluations, {bad} findings that count")?;
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
    }
}
