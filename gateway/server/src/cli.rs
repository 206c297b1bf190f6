//! The command line.

mod admin;
mod audit;
mod compile_plugin;
mod directory;
mod plugin;
mod policy;
mod remote;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::files::Files;
use crate::{config, dev, run};

/// The exit status for a configuration or command line that cannot be used (sysexits: EX_USAGE).
pub(crate) const EXIT_USAGE: u8 = 64;

/// A self-hosted vault gateway that speaks Azure Key Vault's protocols.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a gateway for development on loopback, with everything it needs in one folder.
    Dev(dev::DevArguments),
    /// Starts a gateway from a configuration file.
    Serve {
        /// The configuration, a TOML file (docs/configuration.md).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Works on access tokens, offline.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Begins an installation, and moves its configuration, offline.
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Administers the directory of a gateway, and makes what it needs.
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// Tests, measures, explains and replays policies.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Works on audit logs.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Works on plugins: new projects, and components built from them.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Compiles a component for trial; the gateway starts it by itself.
    #[command(hide = true)]
    CompilePlugin(compile_plugin::CompilePlugin),
}

impl Arguments {
    /// Runs the command to its end.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Dev(arguments) => dev::run(&arguments),
            Command::Serve { config } => serve(&config),
            Command::Token(command) => command.run(),
            Command::Admin(command) => command.run(),
            Command::Directory(command) => command.run(),
            Command::Policy(command) => command.run(),
            Command::Audit(command) => command.run(),
            Command::Plugin(command) => command.run(),
            Command::CompilePlugin(command) => command.run(),
        };
        result.unwrap_or_else(|error| {
            complain(&error);
            ExitCode::FAILURE
        })
    }
}

fn serve(path: &std::path::Path) -> anyhow::Result<ExitCode> {
    run::log_to_stderr();
    match configured(path) {
        Ok((config, files)) => run::to_completion(config, files, Some(path), |_| Ok(())),
        Err(error) => {
            complain(&error);
            Ok(ExitCode::from(EXIT_USAGE))
        }
    }
}

/// Everything that the configuration says and names, checked before anything is opened.
fn configured(path: &std::path::Path) -> anyhow::Result<(config::Config, Files)> {
    let config = config::load(path)?;
    let files = Files::read(&config)?;
    Ok((config, files))
}

/// Tells an error and its causes on standard error.
fn complain(error: &anyhow::Error) {
    use std::io::Write as _;
    let mut text = format!("portcullis: {error}");
    for cause in error.chain().skip(1) {
        // Some errors already repeat their source in their own text.
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    // There is nowhere left to complain to if this fails.
    let _ = writeln!(std::io::stderr(), "{text}");
}
