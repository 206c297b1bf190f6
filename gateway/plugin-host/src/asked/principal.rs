//! `principal`: who asks.

use portcullis_model::PrincipalId;
use portcullis_policy::{ParseQuestionError, Question};

use super::{bool, optional_text, text};
use crate::bindings::principal::Host;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn id(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::PrincipalId)?)
    }

    fn is(&mut self, id: String) -> wasmtime::Result<bool> {
        let id = parse(self, &id)?;
        bool(&self.ask(Question::PrincipalIs(id))?)
    }

    fn application(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::Application)?)
    }

    fn tenant(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::Tenant)?)
    }

    fn kind(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::PrincipalKind)?)
    }

    fn in_group(&mut self, id: String) -> wasmtime::Result<bool> {
        let id = parse(self, &id)?;
        bool(&self.ask(Question::InGroup(id))?)
    }

    fn has_role(&mut self, id: String) -> wasmtime::Result<bool> {
        self.count_text(id.len())?;
        let id = id.parse().map_err(|_| Stopped::nonsense(ParseQuestionError::Id))?;
        bool(&self.ask(Question::HasRole(id))?)
    }

    fn claim(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.count_text(name.len())?;
        optional_text(&self.ask(Question::Claim(name))?)
    }

    fn authenticated_with(&mut self, method: String) -> wasmtime::Result<bool> {
        self.count_text(method.len())?;
        bool(&self.ask(Question::AuthenticatedWith(method))?)
    }

    fn authenticated_within(&mut self, seconds: u32) -> wasmtime::Result<bool> {
        bool(&self.ask(Question::AuthenticatedWithin(seconds))?)
    }

    fn device(&mut self, property: String) -> wasmtime::Result<Option<String>> {
        self.count_text(property.len())?;
        optional_text(&self.ask(Question::Device(property))?)
    }

    fn risk(&mut self, kind: String) -> wasmtime::Result<Option<String>> {
        self.count_text(kind.len())?;
        optional_text(&self.ask(Question::Risk(kind))?)
    }
}

fn parse(sandbox: &mut Sandbox, id: &str) -> wasmtime::Result<PrincipalId> {
    sandbox.count_text(id.len())?;
    id.parse().map_err(|_| Stopped::nonsense(ParseQuestionError::Id))
}
