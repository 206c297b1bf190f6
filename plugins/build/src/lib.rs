//! Builds plugin packages to WebAssembly components, for build scripts.
//!
//! A build script names packages of the workspace that it is part of; one nested cargo builds them all for
//! `wasm32-wasip2`, whose linker yields components, and their paths are handed back. Depends on nothing.

mod cargo;
mod depfile;
mod target_dir;

use std::path::PathBuf;

pub use cargo::Guests;

/// A component that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The package's name, or the example's.
    pub name: String,
    /// Where the component lies, in the build script's own `OUT_DIR`.
    pub path: PathBuf,
}

/// Says why no component was built. A build script prints it and stops.
#[derive(Debug)]
pub enum BuildError {
    /// The compiler has no standard library for the target.
    MissingTarget,
    /// A variable that cargo sets for build scripts is missing: this is not a build script.
    NotABuildScript(&'static str),
    /// Cargo's output directory has not the shape that cargo gives it.
    OutDir(PathBuf),
    /// A command could not be started.
    Start {
        /// The command.
        command: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The nested cargo failed; its own messages stand above.
    Cargo,
    /// A file could not be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MissingTarget => {
                f.write_str("plugins need the target wasm32-wasip2: run `rustup target add wasm32-wasip2`")
            }
            Self::NotABuildScript(variable) => {
                write!(f, "{variable} is not set: plugins are built from a build script")
            }
            Self::OutDir(path) => write!(f, "no target directory above {}", path.display()),
            Self::Start { command, .. } => write!(f, "cannot start {}", command.display()),
            Self::Cargo => f.write_str("the plugins do not compile: see above"),
            Self::File { path, .. } => write!(f, "cannot read or write {}", path.display()),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start { source, .. } | Self::File { source, .. } => Some(source),
            Self::MissingTarget | Self::NotABuildScript(_) | Self::OutDir(_) | Self::Cargo => None,
        }
    }
}
