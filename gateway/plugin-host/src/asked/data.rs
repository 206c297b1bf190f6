//! `data`: documents that were pushed beside the plugin.

use portcullis_policy::{ParseQuestionError, Question};

use super::{bool, optional_text};
use crate::bindings::data::Host;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;

impl Host for Sandbox {
    fn value(&mut self, document: String, pointer: String) -> wasmtime::Result<Option<String>> {
        self.count_text(document.len() + pointer.len())?;
        demand_pointer(&pointer)?;
        optional_text(&self.ask(Question::Data(document, pointer))?)
    }

    fn contains(&mut self, document: String, pointer: String, text: String) -> wasmtime::Result<bool> {
        self.count_text(document.len() + pointer.len() + text.len())?;
        demand_pointer(&pointer)?;
        bool(&self.ask(Question::DataContains(document, pointer, text))?)
    }
}

/// RFC 6901, section 3: empty, or tokens that each begin with a slash.
fn demand_pointer(pointer: &str) -> wasmtime::Result<()> {
    if pointer.is_empty() || pointer.starts_with('/') {
        Ok(())
    } else {
        Err(Stopped::nonsense(ParseQuestionError::Pointer))
    }
}
