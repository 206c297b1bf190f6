//! Time in finer steps than the seconds of the model.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on two clocks: one that people read, one that never runs backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since 1970-01-01T00:00:00Z.
    pub unix: Duration,
    /// Since some fixed moment.
    pub monotonic: Duration,
}

/// Tells the time of records and how long requests took.
pub trait FineClock: Send + Sync + fmt::Debug + 'static {
    /// The present moment.
    fn now(&self) -> Moment;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemFineClock(Instant);

impl SystemFineClock {
    /// Starts the monotonic clock.
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for SystemFineClock {
    fn default() -> Self {
        Self::new()
    }
}

impl FineClock for SystemFineClock {
    #[expect(clippy::disallowed_methods, reason = "the model's clock has seconds only; this one has seven more digits")]
    fn now(&self) -> Moment {
        Moment { unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(), monotonic: self.0.elapsed() }
    }
}

/// A clock that stands still.
#[cfg(feature = "test-util")]
#[derive(Debug, Clone, Copy)]
pub struct StillClock(pub Moment);

#[cfg(feature = "test-util")]
impl FineClock for StillClock {
    fn now(&self) -> Moment {
        self.0
    }
}
