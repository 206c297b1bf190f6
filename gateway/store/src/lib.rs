//! The storage contract, its conformance suite and the in-memory store.
//!
//! A store maps keys to records, ordered by key, and changes by atomic batches with preconditions on revisions.
//! The contract is the intersection of an embedded tree and of etcd, so its bounds ([`MAX_KEY`], [`MAX_VALUE`],
//! [`MAX_OPERATIONS`], [`MAX_BATCH_BYTES`], [`MAX_SCAN`]) hold for every backend: a batch that one of them would
//! refuse cannot be built. Sealing happens above this crate: no backend ever sees plaintext.
//!
//! Depends on no other crate of the workspace; knows no vaults, no secrets and no cryptography.
//!
//! ```
//! use portcullis_store::{Batch, MemoryStore, Store, StoreError};
//!
//! # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
//! let store = MemoryStore::new();
//! let created = store.commit(Batch::builder().absent("a").put("a", "1").build()?).await?;
//! let stale = Batch::builder().unchanged("a", created).put("a", "2").build()?;
//! store.commit(stale.clone()).await?;
//! assert!(matches!(store.commit(stale).await, Err(StoreError::Conflict { .. })));
//! # Ok::<(), StoreError>(()) }).expect("the store answers");
//! ```

mod batch;
pub mod conformance;
mod error;
mod memory;
mod record;
mod revision;
mod watch;

use std::fmt::Debug;

use async_trait::async_trait;

pub use batch::{Batch, BatchBuilder, BatchError, Check, MAX_BATCH_BYTES, MAX_KEY, MAX_OPERATIONS, MAX_VALUE, Write};
pub use error::{Cause, StoreError};
pub use memory::MemoryStore;
pub use record::{Entry, Record};
pub use revision::Revision;
pub use watch::{Watch, Watchers};

/// How many entries one scan gives at most; a greater limit is lowered to it.
pub const MAX_SCAN: usize = 1000;

/// Keeps records by key. Every backend passes [`conformance::run`].
#[async_trait]
pub trait Store: Send + Sync + Debug + 'static {
    /// The record of a key, as of the last acknowledged commit or a later one; `None` if there is none.
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError>;

    /// The entries whose keys start with a prefix, in the order of their keys as bytes.
    ///
    /// Begins strictly after `after` if that is given, and ends after `limit` or [`MAX_SCAN`] entries, whichever
    /// is less. All entries of one scan are of one moment. To page, pass the last key of a page as `after` until
    /// a page is shorter than the limit.
    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Carries out a batch, wholly or not at all, and returns its revision once it is durable.
    ///
    /// After [`StoreError::Full`], [`StoreError::Unavailable`] or [`StoreError::Closed`] the batch may have been
    /// carried out all the same, and so it may if the future is dropped: read to learn which. After
    /// [`StoreError::Conflict`] it has not.
    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError>;

    /// Tells of commits from now on that put or delete a key under a prefix.
    fn watch(&self, prefix: &[u8]) -> Watch;

    /// The revision of the last commit; [`Revision::ZERO`] if there was none.
    async fn revision(&self) -> Result<Revision, StoreError>;
}
