//! `portcullis policy replay`: which past decisions a plugin changes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use portcullis_policy_testing::{Change, read, replay};

use super::source::{PluginSource, name_of};

#[derive(Debug, Args)]
pub(in crate::cli) struct Replay {
    #[command(flatten)]
    source: PluginSource,
    /// The audit log.
    #[arg(long, value_name = "FILE", default_value = "data/audit.jsonl")]
    log: PathBuf,
    /// The name of the plugin in the log whose decisions are compared; by default the name of the component's file.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Does not count decisions as changed that the log does not know enough for.
    #[arg(long)]
    allow_unknown: bool,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let log = &self.log;
        let plugin = self.source.load()?;
        let file = File::open(log).with_context(|| format!("opening the audit log `{}`", log.display()))?;
        let records = read(BufReader::new(file)).with_context(|| format!("the audit log `{}`", log.display()))?;
        let name = self.name.clone().or_else(|| self.source.plugin.as_deref().map(name_of)).unwrap_or_default();
        let known = records.iter().flat_map(|record| &record.decisions).map(|decision| decision.plugin.as_str());
        let known: std::collections::BTreeSet<&str> = known.collect();
        if !known.contains(name.as_str()) {
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            bail!("the audit log has no decision of a plugin `{name}`; say whose with --name: {known}");
        }
        let replay = replay(&plugin, &name, &records);
        let mut out = std::io::stdout().lock();
        let mut groups: BTreeMap<String, Vec<&Change>> = BTreeMap::new();
        for change in &replay.changed {
            groups.entry(format!("{} -> {}", change.before, change.after.line())).or_default().push(change);
        }
        for (group, changes) in &groups {
            writeln!(out, "{} decisions change: {group}", changes.len())?;
            for change in changes.iter().take(SHOWN) {
                writeln!(out, "  {} {} (line {})", change.request_id, change.operation, change.line)?;
            }
            if changes.len() > SHOWN {
                writeln!(out, "  and {} more", changes.len() - SHOWN)?;
            }
        }
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, _, question) in &replay.unknown {
            needs.entry(question).or_default().push(id);
        }
        for (question, ids) in &needs {
            let shown = ids.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
            writeln!(out, "{} decisions unknown, needs `{question}`: {shown}", ids.len())?;
        }
        writeln!(
            out,
            "{} decisions stay ({} of them by another rule), {} change, {} unknown",
            replay.same,
            replay.by_another_rule,
            replay.changed.len(),
            replay.unknown.len()
        )?;
        let unknown = !self.allow_unknown && !replay.unknown.is_empty();
        Ok(if !replay.changed.is_empty() {
            ExitCode::from(1)
        } else if unknown {
            ExitCode::from(2)
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// The requests that are shown of a group.
const SHOWN: usize = 5;
