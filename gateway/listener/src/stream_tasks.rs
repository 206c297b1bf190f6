//! The tasks that HTTP/2 streams run in, owned by their connection.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use hyper::rt::Executor;
use tokio::task::{JoinError, JoinSet};

/// The tasks of the streams of one connection; dropped, it ends them all, and so no request outlives its connection.
#[derive(Debug, Default)]
pub(crate) struct StreamTasks(Arc<Mutex<JoinSet<()>>>);

impl StreamTasks {
    /// What hyper spawns with. It does not keep the tasks alive: the tasks themselves hold it.
    pub(crate) fn spawner(&self) -> StreamSpawner {
        StreamSpawner(Arc::downgrade(&self.0))
    }
}

impl Drop for StreamTasks {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// Spawns the tasks of one connection's streams.
#[derive(Debug, Clone)]
pub(crate) struct StreamSpawner(Weak<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for StreamSpawner {
    fn execute(&self, stream: F) {
        let Some(tasks) = self.0.upgrade() else { return };
        let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = tasks.try_join_next() {
            report(ended);
        }
        tasks.spawn(stream);
    }
}

/// Notes a task that panicked. The panic hook has logged where; the client has seen its stream or connection end.
pub(crate) fn report(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("serving a request panicked");
    }
}
