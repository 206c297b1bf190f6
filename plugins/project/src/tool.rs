//! The tools that build a project.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Says why a tool did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The tool is not there.
    #[error("{tool} is missing: {remedy}")]
    Missing {
        /// The tool.
        tool: &'static str,
        /// What to type.
        remedy: &'static str,
    },
    /// The tool could not be started.
    #[error("cannot start {}", tool.display())]
    Start {
        /// The tool.
        tool: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The tool failed; its own messages stand above.
    #[error("{tool} failed: see above")]
    Failed {
        /// The tool.
        tool: String,
    },
}

/// A tool that builds projects, found where the project's own package manager puts it, or else on the path.
#[derive(Debug)]
pub(crate) struct Tool {
    program: PathBuf,
}

impl Tool {
    /// Finds a tool.
    pub(crate) fn find(
        folder: &Path,
        tool: &'static str,
        own: &[&str],
        remedy: &'static str,
    ) -> Result<Self, ToolError> {
        let own = own.iter().map(|place| folder.join(place));
        let path = env::var_os("PATH").unwrap_or_default();
        own.chain(env::split_paths(&path))
            .map(|place| place.join(tool))
            .find(|program| program.is_file())
            .map(|program| Self { program })
            .ok_or(ToolError::Missing { tool, remedy })
    }

    /// Runs the tool in a folder; what it says goes to standard error, so that standard output has the result alone.
    pub(crate) fn run<I: AsRef<OsStr>>(&self, folder: &Path, arguments: &[I]) -> Result<(), ToolError> {
        let status = Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status()
            .map_err(|source| ToolError::Start { tool: self.program.clone(), source })?;
        let name = || self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if status.success() { Ok(()) } else { Err(ToolError::Failed { tool: name() }) }
    }

    /// What the tool prints.
    pub(crate) fn output(&self, arguments: &[&str]) -> Result<String, ToolError> {
        let output = Command::new(&self.program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| ToolError::Start { tool: self.program.clone(), source })?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
