//! Standard output.

use std::io::{self, Write};

use crate::sink::AuditSink;

/// Writes records to standard output, for whoever collects them there. The chain begins anew with each start.
#[derive(Debug, Clone, Copy, Default)]
pub struct StdoutSink;

impl AuditSink for StdoutSink {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(line)?;
        stdout.flush()
    }
}
