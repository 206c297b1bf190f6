//! How the plugin is installed.

use serde::Deserialize;

/// The settings, checked: what is not understood is an error and never skipped.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The operations that are watched, as the audit log names them.
    pub operations: Vec<String>,
    /// From where they may be done.
    pub prefixes: Vec<String>,
}

impl Settings {
    /// Parses settings.
    ///
    /// # Errors
    /// What is wrong with them, for whoever installs the plugin.
    pub fn parse(json: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if settings.operations.is_empty() || settings.prefixes.is_empty() {
            return Err("`operations` and `prefixes` name at least one each".to_owned());
        }
        Ok(settings)
    }
}
