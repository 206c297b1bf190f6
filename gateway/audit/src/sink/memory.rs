//! Memory, for tests.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sink::AuditSink;

/// Keeps records in memory; clones share them. It can be told to fail.
#[derive(Debug, Clone, Default)]
pub struct MemorySink(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    fails: bool,
}

impl MemorySink {
    /// Everything that was written.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes.clone()
    }

    /// The lines that were written, marks of the chain included.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.bytes()).lines().map(str::to_owned).collect()
    }

    /// The records of requests that were written.
    #[must_use]
    pub fn events(&self) -> Vec<serde_json::Value> {
        let parsed = self.lines().into_iter().filter_map(|line| serde_json::from_str(&line).ok());
        parsed.filter(|record: &serde_json::Value| record["category"] == "AuditEvent").collect()
    }

    /// Makes every write fail from now on, or succeed again.
    pub fn fail(&self, fails: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fails = fails;
    }
}

impl AuditSink for MemorySink {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.fails {
            return Err(io::ErrorKind::StorageFull.into());
        }
        held.bytes.extend_from_slice(line);
        Ok(())
    }
}
