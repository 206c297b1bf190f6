//! Components of strangers are compiled in a process of their own first, which has so much time and memory and no more.
//!
//! A function of one megabyte can keep the compiler busy for a minute and take eight gigabytes: in the gateway's own
//! process that would be the end of it. What the trial has compiled lies in the folder for compiled code, so that the
//! gateway takes it from there; where none is kept, it compiles anew what is known to stay within the bounds.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use portcullis_model::ComponentDigest;
use portcullis_plugin_host::{HostSettings, PluginHost};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// The exit status of a trial that says on its standard output what is wrong with the component.
pub(crate) const REFUSED: u8 = 65;
/// The exit status of one that says there why it cannot try anything.
pub(crate) const UNABLE: u8 = 70;
/// The bytes of compiled code that one component may have, compressed. What is more is not written.
pub(crate) const MOST_CODE: u64 = 256 << 20;

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
        Self { time: Duration::from_secs(60), memory: 2 << 30 }
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
    #[error("its compiled code takes more than {} MiB; make it smaller", MOST_CODE >> 20)]
    Size,
    #[error("the compiler fails on it ({0}); build it anew")]
    Failed(ExitStatus),
    #[error("the compiler cannot work: {0}")]
    Unable(String),
    #[error("compiling it was ended from outside, as a system does that has no memory left; try again")]
    Ended,
    #[error("it could not be compiled in time; try again")]
    Late,
    #[error("the compiler cannot be started")]
    NotStarted(#[source] std::io::Error),
}

impl Untried {
    /// Whether another try may end otherwise, with the same component.
    pub(crate) const fn passes(&self) -> bool {
        matches!(self, Self::Late | Self::NotStarted(_) | Self::Unable(_) | Self::Ended)
    }
}

impl PluginCompiler {
    /// Compiles a component as the host would, and throws away what comes of it but for what the host's folder for
    /// compiled code keeps. What was tried before with the same compiler is not tried again.
    pub(crate) async fn try_out(
        &self,
        digest: ComponentDigest,
        component: Arc<[u8]>,
        host: &PluginHost,
    ) -> Result<(), Untried> {
        let Some(program) = &self.program else { return Ok(()) };
        let folder = host.settings().cache.clone();
        let tried = folder.as_ref().map(|it| it.join(TRIED).join(format!("{:016x}-{digest}", host.compiler_version())));
        if tried.as_deref().is_some_and(Path::exists) {
            return Ok(());
        }
        let run = self.run(program, &component, host.settings());
        let ended = tokio::time::timeout(self.limits.time * PATIENCE, run).await;
        let (status, said) = ended.map_err(|_| Untried::Late)?.map_err(Untried::NotStarted)?;
        if let (Some(folder), Some(tried)) = (folder, tried) {
            let good = status.success();
            // What cannot be noted is tried once more another time.
            let noted = tokio::task::spawn_blocking(move || {
                if good {
                    let _ = std::fs::create_dir(folder.join(TRIED));
                    let _ = std::fs::write(tried, "");
                }
                trim(&folder, MOST_KEPT, MOST_FILES);
            });
            let _ = noted.await;
        }
        if status.success() { Ok(()) } else { Err(self.explain(status, said)) }
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

    fn explain(&self, status: ExitStatus, said: String) -> Untried {
        match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
            (Some(code), _) if code == i32::from(REFUSED) && !said.is_empty() => Untried::Refused(said),
            (Some(code), _) if code == i32::from(UNABLE) => Untried::Unable(said),
            (_, Some(Signal::XCPU)) => Untried::Time(self.limits.time),
            (_, Some(Signal::XFSZ)) => Untried::Size,
            // A program of Rust that gets no memory aborts.
            (_, Some(Signal::ABORT)) => Untried::Memory(self.limits.memory),
            (_, Some(Signal::KILL | Signal::TERM)) => Untried::Ended,
            _ => Untried::Failed(status),
        }
    }
}

/// Removes what a trial that was ended left behind, and what is oldest when there is too much. The engine's own cleaning
/// runs in the process that compiled, which is gone by then.
fn trim(folder: &Path, most_bytes: u64, most_files: usize) {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, Ok(about)) = (entry.path(), entry.metadata()) else { continue };
            if about.is_dir() {
                if depth < DEPTH {
                    folders.push((path, depth + 1));
                }
            } else if entry.file_name().to_string_lossy().contains(".wip-") {
                let _ = std::fs::remove_file(path);
            } else {
                files.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), about.len(), path));
            }
        }
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    let mut rest = files.len();
    for (_, size, path) in files {
        if bytes <= most_bytes && rest <= most_files {
            break;
        }
        // What is in use stays in memory.
        let _ = std::fs::remove_file(path);
        (bytes, rest) = (bytes - size, rest - 1);
    }
}

