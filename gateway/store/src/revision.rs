//! The position of a commit in the history of a store.

use std::fmt;

/// The number of a commit: each commit of a store has a greater one than all before it, whichever keys it writes.
///
/// Zero is the revision of a store that nothing was ever written to, and of no record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of an empty store.
    pub const ZERO: Self = Self(0);

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        // At a million commits a second, 64 bits last for half a million years.
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
