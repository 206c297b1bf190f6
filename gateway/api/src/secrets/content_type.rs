//! The content type of a secret, as bodies give it.

use portcullis_model::ContentType;

use crate::ApiError;
use crate::json::Member;
use crate::member::invalid;

pub(crate) fn content_type(member: Member<String>) -> Result<Option<ContentType>, ApiError> {
    let Some(text) = member.optional().map_err(invalid("contentType"))? else { return Ok(None) };
    let parsed = text.parse().map_err(|error| ApiError::bad_parameter(format!("Property contentType: {error}")))?;
    Ok(Some(parsed))
}
