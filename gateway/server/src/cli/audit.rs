//! `portcullis audit`: checks audit logs.

use std::io::{BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use portcullis_crypto::{Mac, RootKey};

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Checks the chain of an audit log and says where it is first broken.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The audit log.
    #[arg(long, value_name = "FILE", default_value = "data/audit.jsonl")]
    log: PathBuf,
    /// The root key of the gateway that wrote it.
    #[arg(long, value_name = "FILE", default_value = "data/root.key")]
    root_key: PathBuf,
}

impl AuditCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Verify(arguments) = self;
        let root = RootKey::load(&arguments.root_key)?;
        let mac = Mac::new(&root.derive(crate::gateway::AUDIT_KEY));
        let file = std::fs::File::open(&arguments.log)
            .with_context(|| format!("opening the audit log `{}`", arguments.log.display()))?;
        let report = portcullis_audit::verify(BufReader::new(file), &mac, None)?;
        writeln!(std::io::stdout(), "{} records, chain unbroken to sequence {}", report.records, report.last.sequence)?;
        Ok(ExitCode::SUCCESS)
    }
}
