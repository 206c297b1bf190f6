//! The store.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use portcullis_store::{Batch, Entry, Record, Revision, Store, StoreError, Watch};
use redb::StorageBackend;
use tokio::sync::{mpsc, oneshot};

use crate::database::{self, Opened};
use crate::file;
use crate::open_error::OpenError;
use crate::snapshot::Snapshot;
use crate::writer::{Open, Request, Shared, Writer};

/// Keeps records in a redb file. What it acknowledges has been synced to the disk.
///
/// After an error of the disk it reopens the file by itself, at once and then with every commit until it succeeds.
/// Dropping it waits for the commits that were begun.
#[derive(Debug)]
pub struct RedbStore {
    shared: Arc<Shared>,
    // `None` only while the store is being dropped.
    queue: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

impl RedbStore {
    /// Opens the store in a file, which is created with access for its owner only if it does not exist.
    ///
    /// Takes long only after a crash, when redb reads the whole file once.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_caching(path, DEFAULT_CACHE)
    }

    /// Opens the store in a file as [`open`](Self::open) does, with so many bytes of its pages in memory at most.
    pub fn open_caching(path: &Path, cache: usize) -> Result<Self, OpenError> {
        file::create_if_absent(path)?;
        let medium = file::Medium::new(path);
        Self::on_medium(path, cache, move || medium.open())
    }

    /// Opens the store on another medium than a file: the crash tests bring one that loses what was not synced.
    ///
    /// The medium is opened anew after each failure. The name stands in errors.
    pub fn with_backend<B: StorageBackend>(
        name: &Path,
        medium: impl FnMut() -> io::Result<B> + Send + 'static,
    ) -> Result<Self, OpenError> {
        Self::on_medium(name, DEFAULT_CACHE, medium)
    }

    fn on_medium<B: StorageBackend>(
        name: &Path,
        cache: usize,
        mut medium: impl FnMut() -> io::Result<B> + Send + 'static,
    ) -> Result<Self, OpenError> {
        let path = name.to_owned();
        let mut open: Open = Box::new(move || {
            let backend = medium().map_err(|source| OpenError::io(&path, source))?;
            database::open(backend, cache).map_err(|failure| OpenError::opening(&path, failure))
        });
        let opened = open()?;
        Self::start(opened, open).map_err(|source| OpenError::io(name, source))
    }

    fn start(opened: Opened, open: Open) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(Arc::clone(&opened.snapshot)));
        let (queue, requests) = mpsc::channel(QUEUE);
        let writer = Writer::new(opened, open, Arc::clone(&shared), requests);
        let writer = thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
        Ok(Self { shared, queue: Some(queue), writer: Some(writer) })
    }

    fn read<T>(&self, read: impl FnOnce(&Snapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result = match self.shared.snapshot() {
            Some(snapshot) => read(&snapshot),
            None => Err(StoreError::unavailable(Reopening)),
        };
        if let Err(StoreError::Unavailable { .. } | StoreError::Full { .. }) = &result {
            self.recover();
        }
        result
    }

    /// Asks the writer to reopen the database, once however many reads fail at a time.
    fn recover(&self) {
        if let Some(queue) = &self.queue
            && !self.shared.recovering.swap(true, Ordering::AcqRel)
            && queue.try_send(Request::Recover).is_err()
        {
            // The queue is full of commits, the first of which will reopen the database.
            self.shared.recovering.store(false, Ordering::Release);
        }
    }
}

#[async_trait]
impl Store for RedbStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        self.read(|snapshot| snapshot.get(key))
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read(|snapshot| snapshot.scan(prefix, after, limit))
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(Request::Commit { batch, answer }).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.shared.watchers.watch(prefix)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        self.read(|snapshot| Ok(snapshot.revision()))
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        // Closes the queue, which ends the thread once it has emptied it.
        drop(self.queue.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the store panicked");
        }
    }
}

/// The database is being reopened after a failure.
#[derive(Debug, thiserror::Error)]
#[error("the store is being reopened after a failure")]
struct Reopening;

/// Bytes of pages that are kept in memory when nothing else is said. What does not fit is mostly in the system's page
/// cache, from where a read takes about twice as long. The memory is used only as far as there are pages to keep.
pub const DEFAULT_CACHE: usize = 1024 * 1024 * 1024;
/// How many batches wait for the writer at most; whoever comes then waits to be let into the queue.
const QUEUE: usize = 512;
