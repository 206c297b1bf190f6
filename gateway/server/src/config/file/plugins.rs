//! `[plugins]`: plugins that are installed while the gateway runs.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use super::super::PluginsConfig;
use super::super::reader::{Noted, Reader, Value};

/// Reads `[plugins]`. Without it nothing must be signed and no folder is watched.
pub(super) fn read(reader: &mut Reader<'_>, folder: &Path) -> Result<PluginsConfig, Noted> {
    let mut config = PluginsConfig::default();
    reader.set("require_signature", &mut config.require_signature, Value::flag);
    let keys = reader.optional("trusted_keys").map(|value| value.each("a list of public keys", Value::parsed));
    let watched = reader.optional("folder").map(|value| {
        let path = value.path(folder)?;
        let found = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_dir);
        let found = found.ok_or_else(|| value.wrong("it is not a folder; make it".to_owned()))?;
        only_operators(&found).map(|()| path).map_err(|message| value.wrong(message.to_owned()))
    });
    let (least, most) = (Duration::from_secs(1), Duration::from_secs(3_600));
    reader.set("compile_time", &mut config.compiler.time, |value| value.duration(least, most));
    reader.set("compile_memory", &mut config.compiler.memory, |value| value.size(256 << 20, 64 << 30));
    config.trusted_keys = keys.transpose()?.unwrap_or_default();
    config.folder = watched.transpose()?;
    if config.require_signature && config.trusted_keys.is_empty() {
        let message = "nothing can be signed without `trusted_keys`; add the keys that `portcullis plugin key` prints";
        return Err(reader.wrong(Some("require_signature"), message.to_owned()));
    }
    Ok(config)
}

/// Whoever may write to the folder decides on every request, and takes decisions away.
fn only_operators(folder: &std::fs::Metadata) -> Result<(), &'static str> {
    if folder.uid() != 0 && folder.uid() != rustix::process::geteuid().as_raw() {
        return Err("the folder belongs to another user; make it the gateway's user's or root's with `chown`");
    }
    if folder.mode() & 0o022 != 0 {
        return Err("others may write to the folder; take that away with `chmod go-w`");
    }
    Ok(())
}
