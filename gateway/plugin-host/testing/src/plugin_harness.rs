//! The plugin under test, as tests in wasm reach it.

use std::sync::{Mutex, PoisonError};

use portcullis_plugin_host::{Evaluated, Harness, Plugin};
use portcullis_policy::Hook;

use crate::Scenario;
use crate::said::evaluated;

/// Evaluates the plugin under test, and keeps what came of it for the report of a failure. Made for one test.
#[derive(Debug)]
pub struct PluginHarness {
    plugin: Plugin,
    evaluations: Mutex<Vec<(Hook, Evaluated)>>,
}

impl PluginHarness {
    /// A harness of a plugin.
    #[must_use]
    pub fn new(plugin: Plugin) -> Self {
        Self { plugin, evaluations: Mutex::default() }
    }

    /// What was evaluated so far.
    #[must_use]
    pub fn evaluations(&self) -> Vec<(Hook, Evaluated)> {
        self.evaluations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Harness for PluginHarness {
    fn evaluate(&self, hook: Hook, scenario: &str) -> Result<Evaluated, String> {
        let scenario = Scenario::from_json(scenario).map_err(|error| error.to_string())?;
        let answers = scenario.answers().map_err(|error| error.to_string())?;
        let plugin = scenario.installed(&self.plugin).map_err(|error| error.to_string())?;
        let evaluation = plugin
            .suppose(hook, &answers)
            .ok_or_else(|| format!("the plugin `{}` has no hook `{}`", plugin.name(), hook.name()))?;
        let evaluated = evaluated(&evaluation);
        let mut all = self.evaluations.lock().unwrap_or_else(PoisonError::into_inner);
        // A test that evaluates in a loop must not fill the memory.
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push((hook, evaluated.clone()));
        Ok(evaluated)
    }
}

/// The evaluations that are kept of one test.
const KEPT: usize = 256;
