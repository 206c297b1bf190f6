//! The scenarios of case files, for commands that ask about them without expecting anything.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use portcullis_plugin_host::Plugin;
use portcullis_policy::{Answers, Hook};
use portcullis_policy_testing::{Scenario, hook_of};

use super::test::{files, read_cases};

/// A scenario of a case file, ready to be asked about.
pub(super) struct Prepared {
    pub(super) name: String,
    pub(super) scenario: Scenario,
    pub(super) answers: Arc<dyn Answers>,
    pub(super) hook: Hook,
}

/// The scenarios of all case files that the arguments name, each for the hook of the plugin that it is about.
pub(super) fn prepared(paths: &[PathBuf], plugin: &Plugin) -> anyhow::Result<Vec<Prepared>> {
    let mut all = Vec::new();
    for path in files(paths)? {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("reading the case file `{}`", path.display()))?;
        for (name, given, hook) in read_cases(&path, &text)?.scenarios() {
            let scenario = Scenario::from_object(given).with_context(|| format!("the case `{name}`"))?;
            let answers = scenario.answers().with_context(|| format!("the case `{name}`"))?;
            let hook = hook_of(plugin, hook).map_err(anyhow::Error::msg)?;
            all.push(Prepared { name, scenario, answers, hook });
        }
    }
    Ok(all)
}
