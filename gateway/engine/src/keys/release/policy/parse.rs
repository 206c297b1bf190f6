//! From JSON to a policy, or to what is wrong with it.

use portcullis_crypto::jose::json;
use portcullis_model::{MAX_RELEASE_POLICY_BYTES, ReleasePolicy};
use serde_json::{Map, Value};

use super::{Authority, Condition, Path, Policy, Scalar, Test, integer};
use crate::keys::release::issuer::Issuer;

/// Why a text is not a release policy. Names members of the grammar, never what stands in their place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The content is said to be something else than JSON.
    #[error("its contentType must be application/json")]
    ContentType,
    /// It is longer than [`MAX_RELEASE_POLICY_BYTES`].
    #[error("it must have at most {MAX_RELEASE_POLICY_BYTES} bytes")]
    TooLong,
    /// It is not one JSON object, or gives a member twice.
    #[error("its data must be a JSON object that gives no member twice")]
    Json,
    /// The version is missing or unknown.
    #[error("its version must be \"1.0.0\"")]
    Version,
    /// An object has a member that the grammar does not have there.
    #[error("{0} has a member that is not in the grammar")]
    Unknown(&'static str),
    /// A list is missing, empty, or not a list.
    #[error("{0} must be a list with at least one entry")]
    List(&'static str),
    /// An entry of a list is not an object.
    #[error("each entry of {0} must be an object")]
    Entry(&'static str),
    /// The authority is missing or no URL.
    #[error("authority must be the https URL of an attestation authority")]
    Authority,
    /// Not exactly one of the two lists is given.
    #[error("{0} must have one of allOf and anyOf")]
    OneList(&'static str),
    /// A claim's name is not a text of names joined by dots.
    #[error("claim must be a text: at most {MAX_PATH} names joined by dots")]
    Claim,
    /// Not exactly one operator, or one that the grammar does not have.
    #[error(
        "a condition must have claim and one of equals, notEquals, less, lessOrEquals, greater, greaterOrEquals and exists"
    )]
    Operator,
    /// The value does not fit the operator.
    #[error("the value of {operator} must be {expected}")]
    Value {
        /// The operator.
        operator: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// Lists are nested too deeply.
    #[error("conditions must not be nested more than {MAX_DEPTH} deep")]
    Depth,
    /// There are too many conditions.
    #[error("there must be at most {MAX_CONDITIONS} authorities and conditions")]
    TooMany,
}

impl Policy {
    /// Reads a policy as its owner gave it.
    pub(crate) fn of(policy: &ReleasePolicy) -> Result<Self, PolicyError> {
        let media_type = policy.content_type.split(';').next().unwrap_or_default();
        if !media_type.trim().eq_ignore_ascii_case("application/json") {
            return Err(PolicyError::ContentType);
        }
        Self::parse(&policy.data)
    }

    /// Reads a policy's JSON.
    pub(crate) fn parse(data: &[u8]) -> Result<Self, PolicyError> {
        if data.len() > MAX_RELEASE_POLICY_BYTES {
            return Err(PolicyError::TooLong);
        }
        let policy = json::object(data).map_err(|_| PolicyError::Json)?;
        if policy.get(VERSION).and_then(Value::as_str) != Some("1.0.0") {
            return Err(PolicyError::Version);
        }
        only(&policy, &[VERSION, ANY_OF], "the policy")?;
        let mut budget = Budget(MAX_CONDITIONS);
        let any_of = entries(&policy, ANY_OF)?.map(|entry| authority(entry?, &mut budget));
        Ok(Self { any_of: any_of.collect::<Result<_, _>>()? })
    }
}

/// How many conditions may still come.
struct Budget(usize);

impl Budget {
    fn take(&mut self) -> Result<(), PolicyError> {
        self.0 = self.0.checked_sub(1).ok_or(PolicyError::TooMany)?;
        Ok(())
    }
}

fn authority(object: &Map<String, Value>, budget: &mut Budget) -> Result<Authority, PolicyError> {
    budget.take()?;
    let issuer = object.get(AUTHORITY).and_then(Value::as_str).and_then(|text| text.parse::<Issuer>().ok());
    let issuer = issuer.ok_or(PolicyError::Authority)?;
    only(object, &[AUTHORITY, ALL_OF, ANY_OF], "an authority")?;
    Ok(Authority { issuer, condition: list(object, "an authority", 1, budget)? })
}

/// Reads the one list that an object has.
fn list(
    object: &Map<String, Value>,
    what: &'static str,
    depth: usize,
    budget: &mut Budget,
) -> Result<Condition, PolicyError> {
    if depth > MAX_DEPTH {
        return Err(PolicyError::Depth);
    }
    let (name, make): (_, fn(Vec<Condition>) -> Condition) =
        match (object.contains_key(ALL_OF), object.contains_key(ANY_OF)) {
            (true, false) => (ALL_OF, Condition::All),
            (false, true) => (ANY_OF, Condition::Any),
            (true, true) | (false, false) => return Err(PolicyError::OneList(what)),
        };
    let conditions = entries(object, name)?.map(|entry| condition(entry?, depth, budget));
    conditions.collect::<Result<_, _>>().map(make)
}

fn condition(object: &Map<String, Value>, depth: usize, budget: &mut Budget) -> Result<Condition, PolicyError> {
    budget.take()?;
    if object.contains_key(ALL_OF) || object.contains_key(ANY_OF) {
        only(object, &[ALL_OF, ANY_OF], "a list of conditions")?;
        return list(object, "a list of conditions", depth + 1, budget);
    }
    let path = object.get(CLAIM).and_then(Value::as_str).and_then(path).ok_or(PolicyError::Claim)?;
    let mut operators = object.iter().filter(|(name, _)| *name != CLAIM);
    let (Some((operator, value)), None) = (operators.next(), operators.next()) else {
        return Err(PolicyError::Operator);
    };
    Ok(Condition::Claim(path, test(operator, value)?))
}

fn path(text: &str) -> Option<Path> {
    let names: Path = text.split('.').map(Into::into).collect();
    (names.len() <= MAX_PATH && names.iter().all(|name| !name.is_empty())).then_some(names)
}

fn test(operator: &str, value: &Value) -> Result<Test, PolicyError> {
    let bound = |operator| integer(value).ok_or(PolicyError::Value { operator, expected: "an integer" });
    Ok(match operator {
        "equals" => Test::Equals(scalar("equals", value)?),
        "notEquals" => Test::NotEquals(scalar("notEquals", value)?),
        "less" => Test::Less(bound("less")?),
        "lessOrEquals" => Test::LessOrEquals(bound("lessOrEquals")?),
        "greater" => Test::Greater(bound("greater")?),
        "greaterOrEquals" => Test::GreaterOrEquals(bound("greaterOrEquals")?),
        "exists" => {
            Test::Exists(value.as_bool().ok_or(PolicyError::Value { operator: "exists", expected: "true or false" })?)
        }
        _ => return Err(PolicyError::Operator),
    })
}

fn scalar(operator: &'static str, value: &Value) -> Result<Scalar, PolicyError> {
    let expected = "a text, an integer, true or false";
    match value {
        Value::String(text) => Some(Scalar::Text(text.as_str().into())),
        Value::Bool(truth) => Some(Scalar::Truth(*truth)),
        Value::Number(_) => integer(value).map(Scalar::Integer),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
    .ok_or(PolicyError::Value { operator, expected })
}

fn entries<'a>(
    object: &'a Map<String, Value>,
    name: &'static str,
) -> Result<impl Iterator<Item = Result<&'a Map<String, Value>, PolicyError>>, PolicyError> {
    let list = object.get(name).and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or(PolicyError::List(name))?;
    Ok(list.iter().map(move |entry| entry.as_object().ok_or(PolicyError::Entry(name))))
}

fn only(object: &Map<String, Value>, known: &[&str], what: &'static str) -> Result<(), PolicyError> {
    let unknown = object.keys().any(|name| !known.contains(&name.as_str()));
    if unknown { Err(PolicyError::Unknown(what)) } else { Ok(()) }
}

const VERSION: &str = "version";
const ANY_OF: &str = "anyOf";
const ALL_OF: &str = "allOf";
const AUTHORITY: &str = "authority";
const CLAIM: &str = "claim";
/// How deep lists may be nested within an authority.
const MAX_DEPTH: usize = 8;
/// How many authorities and conditions a policy may have.
const MAX_CONDITIONS: usize = 100;
/// How many names a claim's path may have.
const MAX_PATH: usize = 16;
