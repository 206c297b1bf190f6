//! `network`: from where and how the request came.

use portcullis_policy::{Question, Source};

use super::{bool, optional_text, text};
use crate::bindings::network::Host;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn source(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::SourceAddress)?)
    }

    fn source_in(&mut self, prefixes: Vec<String>) -> wasmtime::Result<bool> {
        self.count_text(prefixes.iter().map(String::len).sum())?;
        let source = Source::parse(&prefixes).map_err(Stopped::nonsense)?;
        bool(&self.ask(Question::SourceIn(source))?)
    }

    fn named_location(&mut self, name: String) -> wasmtime::Result<bool> {
        self.count_text(name.len())?;
        bool(&self.ask(Question::NamedLocation(name))?)
    }

    fn named_location_exists(&mut self, name: String) -> wasmtime::Result<bool> {
        self.count_text(name.len())?;
        bool(&self.ask(Question::NamedLocationExists(name))?)
    }

    fn subnet(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::Subnet)?)
    }

    fn tls_version(&mut self) -> wasmtime::Result<String> {
        text(&self.ask(Question::TlsVersion)?)
    }

    fn virtual_network(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::VirtualNetwork)?)
    }

    fn private_endpoint(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::PrivateEndpoint)?)
    }

    fn client_certificate(&mut self) -> wasmtime::Result<Option<String>> {
        optional_text(&self.ask(Question::ClientCertificate)?)
    }

    fn signal(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.count_text(name.len())?;
        optional_text(&self.ask(Question::NetworkSignal(name))?)
    }
}
