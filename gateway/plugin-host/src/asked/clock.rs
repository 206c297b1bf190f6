//! `clock`: when.

use portcullis_model::UnixTime;
use portcullis_policy::Question;

use super::bool;
use crate::bindings::clock::Host;
use crate::sandbox::Sandbox;

impl Host for Sandbox {
    fn before(&mut self, time: i64) -> wasmtime::Result<bool> {
        bool(&self.ask(Question::Before(UnixTime(time)))?)
    }
}
