//! `[policy]`: limits of the plugins.

use std::time::Duration;

use portcullis_policy::HeaderNames;

use super::super::reader::{Noted, Reader, Value};
use super::super::{PluginConfig, PolicyConfig};

/// Reads `[policy]`, and adds the plugins.
pub(super) fn read(reader: &mut Reader<'_>, plugins: Result<Vec<PluginConfig>, Noted>) -> Result<PolicyConfig, Noted> {
    let (mut memo, mut nodes) = (true, 65_536);
    reader.set("memo", &mut memo, Value::flag);
    reader.set("memo_nodes", &mut nodes, |value| value.integer(1, 16_777_216));
    let (mut memory, mut time, mut sandboxes) = (16 << 20, Duration::from_millis(100), 64);
    reader.set("memory", &mut memory, |value| value.size(2 << 20, 1 << 30));
    let (least, most) = (Duration::from_millis(2), Duration::from_secs(10));
    reader.set("time", &mut time, |value| value.duration(least, most));
    reader.set("sandboxes", &mut sandboxes, |value| value.integer(1, 1_000));
    let mut headers = HeaderNames::default();
    reader.set("headers", &mut headers, |value| {
        let names = value.each("a list of names of headers", Value::label)?;
        HeaderNames::new(names).map_err(|error| value.wrong(error.to_string()))
    });
    Ok(PolicyConfig { headers, memo: memo.then_some(nodes), memory, time, sandboxes, plugins: plugins? })
}
