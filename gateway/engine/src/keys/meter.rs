//! Counts the uses of keys by what they cost.

use std::fmt;

use portcullis_model::{KeySpec, OverLimit};

/// Is told which key is about to be used, as soon as that is known and before it is used. What the use of a key costs
/// depends on its size, and nobody but the engine knows that.
pub trait KeyMeter: Sync + fmt::Debug {
    /// Counts the use of a key.
    ///
    /// # Errors
    /// When there is no room for it: then the key is not used.
    fn count(&self, key: KeySpec) -> Result<(), OverLimit>;
}

/// Has room for everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unmetered;

impl KeyMeter for Unmetered {
    fn count(&self, _: KeySpec) -> Result<(), OverLimit> {
        Ok(())
    }
}
