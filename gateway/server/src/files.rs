//! The files that the configuration names: certificates and plugins, read and checked before anything is opened.

use std::error::Error;
use std::fmt;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_listener::{CertificateError, Certificates, PemIdentity};
use portcullis_plugin_host::{Documents, HostSettings, LoadOptions, MemoSettings, Plugin, PluginHost, PluginSet};

use crate::config::{CertificateConfig, Config, MAX_DOCUMENTS, Mistake, PluginConfig, PluginSource, PolicyConfig};

/// Certificates and plugins, ready to be used.
#[derive(Debug)]
pub struct Files {
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) plugins: PluginSet,
    pub(crate) host: PluginHost,
}

/// Says everything that is wrong with the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesError {
    mistakes: Vec<Mistake>,
}

impl Files {
    /// Reads and checks all of them; compiles the plugins, which blocks for up to seconds.
    ///
    /// # Errors
    /// With every mistake, if there is one.
    pub fn read(config: &Config) -> Result<Self, FilesError> {
        let was_there = config.data.exists();
        match (certificates(&config.certificates), plugins(&config.policy, &config.data)) {
            (Ok(certificates), Ok((plugins, host))) => Ok(Self { certificates, plugins, host }),
            (certificates, plugins) => {
                if !was_there {
                    // A start that is refused leaves nothing behind: not the compiled code, and not the folder if nobody
                    // else has put something there meanwhile.
                    let _ = std::fs::remove_dir_all(config.data.join(COMPILED));
                    let _ = std::fs::remove_dir(&config.data);
                }
                let mistakes = [certificates.err(), plugins.err()].into_iter().flatten().flatten().collect();
                Err(FilesError { mistakes })
            }
        }
    }
}

impl Error for FilesError {}

impl fmt::Display for FilesError {
    /// A heading, and a line for each mistake.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the files that the configuration names cannot be used")?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

/// Reads the certificates as they are now.
pub(crate) fn read_certificates(files: &[CertificateConfig]) -> Result<Vec<PemIdentity>, CertificateError> {
    files.iter().map(|files| PemIdentity::read(&files.chain, &files.key)).collect()
}

fn certificates(files: &[CertificateConfig]) -> Result<Arc<Certificates>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for (index, files) in files.iter().enumerate() {
        // Each by itself, so that one that is broken does not hide another.
        let checked = PemIdentity::read(&files.chain, &files.key).and_then(|identity| Certificates::new(&[identity]));
        if let Err(error) = checked {
            let key = files.key.display();
            let message =
                format!("{}; its key is `{key}`; put the chain and the key that belongs to it there", told(&error));
            mistakes.push(Mistake { place: format!("certificate[{index}]"), message });
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let all = read_certificates(files).and_then(|read| Certificates::new(&read));
    all.map_err(|error| vec![Mistake { place: "certificate".to_owned(), message: told(&error) }])
}

fn plugins(config: &PolicyConfig, data: &Path) -> Result<(PluginSet, PluginHost), Vec<Mistake>> {
    let memo = config.memo.map_or(MemoSettings::Off, |entries| MemoSettings::On { entries });
    let settings = HostSettings {
        memory: config.memory,
        time: config.time,
        sandboxes: config.sandboxes,
        memo,
        cache: cache(data),
        ..HostSettings::default()
    };
    let host = PluginHost::new(settings)
        .map_err(|error| vec![Mistake { place: "policy".to_owned(), message: told(&error) }])?;
    let (mut plugins, mut mistakes) = (Vec::new(), Vec::new());
    for plugin in &config.plugins {
        match load(&host, plugin) {
            Ok(plugin) => plugins.push(plugin),
            Err(message) => mistakes.push(Mistake { place: format!("plugin `{}`", plugin.name), message }),
        }
    }
    if mistakes.is_empty() { Ok((PluginSet::new(plugins), host)) } else { Err(mistakes) }
}

/// The folder of compiled code below the data folder.
const COMPILED: &str = "compiled";

/// Where compiled code is kept: a folder of the data folder that is the gateway's own. What lies there is run as it is,
/// so a folder that others could write to is not used, and plugins are compiled anew at each start.
fn cache(data: &Path) -> Option<PathBuf> {
    let folder = data.join(COMPILED);
    // Before anything is changed: a folder that others could write to until now may hold code that they put there.
    if folder.canonicalize().is_ok_and(|there| !own(&there)) {
        tracing::warn!(
            folder = %folder.display(),
            "others could write here, so what lies there is not trusted and compiled plugins are not kept; remove the folder"
        );
        return None;
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).and_then(|()| {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
        folder.canonicalize()
    });
    match made {
        Ok(folder) if own(data) && own(&folder) => Some(folder),
        Ok(folder) => {
            tracing::warn!(folder = %folder.display(), "others may write here, so compiled plugins are not kept");
            None
        }
        Err(error) => {
            tracing::warn!(%error, folder = %folder.display(), "compiled plugins are not kept");
            None
        }
    }
}

/// Whether a folder is this process's user's and nobody else may write to it.
fn own(folder: &Path) -> bool {
    let found = std::fs::symlink_metadata(folder);
    found.is_ok_and(|it| it.is_dir() && it.uid() == rustix::process::geteuid().as_raw() && it.mode() & 0o022 == 0)
}

fn load(host: &PluginHost, config: &PluginConfig) -> Result<Plugin, String> {
    let texts = config.data.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let data = Documents::read(texts, MAX_DOCUMENTS).map_err(|error| told(&error))?;
    let options =
        LoadOptions { settings: config.settings.as_str().into(), mode: config.mode, data, ..LoadOptions::default() };
    match &config.source {
        PluginSource::Bundled(name) => {
            let known = portcullis_bundled::ALL.iter().find(|(known, _)| known == name);
            let (_, bytes) = known.expect("the configuration names bundled plugins only");
            Plugin::load(host, &config.name, bytes, options).map_err(|error| told(&error))
        }
        PluginSource::File(path) => {
            let bytes = std::fs::read(path).map_err(|error| unusable(path, &error))?;
            Plugin::load(host, &config.name, &bytes, options).map_err(|error| unusable(path, &error))
        }
    }
}

fn unusable(path: &Path, error: &dyn Error) -> String {
    format!(
        "`{}` cannot be loaded: {}; put a plugin component there, or remove the plugin",
        path.display(),
        told(error)
    )
}

/// An error and its causes on one line.
pub(crate) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors already repeat their source in their own text.
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiled_code_that_others_could_have_put_there_is_not_trusted() {
        let data = tempfile::tempdir().unwrap();
        let folder = cache(data.path()).unwrap();
        assert_eq!(cache(data.path()), Some(folder.clone()), "it is the gateway's own");
        for mode in [0o720, 0o702, 0o777] {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(cache(data.path()), None, "{mode:o}");
            let now = folder.metadata().unwrap().mode() & 0o777;
            assert_eq!(now, mode, "it is not made to look like the gateway's own for the next start");
        }
        std::fs::remove_dir(&folder).unwrap();
        assert_eq!(cache(data.path()), Some(folder.clone()));
        std::fs::remove_dir(&folder).unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::set_permissions(other.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        std::os::unix::fs::symlink(other.path(), &folder).unwrap();
        assert_eq!(cache(data.path()), None, "behind a link");
    }
}
