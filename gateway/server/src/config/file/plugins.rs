//! `[plugins]`: plugins that are installed while the gateway runs.

use std::path::Path;

use super::super::PluginsConfig;
use super::super::reader::{Noted, Reader, Value};

/// Reads `[plugins]`. Without it nothing must be signed and no folder is watched.
pub(super) fn read(reader: &mut Reader<'_>, folder: &Path) -> Result<PluginsConfig, Noted> {
    let mut config = PluginsConfig::default();
    reader.set("require_signature", &mut config.require_signature, Value::flag);
    let keys = reader.optional("trusted_keys").map(|value| value.each("a list of public keys", Value::parsed));
    let watched = reader.optional("folder").map(|value| {
        let path = value.path(folder)?;
        if path.is_dir() { Ok(path) } else { Err(value.wrong("it is not a folder; make it".to_owned())) }
    });
    config.trusted_keys = keys.transpose()?.unwrap_or_default();
    config.folder = watched.transpose()?;
    if config.require_signature && config.trusted_keys.is_empty() {
        let message = "nothing can be signed without `trusted_keys`; add the keys that `portcullis plugin key` prints";
        return Err(reader.wrong(Some("require_signature"), message.to_owned()));
    }
    Ok(config)
}
