//! Atomic batches, valid by construction.

use std::collections::HashSet;
use std::fmt;

use crate::{Record, Revision, StoreError};

/// A change that happens wholly or not at all. One that exists is within the bounds of the contract.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    checks: Vec<Check>,
    writes: Vec<Write>,
}

impl Batch {
    /// Starts a batch.
    #[must_use]
    pub fn builder() -> BatchBuilder {
        BatchBuilder::default()
    }

    /// What must hold, in the order of asking.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What is then written; no key occurs twice.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Gives away what is written.
    #[must_use]
    pub fn into_writes(self) -> Vec<Write> {
        self.writes
    }

    /// How many bytes the keys and values have together.
    #[must_use]
    pub fn size(&self) -> usize {
        size(&self.checks, &self.writes)
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("checks", &self.checks).field("writes", &self.writes).finish()
    }
}

/// What must hold for a batch to be carried out.
#[derive(Clone, PartialEq, Eq)]
pub enum Check {
    /// There is no record.
    Absent {
        /// The key.
        key: Vec<u8>,
    },
    /// There is a record, and this revision was the last to write it.
    Unchanged {
        /// The key.
        key: Vec<u8>,
        /// The revision of the record as it was read.
        revision: Revision,
    },
    /// There is a record.
    Exists {
        /// The key.
        key: Vec<u8>,
    },
}

impl Check {
    /// The key that is checked.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Absent { key } | Self::Unchanged { key, .. } | Self::Exists { key } => key,
        }
    }

    /// Whether the check holds for the key's record, of which only the revision matters.
    #[must_use]
    pub fn holds(&self, found: Option<Revision>) -> bool {
        match self {
            Self::Absent { .. } => found.is_none(),
            Self::Unchanged { revision, .. } => found == Some(*revision),
            Self::Exists { .. } => found.is_some(),
        }
    }

    /// The error of a check that does not hold.
    #[must_use]
    pub fn conflict(&self) -> StoreError {
        StoreError::Conflict { key: self.key().to_vec() }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key().escape_ascii();
        match self {
            Self::Absent { .. } => write!(f, "Absent({key})"),
            Self::Unchanged { revision, .. } => write!(f, "Unchanged({key} at {revision})"),
            Self::Exists { .. } => write!(f, "Exists({key})"),
        }
    }
}

/// What a batch writes.
#[derive(Clone, PartialEq, Eq)]
pub enum Write {
    /// Creates or replaces a record.
    Put {
        /// The key.
        key: Vec<u8>,
        /// The new bytes.
        value: Vec<u8>,
    },
    /// Removes a record if there is one.
    Delete {
        /// The key.
        key: Vec<u8>,
    },
}

impl Write {
    /// The key that is written.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }

    /// The record that a commit at this revision leaves; `None` after a delete.
    #[must_use]
    pub fn into_record(self, revision: Revision) -> (Vec<u8>, Option<Record>) {
        match self {
            Self::Put { key, value } => (key, Some(Record { bytes: value, revision })),
            Self::Delete { key } => (key, None),
        }
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key().escape_ascii();
        match self {
            Self::Put { value, .. } => write!(f, "Put({key}: {} bytes)", value.len()),
            Self::Delete { .. } => write!(f, "Delete({key})"),
        }
    }
}

/// Gathers the parts of a [`Batch`].
#[derive(Debug, Clone, Default)]
pub struct BatchBuilder {
    checks: Vec<Check>,
    writes: Vec<Write>,
}

impl BatchBuilder {
    /// Demands that there be no record under the key.
    #[must_use]
    pub fn absent(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.checks.push(Check::Absent { key: key.into() });
        self
    }

    /// Demands that the record be the one that was read at this revision.
    #[must_use]
    pub fn unchanged(mut self, key: impl Into<Vec<u8>>, revision: Revision) -> Self {
        self.checks.push(Check::Unchanged { key: key.into(), revision });
        self
    }

    /// Demands that there be a record under the key.
    #[must_use]
    pub fn exists(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.checks.push(Check::Exists { key: key.into() });
        self
    }

    /// Demands that the key be as it was read: the record unchanged, or still absent.
    #[must_use]
    pub fn as_read(self, key: impl Into<Vec<u8>>, read: Option<&Record>) -> Self {
        match read {
            Some(record) => self.unchanged(key, record.revision),
            None => self.absent(key),
        }
    }

    /// Creates or replaces a record.
    #[must_use]
    pub fn put(mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write::Put { key: key.into(), value: value.into() });
        self
    }

    /// Removes a record if there is one.
    #[must_use]
    pub fn delete(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.writes.push(Write::Delete { key: key.into() });
        self
    }

    /// The batch, if it is within the bounds of the contract.
    pub fn build(self) -> Result<Batch, BatchError> {
        let Self { checks, writes } = self;
        if writes.is_empty() {
            return Err(BatchError::Empty);
        }
        let operations = checks.len() + writes.len();
        if operations > MAX_OPERATIONS {
            return Err(BatchError::TooManyOperations { operations });
        }
        let mut written = HashSet::with_capacity(writes.len());
        for write in &writes {
            check_key(write.key())?;
            check_value(write)?;
            if !written.insert(write.key()) {
                return Err(BatchError::KeyTwice { key: write.key().to_vec() });
            }
        }
        for check in &checks {
            check_key(check.key())?;
        }
        let bytes = size(&checks, &writes);
        if bytes > MAX_BATCH_BYTES {
            return Err(BatchError::BatchTooLarge { bytes });
        }
        Ok(Batch { checks, writes })
    }
}

