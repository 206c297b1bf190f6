//! One evaluation in a fresh sandbox.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use portcullis_policy::{Answers, Decision, Failure, Hook, Mode, Trace};
use wasmtime::component::Instance;
use wasmtime::{PoolConcurrencyLimitError, Store, Trap};

use crate::asked::log::printable;
use crate::plugin::{Installation, Loaded};
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;
use crate::{Counting, HostSettings, Problem, convert};

/// The bytes that are shown of an error that the engine raised.
const SHOWN: usize = 256;

/// What one evaluation used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The instructions that it executed; none when the host does not count them ([`HostSettings::counting`]).
    pub instructions: Option<u64>,
    /// The greatest size of its memories together, in bytes.
    pub memory: usize,
}

/// Runs the plugin's export for a hook. The sandbox is made for this call and gone when it returns, whatever came of
/// it; the trace is kept in any case.
pub(crate) fn in_sandbox(
    loaded: &Loaded,
    installation: &Arc<Installation>,
    hook: Hook,
    answers: Arc<dyn Answers>,
    mode: Mode,
) -> (Decision, Trace, Usage) {
    let settings = loaded.host.settings();
    let mut store = store(loaded, settings, installation, Some(answers), mode);
    // A bug of the host's, met while a guest runs, must not take the request's task along.
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| call(loaded, &mut store, hook)));
    // The engine tells only if it was made to count.
    let instructions = store.get_fuel().ok().map(|left| u64::MAX - left);
    let usage = Usage { instructions, memory: store.data().growth.memory() };
    let failure = match outcome {
        Ok(Ok(Ok(decision))) => return (decision, store.into_data().trace, usage),
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(error)) => classify(&error, installation.time(settings)),
        Err(_) => Failure::Trapped("the gateway met an internal error".into()),
    };
    let Sandbox { trace, last_words, .. } = store.into_data();
    if failure == Failure::Pending {
        // No failure of anybody's: whoever evaluates reads the object and begins anew.
        return (Decision::Failed(failure), trace, usage);
    }
    tracing::warn!(
        plugin = installation.name.as_ref(),
        digest = installation.digest.as_ref(),
        hook = hook.name(),
        questions = trace.entries().len(),
        last_words = printable(&last_words, SHOWN),
        "{failure}"
    );
    (Decision::Failed(failure), trace, usage)
}

/// What the plugin says is wrong with its settings; nothing when it has no opinion about settings.
pub(crate) fn validate(loaded: &Loaded, installation: &Arc<Installation>) -> Result<Vec<Problem>, Failure> {
    let Some(indices) = &loaded.hooks.configuration else { return Ok(Vec::new()) };
    let said = without_request(loaded, installation, |store, instance| {
        indices.load(&mut *store, instance)?.call_validate(store, &installation.settings)
    })?;
    said.into_iter().take(PROBLEMS).map(|it| convert::problem(&it)).collect()
}

/// The plugin's description of its settings, if it gives one.
pub(crate) fn describe(loaded: &Loaded, installation: &Arc<Installation>) -> Result<Option<String>, Failure> {
    let Some(indices) = &loaded.hooks.configuration else { return Ok(None) };
    let said = without_request(loaded, installation, |store, instance| {
        indices.load(&mut *store, instance)?.call_describe(store)
    })?;
    if said.len() > DESCRIPTION {
        return Err(Failure::TooMuch("bytes in a description"));
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&said) {
        Ok(_) => Ok(Some(said)),
        Err(_) => Err(Failure::Nonsense("described its settings by what is no JSON".into())),
    }
}

/// The problems that are shown.
const PROBLEMS: usize = 32;
/// The bytes of a description.
const DESCRIPTION: usize = 64 << 10;

fn without_request<T>(
    loaded: &Loaded,
    installation: &Arc<Installation>,
    call: impl FnOnce(&mut Store<Sandbox>, &Instance) -> wasmtime::Result<T>,
) -> Result<T, Failure> {
    let settings = loaded.host.settings();
    let mut store = store(loaded, settings, installation, None, Mode::ReportOnly);
    // The settings are handed in, and a description comes out.
    store.set_hostcall_fuel(settings.text.saturating_mul(2).max(2 * DESCRIPTION));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let instance = loaded.component.instantiate(&mut store)?;
        call(&mut store, &instance)
    }));
    match outcome {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(error)) => Err(classify(&error, installation.time(settings))),
        Err(_) => Err(Failure::Trapped("the gateway met an internal error".into())),
    }
}

fn store(
    loaded: &Loaded,
    settings: &HostSettings,
    installation: &Arc<Installation>,
    answers: Option<Arc<dyn Answers>>,
    mode: Mode,
) -> Store<Sandbox> {
    let counters = Arc::clone(loaded.host.counters());
    let time = installation.time(settings);
    let sandbox = Sandbox::new(settings, Arc::clone(installation), answers, counters, mode);
    let mut store = Store::new(loaded.host.engine(), sandbox);
    store.limiter(|sandbox| &mut sandbox.growth);
    // The first tick may come at once, so one more is allowed.
    let ticks = time.as_nanos().div_ceil(settings.tick.as_nanos().max(1)).saturating_add(1);
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX >> 1));
    store.epoch_deadline_trap();
    if settings.counting == Counting::Instructions {
        // The engine counts, so it takes fuel; nobody has that many instructions.
        let _ = store.set_fuel(u64::MAX);
    }
    // What one call may hand over is checked by the engine before it is copied; the sum is checked by the sandbox.
    store.set_hostcall_fuel(settings.text.saturating_mul(2));
    store
}

fn call(loaded: &Loaded, store: &mut Store<Sandbox>, hook: Hook) -> wasmtime::Result<Result<Decision, Failure>> {
    let instance = loaded.component.instantiate(&mut *store)?;
    match hook {
        Hook::Authorization => match &loaded.hooks.authorization {
            Some(hook) => hook.evaluate(store, &instance),
            None => Ok(Err(no_export())),
        },
        Hook::ConditionalAccess => match &loaded.hooks.conditional_access {
            Some(hook) => hook.evaluate(store, &instance),
            None => Ok(Err(no_export())),
        },
    }
}

fn no_export() -> Failure {
    Failure::Nonsense("has no such hook".into())
}

fn classify(error: &wasmtime::Error, time: Duration) -> Failure {
    if let Some(Stopped(failure)) = error.downcast_ref() {
        return failure.clone();
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::NoSandbox;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Failure::TimedOut(time),
        Some(Trap::StackOverflow) => Failure::TooMuch("stack"),
        Some(trap) => Failure::Trapped(trap.to_string().into()),
        None => match error.root_cause().to_string() {
            // The engine has no type for it; the guest `answers_at_length` shows that the text is still this one.
            text if text.starts_with("too much data is being copied") => Failure::TooMuch("bytes at once"),
            text => Failure::Trapped(printable(&text, SHOWN).into()),
        },
    }
}
