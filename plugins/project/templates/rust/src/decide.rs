//! What the plugin decides. Pure code: tests give it a scenario, the gateway gives it itself.

use portcullis_plugin::{Access, Network, Request, Settings as Installed};

use crate::settings::Settings;

/// Blocks the watched operations from everywhere but the given networks.
pub fn decide(host: &(impl Request + Network + Installed)) -> Access {
    let settings = match Settings::parse(&host.settings()) {
        Ok(settings) => settings,
        // Settings that are not understood block everything: a misspelt policy must not be one that never applies.
        Err(error) => {
            return Access::block("invalid-settings", format!("the settings of {{name}} are invalid: {error}"));
        }
    };
    if !host.operation_in(&settings.operations) || host.source_in(&settings.prefixes) {
        return Access::NotApplicable;
    }
    Access::block("{{name}}", "this is done from the inner network only")
}
