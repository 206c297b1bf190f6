//! The plugin that a command is about.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use portcullis_plugin_host::{Counting, Documents, HostSettings, LoadOptions, Marks, MemoSettings, Plugin, PluginHost};
use portcullis_policy::Mode;

use crate::config::MAX_DOCUMENTS;

/// A plugin and its settings.
#[derive(Debug, Args)]
pub(super) struct PluginSource {
    /// The plugin: a component, or the name of a bundled one (`azure-rbac`, `conditional-access`).
    #[arg(long, value_name = "FILE")]
    pub(super) plugin: Option<PathBuf>,
    /// Its settings, a JSON file.
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// A document beside it, as `NAME=FILE`, the file being JSON; may be repeated.
    #[arg(long, value_name = "NAME=FILE", value_parser = document)]
    pub(super) data: Vec<(String, PathBuf)>,
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
        // Nobody waits for these evaluations, and a machine that runs tests is busy: only the clock is more patient.
        let host = HostSettings { memo: MemoSettings::default(), counting, ..HostSettings::default() };
        self.load_on(host, path, &Self::read(path)?)
    }

    /// An instrumented copy of the component of a file. It is not optimised and does more than the component itself, so
    /// it may take more time and be longer; its other bounds are those of production.
    pub(super) fn load_telling(&self, path: &Path, bytes: &[u8], marks: &Arc<Marks>) -> anyhow::Result<Plugin> {
        let production = HostSettings::default();
        let host = HostSettings {
            time: production.time * SLOWER,
            component: production.component * LONGER,
            optimised: false,
            marks: Some(Arc::clone(marks)),
            ..production
        };
        self.load_on(host, path, bytes)
    }

    /// The bytes of a component, or of a bundled one.
    pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
        let bundled = portcullis_bundled::ALL.iter().find(|(known, _)| path.as_os_str() == *known && !path.exists());
        match bundled {
            Some((_, bytes)) => Ok(bytes.to_vec()),
            None => std::fs::read(path).with_context(|| format!("reading the plugin `{}`", path.display())),
        }
    }

    /// The settings, if the arguments name any.
    pub(super) fn settings_text(&self) -> anyhow::Result<Option<String>> {
        let read = |file: &PathBuf| {
            std::fs::read_to_string(file).with_context(|| format!("reading the settings `{}`", file.display()))
        };
        self.settings.as_ref().map(read).transpose()
    }

    fn load_on(&self, host: HostSettings, path: &Path, bytes: &[u8]) -> anyhow::Result<Plugin> {
        let name = name_of(path);
        let settings: Arc<str> = self.settings_text()?.unwrap_or_else(|| "{}".to_owned()).into();
        let host = PluginHost::new(host)?;
        let data = self.documents()?;
        Plugin::load(&host, &name, bytes, LoadOptions { settings, mode: Mode::Enforce, data, ..LoadOptions::default() })
            .with_context(|| format!("the plugin `{}` cannot be loaded", path.display()))
    }
}

/// How many times longer than in production an instrumented copy may take.
const SLOWER: u32 = 50;
/// How many times longer it may be.
const LONGER: usize = 4;

impl PluginSource {
    fn documents(&self) -> anyhow::Result<Documents> {
        let mut texts = Vec::new();
        for (name, file) in &self.data {
            let read = || format!("reading the document `{}`", file.display());
            texts.push((name.as_str(), std::fs::read_to_string(file).with_context(read)?));
        }
        Ok(Documents::read(texts.iter().map(|(name, text)| (*name, text.as_str())), MAX_DOCUMENTS)?)
    }
}

fn document(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("a document is given as NAME=FILE, such as owners=owners.json".to_owned()),
    }
}

/// A plugin's name by its file: cargo writes `-` as `_`.
pub(super) fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "plugin".to_owned(), |stem| stem.to_string_lossy().replace('_', "-"))
}
