//! Which files are a plugin's own.

use std::path::{Component, Path, PathBuf};

use super::LinesError;

/// The folders of a plugin's sources. What lies in them is the plugin's own, but for other packages (below a `Cargo.toml`
/// of their own, such as a vendored SDK) and what was generated into cargo's target folder.
#[derive(Debug, Clone)]
pub struct Sources {
    folders: Vec<Folder>,
}

#[derive(Debug, Clone)]
struct Folder {
    path: PathBuf,
    /// What stands before the paths of its files where they are shown: nothing, unless there is another folder.
    shown: PathBuf,
}

/// Marks a package.
const MANIFEST: &str = "Cargo.toml";
/// Marks cargo's target folder.
const CACHE: &str = "CACHEDIR.TAG";

impl Sources {
    /// Sources in these folders.
    ///
    /// # Errors
    /// When a folder is not there.
    pub fn new(folders: &[PathBuf]) -> Result<Self, LinesError> {
        let folder = |given: &PathBuf| {
            let path = given.canonicalize().map_err(|source| LinesError::Folder { path: given.clone(), source })?;
            Ok(Folder { path, shown: if folders.len() > 1 { given.clone() } else { PathBuf::new() } })
        };
        Ok(Self { folders: folders.iter().map(folder).collect::<Result<_, LinesError>>()? })
    }

    pub(super) fn folders(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| folder.path.clone()).collect()
    }

    /// A file's path without `..`, and the path by which it is shown; none of what is not the plugin's.
    pub(super) fn own(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let path = path.canonicalize().unwrap_or_else(|_| plain(path));
        let (folder, inner) =
            self.folders.iter().find_map(|folder| Some((folder, path.strip_prefix(&folder.path).ok()?)))?;
        let mut between = inner.ancestors().skip(1).filter(|inner| !inner.as_os_str().is_empty());
        let marked = |inner: &Path, mark| folder.path.join(inner).join(mark).exists();
        let foreign = between.any(|inner| [MANIFEST, CACHE].iter().any(|mark| marked(inner, mark)));
        let shown = folder.shown.join(inner);
        (!foreign).then_some((path, shown))
    }
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_packages_generated_code_and_what_lies_elsewhere_are_not_own() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let touch = |path: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for path in [
            "mine/Cargo.toml",
            "mine/src/lib.rs",
            "mine/vendor/sdk/Cargo.toml",
            "mine/vendor/sdk/src/lib.rs",
            "mine/target/CACHEDIR.TAG",
            "mine/target/out/generated.rs",
            "other/src/lib.rs",
        ] {
            touch(path);
        }
        let sources = Sources::new(&[root.join("mine")]).unwrap();
        let own = |path: &str| sources.own(&root.join(path)).map(|(_, inner)| inner);
        assert_eq!(own("mine/src/lib.rs"), Some("src/lib.rs".into()));
        assert_eq!(own("mine/src/../src/lib.rs"), Some("src/lib.rs".into()));
        assert_eq!(own("mine/src/gone.rs"), Some("src/gone.rs".into()), "the source need not be there");
        for path in [
            "mine/vendor/sdk/src/lib.rs",
            "mine/target/out/generated.rs",
            "other/src/lib.rs",
            "mine/../other/src/lib.rs",
            "mine/gone/../../other/src/lib.rs",
        ] {
            assert_eq!(own(path), None, "{path}");
        }
        assert_eq!(sources.own("/rustc/0123/library/core/src/option.rs".as_ref()), None);
        let both = Sources::new(&[root.join("mine"), root.join("other")]).unwrap();
        let shown = |path: &str| both.own(&root.join(path)).map(|(_, shown)| shown);
        assert_eq!(shown("mine/src/lib.rs"), Some(root.join("mine/src/lib.rs")));
        assert_eq!(shown("other/src/lib.rs"), Some(root.join("other/src/lib.rs")));
        assert!(matches!(Sources::new(&[root.join("nowhere")]), Err(LinesError::Folder { .. })));
    }
}
