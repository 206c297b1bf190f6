//! The bounds within which plugins run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::Marks;

/// How plugins are run. Every field is a bound, and every bound has a default.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// The memory that one evaluation may have, all linear memories together, in bytes.
    pub memory: usize,
    /// The time that one evaluation may take. It is measured in ticks of [`HostSettings::tick`] and holds to one tick
    /// as long as the machine runs the ticker.
    pub time: Duration,
    /// How often the passing of time is noticed.
    pub tick: Duration,
    /// The questions that one evaluation may ask.
    pub questions: usize,
    /// The bytes of text that one evaluation may hand to the host: arguments of questions, log lines and the decision.
    pub text: usize,
    /// The calls of WASI functions that one evaluation may make. They all answer with constants, but cost time.
    pub system_calls: usize,
    /// The log lines that one evaluation may write; further ones are dropped.
    pub log_lines: usize,
    /// The sandboxes that may be in use at once; an evaluation that finds none fails. An evaluation occupies a thread,
    /// so this must not be less than the number of threads that evaluate, and need not be more.
    pub sandboxes: u32,
    /// The bytes that a component may have.
    pub component: usize,
    /// The bytes of settings that a plugin may have.
    pub settings: usize,
    /// Whether decisions are remembered.
    pub memo: MemoSettings,
    /// Whether instructions are counted.
    pub counting: Counting,
    /// Whether compiled code is optimised. Without it compiling takes less time and running takes more; decisions are the
    /// same.
    pub optimised: bool,
    /// Where compiled code is kept between starts. What lies there is run as it is: nobody but the gateway may write
    /// to it.
    pub cache: Option<PathBuf>,
    /// Where an instrumented component tells what it came past. For tests of policies only.
    pub marks: Option<Arc<Marks>>,
}

/// Whether, and how many, decisions are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoSettings {
    /// Every decision is computed in a fresh sandbox.
    Off,
    /// Decisions are remembered.
    On {
        /// The questions and answers that are kept per plugin and hook, of the usual length; longer ones count for
        /// more. When there are too many, the memo starts anew.
        entries: usize,
    },
}

/// Whether the instructions of evaluations are counted. It makes them slower, so only measurements ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// They are not.
    Nothing,
    /// They are, as the engine's fuel.
    Instructions,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self {
            memory: 16 << 20,
            time: Duration::from_millis(100),
            tick: Duration::from_millis(2),
            questions: 512,
            text: 64 << 10,
            system_calls: 4096,
            log_lines: 16,
            sandboxes: sandboxes(),
            component: 32 << 20,
            settings: 1 << 20,
            memo: MemoSettings::default(),
            counting: Counting::Nothing,
            optimised: true,
            cache: None,
            marks: None,
        }
    }
}

/// Two for each thread of a runtime that has one per core, so that none is ever without.
fn sandboxes() -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u32::try_from(cores.saturating_mul(2)).unwrap_or(u32::MAX).clamp(64, 1024)
}

impl Default for MemoSettings {
    fn default() -> Self {
        Self::On { entries: 1 << 16 }
    }
}
