//! `request`: what is asked of the gateway.

use portcullis_policy::{ParseQuestionError, Question};

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

    fn plane(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Plane)?)
    }

    fn data_plane(&mut self) -> wasmtime::Result<bool> {
        bool(&self.ask(Question::DataPlane)?)
    }

    fn action(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Action)?)
    }

    fn vault(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::Vault)?)
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

    fn object_name_starts_with(&mut self, prefix: String) -> wasmtime::Result<bool> {
        self.count_text(prefix.len())?;
        if prefix.is_empty() {
            return Err(Stopped::nonsense(ParseQuestionError::EmptyPrefix));
        }
        bool(&self.ask(Question::ObjectNameStartsWith(prefix.to_ascii_lowercase()))?)
    }

    fn tag(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.count_text(name.len())?;
        optional_text(&self.ask(Question::Tag(name))?)
    }

    fn tag_is(&mut self, name: String, value: String) -> wasmtime::Result<bool> {
        self.count_text(name.len() + value.len())?;
        bool(&self.ask(Question::TagIs(name, value))?)
    }

    fn attribute(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.count_text(name.len())?;
        let attribute = name.parse().map_err(Stopped::nonsense::<ParseQuestionError>)?;
        optional_text(&self.ask(Question::ObjectAttribute(attribute))?)
    }

    fn header(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.count_text(name.len())?;
        let name = name.to_ascii_lowercase();
        if !self.may_ask_for_header(&name) {
            return Err(Stopped::nonsense(ParseQuestionError::Header));
        }
        optional_text(&self.ask(Question::Header(name))?)
    }
}
