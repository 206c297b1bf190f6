//! The engine that all plugins share.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    Strategy, WasmFeatures,
};

use crate::counters::Counters;
use crate::ticker::Ticker;
use crate::{Counting, HostSettings, asked, sandbox::Sandbox, system};

/// Says why no host could be made.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The folder for compiled code cannot be used.
    #[error("cannot use the folder for compiled plugins")]
    Cache(#[source] wasmtime::Error),
    /// The engine refused its configuration, or the machine the address space for it.
    #[error("cannot make the engine that runs plugins")]
    Engine(#[source] wasmtime::Error),
    /// The thread that watches the time limit did not start.
    #[error("cannot start the thread that watches the plugins' time limit")]
    Ticker(#[source] io::Error),
}

/// Runs plugins: one engine, its limits, what plugins may import, and the thread that watches their time. Cheap to
/// clone; the thread ends with the last clone and the last plugin.
#[derive(Debug, Clone)]
pub struct PluginHost {
    inner: Arc<Inner>,
}

struct Inner {
    settings: HostSettings,
    engine: Engine,
    linker: Linker<Sandbox>,
    counters: Arc<Counters>,
    _ticker: Ticker,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl PluginHost {
    /// Makes a host.
    ///
    /// # Errors
    /// When the machine gives no address space or no thread, or the cache folder cannot be used.
    pub fn new(settings: HostSettings) -> Result<Self, HostError> {
        let engine = Engine::new(&config(&settings)?).map_err(HostError::Engine)?;
        let mut linker = Linker::new(&engine);
        asked::add_to_linker(&mut linker).map_err(HostError::Engine)?;
        system::add_to_linker(&mut linker).map_err(HostError::Engine)?;
        let ticker = Ticker::start(&engine, settings.tick).map_err(HostError::Ticker)?;
        Ok(Self { inner: Arc::new(Inner { settings, engine, linker, counters: Arc::default(), _ticker: ticker }) })
    }

    /// The bounds within which plugins run.
    #[must_use]
    pub fn settings(&self) -> &HostSettings {
        &self.inner.settings
    }

    /// Stands for whatever the compiled code of a component depends on: the compiler's version and its options.
    #[must_use]
    pub fn compiler_version(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }

    /// Forgets what was counted for installations whose key is not to stay.
    pub fn retain_counters(&self, stays: impl Fn(&str) -> bool) {
        self.inner.counters.retain(stays);
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.inner.counters
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn linker(&self) -> &Linker<Sandbox> {
        &self.inner.linker
    }
}

fn config(settings: &HostSettings) -> Result<Config, HostError> {
    let mut config = Config::new();
    config
        // Cranelift only: the single-pass compiler has had escapes (GHSA-xx5w-cvp6-jv83).
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(if settings.optimised { OptLevel::Speed } else { OptLevel::None })
        .epoch_interruption(true)
        .consume_fuel(settings.counting == Counting::Instructions)
        // Every page of a slot that a guest wrote is replaced by the image, or by zeroes, before the next guest.
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)))
        .max_wasm_stack(512 << 10)
        // Whatever could differ between two machines or two runs would break the memo and replay.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .wasm_features(WasmFeatures::THREADS | WasmFeatures::MEMORY64 | WasmFeatures::CM_ASYNC, false)
        .concurrency_support(false)
        // A trap's text goes to the caller, a backtrace would name the plugin's functions.
        .wasm_backtrace_max_frames(None);
    if let Some(folder) = &settings.cache {
        let mut cache = CacheConfig::new();
        cache.with_directory(folder);
        config.cache(Some(Cache::new(cache).map_err(HostError::Cache)?));
    }
    Ok(config)
}

/// Room for the settings' number of sandboxes, whatever runs in them. A component of Rust has four core instances (the
/// guest and what links it), one memory and two tables. One of Python has about forty (the interpreter, its libraries
/// and what links them); one of JavaScript has three memories. Slots that nobody uses cost address space and nothing else.
fn pool(settings: &HostSettings) -> PoolingAllocationConfig {
    const CORE_INSTANCES: u32 = 64;
    const MEMORIES: u32 = 4;
    const TABLES: u32 = 8;
    // What tells of marks is one more table in a module, which is given one otherwise.
    let telling = u32::from(settings.marks.is_some());
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(settings.sandboxes)
        .total_core_instances(settings.sandboxes.saturating_mul(CORE_INSTANCES))
        .total_memories(settings.sandboxes.saturating_mul(MEMORIES))
        .total_tables(settings.sandboxes.saturating_mul(TABLES))
        // Guests are called on the stack of the thread that judges.
        .total_stacks(0)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(1 + telling)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .max_memory_size(settings.memory)
        .table_elements(20_000)
        // A guest writes to some ten pages. Where the kernel can name them (Linux 6.7), they alone are overwritten and
        // stay resident, which halves the cost of an evaluation; elsewhere all are given back and faulted in again.
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(if PoolingAllocationConfig::is_pagemap_scan_available() { 2 << 20 } else { 0 })
        .table_keep_resident(16 << 10);
    pool
}
