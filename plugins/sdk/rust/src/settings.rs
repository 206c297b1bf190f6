//! How the plugin was installed.

use crate::Gateway;
use crate::bindings::imports::settings;

/// The plugin's settings.
pub trait Settings {
    /// The settings: a JSON text, `{}` when the plugin was installed without any.
    fn settings(&self) -> String;
}

impl Settings for Gateway {
    fn settings(&self) -> String {
        settings::json()
    }
}
