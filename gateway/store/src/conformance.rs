//! What every backend must do, as a suite that each one runs in its tests.
//!
//! ```
//! # tokio::runtime::Builder::new_multi_thread().build().expect("a runtime").block_on(async {
//! portcullis_store::conformance::run(async || portcullis_store::MemoryStore::new()).await;
//! # });
//! ```

mod atomicity;
mod checks;
mod concurrency;
mod reads;
mod scans;
mod watches;

use crate::{Batch, BatchBuilder, Revision, Store, StoreError};

/// Runs the suite. Panics, saying what was expected, where a store does otherwise.
///
/// Each part begins with an empty store from the factory. Needs a tokio runtime.
pub async fn run<S: Store>(factory: impl AsyncFn() -> S) {
    reads::run(&factory).await;
    checks::run(&factory).await;
    atomicity::run(&factory).await;
    scans::run(&factory).await;
    watches::run(&factory).await;
    concurrency::run(&factory).await;
}

/// Commits what must succeed.
async fn commit(store: &impl Store, batch: BatchBuilder) -> Revision {
    store.commit(built(batch)).await.expect("the commit succeeds")
}

/// Commits what must run into a conflict over a key.
async fn conflict(store: &impl Store, batch: BatchBuilder, over: &[u8]) {
    match store.commit(built(batch)).await {
        Err(StoreError::Conflict { key }) => assert_eq!(key, over, "a conflict names the key of the check that failed"),
        other => panic!("expected a conflict over {}, found {other:?}", over.escape_ascii()),
    }
}

fn built(batch: BatchBuilder) -> Batch {
    batch.build().expect("the batch is within the bounds")
}

async fn value(store: &impl Store, key: &[u8]) -> Option<Vec<u8>> {
    store.get(key).await.expect("the store answers").map(|record| record.bytes)
}

async fn revision(store: &impl Store) -> Revision {
    store.revision().await.expect("the store answers")
}
