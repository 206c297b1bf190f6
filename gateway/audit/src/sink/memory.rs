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
    /// How many writes succeed before all fail; `None` while none does.
    left: Option<usize>,
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
        self.of("AuditEvent")
    }

    /// The intents that were written.
    #[must_use]
    pub fn intents(&self) -> Vec<serde_json::Value> {
        self.of("PortcullisIntent")
    }

    /// Makes every write fail from now on, or succeed again.
    pub fn fail(&self, fails: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left = fails.then_some(0);
    }

    /// Makes every write fail after the next few.
    pub fn fail_after(&self, writes: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left = Some(writes);
    }

    fn of(&self, category: &str) -> Vec<serde_json::Value> {
        let parsed = self.lines().into_iter().filter_map(|line| serde_json::from_str(&line).ok());
        parsed.filter(|record: &serde_json::Value| record["category"] == category).collect()
    }
}

impl AuditSink for MemorySink {
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut held.left {
            None => {}
            Some(0) => return Err(io::ErrorKind::StorageFull.into()),
            Some(left) => *left -= 1,
        }
        held.bytes.extend_from_slice(line);
        Ok(())
    }
}
