//! Manifests in the watched folder: one plugin each.

use std::path::{Path, PathBuf};

use portcullis_model::plugins::{OnFailure, PluginMode};

use super::super::reader::{Noted, Reader};
use super::{ConfigError, load_as, named_file, plugin, scope};

/// One plugin of the watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The component's file.
    pub(crate) component: PathBuf,
    /// A signature of it.
    pub(crate) signature: Option<String>,
    /// The resource id at which it is asked; none is the whole gateway.
    pub(crate) scope: Option<String>,
    /// Whether it counts.
    pub(crate) mode: PluginMode,
    /// What comes of its failure.
    pub(crate) on_failure: OnFailure,
    /// Its place among the plugins of the folder.
    pub(crate) order: i32,
    /// Its settings, as JSON.
    pub(crate) settings: String,
}

/// Reads a manifest. Relative paths in it are meant from its folder.
///
/// # Errors
/// With every mistake in it, if there is one.
pub(crate) fn load_manifest(path: &Path) -> Result<Manifest, ConfigError> {
    load_as(path, read)
}

fn read(root: &mut Reader<'_>, folder: &Path) -> Result<Manifest, Noted> {
    let component = root.required("component", "\"office_hours.wasm\"");
    let component = component.and_then(|value| named_file::readable(&value, folder));
    let signature = root.optional("signature_file").map(|value| named_file::content(&value, folder, LONGEST_SIGNATURE));
    let scope = root.optional("scope").map(|value| value.parsed_with(scope::EXPECTED, scope::parse)).transpose();
    let modes = [
        ("enforce", PluginMode::Enforce),
        ("report-only", PluginMode::ReportOnly),
        ("off", PluginMode::Off),
        ("percentage", PluginMode::Percentage(0)),
    ];
    let mode = root.required("mode", "\"report-only\"").and_then(|value| value.one_of(&modes));
    let percentage = root.optional("percentage").map(|value| (value.integer(0, 100), value));
    let mut on_failure = OnFailure::Deny;
    root.set("on_failure", &mut on_failure, |value| {
        value.one_of(&[("deny", OnFailure::Deny), ("ignore", OnFailure::Ignore)])
    });
    let mut order = 0;
    root.set("order", &mut order, |value| value.integer(0, 1_000_000));
    let settings = plugin::settings(root, folder);
    let mode = match (mode?, percentage) {
        (PluginMode::Percentage(_), Some((percent, _))) => PluginMode::Percentage(percent?),
        (PluginMode::Percentage(_), None) => {
            return Err(root.wrong(None, "the mode `percentage` needs it; add `percentage = 10`".to_owned()));
        }
        (_, Some((_, value))) => return Err(value.wrong("it is for the mode `percentage`; remove it".to_owned())),
        (mode, None) => mode,
    };
    Ok(Manifest {
        component: component?,
        signature: signature.transpose()?,
        scope: scope?.filter(|scope| scope != "/"),
        mode,
        on_failure,
        order,
        settings: settings?.unwrap_or_else(|| "{}".to_owned()),
    })
}

const LONGEST_SIGNATURE: u64 = 256;
