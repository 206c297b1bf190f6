//! Stores that fail, dawdle or let others in, over a store that does not.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use portcullis_store::{Batch, Entry, Record, Revision, Store, StoreError, Watch};

/// What becomes of the commit at which a store dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// It was carried out, and nobody heard.
    CarriedOut,
    /// It was not.
    Lost,
}

/// Dies at a commit: neither that one nor any call after it is answered.
#[derive(Debug)]
pub(crate) struct Mortal {
    inner: Arc<dyn Store>,
    commits_left: AtomicUsize,
    last: Last,
}

impl Mortal {
    pub(crate) fn dying_after(inner: &Arc<dyn Store>, commits: usize, last: Last) -> Self {
        Self { inner: Arc::clone(inner), commits_left: AtomicUsize::new(commits + 1), last }
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.commits_left.load(Ordering::SeqCst) == 0 { Err(dead()) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for Mortal {
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        self.alive()?;
        self.inner.get(key).await
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.alive()?;
        self.inner.scan(prefix, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        self.alive()?;
        if self.commits_left.fetch_sub(1, Ordering::SeqCst) > 1 {
            return self.inner.commit(batch).await;
        }
        if self.last == Last::CarriedOut {
            self.inner.commit(batch).await?;
        }
        Err(dead())
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.inner.watch(prefix)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        self.inner.revision().await
    }
}

fn dead() -> StoreError {
    StoreError::unavailable(std::io::Error::other("died"))
}

/// Lets something happen just before one of its commits.
pub(crate) struct Interrupted {
    inner: Arc<dyn Store>,
    commits_left: AtomicUsize,
    interruption: Mutex<Option<Interruption>>,
}

/// What happens meanwhile.
pub(crate) type Interruption = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Interrupted {
    /// Interrupts the commit before which there were so many.
    pub(crate) fn after(inner: &Arc<dyn Store>, commits: usize, interruption: Interruption) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            commits_left: AtomicUsize::new(commits + 1),
            interruption: Mutex::new(Some(interruption)),
        })
    }

    /// Whether it came to the interruption.
    pub(crate) fn happened(&self) -> bool {
        self.interruption.lock().unwrap().is_none()
    }
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interrupted({:?})", self.inner)
    }
}

#[async_trait]
impl Store for Interrupted {
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        self.inner.get(key).await
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(prefix, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        if self.commits_left.load(Ordering::SeqCst) > 0 && self.commits_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            let interruption = self.interruption.lock().unwrap().take();
            if let Some(interruption) = interruption {
                interruption.await;
            }
        }
        self.inner.commit(batch).await
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.inner.watch(prefix)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        self.inner.revision().await
    }
}

/// Gives way before and after everything it does, so that a caller can be dropped there.
#[derive(Debug)]
pub(crate) struct Dawdling(pub(crate) Arc<dyn Store>);

#[async_trait]
impl Store for Dawdling {
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        give_way().await;
        let record = self.0.get(key).await;
        give_way().await;
        record
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        give_way().await;
        let entries = self.0.scan(prefix, after, limit).await;
        give_way().await;
        entries
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        give_way().await;
        let revision = self.0.commit(batch).await;
        give_way().await;
        revision
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.0.watch(prefix)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        self.0.revision().await
    }
}

async fn give_way() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
