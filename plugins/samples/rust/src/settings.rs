//! Settings, read strictly: a misspelt policy must not be one that never applies.

use portcullis_plugin::{Access, Settings};
use serde::de::DeserializeOwned;

/// The settings, or the block that they come to when they are not understood.
pub(crate) fn read<T: DeserializeOwned>(host: &impl Settings) -> Result<T, Access> {
    let text = host.settings();
    // The parser would take an array for an object whose fields come in order.
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        Err("they are no JSON object".to_owned())
    };
    read.map_err(|error| invalid(&error))
}

/// Blocks because of settings that make no sense.
pub(crate) fn invalid(why: &str) -> Access {
    Access::block("invalid-settings", format!("the settings are invalid: {why}"))
}
