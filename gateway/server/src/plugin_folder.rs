//! The watched folder: a manifest and a component beside it are installed for as long as they lie there.
//!
//! Whoever may write to the folder is the operator: what lies there holds for the gateway, or for a part of it, as if the
//! configuration declared it, and can be exchanged without a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use portcullis_model::plugins::{MAX_COMPONENT_BYTES, OnFailure};
use portcullis_model::{ComponentDigest, PluginName};
use portcullis_plugin_host::{Code, InstalledPlugin, LoadOptions, PlaceOfInstallation, Plugin, Rollout};
use portcullis_policy::Mode;

use crate::config::{Manifest, load_manifest};
use crate::files::told;
use crate::plugins::{InstalledPlugins, rollout};

/// Looks at a folder, and remembers what was there.
#[derive(Debug)]
pub(crate) struct PluginFolder {
    path: PathBuf,
    known: BTreeMap<PluginName, Known>,
    /// Whether the folder was looked at before.
    looked: bool,
}

/// A manifest as it was when it was looked at, and what is in force of it.
#[derive(Debug)]
struct Known {
    mark: Mark,
    in_force: Option<InForce>,
}

#[derive(Debug, Clone)]
struct InForce {
    order: i32,
    /// None while it is switched off.
    plugin: Option<InstalledPlugin>,
}

/// By what it is seen that files are others than before.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark(Vec<(PathBuf, u64, Option<SystemTime>)>);

/// What came of a look at the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderChange {
    /// `PluginFolderInstall` or `PluginFolderRemove`.
    pub(crate) operation: &'static str,
    /// Where: a resource id.
    pub(crate) scope: String,
    /// The plugin's name and the digest of its component.
    pub(crate) object: String,
}

impl PluginFolder {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, known: BTreeMap::new(), looked: false }
    }

    /// Takes what lies there now into the loader, and says what changed. What cannot be loaded leaves in force what was
    /// there before; at the first look, when that is not known, it denies where it is to be installed. Blocks.
    pub(crate) fn look(&mut self, loader: &InstalledPlugins) -> Vec<FolderChange> {
        let manifests = match manifests(&self.path) {
            Ok(manifests) => manifests,
            Err(error) => {
                tracing::error!(%error, folder = %self.path.display(), "the folder of plugins cannot be read; what was in force stays");
                return Vec::new();
            }
        };
        let first = !std::mem::replace(&mut self.looked, true);
        let mut changes = Vec::new();
        for (name, path) in &manifests {
            changes.extend(self.look_at(name, path, first, loader));
        }
        let names: BTreeSet<&PluginName> = manifests.iter().map(|(name, _)| name).collect();
        self.known.retain(|name, known| {
            let stays = names.contains(name);
            if !stays && let Some(plugin) = known.in_force.as_ref().and_then(|it| it.plugin.as_ref()) {
                tracing::info!(%name, "a plugin is gone from the folder");
                changes.push(change("PluginFolderRemove", plugin));
            }
            stays
        });
        if !changes.is_empty() {
            loader.set_folder(self.in_force());
        }
        changes
    }

    fn in_force(&self) -> Vec<InstalledPlugin> {
        let mut all: Vec<_> = self.known.values().filter_map(|known| known.in_force.as_ref()).collect();
        all.sort_by_key(|it| it.order);
        all.into_iter().filter_map(|it| it.plugin.clone()).collect()
    }

    fn look_at(
        &mut self,
        name: &PluginName,
        path: &Path,
        first: bool,
        loader: &InstalledPlugins,
    ) -> Option<FolderChange> {
        let manifest = load_manifest(path);
        let mark = Mark::of([Some(path), manifest.as_ref().ok().map(|manifest| manifest.component.as_path())]);
        let before = self.known.get(name);
        if before.is_some_and(|known| known.mark == mark) {
            return None;
        }
        let stood = before.and_then(|known| known.in_force.clone());
        let loaded = match &manifest {
            Ok(manifest) => load(name, manifest, loader).map_err(|why| (Some(manifest), why)),
            Err(error) => Err((None, told(error))),
        };
        let (in_force, change) = match loaded {
            Ok(in_force) => {
                let change = match (&in_force.plugin, stood.as_ref().and_then(|it| it.plugin.as_ref())) {
                    (Some(plugin), _) => Some(change("PluginFolderInstall", plugin)),
                    (None, Some(plugin)) => Some(change("PluginFolderRemove", plugin)),
                    (None, None) => None,
                };
                tracing::info!(%name, manifest = %path.display(), "a plugin of the folder is in force");
                (Some(in_force), change)
            }
            Err((manifest, why)) if first => {
                tracing::error!(%name, manifest = %path.display(), why, "a plugin of the folder cannot be used: it denies where it is installed");
                let failed = failing(name, manifest, &why);
                let change = change("PluginFolderInstall", &failed);
                (Some(InForce { order: 0, plugin: Some(failed) }), Some(change))
            }
            Err((_, why)) => {
                tracing::error!(%name, manifest = %path.display(), why, "a plugin of the folder cannot be used; what was in force stays");
                (stood, None)
            }
        };
        self.known.insert(name.clone(), Known { mark, in_force });
        change
    }
}

