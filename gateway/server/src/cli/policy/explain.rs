//! `portcullis policy explain`: on which facts a decision rested.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use portcullis_policy::Hook;
use portcullis_policy_testing::{Record, RecordedDecision, RecordedRefusal, Said, Scenario, read};

use super::source::PluginSource;

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// The id of a past request (`x-ms-request-id`).
    #[arg(value_name = "REQUEST-ID", required_unless_present = "scenario", conflicts_with = "scenario")]
    request: Option<String>,
    /// The audit log that has it.
    #[arg(long, value_name = "FILE", default_value = "data/audit.jsonl")]
    log: PathBuf,
    /// A described request in place of a past one: a JSON file with what case files call `given`. Needs --plugin.
    #[arg(long, value_name = "FILE", requires = "plugin")]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    source: PluginSource,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match (&self.request, &self.scenario) {
            (Some(id), _) => self.past(id),
            (None, Some(path)) => self.described(path),
            (None, None) => bail!("name a request's id or --scenario"),
        }
    }

    fn past(&self, id: &str) -> anyhow::Result<ExitCode> {
        let log = &self.log;
        let file = File::open(log).with_context(|| format!("opening the audit log `{}`", log.display()))?;
        let records = read(BufReader::new(file)).with_context(|| format!("the audit log `{}`", log.display()))?;
        let Some(record) = records.iter().find(|record| record.request_id.eq_ignore_ascii_case(id)) else {
            bail!("the audit log `{}` has no decision on a request `{id}`; name another log with --log", log.display());
        };
        write(&mut std::io::stdout().lock(), record)?;
        Ok(ExitCode::SUCCESS)
    }

    fn described(&self, path: &std::path::Path) -> anyhow::Result<ExitCode> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading the scenario `{}`", path.display()))?;
        let what = || format!("the scenario `{}`", path.display());
        let scenario = Scenario::from_json(&text).with_context(what)?;
        let answers = scenario.answers().with_context(what)?;
        let plugin = self.source.load()?;
        let plugin = scenario.installed(&plugin).with_context(what)?;
        let mut out = std::io::stdout().lock();
        for hook in [Hook::ConditionalAccess, Hook::Authorization] {
            let Some(evaluation) = plugin.suppose(hook, &answers) else { continue };
            writeln!(out, "{} at {}: {}", plugin.name(), hook.name(), Said::of(&evaluation.decision).line())?;
            for asked in evaluation.trace.entries() {
                writeln!(out, "  {asked}")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write(out: &mut impl std::io::Write, record: &Record) -> std::io::Result<()> {
    let caller = record.claims.get("oid").and_then(|oid| oid.as_str()).unwrap_or("somebody");
    let status = record.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    writeln!(
        out,
        "request {}: {} by {caller} from {}, answered {status}",
        record.request_id, record.operation, record.source
    )?;
    writeln!(out, "at {}", record.resource.to_lowercase())?;
    if let Some(revision) = record.revision {
        writeln!(out, "judged by revision {revision}")?;
    }
    match &record.denied_by {
        Some(who) => writeln!(out, "refused by {who}")?,
        None => writeln!(out, "not refused by policy")?,
    }
    decisions(out, &record.decisions)?;
    for items in &record.items {
        let objects = items.objects.join(", ");
        match &items.refusal {
            Some(RecordedRefusal { stage, denied_by, rule, reason }) => {
                writeln!(out, "\nleft out of the list: {objects}")?;
                writeln!(out, "{} is refused at {stage} by {denied_by}, rule `{rule}`: {reason}", items.operation)?;
            }
            None => writeln!(out, "\nnot left out: {objects}\n{} is permitted", items.operation)?,
        }
        decisions(out, &items.decisions)?;
    }
    Ok(())
}

fn decisions(out: &mut impl std::io::Write, decisions: &[RecordedDecision]) -> std::io::Result<()> {
    for decision in decisions {
        let rule = decision.rule.as_ref().map_or_else(String::new, |rule| format!(" by `{rule}`"));
        let reason = decision.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        let remembered = if decision.memo { ", remembered" } else { "" };
        writeln!(out, "\n{} ({}{remembered}): {}{rule}{reason}", decision.plugin, decision.mode, decision.opinion)?;
        for fact in &decision.trace {
            writeln!(out, "  {} = {}", fact.question, fact.answer)?;
        }
        if decision.trace_truncated {
            writeln!(out, "  and more, which the log does not keep")?;
        }
    }
    Ok(())
}
