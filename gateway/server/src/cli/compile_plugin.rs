//! `portcullis compile-plugin`: what a running gateway starts to try components out. Not for people.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use portcullis_plugin_host::{Code, HostSettings, PluginHost};
use rustix::process::{Resource, Rlimit, setpriority_process, setrlimit};

use crate::plugin_compiler::REFUSED;
use crate::plugins::explained;

#[derive(Debug, Args)]
pub(super) struct CompilePlugin {
    /// The time of the processor that it may take, in seconds.
    #[arg(long)]
    seconds: u64,
    /// The memory that it may take, in bytes.
    #[arg(long)]
    bytes: u64,
    /// The memory of one evaluation, in bytes; the compiled code depends on it.
    #[arg(long)]
    sandbox: usize,
    /// Where compiled code is kept.
    #[arg(long)]
    folder: Option<PathBuf>,
}

impl CompilePlugin {
    /// Compiles what comes on standard input. What is wrong with it goes to standard output.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        // Before a byte of the component is read.
        let limit = |resource, most| setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
        limit(Resource::Cpu, self.seconds).context("bounding the time")?;
        limit(Resource::Data, self.bytes).context("bounding the memory")?;
        limit(Resource::Core, 0).context("forbidding core dumps")?;
        // Requests go first.
        setpriority_process(None, 10).context("giving way to others")?;
        let settings =
            HostSettings { memory: self.sandbox, cache: self.folder, sandboxes: 1, ..HostSettings::default() };
        let most = u64::try_from(settings.component).unwrap_or(u64::MAX).saturating_add(1);
        let mut component = Vec::new();
        std::io::stdin().lock().take(most).read_to_end(&mut component).context("reading the component")?;
        let host = PluginHost::new(settings).context("making the engine")?;
        match Code::compile(&host, &component) {
            Ok(_) => Ok(ExitCode::SUCCESS),
            Err(error) => {
                write!(std::io::stdout(), "{}", explained(&error)).context("saying what is wrong")?;
                Ok(ExitCode::from(REFUSED))
            }
        }
    }
}
