//! A program of tests: a component that exports `wasi:cli/run` and imports the harness.

use std::sync::Arc;

use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, HasSelf, InstancePre, Linker, LinkerInstance, Resource, ResourceType};
use wasmtime::{Store, StoreContextMut, Trap};

use crate::bindings::harness;
use crate::component::{SYSTEM, TESTS, demand_component};
use crate::stopped::Exited;
use crate::test_host::TICK;
use crate::test_sandbox::TestSandbox;
use crate::{Harness, LoadError, TestHost, TestLimits, system};

/// A program of tests, compiled. Each run of it has an instance of its own.
pub struct TestProgram {
    component: InstancePre<TestSandbox>,
    limits: TestLimits,
    run: String,
}

/// Says why a component is no program of tests.
#[derive(Debug, thiserror::Error)]
pub enum LoadTestsError {
    /// It is no component, or cannot be compiled.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It has no `main`.
    #[error("the component exports no `wasi:cli/run`: it is no program of tests; `cargo test` makes one")]
    NoRun,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// `main` returned, or the program exited with success.
    Success,
    /// The program exited with a failure.
    Failure,
    /// It panicked or trapped, or used what tests do not have.
    Trapped(String),
    /// It took longer than it may.
    TimedOut,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub errors: String,
}

impl std::fmt::Debug for TestProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestProgram").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl TestProgram {
    /// Compiles a program. A program without optimisation takes a core for some seconds.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn load(host: &TestHost, bytes: &[u8]) -> Result<Self, LoadTestsError> {
        demand_component(bytes)?;
        let component = Component::from_binary(&host.engine, bytes).map_err(LoadError::Compile)?;
        let kind = component.component_type();
        let mut exports = kind.exports(&host.engine).map(|(name, _)| name.to_owned());
        let run = exports.find(|name| name.starts_with("wasi:cli/run@0.2.")).ok_or(LoadTestsError::NoRun)?;
        let component = link(host, &component).map_err(LoadError::Link)?;
        Ok(Self { component, limits: host.limits.clone(), run })
    }

    /// Runs the program with arguments, the program's name not among them.
    #[must_use]
    pub fn run(&self, arguments: &[String], harness: Arc<dyn Harness>) -> Ran {
        let arguments = std::iter::once("test".to_owned()).chain(arguments.iter().cloned()).collect();
        let sandbox = TestSandbox::new(&self.limits, arguments, harness);
        let mut store = Store::new(self.component.engine(), sandbox);
        store.limiter(TestSandbox::limits);
        let ticks = self.limits.time.as_millis().div_ceil(TICK.as_millis()).saturating_add(1);
        store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX >> 1));
        store.epoch_deadline_trap();
        let ending = match self.call(&mut store) {
            Ok(Ok(())) => Ending::Success,
            Ok(Err(())) => Ending::Failure,
            Err(error) => ending(&error),
        };
        let TestSandbox { out, errors, .. } = store.into_data();
        Ran { ending, out: out.into_text(), errors: errors.into_text() }
    }

    fn call(&self, store: &mut Store<TestSandbox>) -> wasmtime::Result<Result<(), ()>> {
        let instance = self.component.instantiate(&mut *store)?;
        let missing = || wasmtime::Error::msg("the program's `run` cannot be found");
        let interface = instance.get_export_index(&mut *store, None, &self.run).ok_or_else(missing)?;
        let run = instance.get_export_index(&mut *store, Some(&interface), "run").ok_or_else(missing)?;
        let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run)?;
        let (status,) = run.call(&mut *store, ())?;
        Ok(status)
    }
}

fn ending(error: &wasmtime::Error) -> Ending {
    match (error.downcast_ref::<Exited>(), error.downcast_ref::<Trap>()) {
        (Some(Exited { success: true }), _) => Ending::Success,
        (Some(Exited { success: false }), _) => Ending::Failure,
        (_, Some(Trap::Interrupt)) => Ending::TimedOut,
        (_, Some(trap)) => Ending::Trapped(trap.to_string()),
        _ => Ending::Trapped(error.root_cause().to_string()),
    }
}

/// `wasi:filesystem/types.descriptor`; none is ever made.
enum Descriptor {}

/// A resource of an interface that tests do not have; none is ever made.
enum Absent {}

/// The harness, and WASI answered with constants. There are no files; whatever else a program imports, such as sockets
/// or what only plugins may ask, stops it when it is called.
fn link(host: &TestHost, component: &Component) -> wasmtime::Result<InstancePre<TestSandbox>> {
    let mut linker = Linker::new(&host.engine);
    system::add_to_linker(&mut linker)?;
    harness::add_to_linker::<_, HasSelf<TestSandbox>>(&mut linker, |sandbox| sandbox)?;
    for (name, item) in component.component_type().imports(&host.engine) {
        let interface = name.split('@').next().unwrap_or(name);
        if let ComponentItem::ComponentInstance(instance) = item.ty
            && !SYSTEM.contains(&interface)
            && !interface.starts_with(TESTS)
        {
            absent(host, &mut linker.instance(name)?, interface, &instance)?;
        }
    }
    linker.instantiate_pre(component)
}

/// An interface that is there to be linked and not to be called. One by one and not by the engine's own way, which
/// would put it in front of interfaces that are linked under another patch of the same version.
fn absent(
    host: &TestHost,
    linker: &mut LinkerInstance<'_, TestSandbox>,
    interface: &str,
    instance: &ComponentInstance,
) -> wasmtime::Result<()> {
    for (name, item) in instance.exports(&host.engine) {
        match item.ty {
            ComponentItem::Resource(_) => {
                let kind = system::resource(name).unwrap_or_else(|| match name {
                    "descriptor" => ResourceType::host::<Descriptor>(),
                    _ => ResourceType::host::<Absent>(),
                });
                linker.resource(name, kind, |_, _| Ok(()))?;
            }
            ComponentItem::ComponentFunc(_) if (interface, name) == DIRECTORIES => {
                linker.func_wrap(name, |_: StoreContextMut<'_, TestSandbox>, (): ()| {
                    Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
                })?;
            }
            ComponentItem::ComponentFunc(_) => {
                let what = format!("`{interface}#{name}` is not there in tests");
                linker.func_new(name, move |_, _, _, _| Err(wasmtime::Error::msg(what.clone())))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// What tells of directories, of which there are none.
const DIRECTORIES: (&str, &str) = ("wasi:filesystem/preopens", "get-directories");
