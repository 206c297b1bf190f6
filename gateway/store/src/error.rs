//! Why a store did not do as asked.

use std::error::Error;
use std::sync::Arc;

use crate::BatchError;

/// The cause of a failure, shared because one failed sync can fail many commits.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a store did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A check of the batch did not hold; nothing was written. Read again and decide again.
    #[error("the record was changed by someone else: `{}`", key.escape_ascii())]
    Conflict {
        /// The key whose check did not hold.
        key: Vec<u8>,
    },
    /// The batch is beyond the bounds of the contract; nothing was written.
    #[error("the batch is beyond the bounds of the store")]
    InvalidBatch(#[from] BatchError),
    /// There is no room left. The store recovers by itself when there is room again.
    #[error("the store is full; free some disk space or raise the quota")]
    Full {
        /// What the medium said.
        #[source]
        cause: Cause,
    },
    /// The medium failed or cannot be reached. Trying again later may succeed.
    #[error("the store is unavailable")]
    Unavailable {
        /// What the medium said.
        #[source]
        cause: Cause,
    },
    /// What was read is not what was written. Restore from a backup.
    #[error("the store is corrupt; restore it from a backup")]
    Corrupt {
        /// What was found.
        #[source]
        cause: Cause,
    },
    /// The store has been closed.
    #[error("the store has been closed")]
    Closed,
}

impl StoreError {
    /// A failure of the medium.
    pub fn unavailable(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable { cause: Arc::new(cause) }
    }

    /// A medium without room.
    pub fn full(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Full { cause: Arc::new(cause) }
    }

    /// A record that is not as it was written.
    pub fn corrupt(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Corrupt { cause: Arc::new(cause) }
    }
}
