//! Comparisons of an attribute's values with those of the condition.

use crate::attribute::Attribute;
use crate::condition::Circumstances;
use crate::expression::Quantity;
use crate::instant::Instant;
use crate::like::is_like;

/// An operator with the values on its right side.
///
/// No operator minds the case. All that conditions can name (names of vaults and objects, ids) is the same in any case,
/// and the gateway tells it in lower case: if `StringNotEquals 'Root'` did mind it, it would let the secret `Root` by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    operator: TextOperator,
    /// In lower case.
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextOperator {
    kind: TextKind,
    negated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextKind {
    Equals,
    StartsWith,
    Like,
    Guid,
}

impl TextOperator {
    /// The operator of a name, such as `StringNotLikeIgnoreCase`, compared without case.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "guidequals" => return Some(Self { kind: TextKind::Guid, negated: false }),
            "guidnotequals" => return Some(Self { kind: TextKind::Guid, negated: true }),
            _ => {}
        }
        let rest = lower.strip_prefix("string")?;
        let rest = rest.strip_suffix("ignorecase").unwrap_or(rest);
        let (rest, negated) = rest.strip_prefix("not").map_or((rest, false), |rest| (rest, true));
        let kind = match rest {
            "equals" => TextKind::Equals,
            "startswith" => TextKind::StartsWith,
            "like" => TextKind::Like,
            _ => return None,
        };
        Some(Self { kind, negated })
    }

    pub(crate) const fn fits(self, attribute: Attribute) -> bool {
        match attribute {
            Attribute::UtcNow => false,
            Attribute::AssignmentRole(_)
            | Attribute::AssignmentPrincipal(_)
            | Attribute::PrincipalId
            | Attribute::Application => true,
            Attribute::VaultName
            | Attribute::ObjectName(..)
            | Attribute::AssignmentPrincipalType(_)
            | Attribute::Subnet => !matches!(self.kind, TextKind::Guid),
        }
    }

    pub(crate) const fn compares_guids(self) -> bool {
        matches!(self.kind, TextKind::Guid)
    }
}

impl Comparison {
    pub(crate) fn new(operator: TextOperator, values: Vec<String>) -> Self {
        Self { operator, values: values.into_iter().map(|value| value.to_lowercase()).collect() }
    }

    /// Whether a value of the attribute matches as many of the values on the right as there must be.
    pub(crate) fn matches(&self, value: &str, right: Quantity) -> bool {
        let value = value.to_lowercase();
        right.of(&self.values, |given| {
            let matches = match self.operator.kind {
                TextKind::Equals | TextKind::Guid => value == *given,
                TextKind::StartsWith => value.starts_with(given.as_str()),
                TextKind::Like => is_like(&value, given),
            };
            matches != self.operator.negated
        })
    }
}

/// A comparison of the request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeOperator {
    kind: TimeKind,
    instant: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeKind {
    Equals,
    NotEquals,
    Greater,
    GreaterEquals,
    Less,
    LessEquals,
}

impl TimeOperator {
    pub(crate) fn of(name: &str, instant: Instant) -> Option<Self> {
        let kind = match name.to_ascii_lowercase().strip_prefix("datetime")? {
            "equals" => TimeKind::Equals,
            "notequals" => TimeKind::NotEquals,
            "greaterthan" => TimeKind::Greater,
            "greaterthanequals" => TimeKind::GreaterEquals,
            "lessthan" => TimeKind::Less,
            "lessthanequals" => TimeKind::LessEquals,
            _ => return None,
        };
        Some(Self { kind, instant })
    }

    /// The request's time is a whole second.
    pub(crate) fn holds(self, circumstances: &impl Circumstances) -> bool {
        // `before` the first whole second at or after the instant, and `before` the first one after it.
        let less = || circumstances.before(self.instant.ceiling());
        let less_equals = || circumstances.before(self.instant.second.saturating_add(1));
        match self.kind {
            TimeKind::Less => less(),
            TimeKind::LessEquals => less_equals(),
            TimeKind::Greater => !less_equals(),
            TimeKind::GreaterEquals => !less(),
            TimeKind::Equals => self.instant.is_whole() && !less() && less_equals(),
            TimeKind::NotEquals => !self.instant.is_whole() || less() || !less_equals(),
        }
    }
}
