//! `portcullis policy bench`: what an evaluation costs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use portcullis_policy_testing::{Percentiles, bench};

use super::EXIT_FAILED;
use super::prepared::{Prepared, prepared};
use super::source::PluginSource;

#[derive(Debug, Args)]
pub(in crate::cli) struct Bench {
    #[command(flatten)]
    source: PluginSource,
    /// The case files whose scenarios are measured; may be repeated.
    #[arg(long, value_name = "PATH", required = true)]
    cases: Vec<PathBuf>,
    /// How often each scenario is evaluated.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    rounds: usize,
    /// Fails when the median in a fresh sandbox is longer, in microseconds.
    #[arg(long, value_name = "US")]
    max_cold_us: Option<f64>,
    /// Fails when the median of remembered decisions is longer, in microseconds.
    #[arg(long, value_name = "US")]
    max_warm_us: Option<f64>,
    /// Fails when an evaluation executes more instructions.
    #[arg(long, value_name = "N")]
    max_instructions: Option<u64>,
    /// Fails when an evaluation uses more memory, in bytes.
    #[arg(long, value_name = "BYTES")]
    max_memory: Option<usize>,
}

impl Bench {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (plugin, counting) = (self.source.load()?, self.source.load_counting()?);
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{:<48} {:>9} {:>9} {:>9} {:>9} {:>12} {:>10}",
            "scenario", "cold p50", "cold p99", "warm p50", "warm p99", "instructions", "memory"
        )?;
        let mut over = Vec::new();
        for Prepared { name, scenario, answers, hook } in prepared(&self.cases, &plugin)? {
            let in_case = || format!("the case `{name}`");
            let plugin = scenario.installed(&plugin).with_context(in_case)?;
            let counting = scenario.installed(&counting).with_context(in_case)?;
            let Some(measured) = bench(&plugin, &counting, hook, &answers, self.rounds) else { continue };
            let us = |time: Duration| time.as_secs_f64() * 1e6;
            let pair = |times: Option<Percentiles>| match times {
                Some(Percentiles { p50, p99 }) => (format!("{:.1} us", us(p50)), format!("{:.1} us", us(p99))),
                None => ("-".to_owned(), "-".to_owned()),
            };
            let (cold, warm) = (pair(Some(measured.cold)), pair(measured.warm));
            let instructions = measured.instructions.unwrap_or_default();
            writeln!(
                out,
                "{:<48} {:>9} {:>9} {:>9} {:>9} {instructions:>12} {:>10}",
                name, cold.0, cold.1, warm.0, warm.1, measured.memory
            )?;
            let mut check = |what: &str, value: f64, most: Option<f64>| {
                if let Some(most) = most.filter(|most| value > *most) {
                    over.push(format!("{name}: {what} is {value:.1}, more than {most:.1}"));
                }
            };
            check("the cold median in us", us(measured.cold.p50), self.max_cold_us);
            if let Some(warm) = measured.warm {
                check("the warm median in us", us(warm.p50), self.max_warm_us);
            }
            if self.max_instructions.is_some_and(|most| instructions > most) {
                over.push(format!("{name}: {instructions} instructions"));
            }
            if self.max_memory.is_some_and(|most| measured.memory > most) {
                over.push(format!("{name}: {} bytes of memory", measured.memory));
            }
        }
        for line in &over {
            writeln!(out, "over budget: {line}")?;
        }
        Ok(if over.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) })
    }
}
