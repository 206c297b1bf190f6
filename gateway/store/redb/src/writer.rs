//! The thread that writes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use portcullis_store::{Batch, Revision, StoreError, Watchers};
use redb::Database;
use tokio::sync::{mpsc, oneshot};

use crate::database::Opened;
use crate::failure::{guard, store_error};
use crate::group::{self, Outcome};
use crate::open_error::OpenError;
use crate::snapshot::Snapshot;

/// Opens the database, at first and again after a failure.
pub(crate) type Open = Box<dyn FnMut() -> Result<Opened, OpenError> + Send>;

/// What the thread is asked.
pub(crate) enum Request {
    /// To carry out a batch and answer.
    Commit { batch: Batch, answer: oneshot::Sender<Result<Revision, StoreError>> },
    /// To open the database again: a read failed, or found none open.
    Recover,
}

/// What the thread tells the rest of the store.
#[derive(Debug)]
pub(crate) struct Shared {
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    pub(crate) watchers: Watchers,
    /// Whether a [`Request::Recover`] is on its way.
    pub(crate) recovering: AtomicBool,
}

impl Shared {
    pub(crate) fn new(snapshot: Arc<Snapshot>) -> Self {
        Self {
            snapshot: RwLock::new(Some(snapshot)),
            watchers: Watchers::default(),
            recovering: AtomicBool::new(false),
        }
    }

    /// The state after the last commit; `None` while the database is being reopened.
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn publish(&self, snapshot: Option<Arc<Snapshot>>) {
        let former = std::mem::replace(&mut *self.snapshot.write().unwrap_or_else(PoisonError::into_inner), snapshot);
        // Ends a transaction of redb's, which need not happen under the lock.
        drop(former);
    }
}

/// Carries out what is queued until the queue is closed.
pub(crate) struct Writer {
    database: Option<Database>,
    revision: Revision,
    open: Open,
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Request>,
    /// How many wrote at a time lately: those answered together and those who waited meanwhile.
    writers: usize,
}

impl Writer {
    pub(crate) fn new(opened: Opened, open: Open, shared: Arc<Shared>, queue: mpsc::Receiver<Request>) -> Self {
        let revision = opened.snapshot.revision();
        Self { database: Some(opened.database), revision, open, shared, queue, writers: 1 }
    }

    pub(crate) fn run(mut self) {
        while let Some(first) = self.queue.blocking_recv() {
            self.linger();
            let (group, recover) = self.gather(first);
            if recover {
                self.close();
                self.reopen_or_log();
                self.shared.recovering.store(false, Ordering::Release);
            }
            if !group.is_empty() {
                self.commit(group);
            }
        }
    }

    /// Lets those who were just answered come back before the next sync begins.
    ///
    /// Without this the first to come back would be synced alone while all others wait for the sync after it. Ends as
    /// soon as no more come. A writer that is alone never waits.
    fn linger(&self) {
        let (mut waiting, mut idle) = (self.queue.len(), 0);
        while waiting + 1 < self.writers && idle < IDLE_YIELDS {
            thread::yield_now();
            let now = self.queue.len();
            idle = if now > waiting { 0 } else { idle + 1 };
            waiting = now;
        }
    }

    /// Takes what waits, up to a bound on its bytes; a single batch is never too large.
    fn gather(&mut self, first: Request) -> (Vec<Waiting>, bool) {
        let (mut group, mut recover, mut bytes) = (Vec::new(), false, 0);
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Commit { batch, answer } => {
                    bytes += batch.size();
                    group.push(Waiting { batch, answer });
                }
                Request::Recover => recover = true,
            }
            next = if bytes < MAX_GROUP_BYTES { self.queue.try_recv().ok() } else { None };
        }
        (group, recover)
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        let result = self.try_commit(&group);
        // Counted before anyone is answered and can come back.
        self.writers = group.len() + self.queue.len();
        match result {
            Ok(outcome) => {
                self.publish(&group, &outcome);
                for (waiting, result) in group.into_iter().zip(outcome.results) {
                    waiting.answer(result);
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, batches = group.len(), "a commit failed");
                // redb refuses everything after a failure until it is opened again. At once, so that reads go on.
                self.close();
                self.reopen_or_log();
                for waiting in group {
                    waiting.answer(Err(error.clone()));
                }
            }
        }
    }

    fn try_commit(&mut self, group: &[Waiting]) -> Result<Outcome, StoreError> {
        if self.database.is_none() {
            self.reopen()?;
        }
        let database = self.database.as_ref().ok_or(StoreError::Closed)?;
        guard(|| group::commit(database, self.revision, group.iter().map(|waiting| &waiting.batch)))
            .map_err(store_error)
    }

    /// Shows the new state to reads, then tells the watches, both before anything is acknowledged.
    fn publish(&mut self, group: &[Waiting], outcome: &Outcome) {
        if outcome.revision == self.revision {
            return;
        }
        self.revision = outcome.revision;
        let Some(database) = &self.database else { return };
        match guard(|| Snapshot::take(database, outcome.revision)) {
            Ok(snapshot) => self.shared.publish(Some(Arc::new(snapshot))),
            Err(error) => {
                // What was committed is durable, but nobody could see it.
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "the state after a commit cannot be read");
                self.close();
                self.reopen_or_log();
            }
        }
        for (waiting, result) in group.iter().zip(&outcome.results) {
            if let Ok(revision) = result {
                let keys: Vec<&[u8]> = waiting.batch.writes().iter().map(|write| write.key()).collect();
                self.shared.watchers.notify(*revision, &keys);
            }
        }
    }

    fn close(&mut self) {
        self.shared.publish(None);
        // Closing may panic in redb as well; what is closed is not used again.
        let database = self.database.take();
        let closed = guard(|| {
            drop(database);
            Ok::<(), redb::Error>(())
        });
        if let Err(error) = closed {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the store could not be closed in order");
        }
    }

    fn reopen_or_log(&mut self) {
        match self.reopen() {
            Ok(()) => tracing::info!(revision = self.revision.0, "the store was reopened"),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "the store could not be reopened; the next commit tries again");
            }
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        let opened = (self.open)()?;
        let revision = opened.snapshot.revision();
        self.database = Some(opened.database);
        self.shared.publish(Some(opened.snapshot));
        if revision > self.revision {
            // Commits that were answered with an error were carried out after all, of which keys is not known here.
            self.shared.watchers.notify_all(revision);
        }
        self.revision = revision;
        Ok(())
    }
}

/// A batch whose sender waits for an answer.
struct Waiting {
    batch: Batch,
    answer: oneshot::Sender<Result<Revision, StoreError>>,
}

impl Waiting {
    fn answer(self, result: Result<Revision, StoreError>) {
        // Whoever asked may have stopped waiting.
        let _ = self.answer.send(result);
    }
}

/// When a group has as many bytes as this, it grows no further, so that nobody waits for all of a long queue.
const MAX_GROUP_BYTES: usize = 8 * 1024 * 1024;
/// How often the writer gives way without anyone coming before it goes on: some tens of microseconds in all, little
/// beside a sync.
const IDLE_YIELDS: u32 = 100;
