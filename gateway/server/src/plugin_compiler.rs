//! Components of strangers are compiled in a process of their own first, which has so much time and memory and no more.
//!
//! A function of one megabyte can keep the compiler busy for a minute and take eight gigabytes: in the gateway's own
//! process that would be the end of it. What the trial has compiled lies in the folder for compiled code, so that the
//! gateway takes it from there; where none is kept, it compiles anew what is known to stay within the bounds.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use portcullis_plugin_host::HostSettings;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// The exit status of a trial that says on its standard output what is wrong with the component.
pub(crate) const REFUSED: u8 = 65;

/// How much compiling one component may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompilerLimits {
    /// Time of the processor, of all threads together, in whole seconds.
    pub time: Duration,
    /// Memory, in bytes.
    pub memory: u64,
}

impl Default for CompilerLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(120), memory: 2 << 30 }
    }
}

/// Compiles components for trial.
#[derive(Debug)]
pub(crate) struct PluginCompiler {
    /// The program to run, `portcullis` itself. Without it there is no trial.
    pub(crate) program: Option<PathBuf>,
    /// Its bounds.
    pub(crate) limits: CompilerLimits,
}

/// Why a component is not to be compiled in the gateway.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untried {
    #[error("{0}")]
    Refused(String),
    #[error(
        "compiling it takes more than {} s of the processor's time (`[plugins] compile_time`); make its functions smaller",
        .0.as_secs()
    )]
    Time(Duration),
    #[error(
        "compiling it takes more than {} MiB of memory (`[plugins] compile_memory`); make its functions smaller",
        .0 >> 20
    )]
    Memory(u64),
    #[error("the compiler fails on it ({0}); build it anew")]
    Failed(ExitStatus),
    #[error("it could not be compiled in time; try again")]
    Late,
    #[error("the compiler cannot be started")]
    NotStarted(#[source] std::io::Error),
}

impl Untried {
    /// Whether another try may end otherwise, with the same component.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self, Self::Late | Self::NotStarted(_))
    }
}

impl PluginCompiler {
    /// Compiles a component as a host of these settings would, and throws away what comes of it but for what the host's
    /// folder for compiled code keeps.
    pub(crate) async fn try_out(&self, component: Arc<[u8]>, host: &HostSettings) -> Result<(), Untried> {
        let Some(program) = &self.program else { return Ok(()) };
        let ended = tokio::time::timeout(self.limits.time * PATIENCE, self.run(program, &component, host)).await;
        let (status, said) = ended.map_err(|_| Untried::Late)?.map_err(Untried::NotStarted)?;
        if status.success() { Ok(()) } else { Err(self.explain(status, &said)) }
    }

    async fn run(
        &self,
        program: &Path,
        component: &[u8],
        host: &HostSettings,
    ) -> Result<(ExitStatus, String), std::io::Error> {
        let CompilerLimits { time, memory } = self.limits;
        let mut command = Command::new(program);
        command
            .arg("compile-plugin")
            .args(["--seconds", &time.as_secs().to_string(), "--bytes", &memory.to_string()])
            .args(["--sandbox", &host.memory.to_string()]);
        if let Some(folder) = &host.cache {
            command.arg("--folder").arg(folder);
        }
        let mut child = command
            // Nothing of the gateway's environment, in which secrets may be.
            .env_clear()
            // The allocator takes what it needs, and not gigabytes in store: they would count.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let write = async {
            // One that has ended takes no more; its status tells why.
            if let Some(mut input) = input {
                let _ = input.write_all(component).await;
            }
        };
        let read = async {
            let mut said = Vec::new();
            if let Some(output) = output {
                output.take(SAID).read_to_end(&mut said).await?;
            }
            Ok::<_, std::io::Error>(said)
        };
        let ((), said) = tokio::join!(write, read);
        let text: String = String::from_utf8_lossy(&said?).chars().filter(|c| !c.is_control()).collect();
        Ok((child.wait().await?, text))
    }

    fn explain(&self, status: ExitStatus, said: &str) -> Untried {
        match (status.code(), status.signal()) {
            (Some(code), _) if code == i32::from(REFUSED) && !said.is_empty() => Untried::Refused(said.to_owned()),
            (_, Some(XCPU | KILL)) => Untried::Time(self.limits.time),
            // A program of Rust that gets no memory aborts.
            (_, Some(ABRT)) => Untried::Memory(self.limits.memory),
            _ => Untried::Failed(status),
        }
    }
}

/// By how much a trial may take longer than its time of the processor, on a busy machine.
const PATIENCE: u32 = 5;
/// The bytes that are read of what it says.
const SAID: u64 = 4_096;
/// POSIX, `signal.h`, as Linux and the BSDs number them.
const ABRT: i32 = 6;
const KILL: i32 = 9;
const XCPU: i32 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(program: &str) -> PluginCompiler {
        PluginCompiler { program: Some(program.into()), limits: CompilerLimits::default() }
    }

    #[test]
    fn says_why_a_trial_ended() {
        let it = compiler("/bin/true");
        let exited = |code: i32| ExitStatus::from_raw(code << 8);
        let table = [
            (exited(65), "this is a core module", "this is a core module"),
            (exited(65), "", "the compiler fails on it"),
            (exited(101), "", "the compiler fails on it"),
            (ExitStatus::from_raw(ABRT), "", "more than 2048 MiB of memory"),
            (ExitStatus::from_raw(XCPU), "", "more than 120 s of the processor's time"),
            (ExitStatus::from_raw(11), "", "the compiler fails on it"),
        ];
        for (status, said, expected) in table {
            let told = it.explain(status, said);
            assert!(told.to_string().contains(expected), "{status}: {told}");
            assert!(!told.passes(), "{status}: the component is to blame");
        }
    }

    #[tokio::test]
    async fn a_program_that_is_gone_refuses_for_now() {
        let component: Arc<[u8]> = vec![0; 1 << 20].into();
        let host = HostSettings::default();
        let gone = compiler("/nonexistent/portcullis").try_out(Arc::clone(&component), &host).await.unwrap_err();
        assert!(gone.passes() && gone.to_string().contains("cannot be started"), "{gone}");
        // One that does not read what it is sent, and says nothing.
        let failed = compiler("/bin/false").try_out(component, &host).await.unwrap_err();
        assert!(matches!(failed, Untried::Failed(_)), "{failed}");
    }
}
