//! JSON whose members are all accounted for: each is read, or named in the refusal with its place.

use std::fmt;

use portcullis_plugin::Problem;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// A value and its place: a JSON pointer.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    at: String,
    value: &'a Value,
}

/// An object of which members are read; those that nobody read are refused at the end.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    at: String,
    members: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

/// Parses a text in which no object gives a member twice: another reader might take the other one.
pub(crate) fn parse(text: &str) -> Result<Value, Problem> {
    match serde_json::from_str(text) {
        Ok(Strict(value)) => Ok(value),
        Err(error) => Err(Problem { pointer: String::new(), message: error.to_string() }),
    }
}

impl<'a> Node<'a> {
    pub(crate) const fn root(value: &'a Value) -> Self {
        Self { at: String::new(), value }
    }

    /// Says what is wrong here.
    pub(crate) fn wrong(&self, message: impl Into<String>) -> Problem {
        problem(&self.at, message)
    }

    pub(crate) fn members(&self) -> Result<Members<'a>, Problem> {
        let members = self.value.as_object().ok_or_else(|| self.wrong("is no object"))?;
        Ok(Members { at: self.at.clone(), members, known: Vec::new() })
    }

    pub(crate) fn list(&self) -> Result<Vec<Self>, Problem> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("is no list"))?;
        Ok(items.iter().enumerate().map(|(at, value)| Self { at: format!("{}/{at}", self.at), value }).collect())
    }

    pub(crate) fn text(&self) -> Result<&'a str, Problem> {
        self.value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| self.wrong("is no text, or an empty one"))
    }

    pub(crate) fn flag(&self) -> Result<bool, Problem> {
        self.value.as_bool().ok_or_else(|| self.wrong("is neither true nor false"))
    }

    pub(crate) fn number(&self, least: u32, most: u32) -> Result<u32, Problem> {
        let number = self.value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.wrong(format!("is no whole number from {least} to {most}")))
    }

    /// One of these texts.
    pub(crate) fn one_of<T: Clone>(&self, table: &[(&str, T)]) -> Result<T, Problem> {
        let text = self.text()?;
        let found = table.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
        found.ok_or_else(|| {
            let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
            self.wrong(format!("`{}` is not understood; it can be {}", shown(text), names.join(", ")))
        })
    }
}

impl<'a> Members<'a> {
    /// A member; none when it is absent or null.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<Node<'a>> {
        self.known.push(name);
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        Some(Node { at: self.place(name), value })
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Result<Node<'a>, Problem> {
        self.optional(name).ok_or_else(|| problem(&self.at, format!("has no `{name}`")))
    }

    /// The items of a list; none when it is absent or null.
    pub(crate) fn list(&mut self, name: &'static str) -> Result<Vec<Node<'a>>, Problem> {
        self.optional(name).map_or_else(|| Ok(Vec::new()), |list| list.list())
    }

    /// Members that mean nothing here and are for people.
    pub(crate) fn ignored(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// A member of Graph's that the gateway cannot carry out: it must say nothing.
    pub(crate) fn unsupported(&mut self, name: &'static str, why: &str) -> Result<(), Problem> {
        match self.optional(name) {
            None => Ok(()),
            Some(node) if node.value.as_array().is_some_and(Vec::is_empty) => Ok(()),
            Some(node) => Err(node.wrong(format!("is not supported: {why}; leave it out"))),
        }
    }

    /// Refuses what nobody read.
    pub(crate) fn end(self) -> Result<(), Problem> {
        match self.members.keys().find(|name| !self.known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(problem(&self.place(name), "is not understood")),
        }
    }

    /// Says what is wrong with the object.
    pub(crate) fn wrong(&self, message: impl Into<String>) -> Problem {
        problem(&self.at, message)
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{}", self.at, name.replace('~', "~0").replace('/', "~1"))
    }
}

fn problem(pointer: &str, message: impl Into<String>) -> Problem {
    Problem { pointer: cut(pointer, 256), message: cut(&message.into(), 1024) }
}

/// As much of somebody's text as a message shows.
pub(crate) fn shown(text: &str) -> String {
    cut(text, 80)
}

/// The beginning of a text, of at most so many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default().to_owned()
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = map.next_entry::<String, _>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate member `{}`", shown(&name))));
            }
            members.insert(name, value);
        }
        Ok(members.into())
    }
}
