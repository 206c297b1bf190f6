//! Words for the gateway's own log.

use crate::Gateway;
use crate::bindings::imports::log;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// For the curious.
    Info,
    /// For whoever runs the gateway.
    Warn,
    /// For whoever must act.
    Error,
}

/// The gateway's log. A decision that the gateway remembers logs nothing, so nothing may depend on a line.
pub trait Log {
    /// Writes one line; it is cut, or dropped, beyond the gateway's bounds.
    fn log(&self, level: Level, message: &str);
}

impl Log for Gateway {
    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        log::write(level, message);
    }
}
