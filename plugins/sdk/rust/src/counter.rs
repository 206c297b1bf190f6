//! How often.

use crate::Gateway;
use crate::bindings::imports::counter;

/// Counters. A decision that rests on one is never remembered.
pub trait Counter {
    /// Whether there were, with this request, at most `limit` under the key within the last `seconds` (1 to 86400); if
    /// so, it is counted.
    fn rate(&self, key: &str, limit: u32, seconds: u32) -> bool;

    /// The same within a fixed period of so many seconds (1 to 2678400) since 1970-01-01T00:00:00Z.
    fn quota(&self, key: &str, limit: u32, seconds: u32) -> bool;
}

impl Counter for Gateway {
    fn rate(&self, key: &str, limit: u32, seconds: u32) -> bool {
        counter::rate(key, limit, seconds)
    }

    fn quota(&self, key: &str, limit: u32, seconds: u32) -> bool {
        counter::quota(key, limit, seconds)
    }
}
