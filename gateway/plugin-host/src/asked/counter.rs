//! `counter`: how often.

use portcullis_policy::{Question, Rate};

use super::bool;
use crate::bindings::counter::Host;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

/// The longest window of `rate`: a day.
const WINDOW: u32 = 86_400;
/// The longest period of `quota`: a month of 31 days.
const PERIOD: u32 = 31 * 86_400;

impl Host for Sandbox {
    fn rate(&mut self, key: String, limit: u32, seconds: u32) -> wasmtime::Result<bool> {
        self.count_text(key.len())?;
        let rate = Rate::new(key, limit, seconds, WINDOW).map_err(Stopped::nonsense)?;
        bool(&self.ask(Question::Rate(rate))?)
    }

    fn quota(&mut self, key: String, limit: u32, seconds: u32) -> wasmtime::Result<bool> {
        self.count_text(key.len())?;
        let rate = Rate::new(key, limit, seconds, PERIOD).map_err(Stopped::nonsense)?;
        bool(&self.ask(Question::Quota(rate))?)
    }
}
