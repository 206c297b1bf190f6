//! `[audit]`: the audit log.

use std::path::{Path, PathBuf};

use portcullis_audit::StrangerLimits;

use super::super::AuditConfig;
use super::super::reader::{Noted, Reader, Value};

/// Reads `[audit]`. By default the log is in the data folder.
pub(super) fn read(
    reader: &mut Reader<'_>,
    folder: &Path,
    data: &Result<PathBuf, Noted>,
) -> Result<AuditConfig, Noted> {
    let (mut stdout, mut required, mut sync) = (false, true, false);
    reader.set("stdout", &mut stdout, Value::flag);
    reader.set("required", &mut required, Value::flag);
    reader.set("sync", &mut sync, Value::flag);
    let mut strangers = StrangerLimits::default();
    reader.set("unauthenticated_per_client", &mut strangers.per_client, |value| value.integer(1, 1_000_000));
    reader.set("unauthenticated", &mut strangers.total, |value| value.integer(1, 1_000_000));
    let file = match (reader.optional("file"), stdout) {
        (Some(value), false) => value.path(folder).map(Some),
        (Some(value), true) => {
            Err(value.wrong("the log goes to standard output; remove `file` or `stdout = true`".to_owned()))
        }
        (None, true) => Ok(None),
        (None, false) => data.as_ref().map(|data| Some(data.join("audit.jsonl"))).map_err(|noted| *noted),
    };
    Ok(AuditConfig { file: file?, required, sync, strangers })
}
