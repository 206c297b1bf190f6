//! What one sandbox may grow to.

use portcullis_policy::Failure;
use wasmtime::ResourceLimiter;

use crate::stopped::Stopped;

/// Entries of all tables together. Rust guests use some hundreds: one for each function that is called indirectly.
const TABLE_ELEMENTS: usize = 64 << 10;

/// Counts what a sandbox grows to. A guest that asks for more is stopped there, and not told `no`: that is the same at
/// every evaluation, and the failure says what happened.
#[derive(Debug)]
pub(crate) struct Growth {
    memory: usize,
    allowed: usize,
    table_elements: usize,
}

impl Growth {
    pub(crate) const fn up_to(allowed: usize) -> Self {
        Self { memory: 0, allowed, table_elements: 0 }
    }
}

impl ResourceLimiter for Growth {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let memory = self.memory.saturating_add(desired.saturating_sub(current));
        if memory > self.allowed {
            return Err(Stopped(Failure::OutOfMemory(self.allowed)).into());
        }
        self.memory = memory;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.table_elements = self.table_elements.saturating_add(desired.saturating_sub(current));
        if self.table_elements > TABLE_ELEMENTS { Err(Stopped::too_much("table elements")) } else { Ok(true) }
    }
}
