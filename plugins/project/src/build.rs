//! Builds a project to a component.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::described::Described;
use crate::tool::{Tool, ToolError};
use crate::{Language, world};

const TARGET: &str = "wasm32-wasip2";

const INSTALL_RUST: &str = "install Rust from https://rustup.rs, then `rustup target add wasm32-wasip2`";
const INSTALL_PYTHON: &str = "in the project, `python3 -m venv .venv` and `.venv/bin/pip install -r requirements.txt`";
const INSTALL_NODE: &str = "in the project, `npm install` (Node.js 20 or later)";

/// Says why there is no component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder has no project.
    #[error("{} is no plugin's project: it has no Cargo.toml, pyproject.toml or package.json", .0.display())]
    NoProject(PathBuf),
    /// The manifest cannot be read.
    #[error("{}: {why}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A JavaScript project without its entry.
    #[error("{} has no plugin.js or plugin.ts, which exports the hooks", .0.display())]
    NoEntry(PathBuf),
    /// A tool is missing or failed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The lines of a script are not known to the wasm that interprets it.
    #[error("line tables are there for Rust alone: {} is run by an interpreter within the component", .0.name())]
    NoLines(Language),
    /// The Rust compiler has no standard library for the target.
    #[error("the Rust target wasm32-wasip2 is missing: run `rustup target add wasm32-wasip2`")]
    MissingTarget,
    /// The WIT cannot be used.
    #[error("cannot use the WIT in {}", path.display())]
    Wit {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// What a component is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be deployed.
    Deployment,
    /// To tell which lines of its source tests reach.
    Coverage,
}

/// A component that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The plugin's name.
    pub name: String,
    /// The project's language.
    pub language: Language,
    /// Where the component lies: `dist/NAME.wasm` in the project, or `dist/coverage/NAME.wasm`.
    pub component: PathBuf,
    /// The component's bytes.
    pub bytes: u64,
}

/// Builds the project in a folder to `dist/NAME.wasm`, or for coverage to `dist/coverage/NAME.wasm`.
///
/// # Errors
/// When there is no project, a tool is missing or fails; the message says what to do.
pub fn build(folder: &Path, purpose: Purpose) -> Result<Built, BuildError> {
    let language = Language::of(folder).ok_or_else(|| BuildError::NoProject(folder.to_owned()))?;
    let dist = match purpose {
        Purpose::Deployment => folder.join("dist"),
        Purpose::Coverage if language == Language::Rust => folder.join("dist/coverage"),
        Purpose::Coverage => return Err(BuildError::NoLines(language)),
    };
    let described = Described::read(folder, language)?;
    fs::create_dir_all(&dist).map_err(|source| BuildError::File { path: dist.clone(), source })?;
    let component = dist.join(format!("{}.wasm", described.name));
    // What was built before must not be taken for what could not be built.
    if component.exists() {
        fs::remove_file(&component).map_err(|source| BuildError::File { path: component.clone(), source })?;
    }
    if language != Language::Rust {
        let wit = folder.join(&described.options.wit);
        world::write(&wit, &described.options, &dist.join("wit"))
            .map_err(|source| BuildError::Wit { path: wit, source })?;
    }
    match language {
        Language::Rust => rust(folder, &described, purpose, &component)?,
        Language::Python => python(folder, &described)?,
        Language::JavaScript => javascript(folder, &described)?,
    }
    let bytes = fs::metadata(&component).map_err(|source| BuildError::File { path: component.clone(), source })?.len();
    Ok(Built { name: described.name, language, component, bytes })
}

fn rust(folder: &Path, described: &Described, purpose: Purpose, component: &Path) -> Result<(), BuildError> {
    let rustc = Tool::find(folder, "rustc", &[], INSTALL_RUST)?;
    let libraries = rustc.output(&["--print", "target-libdir", "--target", TARGET])?;
    if !Path::new(libraries.trim()).is_dir() {
        return Err(BuildError::MissingTarget);
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), PathBuf::from);
    let target = std::path::absolute(&target).map_err(|source| BuildError::File { path: target.clone(), source })?;
    let cargo = Tool::find(folder, "cargo", &[], INSTALL_RUST)?;
    let mut arguments: Vec<OsString> = ["build", "--target", TARGET, "--target-dir"].map(OsString::from).into();
    arguments.push(target.clone().into());
    let profile = match purpose {
        Purpose::Deployment => {
            arguments.push("--release".into());
            "release"
        }
        Purpose::Coverage => {
            arguments.extend(with_line_tables(&described.name).into_iter().map(OsString::from));
            "debug"
        }
    };
    cargo.run(folder, &arguments)?;
    let built = target.join(TARGET).join(profile).join(described.name.replace('-', "_")).with_extension("wasm");
    fs::copy(&built, component).map_err(|source| BuildError::File { path: component.to_owned(), source })?;
    Ok(())
}

/// What cargo is told to build a package with line tables, with its profile `dev`. Nothing is optimised in the package's
/// own code, or lines would share instructions and one would count when another was reached; it decides as it does when
/// it is deployed, so nothing is checked that is not checked there.
#[must_use]
pub fn with_line_tables(package: &str) -> Vec<String> {
    ["debug='line-tables-only'", "strip=false", "opt-level=0", "overflow-checks=false", "debug-assertions=false"]
        .into_iter()
        .flat_map(|setting| ["--config".to_owned(), format!("profile.dev.package.'{package}'.{setting}")])
        .collect()
}

/// Without WASI: the interpreter's start is part of the component, and what would ask the system traps. A plugin that
/// imports files and sockets, as Python's library would have it, is none that a gateway loads.
fn python(folder: &Path, described: &Described) -> Result<(), BuildError> {
    let componentize = Tool::find(folder, "componentize-py", &[".venv/bin", ".venv/Scripts"], INSTALL_PYTHON)?;
    let (options, output) = (&described.options, format!("dist/{}.wasm", described.name));
    let arguments = [
        "-d",
        "dist/wit",
        "-w",
        world::NAME,
        "componentize",
        "--stub-wasi",
        "plugin",
        "-p",
        ".",
        "-p",
        &options.sdk,
        "-o",
        &output,
    ];
    Ok(componentize.run(folder, &arguments)?)
}

fn javascript(folder: &Path, described: &Described) -> Result<(), BuildError> {
    let own = ["node_modules/.bin"];
    let esbuild = Tool::find(folder, "esbuild", &own, INSTALL_NODE)?;
    let componentize = Tool::find(folder, "componentize-qjs", &own, INSTALL_NODE)?;
    let entry = ["plugin.ts", "plugin.js"].into_iter().find(|entry| folder.join(entry).is_file());
    let entry = entry.ok_or_else(|| BuildError::NoEntry(folder.to_owned()))?;
    let bundle = format!("dist/{}.bundle.js", described.name);
    let outfile = format!("--outfile={bundle}");
    esbuild.run(
        folder,
        &[
            entry,
            "--bundle",
            "--format=esm",
            "--platform=neutral",
            "--external:portcullis:*",
            "--alias:portcullis-plugin/wit=./dist/wit/wit.js",
            "--log-level=warning",
            &outfile,
        ],
    )?;
    let output = format!("dist/{}.wasm", described.name);
    let arguments =
        ["--sync", "--stub-wasi", "--wit", "dist/wit", "--world", world::NAME, "--js", &bundle, "--output", &output];
    Ok(componentize.run(folder, &arguments)?)
}
