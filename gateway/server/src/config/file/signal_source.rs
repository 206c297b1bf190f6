//! `[[signal_source]]`: who may tell of callers' devices, of risk and of networks.

use std::path::Path;

use super::super::SignalSourceConfig;
use super::super::reader::{Noted, Reader, Unique};
use super::{network, secret_file};

/// Reads `[[signal_source]]`. Without any, nothing is known of devices and risk, whatever requests say.
pub(super) fn sources(root: &mut Reader<'_>, folder: &Path) -> Result<Vec<SignalSourceConfig>, Noted> {
    let mut names = Unique::new("name of a signal source");
    root.tables("signal_source", |reader| {
        let name = network::name(reader, "\"device-proxy\"", &mut names);
        let prefixes = network::prefixes(reader, |prefix, value| {
            if prefix.prefix_len() == 0 {
                return Err(value.wrong(format!("`{prefix}` is everywhere; name the addresses of the source")));
            }
            Ok(prefix)
        });
        let key = reader.required("key_file", "\"device-proxy.key\"");
        let key = key.and_then(|value| secret_file::read(&value.hidden(), folder));
        Ok(SignalSourceConfig { name: name?, prefixes: prefixes?, key: key? })
    })
}
