//! Members of the directory's bodies, and how a bad one is refused.

use serde::de::DeserializeOwned;

use crate::json::{self, Member};
use crate::{ApiError, ErrorCode};

pub(super) fn bad_request(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorCode::DirectoryBadRequest, message)
}

pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    json::parse(body).map_err(|error| bad_request(error.to_string()))
}

/// The refusal of a member, by name; a value is never repeated.
pub(super) fn invalid(property: &str) -> ApiError {
    bad_request(format!("Property {property} has invalid value"))
}

/// A member that may be absent.
pub(super) fn optional<T>(member: Member<T>, property: &str) -> Result<Option<T>, ApiError> {
    member.optional().map_err(|_| invalid(property))
}

/// A member that must be there.
pub(super) fn given<T>(member: Member<T>, property: &str) -> Result<T, ApiError> {
    optional(member, property)?.ok_or_else(|| bad_request(format!("Property {property} is required")))
}

/// A text for people: one line of 1 to 256 characters.
pub(super) fn label(member: Member<String>, property: &str) -> Result<Option<String>, ApiError> {
    let Some(text) = optional(member, property)? else { return Ok(None) };
    let fits = (1..=256).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits && text.trim() == text { Ok(Some(text)) } else { Err(invalid(property)) }
}

/// Words for people: at most 1024 characters; none if empty.
pub(super) fn words(member: Member<String>, property: &str) -> Result<Option<String>, ApiError> {
    let text = optional(member, property)?;
    let fits = |text: &String| text.chars().count() <= 1_024 && !text.chars().any(|c| c.is_control() && c != '\n');
    if text.as_ref().is_none_or(fits) { Ok(text) } else { Err(invalid(property)) }
}

/// A list of texts of at most `most` items.
pub(super) fn texts(
    member: Member<Vec<Member<String>>>,
    property: &str,
    most: usize,
) -> Result<Option<Vec<String>>, ApiError> {
    let Some(items) = optional(member, property)? else { return Ok(None) };
    if items.len() > most {
        return Err(bad_request(format!("Property {property} has more than {most} items")));
    }
    let item = |(at, member)| given(member, &format!("{property}[{at}]"));
    items.into_iter().enumerate().map(item).collect::<Result<_, _>>().map(Some)
}

/// A list of GUIDs.
pub(super) fn ids<T: std::str::FromStr>(
    member: Member<Vec<Member<String>>>,
    property: &str,
    most: usize,
) -> Result<Vec<T>, ApiError> {
    let texts =
        texts(member, property, most)?.ok_or_else(|| bad_request(format!("Property {property} is required")))?;
    let id = |(at, text): (usize, &String)| text.parse().map_err(|_| invalid(&format!("{property}[{at}]")));
    texts.iter().enumerate().map(id).collect()
}
