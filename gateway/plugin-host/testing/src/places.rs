//! Where the values of a JSON text stand in it, so that a mistake has a line and a value can be replaced in place.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::{Deserialize, IgnoredAny};

/// The members of the object at a place: their names, and where names and values stand. Nothing when there is none.
pub(crate) fn members(text: &str, object: Range<usize>) -> BTreeMap<String, Member> {
    let mut members = BTreeMap::new();
    let Some(mut at) = inside(text, object, '{') else { return members };
    while let Some((name, end)) = value::<String>(text, at) {
        let name_at = at;
        at = skip(text, end, &[':']);
        let Some((_, end)) = value::<IgnoredAny>(text, at) else { break };
        members.insert(name, Member { name: name_at, value: at..end });
        at = skip(text, end, &[',']);
    }
    members
}

/// Where the elements of the array at a place stand. None when there is no array.
pub(crate) fn elements(text: &str, array: Range<usize>) -> Option<Vec<Range<usize>>> {
    let mut elements = Vec::new();
    let mut at = inside(text, array, '[')?;
    while let Some((_, end)) = value::<IgnoredAny>(text, at) {
        elements.push(at..end);
        at = skip(text, end, &[',']);
    }
    Some(elements)
}

/// Where a member stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// The beginning of its name.
    pub(crate) name: usize,
    /// Its value.
    pub(crate) value: Range<usize>,
}

fn inside(text: &str, place: Range<usize>, bracket: char) -> Option<usize> {
    let start = skip(text, place.start, &[]);
    text.get(start..)?.starts_with(bracket).then(|| skip(text, start + 1, &[]))
}

/// A value at a place, and where it ends.
fn value<'a, T: Deserialize<'a>>(text: &'a str, at: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}

fn skip(text: &str, at: usize, marks: &[char]) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start_matches(|letter: char| letter.is_whitespace() || marks.contains(&letter)).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_members_and_elements_as_they_stand() {
        let text = " { \"a\" : [ 1, {\"b\": \"]\"} ], \"c\\n\": true } ";
        let found = members(text, 0..text.len());
        assert_eq!(text.get(found["a"].value.clone()), Some("[ 1, {\"b\": \"]\"} ]"));
        assert_eq!(text.get(found["c\n"].value.clone()), Some("true"));
        let elements = elements(text, found["a"].value.clone()).unwrap();
        assert_eq!(text.get(elements[1].clone()), Some("{\"b\": \"]\"}"));
        assert!(members("[]", 0..2).is_empty() && super::elements("{}", 0..2).is_none());
    }
}
