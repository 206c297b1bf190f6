//! What one sandbox may grow to.

use std::sync::Arc;

use portcullis_policy::Failure;
use wasmtime::ResourceLimiter;

use crate::Marks;
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
    marks: Option<Arc<Marks>>,
}

impl Growth {
    pub(crate) const fn up_to(allowed: usize) -> Self {
        Self { memory: 0, allowed, table_elements: 0, marks: None }
    }

    /// The same, taking note of what an instrumented component tells.
    pub(crate) fn noting(self, marks: Option<Arc<Marks>>) -> Self {
        Self { marks, ..self }
    }

    /// What the memories have grown to; memories never shrink.
    pub(crate) const fn memory(&self) -> usize {
        self.memory
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

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if self.marks.as_ref().is_some_and(|marks| marks.told(current, desired, maximum)) {
            return Ok(false);
        }
        self.table_elements = self.table_elements.saturating_add(desired.saturating_sub(current));
        if self.table_elements > TABLE_ELEMENTS { Err(Stopped::too_much("table elements")) } else { Ok(true) }
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(refused("memory", &error))
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(refused("a table", &error))
    }
}

/// Growth was within the limits and failed all the same, as it does when the system has no memory left. Told so, a
/// guest could decide by it, and its decision would rest on something that no trace shows and the memo would repeat.
fn refused(what: &str, error: &wasmtime::Error) -> wasmtime::Error {
    tracing::warn!(%error, "{what} of a sandbox could not grow");
    Stopped(Failure::Trapped(format!("{what} of its sandbox could not grow").into())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rust's guests have tables that never grow, so no guest of the tests could come here.
    #[test]
    fn tables_have_a_bound_of_their_own() {
        let mut growth = Growth::up_to(1 << 20);
        assert!(growth.table_growing(0, TABLE_ELEMENTS, None).unwrap());
        let error = growth.table_growing(TABLE_ELEMENTS, TABLE_ELEMENTS + 1, None).unwrap_err();
        let Some(Stopped(failure)) = error.downcast_ref() else { panic!("{error:?}") };
        assert_eq!(*failure, Failure::TooMuch("table elements"));
    }

    /// The guest saw -1 and went on: an input outside of the trace.
    #[test]
    fn stops_a_guest_whose_growth_the_system_refuses() {
        let mut growth = Growth::up_to(1 << 20);
        assert!(growth.memory_growing(0, 1 << 16, None).unwrap());
        let failures = [
            growth.memory_grow_failed(wasmtime::Error::msg("no memory")),
            growth.table_grow_failed(wasmtime::Error::msg("no memory")),
        ];
        for failure in failures {
            let error = failure.unwrap_err();
            let Some(Stopped(Failure::Trapped(why))) = error.downcast_ref() else { panic!("{error:?}") };
            assert!(why.contains("could not grow"), "{why}");
        }
    }
}
