//! What a store gives back.

use std::fmt;

use crate::Revision;

/// What is kept under a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes as they were put.
    pub bytes: Vec<u8>,
    /// The revision of the last commit that put this key.
    pub revision: Revision,
}

// Records are sealed or dull; either way their bytes say nothing in a log.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} bytes at revision {})", self.bytes.len(), self.revision)
    }
}

/// A record with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is kept.
    pub key: Vec<u8>,
    /// What is kept there.
    pub record: Record,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}: {:?})", self.key.escape_ascii(), self.record)
    }
}
