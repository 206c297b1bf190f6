//! Bounded texts and lists of them.

use portcullis_model::MAX_POLICY_NAMES;

use crate::ApiError;
use crate::json::{Member, WrongType};
use crate::member::invalid;

/// The greatest length of a text that is kept as it is, in bytes.
const MAX_TEXT: usize = 1024;

/// A text, if it is given.
pub(super) fn text(member: Member<String>, property: &'static str) -> Result<Option<String>, ApiError> {
    match member.optional().map_err(invalid(property))? {
        Some(text) if text.len() > MAX_TEXT || text.chars().any(char::is_control) => Err(invalid(property)(WrongType)),
        text => Ok(text),
    }
}

/// A list of texts, if it is given.
pub(super) fn texts(
    member: Member<Vec<Member<String>>>,
    property: &'static str,
) -> Result<Option<Vec<String>>, ApiError> {
    let Some(members) = member.optional().map_err(invalid(property))? else { return Ok(None) };
    if members.len() > MAX_POLICY_NAMES {
        return Err(invalid(property)(WrongType));
    }
    let texts = members.into_iter().map(|member| text(member, property)?.ok_or_else(|| invalid(property)(WrongType)));
    texts.collect::<Result<_, _>>().map(Some)
}
