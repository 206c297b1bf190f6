//! The nested cargo.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, Component, depfile, target_dir};

const TARGET: &str = "wasm32-wasip2";

/// How guests are compiled.
#[derive(Debug, Clone, Copy)]
enum Profile {
    /// As they are deployed.
    Deployed,
    /// Without optimisation and with line tables.
    WithLineTables,
}

impl Profile {
    const fn name(self) -> &'static str {
        match self {
            Self::Deployed => "plugin",
            Self::WithLineTables => "dev",
        }
    }

    /// The folder below the target's.
    const fn folder(self) -> &'static str {
        match self {
            Self::Deployed => "plugin",
            Self::WithLineTables => "debug",
        }
    }

    /// What the name of a component ends in.
    const fn extension(self) -> &'static str {
        match self {
            Self::Deployed => "wasm",
            Self::WithLineTables => "lines.wasm",
        }
    }
}

/// Variables of the outer cargo that must not reach the inner one: flags and the target would apply to the guests, and
/// clippy sets a wrapper that would lint them in place of compiling.
const OUTER: &[&str] = &[
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

/// What to build.
#[derive(Debug)]
pub enum Guests<'a> {
    /// Packages whose library is a plugin.
    Packages(&'a [&'a str]),
    /// Examples of one package, each a plugin.
    Examples {
        /// The package.
        package: &'a str,
        /// The examples' names.
        names: &'a [&'a str],
    },
}

impl Guests<'_> {
    /// Builds the guests, tells cargo what to watch, and copies the components to the build script's `OUT_DIR`.
    ///
    /// # Errors
    /// When this is no build script, the target is not installed or the guests do not compile.
    pub fn build(&self) -> Result<Vec<Component>, BuildError> {
        self.build_with(Profile::Deployed)
    }

    /// The same without optimisation and with line tables, for the coverage of lines. The components are copied beside
    /// those that are deployed, as `NAME.lines.wasm`.
    ///
    /// # Errors
    /// The same.
    pub fn build_with_line_tables(&self) -> Result<Vec<Component>, BuildError> {
        self.build_with(Profile::WithLineTables)
    }

    fn build_with(&self, profile: Profile) -> Result<Vec<Component>, BuildError> {
        let out_dir = PathBuf::from(variable("OUT_DIR")?);
        let cargo = PathBuf::from(variable("CARGO")?);
        demand_target()?;
        let target_dir = target_dir::beside(&out_dir)?;
        self.run(&cargo, &target_dir, profile)?;
        let built = target_dir.join(TARGET).join(profile.folder());
        let copied = |name: &str| out_dir.join(name).with_extension(profile.extension());
        self.names().into_iter().map(|name| self.collect(name, &built, &copied)).collect()
    }

    fn run(&self, cargo: &Path, target_dir: &Path, profile: Profile) -> Result<(), BuildError> {
        let mut command = Command::new(cargo);
        command.args(["build", "--locked", "--quiet", "--profile", profile.name(), "--target", TARGET]);
        command.arg("--target-dir").arg(target_dir);
        match self {
            Self::Packages(names) => names.iter().for_each(|name| {
                command.args(["-p", name]);
            }),
            Self::Examples { package, names } => {
                command.args(["-p", package]);
                names.iter().for_each(|name| {
                    command.args(["--example", name]);
                });
            }
        }
        for name in OUTER {
            command.env_remove(name);
        }
        let status = command.status().map_err(|source| BuildError::Start { command: cargo.to_owned(), source })?;
        if status.success() { Ok(()) } else { Err(BuildError::Cargo) }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Self::Packages(names) | Self::Examples { names, .. } => names.to_vec(),
        }
    }

    fn collect(&self, name: &str, built: &Path, copied: &impl Fn(&str) -> PathBuf) -> Result<Component, BuildError> {
        let file = name.replace('-', "_");
        let built = match self {
            Self::Packages(_) => built.join(&file),
            Self::Examples { .. } => built.join("examples").join(&file),
        };
        watch(&built.with_extension("d"))?;
        let (from, path) = (built.with_extension("wasm"), copied(&file));
        fs::copy(&from, &path).map_err(|source| BuildError::File { path: from, source })?;
        Ok(Component { name: name.to_owned(), path })
    }
}

/// Runs the build script again when a source changes, which the `.d` file lists, or a manifest or the lock file, which
/// it does not list.
fn watch(depfile: &Path) -> Result<(), BuildError> {
    let text = fs::read_to_string(depfile).map_err(|source| BuildError::File { path: depfile.to_owned(), source })?;
    let sources = depfile::prerequisites(&text);
    for source in &sources {
        rerun_if_changed(source);
        if let Some(manifest) = above(source, "Cargo.toml") {
            rerun_if_changed(&manifest);
        }
        if let Some(lock) = above(source, "Cargo.lock") {
            rerun_if_changed(&lock);
        }
    }
    Ok(())
}

fn above(path: &Path, name: &str) -> Option<PathBuf> {
    path.ancestors().skip(1).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
fn rerun_if_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}

fn variable(name: &'static str) -> Result<std::ffi::OsString, BuildError> {
    env::var_os(name).ok_or(BuildError::NotABuildScript(name))
}

/// Without the target's standard library the compiler prints pages; this prints one line.
fn demand_target() -> Result<(), BuildError> {
    let rustc = PathBuf::from(variable("RUSTC")?);
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|source| BuildError::Start { command: rustc, source })?;
    let folder = String::from_utf8_lossy(&output.stdout);
    if Path::new(folder.trim()).is_dir() { Ok(()) } else { Err(BuildError::MissingTarget) }
}
