//! The `portcullis` binary: allocator and command line, nothing else.

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    portcullis_server::Arguments::parse().run()
}
