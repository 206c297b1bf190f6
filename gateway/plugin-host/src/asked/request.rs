//! `request`: what is asked of the gateway.

use portcullis_policy::Question;

use super::{bool, optional_text, text};
use crate::bindings::request::Host;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn operation(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Operation)?)
    }

    fn operation_in(&mut self, names: Vec<String>) -> wasmtime::Result<bool> {
        self.count_text(names.iter().map(String::len).sum())?;
        let question = Question::operation_in(names).map_err(Stopped::nonsense)?;
        bool(&self.ask(question)?)
    }

    fn data_plane(&mut self) -> wasmtime::Result<bool> {
        bool(&self.ask(Question::DataPlane)?)
    }

    fn action(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Action)?)
    }

    fn vault(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Vault)?)
    }

    fn object_kind(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::ObjectKind)?)
    }

    fn object_name(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::ObjectName)?)
    }

    fn object_version(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::ObjectVersion)?)
    }

    fn resource(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Resource)?)
    }

    fn within_scope(&mut self, scope: String) -> wasmtime::Result<bool> {
        self.count_text(scope.len())?;
        bool(&self.ask(Question::WithinScope(scope))?)
    }
}
