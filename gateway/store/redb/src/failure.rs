//! What redb's errors mean to the store.

use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use portcullis_store::StoreError;

/// The store's view of an error after opening.
pub(crate) fn store_error(error: redb::Error) -> StoreError {
    match &error {
        redb::Error::Io(source) if is_full(source) => StoreError::full(error),
        redb::Error::Corrupted(_) => StoreError::corrupt(error),
        // Mostly input and output. Of the others none is expected, and reopening is the remedy for all.
        _ => StoreError::unavailable(error),
    }
}

/// Whether an error says that there is no room: on the disk, in the quota or under the limit of a file's size.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// Runs something of redb's. It may panic on a file that is not as it left it; that becomes an error.
pub(crate) fn guard<T, E: From<redb::Error>>(run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    // What a panic may have left in disorder is redb's database, which is dropped or only read after an error.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        Err(redb::Error::Corrupted(format!("a check inside redb failed: {text}")).into())
    })
}
