//! Work that takes the processor long.

use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::EngineError;

/// Such work goes on at once for twice as many as there are processors; the rest waits its turn, and whoever no longer
/// waits for an answer leaves the row. Otherwise one caller's work could fill the processors for long.
static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(4, |processors| processors.get() * 2)));

/// Runs work on the runtime's threads for blocking work.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, EngineError> {
    let turn = TURNS.acquire().await.map_err(|_| EngineError::Stopping)?;
    // The turn ends with the work, which goes on even if nobody waits for it any more.
    let work = move || {
        let _turn = turn;
        work()
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(EngineError::Stopping),
    }
}
