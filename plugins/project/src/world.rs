//! The world of one plugin: all that its worlds ask it to export.
//!
//! A component exports all that its world does, and the published worlds have a hook each, so a plugin of two hooks has
//! a world of its own, written beside what is built.

use std::fs;
use std::io;
use std::path::Path;

use crate::described::Options;

/// The name of the written world.
pub(crate) const NAME: &str = "plugin";

/// Writes the world to a folder, with the package that it includes beside it, and `wit.js`, by which the SDK of
/// JavaScript imports whatever this version of the package lets plugins ask.
pub(crate) fn write(wit: &Path, options: &Options, folder: &Path) -> io::Result<()> {
    let package = folder.join("deps/policy");
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(&package)?;
    let mut version = None;
    let mut questions = Vec::new();
    for entry in fs::read_dir(wit)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|extension| extension == "wit"))
        else {
            continue;
        };
        let text = fs::read_to_string(&path)?;
        version = version.or_else(|| version_in(&text));
        questions.extend(imports_in(&text));
        fs::write(package.join(name), text)?;
    }
    let version = version.ok_or_else(|| io::Error::other("no package portcullis:policy there"))?;
    let includes: String =
        options.worlds.iter().map(|world| format!("    include portcullis:policy/{world}@{version};\n")).collect();
    let imports: String = questions
        .iter()
        .map(|name| format!("export * as {name} from 'portcullis:policy/{name}@{version}';\n"))
        .chain([format!("export const version = '{version}';\n")])
        .collect();
    fs::write(folder.join("wit.js"), imports)?;
    fs::write(folder.join("plugin.wit"), format!("package portcullis:plugin;\n\nworld {NAME} {{\n{includes}}}\n"))
}

/// The version in `package portcullis:policy@0.1.0;`.
fn version_in(text: &str) -> Option<String> {
    let package = text.lines().find_map(|line| line.trim().strip_prefix("package portcullis:policy@"))?;
    Some(package.trim_end_matches(';').to_owned())
}

/// The interfaces in `import clock;`, which the package's world of questions has.
fn imports_in(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("import ")?.strip_suffix(';'));
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_every_world_and_imports_every_question() {
        let folder = tempfile::tempdir().unwrap();
        let wit = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/policy"));
        let options = Options {
            worlds: vec!["authorization-plugin".to_owned(), "conditional-access-plugin".to_owned()],
            ..Options::default()
        };
        let out = folder.path().join("wit");
        for _ in 0..2 {
            write(wit, &options, &out).unwrap();
        }
        let world = fs::read_to_string(out.join("plugin.wit")).unwrap();
        assert!(world.contains("include portcullis:policy/conditional-access-plugin@0."), "{world}");
        assert!(world.contains("include portcullis:policy/authorization-plugin@0."), "{world}");
        let imports = fs::read_to_string(out.join("wit.js")).unwrap();
        for name in ["request", "principal", "network", "directory", "clock", "settings", "log"] {
            assert!(imports.contains(&format!("export * as {name} from 'portcullis:policy/{name}@0.")), "{imports}");
        }
        assert!(out.join("deps/policy/worlds.wit").is_file());
    }

    #[test]
    fn says_when_the_folder_has_no_such_package() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(folder.path(), &Options::default(), &folder.path().join("out")).unwrap_err();
        assert!(error.to_string().contains("no package portcullis:policy"), "{error}");
    }
}
