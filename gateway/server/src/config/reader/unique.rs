//! What may be given only once.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Noted, Value};

/// The values seen so far of a kind that may be given only once.
#[derive(Debug)]
pub(crate) struct Unique<T> {
    what: &'static str,
    seen: HashMap<T, String>,
}

impl<T: Eq + Hash> Unique<T> {
    /// None seen yet; `what` names the kind, such as `vault name`.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, seen: HashMap::new() }
    }

    /// Takes the next one.
    pub(crate) fn add(&mut self, item: T, value: &Value<'_>) -> Result<(), Noted> {
        self.add_at(item, value.place()).map_err(|message| value.wrong(message))
    }

    /// Takes the next one, which is made of several values; the error is the message to note.
    pub(crate) fn add_at(&mut self, item: T, place: String) -> Result<(), String> {
        match self.seen.get(&item) {
            Some(first) => Err(format!("the same {} stands at {first}; remove or change one of them", self.what)),
            None => {
                self.seen.insert(item, place);
                Ok(())
            }
        }
    }
}
