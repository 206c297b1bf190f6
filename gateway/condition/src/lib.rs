//! The language of conditions on role assignments and roles (behaviour, section 4.7; condition version 2.0).
//!
//! The management plane parses a condition before it is stored, and the plugin `azure-rbac` parses the same text with
//! the same code when it evaluates it: what was accepted is understood. What cannot be known here is refused when it
//! is written, since the negation of a comparison with a missing attribute is true and would grant.
//!
//! Depends on no crate of the workspace, so that plugins may use it.

mod attribute;
mod condition;
mod expression;
mod instant;
mod like;
mod operator;
mod parse;
mod parse_error;
mod token;

pub use attribute::{Attribute, ObjectKind, Side};
pub use condition::{Circumstances, Condition, MAX_BYTES};
pub use parse_error::ConditionError;
