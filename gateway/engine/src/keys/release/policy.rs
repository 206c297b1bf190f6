//! The grammar of release policies, version 1.0.0: parsed, and asked whether an attestation fulfils it.
//!
//! What is not understood is refused where the policy is set, so that no condition can be ignored later. A condition
//! about a claim that is not there, or is of another type than the policy speaks of, is not fulfilled, whatever its
//! operator; only `"exists": false` is fulfilled by an absent claim.

mod parse;

use serde_json::{Map, Value};

pub use parse::PolicyError;

use super::issuer::Issuer;

/// A release policy: any one authority with its conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    any_of: Vec<Authority>,
}

/// An authority, and what its attestation must say.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    issuer: Issuer,
    condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// Never empty.
    All(Vec<Condition>),
    /// Never empty.
    Any(Vec<Condition>),
    Claim(Path, Test),
}

/// The names of members to walk from the claims inwards; never empty.
type Path = Vec<Box<str>>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists(bool),
    Equals(Scalar),
    NotEquals(Scalar),
    Less(i128),
    LessOrEquals(i128),
    Greater(i128),
    GreaterOrEquals(i128),
}

/// A value that can be compared. JSON's numbers with a fraction cannot: readers round them differently.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scalar {
    Text(Box<str>),
    Integer(i128),
    Truth(bool),
}

impl Policy {
    /// Whether an authority is one of the policy's at all.
    pub(crate) fn names(&self, issuer: &Issuer) -> bool {
        self.any_of.iter().any(|authority| authority.issuer == *issuer)
    }

    /// Whether the claims of an attestation by an authority fulfil the policy.
    pub(crate) fn is_fulfilled(&self, issuer: &Issuer, claims: &Map<String, Value>) -> bool {
        let own = self.any_of.iter().filter(|authority| authority.issuer == *issuer);
        own.map(|authority| &authority.condition).any(|condition| condition.holds(claims))
    }
}

impl Condition {
    fn holds(&self, claims: &Map<String, Value>) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(claims)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(claims)),
            Self::Claim(path, test) => test.holds(find(claims, path)),
        }
    }
}

impl Test {
    fn holds(&self, claim: Option<&Value>) -> bool {
        let integer = || claim.and_then(integer);
        match self {
            Self::Exists(wanted) => match claim {
                // Some read it as a value and some as none, so it fulfils neither wish.
                Some(Value::Null) => false,
                Some(_) => *wanted,
                None => !*wanted,
            },
            Self::Equals(value) => claim.and_then(|claim| value.equals(claim)) == Some(true),
            Self::NotEquals(value) => claim.and_then(|claim| value.equals(claim)) == Some(false),
            Self::Less(bound) => integer().is_some_and(|claim| claim < *bound),
            Self::LessOrEquals(bound) => integer().is_some_and(|claim| claim <= *bound),
            Self::Greater(bound) => integer().is_some_and(|claim| claim > *bound),
            Self::GreaterOrEquals(bound) => integer().is_some_and(|claim| claim >= *bound),
        }
    }
}

impl Scalar {
    /// Whether a claim is this value; `None` if the two cannot be compared.
    fn equals(&self, claim: &Value) -> Option<bool> {
        match (self, claim) {
            (Self::Text(wanted), Value::String(claim)) => Some(**wanted == **claim),
            (Self::Truth(wanted), Value::Bool(claim)) => Some(wanted == claim),
            (Self::Integer(wanted), Value::Number(_)) => integer(claim).map(|claim| *wanted == claim),
            // Authorities and policies disagree about the quotes: the grammar spells true and false with them.
            (Self::Text(wanted), Value::Bool(claim)) => truth(wanted).map(|wanted| wanted == *claim),
            (Self::Truth(wanted), Value::String(claim)) => truth(claim).map(|claim| *wanted == claim),
            (Self::Text(_) | Self::Truth(_) | Self::Integer(_), _) => None,
        }
    }
}

/// The claim at the end of a path, which walks through objects only.
fn find<'a>(claims: &'a Map<String, Value>, path: &[Box<str>]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(claims.get(&**first)?, |value, name| value.as_object()?.get(&**name))
}

fn integer(value: &Value) -> Option<i128> {
    let number = value.as_number()?;
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
