//! The thread that lets time pass for guests.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// Increments the engine's epoch until it is dropped.
///
/// Epochs and not fuel: fuel is deterministic but counts every block of every evaluation, and a limit that must hold
/// for the slowest machine is none for the fastest. A deadline costs one load per loop. That it depends on the machine
/// does no harm, because the memo never learns a failure.
#[derive(Debug)]
pub(crate) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine, tick: Duration) -> io::Result<Self> {
        let engine = engine.weak();
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("plugin-ticker".to_owned()).spawn(move || {
            let mut seen = Instant::now();
            while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                let Some(engine) = engine.upgrade() else { break };
                let (ticks, until) = due(seen, Instant::now(), tick);
                seen = until;
                (0..ticks).for_each(|_| engine.increment_epoch());
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// The ticks that are due, and until when time has then passed. A busy machine wakes the thread late; the ticks that it
/// missed count all the same. After a longer sleep, such as a suspended process, they count once for whoever was
/// evaluated meanwhile; the rest is forgotten, or it would be charged to those that come after.
fn due(seen: Instant, now: Instant, tick: Duration) -> (u32, Instant) {
    let missed = now.duration_since(seen).as_nanos() / tick.as_nanos().max(1);
    match u32::try_from(missed) {
        Ok(missed @ ..MISSED_AT_MOST) => (missed, seen + tick * missed),
        _ => (MISSED_AT_MOST, now),
    }
}

/// Ticks that are made up for at once.
const MISSED_AT_MOST: u32 = 1000;

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic, and there would be nobody to tell.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_ticks_count_and_a_long_sleep_counts_once() {
        let (start, tick) = (Instant::now(), Duration::from_millis(10));
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(due(start, after(9), tick), (0, start));
        assert_eq!(due(start, after(10), tick), (1, after(10)));
        assert_eq!(due(start, after(57), tick), (5, after(50)));
        assert_eq!(due(start, after(60_003), tick), (MISSED_AT_MOST, after(60_003)));
        assert_eq!(due(after(60_003), after(60_013), tick).0, 1, "nothing is left over");
    }
}
