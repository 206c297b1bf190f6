//! The plugin that a command is about.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use portcullis_plugin_host::{Counting, HostSettings, LoadOptions, MemoSettings, Plugin, PluginHost};
use portcullis_policy::Mode;

/// A plugin and its settings.
#[derive(Debug, Args)]
pub(super) struct PluginSource {
    /// The plugin: a component, or the name of a bundled one (`azure-rbac`, `conditional-access`).
    #[arg(long, value_name = "FILE")]
    pub(super) plugin: Option<PathBuf>,
    /// Its settings, a JSON file.
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
}

impl PluginSource {
    /// The plugin that the arguments name.
    pub(super) fn load(&self) -> anyhow::Result<Plugin> {
        let Some(path) = &self.plugin else { bail!("which plugin? name its component with --plugin FILE") };
        self.load_file(path, Counting::Nothing)
    }

    /// The same on a host that counts instructions.
    pub(super) fn load_counting(&self) -> anyhow::Result<Plugin> {
        let Some(path) = &self.plugin else { bail!("which plugin? name its component with --plugin FILE") };
        self.load_file(path, Counting::Instructions)
    }

    /// The component of a file, with the bounds of production.
    pub(super) fn load_file(&self, path: &Path, counting: Counting) -> anyhow::Result<Plugin> {
        let name = name_of(path);
        let bundled = portcullis_bundled::ALL.iter().find(|(known, _)| path.as_os_str() == *known && !path.exists());
        let bytes = match bundled {
            Some((_, bytes)) => bytes.to_vec(),
            None => std::fs::read(path).with_context(|| format!("reading the plugin `{}`", path.display()))?,
        };
        let settings: Arc<str> = match &self.settings {
            Some(file) => std::fs::read_to_string(file)
                .with_context(|| format!("reading the settings `{}`", file.display()))?
                .into(),
            None => "{}".into(),
        };
        // Nobody waits for these evaluations, and a machine that runs tests is busy: only the clock is more patient.
        let host = HostSettings { memo: MemoSettings::default(), counting, ..HostSettings::default() };
        let host = PluginHost::new(host)?;
        Plugin::load(&host, &name, &bytes, LoadOptions { settings, mode: Mode::Enforce, ..LoadOptions::default() })
            .with_context(|| format!("the plugin `{}` cannot be loaded", path.display()))
    }
}

/// A plugin's name by its file: cargo writes `-` as `_`.
pub(super) fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "plugin".to_owned(), |stem| stem.to_string_lossy().replace('_', "-"))
}
