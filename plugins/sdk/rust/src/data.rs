//! Documents that were pushed beside the plugin.

use crate::Gateway;
use crate::bindings::imports::data;

/// Questions about documents beside the plugin.
pub trait Data {
    /// The value at a JSON pointer in a document, as JSON text. A pointer that is none, and a value of more than
    /// 16 KiB, fail the evaluation.
    fn data(&self, document: &str, pointer: &str) -> Option<String>;

    /// Whether the value at the pointer is an array with this text, or an object with a member of this name.
    fn data_contains(&self, document: &str, pointer: &str, text: &str) -> bool;
}

impl Data for Gateway {
    fn data(&self, document: &str, pointer: &str) -> Option<String> {
        data::value(document, pointer)
    }

    fn data_contains(&self, document: &str, pointer: &str, text: &str) -> bool {
        data::contains(document, pointer, text)
    }
}
