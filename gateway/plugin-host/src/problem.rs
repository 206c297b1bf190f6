//! What a plugin finds wrong with settings.

use std::fmt;
use std::sync::Arc;

/// What a plugin finds wrong with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer.
    pub pointer: Arc<str>,
    /// What is wrong, and what would be right.
    pub message: Arc<str>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}
