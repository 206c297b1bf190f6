//! What a project's manifest says of how it is built.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::{BuildError, Language};

/// How a project is built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) options: Options,
}

/// `[tool.portcullis]` in `pyproject.toml`, `"portcullis"` in `package.json`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// The worlds in the WIT whose hooks the plugin exports, all of them.
    pub(crate) worlds: Vec<String>,
    /// The folder of the WIT.
    pub(crate) wit: String,
    /// The folder that has the SDK's Python package.
    pub(crate) sdk: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { worlds: Vec::new(), wit: "vendor/wit".to_owned(), sdk: "vendor".to_owned() }
    }
}

#[derive(Deserialize)]
struct Cargo {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

#[derive(Deserialize)]
struct Pyproject {
    project: Package,
    #[serde(default)]
    tool: PyprojectTools,
}

#[derive(Default, Deserialize)]
struct PyprojectTools {
    #[serde(default)]
    portcullis: Options,
}

#[derive(Deserialize)]
struct PackageJson {
    name: String,
    #[serde(default)]
    portcullis: Options,
}

impl Described {
    /// Reads a project's manifest.
    pub(crate) fn read(folder: &Path, language: Language) -> Result<Self, BuildError> {
        let path = folder.join(language.manifest());
        let manifest = |why: String| BuildError::Manifest { path: path.clone(), why };
        let text = fs::read_to_string(&path).map_err(|error| manifest(error.to_string()))?;
        let described = match language {
            Language::Rust => toml::from_str::<Cargo>(&text)
                .map(|it| Self { name: it.package.name, options: Options::default() })
                .map_err(|error| manifest(error.to_string()))?,
            Language::Python => toml::from_str::<Pyproject>(&text)
                .map(|it| Self { name: it.project.name, options: it.tool.portcullis })
                .map_err(|error| manifest(error.to_string()))?,
            Language::JavaScript => serde_json::from_str::<PackageJson>(&text)
                .map(|it| Self { name: it.name, options: it.portcullis })
                .map_err(|error| manifest(error.to_string()))?,
        };
        // The name becomes a file's.
        if described.name.is_empty() || described.name.contains(['/', '\\', '\0']) {
            return Err(manifest(format!("`{}` cannot be a plugin's name", described.name.escape_default())));
        }
        let worlds = &described.options.worlds;
        if language != Language::Rust && worlds.is_empty() {
            return Err(manifest(
                "`worlds` is missing: it names the plugin's hooks, such as `authorization-plugin`".to_owned(),
            ));
        }
        if let Some(odd) =
            worlds.iter().find(|world| !world.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
        {
            return Err(manifest(format!("`{}` is no world", odd.escape_default())));
        }
        Ok(described)
    }
}
