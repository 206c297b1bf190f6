//! A condition, and what it is evaluated against.

use std::str::FromStr;

use crate::attribute::Attribute;
use crate::expression::Expression;
use crate::parse::Parser;
use crate::parse_error::{ConditionError, Wrong};

/// The greatest length of a condition, in bytes.
pub const MAX_BYTES: usize = 8 * 1024;

/// A condition that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    root: Expression,
}

/// What a condition asks of the request. Each call may be a question that is recorded, so only what the outcome needs
/// is asked, from left to right.
pub trait Circumstances {
    /// Whether the action that the request needs matches a pattern; `*` matches any run of characters.
    fn action_matches(&self, pattern: &str) -> bool;

    /// The values of an attribute, none when the request has none.
    fn values(&self, attribute: Attribute) -> Vec<String>;

    /// Whether the request came before a time, in seconds since 1970-01-01T00:00:00Z.
    fn before(&self, second: i64) -> bool;
}

impl Condition {
    /// Whether the condition holds. A comparison with an attribute that the request has not is false.
    #[must_use]
    pub fn holds(&self, circumstances: &impl Circumstances) -> bool {
        self.root.holds(circumstances)
    }
}

impl FromStr for Condition {
    type Err = ConditionError;

    /// Parses a condition of at most [`MAX_BYTES`].
    fn from_str(text: &str) -> Result<Self, ConditionError> {
        if text.len() > MAX_BYTES {
            return Err(ConditionError { at: MAX_BYTES, wrong: Wrong::TooLong });
        }
        Parser::new(text)?.condition().map(|root| Self { root })
    }
}

#[cfg(test)]
mod tests;
