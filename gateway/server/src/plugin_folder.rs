//! The watched folder: a manifest and a component beside it are installed for as long as they lie there.
//!
//! Whoever may write to the folder is the operator: what lies there holds for the gateway, or for a part of it, as if the
//! configuration declared it, and can be exchanged without a restart.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// The changes that the loader has, and that are not known to hold for requests yet.
    pending: Vec<FolderChange>,
}

/// Why the folder of plugins cannot be taken over at the start.
#[derive(Debug, thiserror::Error)]
pub enum PluginFolderError {
    /// The folder, or an entry of it, cannot be read.
    #[error(
        "the folder of plugins `{folder}` cannot be read; let the gateway's user read it, or remove `folder` from [plugins]"
    )]
    Unreadable {
        /// The folder.
        folder: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A manifest's name is none of a plugin.
    #[error(
        "the name of the manifest `{manifest}` is no name of a plugin; use 1 to 64 lower-case letters, digits and hyphens, or move it away"
    )]
    Name {
        /// The manifest's file.
        manifest: String,
    },
    /// There are more manifests than are taken.
    #[error(
        "the folder of plugins `{folder}` has {found} manifests, and {most} are taken; move those away that are not needed",
        most = MOST
    )]
    TooMany {
        /// The folder.
        folder: String,
        /// How many there are.
        found: usize,
    },
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
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    /// With what the files that it names say, other than the component, or what is wrong with it.
    manifest: Result<Manifest, String>,
    component: Option<Stamp>,
}

