//! Where records go.

mod file;
#[cfg(feature = "test-util")]
mod memory;
mod stdout;

use std::fmt;
use std::io;

use crate::chain::Link;

pub use file::{Durability, FileSink, OpenError};
#[cfg(feature = "test-util")]
pub use memory::MemorySink;
pub use stdout::StdoutSink;

/// Takes records. Calls never overlap: the log holds its lock around them.
pub trait AuditSink: Send + Sync + fmt::Debug {
    /// Writes one record, line feed included, wholly or not at all: after an error no part of it may stand in the way
    /// of the next.
    fn write(&self, line: &[u8]) -> io::Result<()>;

    /// What the sink held when it was opened.
    fn tail(&self) -> Tail {
        Tail::default()
    }

    /// Opens the destination anew.
    fn reopen(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The end of a log that is to be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tail {
    /// The last whole record, if there is one.
    pub last: Option<Link>,
    /// How many bytes stand behind it.
    pub torn: u64,
}
