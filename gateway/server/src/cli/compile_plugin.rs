//! `portcullis compile-plugin`: what a running gateway starts to try components out. Not for people.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use portcullis_plugin_host::{Code, HostSettings, LoadError, PluginHost};
use rustix::process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit};

use crate::plugin_compiler::{MOST_CODE, REFUSED, UNABLE};
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
    /// Compiles what comes on standard input. What is wrong with it, or why nothing can be tried, goes to standard output.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let (status, said) = match self.compile() {
            Ok(Ok(())) => return Ok(ExitCode::SUCCESS),
            Ok(Err(wrong)) => (REFUSED, explained(&wrong)),
            Err(error) => (UNABLE, format!("{error:#}")),
        };
        write!(std::io::stdout(), "{said}").context("saying what is wrong")?;
        Ok(ExitCode::from(status))
    }

    fn compile(self) -> anyhow::Result<Result<(), LoadError>> {
        // Before a byte of the component is read. The system sends a signal at the one limit, and ends the process at the
        // other; a narrower limit of the system's stays.
        let limit = |resource, soft: u64, hard: u64| {
            let most = getrlimit(resource).maximum.unwrap_or(u64::MAX);
            setrlimit(resource, Rlimit { current: Some(soft.min(most)), maximum: Some(hard.min(most)) })
        };
        limit(Resource::Cpu, self.seconds, self.seconds.saturating_add(5)).context("bounding the time")?;
        limit(Resource::Data, self.bytes, self.bytes).context("bounding the memory")?;
        limit(Resource::Fsize, MOST_CODE, MOST_CODE).context("bounding the compiled code")?;
        limit(Resource::Core, 0, 0).context("forbidding core dumps")?;
        // Requests go first, and so does the gateway where the machine has no memory left.
        setpriority_process(None, 10).context("giving way to others")?;
        let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
        let settings =
            HostSettings { memory: self.sandbox, cache: self.folder, sandboxes: 1, ..HostSettings::default() };
        let most = u64::try_from(settings.component).unwrap_or(u64::MAX).saturating_add(1);
        let mut component = Vec::new();
        std::io::stdin().lock().take(most).read_to_end(&mut component).context("reading the component")?;
        let host = PluginHost::new(settings).context("making the engine")?;
        Ok(Code::compile(&host, &component).map(drop))
    }
}