impl Mark {
    fn of<'a>(paths: impl IntoIterator<Item = Option<&'a Path>>) -> Self {
        let mark = |path: &Path| {
            let found = std::fs::metadata(path).ok();
            (path.to_owned(), found.as_ref().map_or(0, std::fs::Metadata::len), found.and_then(|it| it.modified().ok()))
        };
        Self(paths.into_iter().flatten().map(mark).collect())
    }
}

/// The manifests in a folder with the names of their plugins, in the order of the names. A file whose name is none of a
/// plugin is told of.
fn manifests(folder: &Path) -> std::io::Result<Vec<(PluginName, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        match path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok()) {
            Some(name) => found.push((name, path)),
            None => {
                tracing::error!(manifest = %path.display(), "the name of the file is no name of a plugin: use 1 to 64 lower-case letters, digits and hyphens")
            }
        }
    }
    found.sort();
    if found.len() > MOST {
        tracing::error!(
            most = MOST,
            found = found.len(),
            "there are too many manifests in the folder; those behind are left out"
        );
        found.truncate(MOST);
    }
    Ok(found)
}

fn load(name: &PluginName, manifest: &Manifest, loader: &InstalledPlugins) -> Result<InForce, String> {
    if loader.is_in_configuration(name.as_str()) {
        return Err(format!("the configuration declares a plugin `{name}`; rename the manifest"));
    }
    let size = std::fs::metadata(&manifest.component).map_err(|error| told(&error))?.len();
    if size > MAX_COMPONENT_BYTES as u64 {
        return Err(format!("the component has {size} bytes, more than the {MAX_COMPONENT_BYTES} that are allowed"));
    }
    let bytes = std::fs::read(&manifest.component).map_err(|error| told(&error))?;
    let digest = ComponentDigest::from_bytes(portcullis_crypto::sha256(&bytes));
    let signature = manifest.signature.as_deref().map(str::trim);
    loader.trust().check(digest, signature).map_err(|error| error.to_string())?;
    let code = Code::compile(loader.host(), &bytes).map_err(|error| told(&error))?;
    let options =
        LoadOptions { key: Some(key(name)), settings: manifest.settings.as_str().into(), ..LoadOptions::default() };
    let plugin = code.install(name.as_str(), options).map_err(|error| told(&error))?;
    let plugin =
        rollout(manifest.mode).map(|rollout| installed(name, Some(manifest), &digest.to_string(), Ok(plugin), rollout));
    Ok(InForce { order: manifest.order, plugin })
}

/// What denies in the place of a plugin that cannot be used. Where a manifest cannot be read, that is everywhere.
fn failing(name: &PluginName, manifest: Option<&Manifest>, why: &str) -> InstalledPlugin {
    let rollout = manifest.and_then(|manifest| rollout(manifest.mode)).unwrap_or(Rollout::Mode(Mode::Enforce));
    installed(name, manifest, "", Err(why.into()), rollout)
}

fn installed(
    name: &PluginName,
    manifest: Option<&Manifest>,
    digest: &str,
    plugin: Result<Plugin, Arc<str>>,
    rollout: Rollout,
) -> InstalledPlugin {
    let scope = manifest.and_then(|manifest| manifest.scope.as_deref());
    InstalledPlugin {
        key: key(name),
        name: name.as_str().into(),
        digest: digest.into(),
        plugin,
        place: scope.map_or(PlaceOfInstallation::Gateway, |scope| {
            PlaceOfInstallation::Resource(scope.to_ascii_lowercase().into())
        }),
        rollout,
        ignores_failures: manifest.is_some_and(|manifest| manifest.on_failure == OnFailure::Ignore),
        of_operator: true,
        turns: None,
    }
}

fn key(name: &PluginName) -> Arc<str> {
    format!("{name}@folder").into()
}

fn change(operation: &'static str, plugin: &InstalledPlugin) -> FolderChange {
    let scope = match &plugin.place {
        PlaceOfInstallation::Resource(scope) => scope.to_string(),
        PlaceOfInstallation::Gateway | PlaceOfInstallation::Tenant(_) => "/".to_owned(),
    };
    FolderChange { operation, scope, object: format!("{}@sha256:{}", plugin.name, plugin.digest) }
}

/// The manifests that are taken.
const MOST: usize = 64;
