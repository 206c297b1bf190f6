//! Whose turn it is on a connection, and since when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Limits;
use crate::tls::Alpn;

/// Notes progress in a few atomics, so that one lazy timer per connection serves every timeout and nothing is set or
/// cleared per request.
#[derive(Debug)]
pub(crate) struct Activity {
    protocol: Alpn,
    header_timeout: Duration,
    idle_timeout: Duration,
    start: Instant,
    /// Milliseconds since `start` of the last progress.
    progress: AtomicU64,
    /// Milliseconds since `start` at which the header that is being read began, plus one; 0 if none is.
    header: AtomicU64,
    /// Requests that are with the handler: our turn.
    serving: AtomicUsize,
    /// HTTP/2: bytes of responses that are yet to be written, about. Framing is counted off as well.
    owed: AtomicU64,
}

/// What the timer of a connection has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing is overdue; look again at this time.
    Until(Instant),
    /// A header was begun and is not complete.
    SlowHeader,
    /// It is the client's turn, and it did nothing.
    Idle,
}

impl Activity {
    /// Begins with the client's turn to send its first request.
    pub(crate) fn new(protocol: Alpn, limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            protocol,
            header_timeout: limits.header_timeout,
            idle_timeout: limits.idle_timeout,
            start: Instant::now(),
            progress: AtomicU64::new(0),
            header: AtomicU64::new(1),
            serving: AtomicUsize::new(0),
            owed: AtomicU64::new(0),
        })
    }

    /// Bytes came from the client.
    pub(crate) fn read(&self) {
        if self.protocol == Alpn::Http1 && self.serving.load(Ordering::Relaxed) == 0 {
            let now = self.elapsed();
            self.progress.store(now, Ordering::Relaxed);
            if self.header.load(Ordering::Relaxed) == 0 {
                self.header.store(now + 1, Ordering::Relaxed);
            }
        }
    }

    /// A response with a body of this length is about to be written.
    pub(crate) fn owes(&self, bytes: u64) {
        if self.protocol == Alpn::Http2 {
            self.owed.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Bytes went to the client. Over HTTP/2 they are progress while a response is under way, unless they are so few
    /// that they may be answers to pings, or pings of our own: those would keep a connection open for ever on which
    /// the client has reset the stream of a response.
    pub(crate) fn wrote(&self, bytes: usize) {
        match self.protocol {
            Alpn::Http1 => self.progress.store(self.elapsed(), Ordering::Relaxed),
            Alpn::Http2 => {
                let owed = self.owed.load(Ordering::Relaxed);
                if owed > 0 {
                    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
                    // One task writes; what a handler adds meanwhile must not be lost.
                    self.owed.fetch_sub(bytes.min(owed), Ordering::Relaxed);
                    if bytes > CONTROL_FRAMES {
                        self.progress.store(self.elapsed(), Ordering::Relaxed);
                    }
                }
            }
        }
    }

    /// A header is complete and its request is with the handler until the guard is dropped.
    pub(crate) fn serve(self: &Arc<Self>) -> Serving {
        self.serving.fetch_add(1, Ordering::Relaxed);
        self.header.store(0, Ordering::Relaxed);
        Serving(self.clone())
    }

    /// What is overdue at a time.
    pub(crate) fn turn(&self, now: Instant) -> Turn {
        let soon = now + self.header_timeout.min(self.idle_timeout);
        if self.serving.load(Ordering::Relaxed) > 0 {
            return Turn::Until(soon);
        }
        let header = match self.header.load(Ordering::Relaxed) {
            0 => None,
            began => Some(self.at(began - 1) + self.header_timeout),
        };
        let idle = self.at(self.progress.load(Ordering::Relaxed)) + self.idle_timeout;
        match header {
            Some(header) if header <= now => Turn::SlowHeader,
            _ if idle <= now => Turn::Idle,
            Some(header) => Turn::Until(header.min(idle)),
            None => Turn::Until(soon.min(idle)),
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }

    fn at(&self, milliseconds: u64) -> Instant {
        self.start + Duration::from_millis(milliseconds)
    }
}

/// One request that is with the handler.
#[derive(Debug)]
pub(crate) struct Serving(Arc<Activity>);

impl Serving {
    /// The handler has answered, with a body of this length.
    pub(crate) fn answered(self, bytes: u64) {
        self.0.owes(bytes);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.progress.store(self.0.elapsed(), Ordering::Relaxed);
        self.0.serving.fetch_sub(1, Ordering::Relaxed);
    }
}

/// More than a few pings or window updates, less than any response.
const CONTROL_FRAMES: u64 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(protocol: Alpn) -> Arc<Activity> {
        let limits = Limits {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(100),
            ..Limits::default()
        };
        Activity::new(protocol, &limits)
    }

    fn after(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn demands_the_first_header_in_time() {
        for protocol in [Alpn::Http1, Alpn::Http2] {
            let activity = activity(protocol);
            assert_eq!(activity.turn(Instant::now()), Turn::Until(after(10)));
            tokio::time::advance(Duration::from_secs(10)).await;
            assert_eq!(activity.turn(Instant::now()), Turn::SlowHeader);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn leaves_a_handler_its_time() {
        let activity = activity(Alpn::Http1);
        let serving = activity.serve();
        tokio::time::advance(Duration::from_secs(1000)).await;
        assert_eq!(activity.turn(Instant::now()), Turn::Until(after(10)));
        drop(serving);
        tokio::time::advance(Duration::from_secs(99)).await;
        assert_eq!(activity.turn(Instant::now()), Turn::Until(after(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(activity.turn(Instant::now()), Turn::Idle);
    }

    #[tokio::test(start_paused = true)]
    async fn times_a_later_header_from_its_first_byte() {
        let activity = activity(Alpn::Http1);
        drop(activity.serve());
        tokio::time::advance(Duration::from_secs(60)).await;
        activity.read();
        tokio::time::advance(Duration::from_secs(9)).await;
        activity.read();
        assert_eq!(activity.turn(Instant::now()), Turn::Until(after(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(activity.turn(Instant::now()), Turn::SlowHeader);
    }

    #[tokio::test(start_paused = true)]
    async fn is_not_kept_alive_by_http2_pings() {
        let activity = activity(Alpn::Http2);
        drop(activity.serve());
        tokio::time::advance(Duration::from_secs(100)).await;
        activity.read();
        activity.wrote(1_000);
        assert_eq!(activity.turn(Instant::now()), Turn::Idle, "nothing is owed");
    }

    #[tokio::test(start_paused = true)]
    async fn is_kept_alive_by_an_http2_response_until_it_is_written() {
        let activity = activity(Alpn::Http2);
        let serving = activity.serve();
        activity.owes(30_000);
        drop(serving);
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(99)).await;
            activity.wrote(9_990);
            assert_eq!(activity.turn(Instant::now()), Turn::Until(after(10)));
        }
        tokio::time::advance(Duration::from_secs(99)).await;
        activity.wrote(17);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(activity.turn(Instant::now()), Turn::Idle, "a ping is no progress");
        activity.wrote(13);
        activity.wrote(1_000);
        assert_eq!(activity.turn(Instant::now()), Turn::Idle, "all is written");
    }
}
