//! Notices of commits by prefix.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::{Revision, StoreError};

/// Tells of commits under a prefix. Ends when it is dropped.
#[derive(Debug)]
pub struct Watch {
    revisions: watch::Receiver<Revision>,
}

impl Watch {
    /// Waits for a commit that has not been told of, and gives the revision of the latest.
    ///
    /// After a failure of the store it may tell of a commit that wrote nothing under the prefix.
    /// Commits that follow each other quickly are told of together; the last is never lost. May be cancelled
    /// without losing a notice. [`StoreError::Closed`] once the store is gone and everything has been told.
    pub async fn changed(&mut self) -> Result<Revision, StoreError> {
        match self.revisions.changed().await {
            Ok(()) => Ok(*self.revisions.borrow_and_update()),
            Err(_) => Err(StoreError::Closed),
        }
    }
}

/// The watches of one store, for those who write a backend.
#[derive(Debug, Default)]
pub struct Watchers {
    watchers: Mutex<Vec<Watcher>>,
}

impl Watchers {
    /// Starts a watch.
    #[must_use]
    pub fn watch(&self, prefix: &[u8]) -> Watch {
        let (sender, revisions) = watch::channel(Revision::ZERO);
        let mut watchers = self.lock();
        watchers.retain(|watcher| !watcher.sender.is_closed());
        watchers.push(Watcher { prefix: prefix.to_vec(), sender });
        Watch { revisions }
    }

    /// Tells those concerned of a commit. To be called once for each commit, in the order of revisions, before the
    /// commit is acknowledged and after reads can see it.
    pub fn notify(&self, revision: Revision, keys: &[impl AsRef<[u8]>]) {
        self.lock().retain(|watcher| {
            if keys.iter().any(|key| key.as_ref().starts_with(&watcher.prefix)) {
                watcher.sender.send_replace(revision);
            }
            !watcher.sender.is_closed()
        });
    }

    /// Tells everyone of a revision that was found after a failure, when it is not known what was written.
    pub fn notify_all(&self, revision: Revision) {
        for watcher in self.lock().iter() {
            watcher.sender.send_replace(revision);
        }
    }

    // The list is whole at every moment, so a panic elsewhere while it was held does no harm.
    fn lock(&self) -> MutexGuard<'_, Vec<Watcher>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Watcher {
    prefix: Vec<u8>,
    sender: watch::Sender<Revision>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tells_the_last_notice_after_the_store_is_gone() {
        let watchers = Watchers::default();
        let mut watch = watchers.watch(b"a");
        watchers.notify(Revision(1), &[b"ab"]);
        watchers.notify(Revision(2), &["b", "ac"]);
        drop(watchers);
        assert_eq!(watch.changed().await.unwrap(), Revision(2));
        assert!(matches!(watch.changed().await, Err(StoreError::Closed)));
    }

    #[test]
    fn forgets_watches_that_ended() {
        let watchers = Watchers::default();
        drop(watchers.watch(b"a"));
        let _watch = watchers.watch(b"b");
        assert_eq!(watchers.lock().len(), 1);
    }
}
