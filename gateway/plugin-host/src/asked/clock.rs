//! `clock`: when.

use portcullis_model::UnixTime;
use portcullis_policy::{Question, WeeklyWindow};

use super::bool;
use crate::bindings::clock::{Host, Weekdays, Window};
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn before(&mut self, time: i64) -> wasmtime::Result<bool> {
        bool(&self.ask(Question::Before(UnixTime(time)))?)
    }

    fn within(&mut self, window: Window) -> wasmtime::Result<bool> {
        let Window { days, begin, end, offset } = window;
        let days =
            DAYS.iter().enumerate().filter(|(_, day)| days.contains(**day)).fold(0, |bits, (at, _)| bits | 1 << at);
        let window = WeeklyWindow::new(days, begin, end, offset).map_err(Stopped::nonsense)?;
        bool(&self.ask(Question::Within(window))?)
    }
}

const DAYS: [Weekdays; 7] = [
    Weekdays::MONDAY,
    Weekdays::TUESDAY,
    Weekdays::WEDNESDAY,
    Weekdays::THURSDAY,
    Weekdays::FRIDAY,
    Weekdays::SATURDAY,
    Weekdays::SUNDAY,
];
