//! Finds the component that will be deployed.
//!
//! Cargo is asked to build it, which costs nothing when it is fresh, so what is tested is never older than its source.
//! `--plugin` and `PORTCULLIS_PLUGIN` name a component that was built elsewhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use portcullis_plugin_project::{Purpose, with_line_tables};
use serde::Deserialize;
use serde_json::Value;

/// Builds the plugin of the package whose tests cargo runs, and gives the component's path.
pub(super) fn component(purpose: Purpose) -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("PORTCULLIS_PLUGIN") {
        return Ok(path.into());
    }
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .context("which plugin is under test? name its component with --plugin FILE or in PORTCULLIS_PLUGIN; `cargo test` needs neither")?;
    build(Path::new(&folder), purpose)
}

fn build(folder: &Path, purpose: Purpose) -> anyhow::Result<PathBuf> {
    let manifest = folder.join("Cargo.toml");
    let Package { name, metadata } = read(&manifest)?;
    let (profile, configuration) = match purpose {
        Purpose::Deployment => (metadata.portcullis.profile.unwrap_or_else(|| "release".to_owned()), Vec::new()),
        Purpose::Coverage => ("dev".to_owned(), with_line_tables(&name)),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--lib", "--target", "wasm32-wasip2", "--message-format", "json-render-diagnostics", "--quiet"])
        .args(configuration)
        .arg("--profile")
        .arg(&profile)
        .arg("--manifest-path")
        .arg(&manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("starting cargo to build the plugin under test")?;
    if !output.status.success() {
        bail!("the plugin under test does not build with the profile `{profile}`: see above");
    }
    let files = String::from_utf8_lossy(&output.stdout);
    let artifacts = files.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let components = artifacts.filter(|message| message["manifest_path"].as_str().map(Path::new) == Some(&manifest));
    let component = components
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    component.with_context(|| {
        format!(
            "the package `{}` builds no component: give its library `crate-type = [\"cdylib\", \"rlib\"]`",
            folder.display()
        )
    })
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    portcullis: Portcullis,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Portcullis {
    /// The profile with which the plugin is deployed; `release` when absent.
    profile: Option<String>,
}

fn read(manifest: &Path) -> anyhow::Result<Package> {
    let reading = || format!("reading `{}`", manifest.display());
    let text = std::fs::read_to_string(manifest).with_context(reading)?;
    let manifest: Manifest = toml::from_str(&text).with_context(reading)?;
    Ok(manifest.package)
}
