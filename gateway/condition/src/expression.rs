//! Conditions as they are evaluated.

use crate::attribute::Attribute;
use crate::condition::Circumstances;
use crate::operator::{Comparison, TimeOperator};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    ActionMatches(String),
    Exists(Attribute),
    Compare {
        attribute: Attribute,
        quantifier: Quantifier,
        comparison: Comparison,
    },
    /// Time is asked in comparisons, so that a decision knows for how long it is good.
    Time(TimeOperator),
}

/// How many of the values on the left must match how many of those on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantifier {
    pub(crate) left: Quantity,
    pub(crate) right: Quantity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    Any,
    All,
}

impl Quantity {
    pub(crate) fn of<T>(self, items: &[T], matches: impl Fn(&T) -> bool) -> bool {
        match self {
            Self::Any => items.iter().any(matches),
            Self::All => items.iter().all(matches),
        }
    }
}

impl Expression {
    pub(crate) fn holds(&self, circumstances: &impl Circumstances) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(circumstances)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(circumstances)),
            Self::Not(part) => !part.holds(circumstances),
            Self::ActionMatches(pattern) => circumstances.action_matches(pattern),
            Self::Exists(attribute) => !circumstances.values(*attribute).is_empty(),
            Self::Compare { attribute, quantifier, comparison } => {
                let values = circumstances.values(*attribute);
                !values.is_empty() && quantifier.left.of(&values, |value| comparison.matches(value, quantifier.right))
            }
            Self::Time(operator) => operator.holds(circumstances),
        }
    }
}