/// By how much a trial may take longer than its time of the processor, on a busy machine.
const PATIENCE: u32 = 5;
/// The bytes that are read of what it says.
const SAID: u64 = 4_096;
/// The folder, within that for compiled code, of the names of components that were tried with success.
const TRIED: &str = "tried";
/// How deep the engine's own folders are.
const DEPTH: usize = 4;
/// What the folder for compiled code may hold. With each component go two files and its name.
const MOST_KEPT: u64 = 2 << 30;
const MOST_FILES: usize = 3 * 1_024;
#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(program: &str) -> PluginCompiler {
        PluginCompiler { program: Some(program.into()), limits: CompilerLimits::default() }
    }

    #[test]
    fn says_why_a_trial_ended() {
        let it = compiler("/bin/true");
        let (exited, ended) = (|code: i32| ExitStatus::from_raw(code << 8), ExitStatus::from_raw);
        let table = [
            (exited(65), "this is a core module", "this is a core module", false),
            (exited(65), "", "the compiler fails on it", false),
            (exited(101), "", "the compiler fails on it", false),
            (ended(11), "", "the compiler fails on it", false),
            (ended(Signal::ABORT.as_raw()), "", "more than 2048 MiB of memory", false),
            (ended(Signal::XCPU.as_raw()), "", "more than 60 s of the processor's time", false),
            (ended(Signal::XFSZ.as_raw()), "", "more than 256 MiB", false),
            (exited(70), "making the engine", "the compiler cannot work: making the engine", true),
            (ended(Signal::KILL.as_raw()), "", "ended from outside", true),
        ];
        for (status, said, expected, passes) in table {
            let told = it.explain(status, said.to_owned());
            assert!(told.to_string().contains(expected), "{status}: {told}");
            assert_eq!(told.passes(), passes, "{status}: whether the component is to blame");
        }
    }

    #[tokio::test]
    async fn a_program_that_is_gone_refuses_for_now() {
        let (component, digest): (Arc<[u8]>, _) = (vec![0; 1 << 20].into(), ComponentDigest::from_bytes([7; 32]));
        let host = PluginHost::new(HostSettings::default()).unwrap();
        let gone =
            compiler("/nonexistent/portcullis").try_out(digest, Arc::clone(&component), &host).await.unwrap_err();
        assert!(gone.passes() && gone.to_string().contains("cannot be started"), "{gone}");
        // One that does not read what it is sent, and says nothing.
        let failed = compiler("/bin/false").try_out(digest, component, &host).await.unwrap_err();
        assert!(matches!(failed, Untried::Failed(_)), "{failed}");
    }

    /// What was tried is not tried again, with the same compiler; what failed is.
    #[tokio::test]
    async fn a_trial_that_succeeded_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let settings = HostSettings { cache: Some(folder.path().to_owned()), ..HostSettings::default() };
        let host = PluginHost::new(settings.clone()).unwrap();
        let (component, digest): (Arc<[u8]>, _) = (vec![0; 8].into(), ComponentDigest::from_bytes([7; 32]));
        let tried = async |program: &str, digest, host: &PluginHost| {
            compiler(program).try_out(digest, Arc::clone(&component), host).await.is_ok()
        };
        assert!(!tried("/bin/false", digest, &host).await);
        assert!(!tried("/bin/false", digest, &host).await);
        assert!(tried("/bin/true", digest, &host).await);
        assert!(tried("/bin/false", digest, &host).await, "it is not run");
        assert!(!tried("/bin/false", ComponentDigest::from_bytes([8; 32]), &host).await);
        let other = PluginHost::new(HostSettings { optimised: false, ..settings }).unwrap();
        assert!(!tried("/bin/false", digest, &other).await, "another compiler");
    }

    #[test]
    fn the_folder_is_trimmed_from_the_oldest_on() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("modules").join("engine");
        std::fs::create_dir_all(&deep).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        for (age, name) in [(5, "oldest"), (4, "older"), (1, "newest"), (0, "half.wip-atomic-write-mod")] {
            let file = std::fs::File::create(deep.join(name)).unwrap();
            file.set_len(100).unwrap();
            file.set_modified(now - Duration::from_secs(age)).unwrap();
        }
        std::fs::write(folder.path().join(".cleanup.wip-7"), "").unwrap();
        let left = || {
            let names = std::fs::read_dir(&deep).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        };
        trim(folder.path(), 300, 3);
        assert_eq!(left(), ["newest", "older", "oldest"]);
        assert!(!folder.path().join(".cleanup.wip-7").exists());
        trim(folder.path(), 299, 3);
        assert_eq!(left(), ["newest", "older"]);
        trim(folder.path(), 300, 1);
        assert_eq!(left(), ["newest"]);
    }
}
