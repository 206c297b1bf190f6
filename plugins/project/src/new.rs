//! Writes a new project.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::{Language, ProjectName, vendor};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Says why no project was written.
#[derive(Debug, thiserror::Error)]
pub enum NewError {
    /// There is something already.
    #[error("{} exists already, and nothing is overwritten: choose another name or remove it", .0.display())]
    Exists(PathBuf),
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes a project that builds and whose tests pass, in a folder of its name below `parent`, and returns the folder.
///
/// # Errors
/// When there is something of that name already, or a file cannot be written.
pub fn new(parent: &Path, name: &ProjectName, language: Language) -> Result<PathBuf, NewError> {
    let folder = parent.join(name.as_str());
    // Creating is what finds out, so that nobody can come between.
    fs::create_dir(&folder).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => NewError::Exists(folder.clone()),
        _ => NewError::Write { path: folder.clone(), source },
    })?;
    for (path, text) in files(language, name) {
        let path = folder.join(path);
        write(&path, &text).map_err(|source| NewError::Write { path, source })?;
    }
    Ok(folder)
}

/// Every file of a new project: its path in the project, and its text.
fn files(language: Language, name: &ProjectName) -> Vec<(PathBuf, String)> {
    let root = TEMPLATES.get_dir(language.name()).expect("there is a folder of templates for each language");
    let mut files: Vec<(PathBuf, String)> = vendor::texts(root)
        .into_iter()
        .map(|(path, text)| {
            let path = path.strip_prefix(language.name()).map_or_else(|_| path.clone(), Path::to_owned);
            (in_project(&path), filled_in(text, name))
        })
        .collect();
    files.extend(vendor::files(language));
    files
}

/// Templates are not named as what cargo and git would take for their own: `Cargo.toml.template`, `gitignore`.
fn in_project(path: &Path) -> PathBuf {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("gitignore") => path.with_file_name(".gitignore"),
        Some(_) if path.extension().is_some_and(|extension| extension == "template") => path.with_extension(""),
        _ => path.to_owned(),
    }
}

fn filled_in(text: &str, name: &ProjectName) -> String {
    text.replace("{{name}}", name.as_str()).replace("{{snake}}", &name.snake())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_every_language_with_its_sdk_and_the_wit_and_leaves_no_placeholder() {
        let parent = tempfile::tempdir().unwrap();
        for (language, sdk) in [
            (Language::Rust, "vendor/portcullis-plugin/src/lib.rs"),
            (Language::Python, "vendor/portcullis_plugin/__init__.py"),
            (Language::JavaScript, "vendor/portcullis-plugin/src/index.d.ts"),
        ] {
            let name: ProjectName = format!("a-{}", language.name()).parse().unwrap();
            let folder = new(parent.path(), &name, language).unwrap();
            for file in
                [sdk, "vendor/wit/worlds.wit", "README.md", ".gitignore", language.manifest(), "cases/decisions.json"]
            {
                assert!(folder.join(file).is_file(), "{language:?}: {file}");
            }
            for (path, text) in files(language, &name) {
                assert!(!text.contains("{{"), "{language:?}: {}", path.display());
            }
            assert_eq!(Language::of(&folder), Some(language));
        }
    }

    #[test]
    fn overwrites_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let name: ProjectName = "mine".parse().unwrap();
        fs::create_dir(parent.path().join("mine")).unwrap();
        let error = new(parent.path(), &name, Language::Rust).unwrap_err();
        assert!(matches!(error, NewError::Exists(_)) && error.to_string().contains("choose another name"), "{error}");
        assert_eq!(fs::read_dir(parent.path().join("mine")).unwrap().count(), 0);
        fs::remove_dir(parent.path().join("mine")).unwrap();
        fs::write(parent.path().join("mine"), "a file").unwrap();
        assert!(matches!(new(parent.path(), &name, Language::Rust), Err(NewError::Exists(_))));
    }
}
