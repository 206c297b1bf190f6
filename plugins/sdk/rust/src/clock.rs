//! When.

use crate::Gateway;
use crate::bindings::imports::clock;

/// The only question about time.
pub trait Clock {
    /// Whether the request came before this time, in seconds since 1970-01-01T00:00:00Z.
    fn before(&self, time: i64) -> bool;
}

impl Clock for Gateway {
    fn before(&self, time: i64) -> bool {
        clock::before(time)
    }
}
