//! What the host answers.

use std::fmt;
use std::sync::Arc;

use crate::access::{AccessPolicyFact, ConditionalAssignmentFact, ConditionalBlock, DenyAssignmentFact, FactList};
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
    /// Role assignments with a condition or a term.
    ConditionalAssignments(Arc<FactList<ConditionalAssignmentFact>>),
    /// What a role permits on conditions.
    ConditionalBlocks(Arc<FactList<ConditionalBlock>>),
    /// Deny assignments.
    DenyAssignments(Arc<FactList<DenyAssignmentFact>>),
    /// Access policies.
    AccessPolicies(Arc<FactList<AccessPolicyFact>>),
    /// Texts.
    Texts(Arc<FactList<String>>),
    /// Settings, shown by their SHA-256 digest.
    Settings(Arc<str>),
}

impl Answer {
    /// The answer as the audit log keeps it: with all that a replay needs, where explanations show a name or the first of
    /// many. Settings are their digest here too.
    #[must_use]
    pub fn recorded(&self) -> String {
        match self {
            Self::Assignments(list) => list.recorded_whole(),
            Self::RoleDefinition(role) => role.recorded(),
            Self::ConditionalAssignments(list) => list.recorded(),
            Self::ConditionalBlocks(list) => list.recorded(),
            Self::DenyAssignments(list) => list.recorded(),
            Self::AccessPolicies(list) => list.recorded(),
            Self::Texts(list) => list.recorded(),
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
            Self::ConditionalAssignments(list) => write!(f, "{list}"),
            Self::ConditionalBlocks(list) => write!(f, "{list}"),
            Self::DenyAssignments(list) => write!(f, "{list}"),
            Self::AccessPolicies(list) => write!(f, "{list}"),
            Self::Texts(list) => write!(f, "{list}"),
            Self::RoleDefinition(role) => f.write_str(&role.name),
        }
    }
}