/// Why a batch was not built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// It writes nothing.
    #[error("the batch writes nothing")]
    Empty,
    /// It has more checks, puts and deletes than [`MAX_OPERATIONS`].
    #[error("the batch has {operations} operations, more than {MAX_OPERATIONS}")]
    TooManyOperations {
        /// How many it has.
        operations: usize,
    },
    /// A key is the empty string.
    #[error("a key of the batch is empty")]
    KeyEmpty,
    /// A key is longer than [`MAX_KEY`].
    #[error("a key of the batch has {bytes} bytes, more than {MAX_KEY}")]
    KeyTooLong {
        /// How long it is.
        bytes: usize,
    },
    /// A value is longer than [`MAX_VALUE`].
    #[error("the value of `{}` has {bytes} bytes, more than {MAX_VALUE}", key.escape_ascii())]
    ValueTooLarge {
        /// Its key.
        key: Vec<u8>,
        /// How long it is.
        bytes: usize,
    },
    /// Keys and values together are longer than [`MAX_BATCH_BYTES`].
    #[error("the batch has {bytes} bytes, more than {MAX_BATCH_BYTES}")]
    BatchTooLarge {
        /// How long they are.
        bytes: usize,
    },
    /// Two of its writes are to one key.
    #[error("the batch writes twice to `{}`", key.escape_ascii())]
    KeyTwice {
        /// The key.
        key: Vec<u8>,
    },
}

fn check_key(key: &[u8]) -> Result<(), BatchError> {
    match key.len() {
        0 => Err(BatchError::KeyEmpty),
        1..=MAX_KEY => Ok(()),
        bytes => Err(BatchError::KeyTooLong { bytes }),
    }
}

fn check_value(write: &Write) -> Result<(), BatchError> {
    match write {
        Write::Put { key, value } if value.len() > MAX_VALUE => {
            Err(BatchError::ValueTooLarge { key: key.clone(), bytes: value.len() })
        }
        Write::Put { .. } | Write::Delete { .. } => Ok(()),
    }
}

fn size(checks: &[Check], writes: &[Write]) -> usize {
    let checked: usize = checks.iter().map(|check| check.key().len()).sum();
    let written: usize = writes
        .iter()
        .map(|write| match write {
            Write::Put { key, value } => key.len() + value.len(),
            Write::Delete { key } => key.len(),
        })
        .sum();
    checked + written
}

/// How many checks, puts and deletes a batch has at most (etcd's default for operations in a transaction).
pub const MAX_OPERATIONS: usize = 128;
/// How many bytes a key has at most.
pub const MAX_KEY: usize = 1024;
/// How many bytes a value has at most.
pub const MAX_VALUE: usize = 256 * 1024;
/// How many bytes the keys and values of a batch have together at most (etcd takes 1.5 MiB in a request).
pub const MAX_BATCH_BYTES: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn puts(count: usize, value: usize) -> BatchBuilder {
        (0..count).fold(Batch::builder(), |builder, n| builder.put(format!("key {n:04}"), vec![0; value]))
    }

    #[test]
    fn refuses_a_batch_that_writes_nothing() {
        assert_eq!(Batch::builder().build(), Err(BatchError::Empty));
        assert_eq!(Batch::builder().exists("a").build(), Err(BatchError::Empty));
    }

    #[test]
    fn bounds_the_operations() {
        assert!(puts(MAX_OPERATIONS, 1).build().is_ok());
        let operations = MAX_OPERATIONS + 1;
        assert_eq!(puts(operations, 1).build(), Err(BatchError::TooManyOperations { operations }));
        assert_eq!(puts(MAX_OPERATIONS, 1).absent("a").build(), Err(BatchError::TooManyOperations { operations }));
    }

    #[test]
    fn bounds_keys() {
        assert!(Batch::builder().put(vec![1; MAX_KEY], "").build().is_ok());
        let too_long = Err(BatchError::KeyTooLong { bytes: MAX_KEY + 1 });
        assert_eq!(Batch::builder().put(vec![1; MAX_KEY + 1], "").build(), too_long);
        assert_eq!(Batch::builder().delete(vec![1; MAX_KEY + 1]).build(), too_long);
        assert_eq!(Batch::builder().delete("a").exists(vec![1; MAX_KEY + 1]).build(), too_long);
        assert_eq!(Batch::builder().put("", "").build(), Err(BatchError::KeyEmpty));
        assert_eq!(Batch::builder().delete("a").absent("").build(), Err(BatchError::KeyEmpty));
    }

    #[test]
    fn bounds_values_and_their_sum() {
        assert!(puts(1, MAX_VALUE).build().is_ok());
        assert!(matches!(puts(1, MAX_VALUE + 1).build(), Err(BatchError::ValueTooLarge { .. })));
        assert!(puts(3, MAX_VALUE).build().is_ok());
        // Four greatest values and their keys.
        assert!(matches!(puts(4, MAX_VALUE).build(), Err(BatchError::BatchTooLarge { .. })));
        let whole = puts(4, MAX_VALUE - "key 0000".len());
        assert_eq!(whole.clone().build().map(|batch| batch.size()), Ok(MAX_BATCH_BYTES));
        assert!(matches!(whole.exists("a").build(), Err(BatchError::BatchTooLarge { .. })));
    }

    #[test]
    fn refuses_two_writes_to_one_key() {
        let twice = Err(BatchError::KeyTwice { key: b"a".to_vec() });
        assert_eq!(Batch::builder().put("a", "1").put("a", "2").build(), twice);
        assert_eq!(Batch::builder().put("a", "1").delete("a").build(), twice);
        assert!(Batch::builder().exists("a").exists("a").put("a", "1").build().is_ok());
    }

    #[test]
    fn shows_no_values() {
        let batch = Batch::builder().put("a", "hidden").build().unwrap();
        assert!(!format!("{batch:?}").contains("hidden"));
    }
}
