//! The SDKs and the WIT, as a project keeps them in its folder `vendor`.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use toml::{Table, Value};

use crate::Language;

static RUST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sdk/rust/src");
static PYTHON: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sdk/python/portcullis_plugin");
static JAVASCRIPT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sdk/javascript/src");
static WIT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../wit/policy");
static WIT_OF_TESTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../wit/policy-test");

const RUST_MANIFEST: &str = include_str!("../../sdk/rust/Cargo.toml");
const JAVASCRIPT_MANIFEST: &str = include_str!("../../sdk/javascript/package.json");
const WORKSPACE: &str = include_str!("../../../Cargo.toml");

/// Where the Rust SDK's bindings find the WIT in this repository, and where in a project.
const WIT_PATHS: [(&str, &str); 2] =
    [("\"../../../wit/policy\"", "\"../wit\""), ("\"../../../wit/policy-test\"", "\"../wit-test\"")];

/// Every file that a project of a language keeps in `vendor`.
pub(crate) fn files(language: Language) -> Vec<(PathBuf, String)> {
    let mut files = below("vendor/wit", &WIT);
    match language {
        Language::Rust => {
            files.push(("vendor/portcullis-plugin/Cargo.toml".into(), standalone(RUST_MANIFEST, WORKSPACE)));
            let sources = below("vendor/portcullis-plugin/src", &RUST);
            files.extend(sources.into_iter().map(|(path, text)| (path, beside_the_wit(&text))));
            files.extend(below("vendor/wit-test", &WIT_OF_TESTS));
        }
        Language::Python => files.extend(below("vendor/portcullis_plugin", &PYTHON)),
        Language::JavaScript => {
            files.push(("vendor/portcullis-plugin/package.json".into(), JAVASCRIPT_MANIFEST.to_owned()));
            files.extend(below("vendor/portcullis-plugin/src", &JAVASCRIPT));
        }
    }
    files
}

/// The texts in an embedded folder, and in those below it. What is no text (bytecode that an interpreter left) is not
/// part of an SDK.
pub(crate) fn texts(folder: &'static Dir<'static>) -> Vec<(PathBuf, &'static str)> {
    let own = folder.files().filter_map(|file| file.contents_utf8().map(|text| (file.path().to_owned(), text)));
    let folders = folder.dirs().filter(|folder| !folder.path().ends_with("__pycache__"));
    own.chain(folders.flat_map(texts)).collect()
}

fn below(folder: &str, sources: &'static Dir<'static>) -> Vec<(PathBuf, String)> {
    texts(sources).into_iter().map(|(path, text)| (Path::new(folder).join(path), text.to_owned())).collect()
}

fn beside_the_wit(source: &str) -> String {
    WIT_PATHS.iter().fold(source.to_owned(), |text, (here, in_project)| text.replace(here, in_project))
}

/// A package's manifest without what it inherits from this workspace, and without its lints.
fn standalone(manifest: &str, workspace: &str) -> String {
    let mut manifest: Table = manifest.parse().expect("the SDK's manifest is TOML: cargo has read it");
    let workspace: Table = workspace.parse().expect("the workspace's manifest is TOML: cargo has read it");
    let inherited = |section: &str, key: &str| workspace.get("workspace")?.get(section)?.get(key).cloned();
    if let Some(Value::Table(package)) = manifest.get_mut("package") {
        for (key, value) in package.iter_mut().filter(|(_, value)| inherits(value)) {
            *value = inherited("package", key).expect("the workspace has what its member inherits");
        }
    }
    if let Some(Value::Table(dependencies)) = manifest.get_mut("dependencies") {
        for (key, value) in dependencies.iter_mut().filter(|(_, value)| inherits(value)) {
            let base = inherited("dependencies", key).expect("the workspace has what its member inherits");
            *value = Value::Table(merged(base, value));
        }
    }
    manifest.remove("lints");
    manifest.to_string()
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

/// A dependency as the workspace has it, with what the member adds: features, and whether it is optional.
fn merged(base: Value, own: &Value) -> Table {
    let mut merged = match base {
        Value::Table(table) => table,
        version => Table::from_iter([("version".to_owned(), version)]),
    };
    for (key, value) in own.as_table().into_iter().flatten().filter(|(key, _)| *key != "workspace") {
        match (merged.get_mut(key), value) {
            (Some(Value::Array(features)), Value::Array(more)) => features.extend(more.iter().cloned()),
            _ => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frees_a_manifest_of_its_workspace() {
        let workspace = r#"
            [workspace.package]
            version = "1.2.3"
            [workspace.dependencies]
            a = "1"
            b = { version = "2", features = ["x"] }
        "#;
        let manifest = r#"
            [package]
            name = "p"
            version.workspace = true
            [lints]
            workspace = true
            [dependencies]
            a = { workspace = true, optional = true }
            b = { workspace = true, features = ["y"] }
            c = "3"
        "#;
        let expected: Table = r#"
            [package]
            name = "p"
            version = "1.2.3"
            [dependencies]
            a = { version = "1", optional = true }
            b = { version = "2", features = ["x", "y"] }
            c = "3"
        "#
        .parse()
        .unwrap();
        assert_eq!(standalone(manifest, workspace).parse::<Table>().unwrap(), expected);
    }

    #[test]
    fn points_the_bindings_to_the_wit_beside_them() {
        let files = files(Language::Rust);
        let bindings = files.iter().find(|(path, _)| path.ends_with("src/bindings.rs")).unwrap();
        assert!(!bindings.1.contains("../../../"), "{}", bindings.1);
        for (_, folder) in WIT_PATHS {
            assert!(bindings.1.contains(folder), "{folder}");
            let folder = format!("vendor/{}", folder.trim_matches(['"', '.', '/']));
            assert!(files.iter().any(|(path, _)| path.starts_with(&folder)), "{folder}");
        }
    }
}
