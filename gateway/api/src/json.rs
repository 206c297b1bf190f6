//! Request bodies: JSON with bounds, read leniently in shape and strictly in type.
//!
//! A body is read into [`Member`]s, so that a value of the wrong type is reported by the name of its member. No message
//! of the JSON reader is passed on, because those repeat values.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use portcullis_model::SecretText;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// The greatest depth of nesting in a body. The deepest shape that is read has five levels.
pub(crate) const MAX_DEPTH: usize = 32;

/// Says that a body could not be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("the request body must be a JSON object")]
    NotAnObject,
    #[error("the request body is nested too deeply")]
    Depth,
    #[error("the request body is not valid JSON or gives a member twice, at line {line} column {column}")]
    Malformed { line: usize, column: usize },
}

/// Reads a body that is one JSON object. Unknown members are ignored; a known member given twice is refused, because
/// two readers could take different ones.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    check_depth(body)?;
    let member: Member<Object<T>> = serde_json::from_slice(body)
        .map_err(|error| JsonError::Malformed { line: error.line(), column: error.column() })?;
    match member {
        Member::Given(Object(body)) => Ok(body),
        Member::Absent | Member::Null | Member::Wrong => Err(JsonError::NotAnObject),
    }
}

/// What a body says of one member.
#[derive(Debug, Default)]
pub(crate) enum Member<T> {
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A value of another type, or one that the type refuses.
    Wrong,
    Given(T),
}

impl<T> Member<T> {
    /// The value; `null` counts as absent. The error is for the caller to name the member in.
    pub(crate) fn optional(self) -> Result<Option<T>, WrongType> {
        match self {
            Self::Absent | Self::Null => Ok(None),
            Self::Wrong => Err(WrongType),
            Self::Given(value) => Ok(Some(value)),
        }
    }
}

/// Says that a member holds a value of the wrong type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongType;

/// An object with members of its own.
#[derive(Debug)]
pub(crate) struct Object<T>(pub(crate) T);

/// A type that JSON values are read into. Each method answers for one JSON type; the default is "not mine".
pub(crate) trait Shape<'de>: Sized {
    fn text(_: &str) -> Option<Self> {
        None
    }
    fn boolean(_: bool) -> Option<Self> {
        None
    }
    fn integer(_: i64) -> Option<Self> {
        None
    }
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    fn array<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl Shape<'_> for SecretText {
    fn text(text: &str) -> Option<Self> {
        Some(Self::new(text.to_owned()))
    }
}

impl Shape<'_> for String {
    fn text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Shape<'_> for bool {
    fn boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl Shape<'_> for i64 {
    fn integer(value: i64) -> Option<Self> {
        Some(value)
    }
}

impl<'de, T: Deserialize<'de>> Shape<'de> for Object<T> {
    fn object<A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|object| Some(Self(object)))
    }
}

impl<'de> Shape<'de> for BTreeMap<String, String> {
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut texts = Self::new();
        let mut all_texts = true;
        while let Some((name, value)) = map.next_entry::<String, Member<String>>()? {
            let Member::Given(value) = value else {
                all_texts = false;
                continue;
            };
            if texts.insert(name, value).is_some() {
                return Err(de::Error::custom("a name is given twice"));
            }
        }
        Ok(all_texts.then_some(texts))
    }
}

impl<'de, T: Shape<'de>> Shape<'de> for Vec<Member<T>> {
    fn array<A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        let mut members = Self::new();
        while let Some(member) = items.next_element()? {
            members.push(member);
        }
        Ok(Some(members))
    }
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor(PhantomData))
    }
}

struct MemberVisitor<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for MemberVisitor<T> {
    type Value = Member<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Member<T>, E> {
        Ok(T::boolean(value).into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Member<T>, E> {
        Ok(T::integer(value).into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Member<T>, E> {
        Ok(i64::try_from(value).ok().and_then(T::integer).into())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Member<T>, E> {
        Ok(Member::Wrong)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Member<T>, E> {
        Ok(T::text(value).into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Member<T>, E> {
        Ok(Member::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member<T>, A::Error> {
        T::object(map).map(Into::into)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Member<T>, A::Error> {
        T::array(items).map(Into::into)
    }
}

impl<T> From<Option<T>> for Member<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Wrong, Self::Given)
    }
}

/// Refuses deep nesting before any of it is read.
fn check_depth(body: &[u8]) -> Result<(), JsonError> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (true, b'"') => in_text = false,
            (true, _) => {}
            (false, b'"') => in_text = true,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            (false, _) => {}
        }
        if depth > MAX_DEPTH {
            return Err(JsonError::Depth);
        }
    }
    Ok(())
}
