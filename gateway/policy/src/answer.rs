//! What the host answers.

use std::fmt;
use std::sync::Arc;

use crate::{AssignmentList, RoleDefinitionFact};

/// An answer. Cheap to clone and to compare: lists are shared and carry their own hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Of a predicate.
    Bool(bool),
    /// A text from a fixed table.
    Name(&'static str),
    /// A text.
    Text(Arc<str>),
    /// There is none.
    Nothing,
    /// Role assignments.
    Assignments(Arc<AssignmentList>),
    /// A role definition.
    RoleDefinition(Arc<RoleDefinitionFact>),
    /// Not known yet: it has to be read first. Never recorded, and the evaluation is begun anew.
    Pending,
    /// It could not be read.
    Unreadable,
    /// Settings, shown by their SHA-256 digest.
    Settings(Arc<str>),
}

impl Answer {
    /// The answer as the audit log keeps it: with all that a replay needs, where explanations show a name or the first of
    /// many. Settings are their digest here too.
    #[must_use]
    pub fn recorded(&self) -> String {
        match self {
            Self::Assignments(list) => list.recorded(),
            Self::RoleDefinition(role) => role.recorded(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("yes"),
            Self::Bool(false) => f.write_str("no"),
            Self::Name(text) => f.write_str(text),
            Self::Text(text) | Self::Settings(text) => f.write_str(text),
            Self::Nothing => f.write_str("none"),
            Self::Pending => f.write_str("not read yet"),
            Self::Unreadable => f.write_str("unreadable"),
            Self::Assignments(list) => write!(f, "{list}"),
            Self::RoleDefinition(role) => f.write_str(&role.name),
        }
    }
}
