//! Tests of policies: programs of tests in wasm, case files, explanation and replay of what an audit log recorded, and
//! measurement.
//!
//! All of them ask a plugin through the plugin host that production uses, in fresh sandboxes with its bounds; what
//! differs is who answers. A [`Scenario`] is a request that somebody made up, and [`Recorded`] is one that an audit log
//! remembers, which says so where it does not know an answer.
//!
//! Depends on policy and plugin-host, and on the vocabulary below them; never on a store, an engine or HTTP. Only the
//! server may depend on it.

mod bench;
mod cases;
mod explore;
mod libtest;
mod lines;
mod nearest;
mod places;
mod plugin_harness;
mod record;
mod recorded;
mod replay;
mod report;
mod said;
mod scenario;
mod scenario_directory;
mod settings_rules;

pub use bench::{Bench, Percentiles, bench};
pub use cases::{CaseFile, CaseFileError, CaseResult, hook_of};
pub use explore::{Exploration, Finding, explore};
pub use libtest::{Options, Outcome, RunTestsError, Suite, TestResult, list, run};
pub use lines::{FileLines, Instrumented, LineCoverage, LinesError, Sources, instrument};
pub use plugin_harness::PluginHarness;
pub use record::{Record, RecordError, RecordedDecision, RecordedFact, RecordedItems, RecordedRefusal, read};
pub use recorded::Recorded;
pub use replay::{Change, Replay, replay};
pub use report::{Format, write_cases, write_list, write_suite};
pub use said::Said;
pub use scenario::{Scenario, ScenarioError};
pub use settings_rules::{SettingsRule, rules_of};
