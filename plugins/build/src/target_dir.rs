//! Where guests are built.

use std::path::{Path, PathBuf};

use crate::BuildError;

/// `<target>/plugins`, found from a build script's `OUT_DIR`, which is `<target>[/<triple>]/<profile>/build/<package>/out`.
///
/// Not `OUT_DIR` itself: dev, release and clippy runs have an `OUT_DIR` each and would each build the guests anew. The
/// target directory is the one that cargo marks with `CACHEDIR.TAG`.
pub(crate) fn beside(out_dir: &Path) -> Result<PathBuf, BuildError> {
    out_dir
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map(|target| target.join("plugins"))
        .ok_or_else(|| BuildError::OutDir(out_dir.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_directory_that_cargo_marked() {
        let root = std::env::temp_dir().join(format!("portcullis-build-{}", std::process::id()));
        let out = root.join("debug/build/x-1/out");
        std::fs::create_dir_all(&out).unwrap();
        assert!(matches!(beside(&out), Err(BuildError::OutDir(_))));
        std::fs::write(root.join("CACHEDIR.TAG"), "").unwrap();
        assert_eq!(beside(&out).unwrap(), root.join("plugins"));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
