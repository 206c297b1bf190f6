//! WASI without a system: what a guest's runtime links, answered with constants.
//!
//! A guest built for `wasm32-wasip2` imports WASI even when it uses none of it, so these interfaces are defined; but no
//! input may escape the trace. The environment is empty, standard input is closed, the clocks stand still and
//! randomness is a fixed sequence. Nothing here keeps a resource: a handle's representation says all that there is to
//! know, so a guest cannot grow a table of the host's. Waiting for anything is over at once.
//!
//! Our own and not wasmtime-wasi's, because that one blocks on a runtime when it is called from a synchronous guest,
//! keeps its resources in a table, and brings files and sockets along that no plugin may have.

mod clocks;
mod command;
mod io;
mod random;

use wasmtime::component::Linker;

pub(crate) use io::{STDERR, resource};

/// Whoever a system is shown to: the sandbox of an evaluation, or a program of tests.
pub(crate) trait System: 'static {
    /// Counts a call of a WASI function.
    fn count_system_call(&mut self) -> wasmtime::Result<()>;

    /// How many more calls there may be.
    fn system_calls_left(&self) -> u64;

    /// Takes what is written to standard output, or to [`STDERR`].
    fn write(&mut self, stream: u32, bytes: &[u8]) -> wasmtime::Result<()>;

    /// The arguments of the command line, the program's name among them.
    fn arguments(&self) -> Vec<String>;

    /// The error that ends a guest that exits.
    fn exited(&self, success: bool) -> wasmtime::Error;
}

/// Adds the interfaces of WASI 0.2 that plugins may import.
pub(crate) fn add_to_linker<T: System>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    io::add_to_linker(linker)?;
    command::add_to_linker(linker)?;
    clocks::add_to_linker(linker)?;
    random::add_to_linker(linker)
}
