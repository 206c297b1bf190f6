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
                // A busy machine wakes this thread late; the ticks that it missed count all the same.
                for _ in 0..MISSED_AT_MOST {
                    engine.increment_epoch();
                    seen += tick;
                    if seen.elapsed() < tick {
                        break;
                    }
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
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
