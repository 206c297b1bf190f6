//! The engine that programs of tests run on.

use std::time::Duration;

use wasmtime::{Config, Engine, Strategy};

use crate::HostError;
use crate::ticker::Ticker;

/// The bounds of one run of a program of tests. They are wider than a plugin's: tests are the author's own code, built
/// without optimisation, and only the plugin under test runs under the bounds of production.
#[derive(Debug, Clone)]
pub struct TestLimits {
    /// The memory of one run, in bytes.
    pub memory: usize,
    /// The time of one run, all its evaluations included.
    pub time: Duration,
    /// What is kept of standard output and of standard error, in bytes each.
    pub output: usize,
}

impl Default for TestLimits {
    fn default() -> Self {
        Self { memory: 512 << 20, time: Duration::from_secs(60), output: 1 << 20 }
    }
}

/// Runs programs of tests: one engine, apart from that of plugins, and the thread that watches its time.
#[derive(Debug)]
pub struct TestHost {
    pub(crate) engine: Engine,
    pub(crate) limits: TestLimits,
    _ticker: Ticker,
}

/// How often the passing of time is noticed.
pub(crate) const TICK: Duration = Duration::from_millis(20);

impl TestHost {
    /// Makes a host.
    ///
    /// # Errors
    /// When the machine gives no engine or no thread.
    pub fn new(limits: TestLimits) -> Result<Self, HostError> {
        let mut config = Config::new();
        config.strategy(Strategy::Cranelift).epoch_interruption(true).wasm_backtrace_max_frames(None);
        let engine = Engine::new(&config).map_err(HostError::Engine)?;
        let ticker = Ticker::start(&engine, TICK).map_err(HostError::Ticker)?;
        Ok(Self { engine, limits, _ticker: ticker })
    }
}
