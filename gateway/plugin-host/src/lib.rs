//! Runs wasm plugins behind the policy hook: loads, limits, traces and memoises.
//!
//! A [`PluginHost`] holds the engine and the bounds. [`Plugin::load`] checks a component (what it is, which version of
//! the interfaces it speaks, that it imports nothing but those and a WASI that answers with constants), compiles it and
//! links it. A [`PluginSet`] of plugins is the [`portcullis_policy::PolicyHook`] that policy asks.
//!
//! Each evaluation has a sandbox of its own: instance, memory, tables and bounds are made for it and gone after it.
//! Every question of a guest is answered by [`portcullis_policy::Facts`] and recorded in the trace; because there is no
//! other input, a decision is remembered by what was asked and answered. Whatever goes wrong is a
//! [`portcullis_policy::Failure`], which denies.
//!
//! Depends on model, policy and crypto (for digests). The only crate that names wasmtime.

mod asked;
mod bindings;
mod component;
mod convert;
mod counters;
mod documents;
mod evaluate;
mod hooks;
mod host;
mod installed;
mod limits;
mod load_error;
mod marks;
mod memo;
mod plugin;
mod problem;
mod quarantine;
mod sandbox;
mod set;
mod settings;
mod stopped;
mod system;
mod test_host;
mod test_program;
mod test_sandbox;
mod ticker;

pub use documents::Documents;
pub use evaluate::Usage;
pub use host::{HostError, PluginHost};
pub use installed::{InstalledPlugin, InstalledSet, PlaceOfInstallation, Rollout};
pub use load_error::LoadError;
pub use marks::Marks;
pub use plugin::{Code, LoadOptions, OwnLimits, Plugin};
pub use problem::Problem;
pub use set::PluginSet;
pub use settings::{Counting, HostSettings, MemoSettings};
pub use test_host::{TestHost, TestLimits};
pub use test_program::{Ending, LoadTestsError, Ran, TestProgram};
pub use test_sandbox::{Evaluated, Fact, Harness};
