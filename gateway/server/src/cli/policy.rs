//! `portcullis policy`: tests, measures, explains and replays policies.

mod bench;
mod build;
mod coverage;
mod explain;
mod explore;
mod prepared;
mod replay;
mod source;
mod test;
mod what_if;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Runs the tests of a policy: a program of tests in wasm, as cargo's runner, or case files.
    Test(test::Test),
    /// Measures what an evaluation costs, and fails beyond a budget.
    Bench(bench::Bench),
    /// Says on which facts a past decision rested, or what would be decided on a described request.
    Explain(explain::Explain),
    /// Asks a plugin about the requests of an audit log, and says which decisions change.
    Replay(replay::Replay),
    /// Varies the answers to what a plugin asks, and looks for failures and for refusals that a weaker fact lifts.
    Explore(explore::Explore),
    /// Asks a running gateway who could do something at a vault, and what somebody could do.
    WhatIf(what_if::WhatIf),
}

impl PolicyCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Test(command) => command.run(),
            Self::Bench(command) => command.run(),
            Self::Explain(command) => command.run(),
            Self::Replay(command) => command.run(),
            Self::Explore(command) => command.run(),
            Self::WhatIf(command) => command.run(),
        }
    }
}

/// The exit status when a policy does not do what it should, as libtest has it.
const EXIT_FAILED: u8 = 101;
