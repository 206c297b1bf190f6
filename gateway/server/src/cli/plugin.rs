//! `portcullis plugin`: from a new project to a component, and from there to a gateway.

mod installed;
pub(super) mod remote;
mod signature;
mod source;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use portcullis_plugin_project::{Language, ProjectName, Purpose};

/// What can be done with plugins.
#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Writes a new plugin's project, which builds and whose tests pass, into a folder of its name.
    New {
        /// The plugin's name: letters in lower case, digits and hyphens.
        name: ProjectName,
        /// The language that it is written in.
        #[arg(long, value_name = "LANGUAGE")]
        lang: LanguageName,
    },
    /// Builds a plugin's project to the component `dist/NAME.wasm`, with the language's own tools.
    Build {
        /// The project's folder.
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Builds `dist/coverage/NAME.wasm` instead, from which `policy test --coverage` tells lines; Rust only.
        #[arg(long)]
        coverage: bool,
    },
    /// Makes a key pair for signing plugins, and prints the public key.
    Key(signature::Key),
    /// Signs a component: writes `COMPONENT.sig` beside it.
    Sign(signature::Sign),
    /// Brings a component to a gateway and installs it.
    Install(installed::Install),
    /// Changes what is installed: what is not given stays.
    Update(installed::Update),
    /// Lists what is installed at a scope and below it.
    List(installed::List),
    /// Shows an installation as JSON.
    Show(installed::Named),
    /// Makes hold what held before.
    Rollback(installed::Rollback),
    /// Lets a plugin that only reported count.
    Promote(installed::Promote),
    /// Removes an installation.
    Remove(installed::Named),
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LanguageName {
    Rust,
    Python,
    Javascript,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Rust => Self::Rust,
            LanguageName::Python => Self::Python,
            LanguageName::Javascript => Self::JavaScript,
        }
    }
}

impl PluginCommand {
    /// Runs the command to its end.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New { name, lang } => new(&name, lang.into()),
            Self::Build { folder, coverage: false } => build(&folder, Purpose::Deployment),
            Self::Build { folder, coverage: true } => build(&folder, Purpose::Coverage),
            Self::Key(arguments) => arguments.run(),
            Self::Sign(arguments) => arguments.run(),
            Self::Install(arguments) => arguments.run(),
            Self::Update(arguments) => arguments.run(),
            Self::List(arguments) => arguments.run(),
            Self::Show(arguments) => arguments.show(),
            Self::Rollback(arguments) => arguments.run(),
            Self::Promote(arguments) => arguments.run(),
            Self::Remove(arguments) => arguments.remove(),
        }
    }
}

fn new(name: &ProjectName, language: Language) -> anyhow::Result<ExitCode> {
    let folder = portcullis_plugin_project::new(".".as_ref(), name, language)?;
    let folder = folder.strip_prefix(".").unwrap_or(&folder);
    let mut text = format!("wrote {}\n\n  cd {}\n", folder.display(), folder.display());
    for step in steps(language) {
        text.push_str("  ");
        text.push_str(step);
        text.push('\n');
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// What to type next, in the project's folder.
fn steps(language: Language) -> &'static [&'static str] {
    match language {
        Language::Rust => &["cargo test", "portcullis plugin build"],
        Language::Python => &[
            "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
            ".venv/bin/python -m pytest",
            "portcullis plugin build",
        ],
        Language::JavaScript => &["npm install", "npm test", "portcullis plugin build"],
    }
}

fn build(folder: &std::path::Path, purpose: Purpose) -> anyhow::Result<ExitCode> {
    let built = portcullis_plugin_project::build(folder, purpose)?;
    writeln!(std::io::stdout(), "built {} ({} KiB)", built.component.display(), built.bytes.div_ceil(1024))?;
    Ok(ExitCode::SUCCESS)
}