/// What the system says of a file: it is another when it was written to or another was moved to its place.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    /// In seconds and nanoseconds: of its content, and of anything about it.
    modified: (i64, i64),
    changed: (i64, i64),
}

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
        Self { path, known: BTreeMap::new(), pending: Vec::new() }
    }

    /// Takes what lies there at the start into the loader, and says what that is. What cannot be loaded denies where it is
    /// to be installed, since it is not known what was in force before. Blocks.
    ///
    /// # Errors
    /// When the folder cannot be read, or something in it cannot be taken at all: what it would have denied must not be
    /// allowed.
    pub(crate) fn first_look(&mut self, loader: &InstalledPlugins) -> Result<Vec<FolderChange>, PluginFolderError> {
        let folder = || self.path.display().to_string();
        let found =
            Found::read(&self.path).map_err(|source| PluginFolderError::Unreadable { folder: folder(), source })?;
        if let Some(path) = found.nameless.first() {
            return Err(PluginFolderError::Name { manifest: path.display().to_string() });
        }
        if found.manifests.len() > MOST {
            return Err(PluginFolderError::TooMany { folder: folder(), found: found.manifests.len() });
        }
        Ok(self.take(&found.manifests, true, loader))
    }

    /// Takes what lies there now into the loader. What changed is pending until it is taken for done. What cannot be loaded
    /// leaves in force what was there before. Blocks.
    pub(crate) fn look(&mut self, loader: &InstalledPlugins) {
        let mut found = match Found::read(&self.path) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, folder = %self.path.display(), "the folder of plugins cannot be read; what was in force stays");
                return;
            }
        };
        for path in &found.nameless {
            tracing::error!(manifest = %path.display(), "the name of the file is no name of a plugin: use 1 to 64 lower-case letters, digits and hyphens");
        }
        // Those that are known keep their places, whatever the order of the names.
        let known = found.manifests.iter().filter(|(name, _)| self.known.contains_key(name)).count();
        let mut room = MOST.saturating_sub(known);
        found.manifests.retain(|(name, path)| {
            let taken = self.known.contains_key(name) || room > 0;
            if !taken {
                tracing::error!(most = MOST, manifest = %path.display(), "there are too many manifests in the folder: this one is not taken");
            } else if !self.known.contains_key(name) {
                room -= 1;
            }
            taken
        });
        let changes = self.take(&found.manifests, false, loader);
        self.pending.extend(changes);
    }

    /// Whether the loader has changes that may not hold for requests yet.
    pub(crate) const fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The pending changes, once they hold.
    pub(crate) fn done(&mut self) -> Vec<FolderChange> {
        std::mem::take(&mut self.pending)
    }

    fn take(
        &mut self,
        manifests: &[(PluginName, PathBuf)],
        first: bool,
        loader: &InstalledPlugins,
    ) -> Vec<FolderChange> {
        let mut changes = Vec::new();
        for (name, path) in manifests {
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
        let mark = Mark::of(path);
        let before = self.known.get(name);
        if before.is_some_and(|known| known.mark == mark) {
            return None;
        }
        let stood = before.and_then(|known| known.in_force.clone());
        let loaded = match &mark.manifest {
            Ok(manifest) => load(name, manifest, loader).map_err(|why| (Some(manifest), why)),
            Err(why) => Err((None, why.clone())),
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
    /// Taken before the component is read: what is written to it meanwhile is seen at the next look.
    fn of(path: &Path) -> Self {
        let manifest = load_manifest(path).map_err(|error| told(&error));
        let component = manifest.as_ref().ok().and_then(|manifest| Stamp::of(&manifest.component));
        Self { manifest, component }
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

/// What lies in the folder.
#[derive(Debug, Default)]
struct Found {
    /// The manifests with the names of their plugins, in the order of the names.
    manifests: Vec<(PluginName, PathBuf)>,
    /// Those whose names are none of a plugin.
    nameless: Vec<PathBuf>,
}

impl Found {
    fn read(folder: &Path) -> std::io::Result<Self> {
        let mut found = Self::default();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            match path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok()) {
                Some(name) => found.manifests.push((name, path)),
                None => found.nameless.push(path),
            }
        }
        found.manifests.sort();
        found.nameless.sort();
        Ok(found)
    }
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

#[cfg(test)]
mod tests {
    use portcullis_management::PluginLoader as _;
    use portcullis_plugin_host::{HostSettings, PluginHost};

    use super::*;
    use crate::plugin_compiler::{CompilerLimits, PluginCompiler};

    fn loader() -> InstalledPlugins {
        let host = PluginHost::new(HostSettings::default()).unwrap();
        let trust = crate::plugin_signature::Trust { required: false, keys: Vec::new() };
        let compiler = PluginCompiler { program: None, limits: CompilerLimits::default() };
        InstalledPlugins::new(host, compiler, std::collections::HashSet::new(), trust)
    }

    /// Manifests without components: at the start they deny.
    fn write(folder: &Path, names: impl IntoIterator<Item = String>) {
        for name in names {
            std::fs::write(folder.join(format!("{name}.toml")), "component = \"missing.wasm\"\nmode = \"enforce\"\n")
                .unwrap();
        }
    }

    #[test]
    fn nothing_that_lies_there_at_the_start_is_left_out() {
        let (loader, folder) = (loader(), tempfile::tempdir().unwrap());
        let look = || PluginFolder::new(folder.path().to_owned()).first_look(&loader);
        write(folder.path(), ["Denies".to_owned()]);
        assert!(look().unwrap_err().to_string().contains("Denies.toml` is no name of a plugin"));
        std::fs::remove_file(folder.path().join("Denies.toml")).unwrap();
        write(folder.path(), (0..=MOST).map(|number| format!("p{number}")));
        assert!(look().unwrap_err().to_string().contains("has 65 manifests, and 64 are taken"));
        std::fs::remove_file(folder.path().join("p0.toml")).unwrap();
        let changes = look().unwrap();
        assert_eq!(changes.len(), MOST);
        assert!(changes.iter().all(|change| change.operation == "PluginFolderInstall"));
        let gone = PluginFolder::new(folder.path().join("none")).first_look(&loader);
        assert!(matches!(gone, Err(PluginFolderError::Unreadable { .. })), "{gone:?}");
    }

    #[test]
    fn surplus_takes_nothing_away_that_is_in_force() {
        let (loader, folder) = (loader(), tempfile::tempdir().unwrap());
        let mut watched = PluginFolder::new(folder.path().to_owned());
        write(folder.path(), (0..MOST).map(|number| format!("p{number}")));
        assert_eq!(watched.first_look(&loader).unwrap().len(), MOST);
        // Their names come before all others.
        write(folder.path(), (0..3).map(|number| format!("a{number}")));
        watched.look(&loader);
        assert!(!watched.is_pending(), "{:?}", watched.done());
        assert!(loader.declares("p0") && loader.declares("p63") && !loader.declares("a0"));
        assert_eq!(watched.known.len(), MOST);
    }
}
