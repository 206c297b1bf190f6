//! The members that set and update share: attributes, content type and tags.

use std::collections::BTreeMap;

use portcullis_model::{AttributeChanges, ContentType, Tags, UnixTime};
use serde::Deserialize;

use crate::ApiError;
use crate::json::{JsonError, Member, Object, WrongType};

/// `attributes` as it is sent; members that the service sets are ignored.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AttributesBody {
    #[serde(default)]
    enabled: Member<bool>,
    #[serde(default)]
    nbf: Member<i64>,
    #[serde(default)]
    exp: Member<i64>,
}

pub(crate) fn attributes(member: Member<Object<AttributesBody>>) -> Result<AttributeChanges, ApiError> {
    let Some(Object(body)) = member.optional().map_err(invalid("attributes"))? else {
        return Ok(AttributeChanges::default());
    };
    Ok(AttributeChanges {
        enabled: body.enabled.optional().map_err(invalid("attributes.enabled"))?,
        nbf: time(body.nbf, "attributes.nbf")?,
        exp: time(body.exp, "attributes.exp")?,
    })
}

pub(crate) fn content_type(member: Member<String>) -> Result<Option<ContentType>, ApiError> {
    let Some(text) = member.optional().map_err(invalid("contentType"))? else { return Ok(None) };
    let parsed = text.parse().map_err(|error| ApiError::bad_parameter(format!("Property contentType: {error}")))?;
    Ok(Some(parsed))
}

pub(crate) fn tags(member: Member<BTreeMap<String, String>>) -> Result<Option<Tags>, ApiError> {
    let Some(texts) = member.optional().map_err(invalid("tags"))? else { return Ok(None) };
    let tags = texts.try_into().map_err(|error| ApiError::bad_parameter(format!("Property tags: {error}")))?;
    Ok(Some(tags))
}

/// The refusal of a member, by name: `Property <x> has invalid value`.
pub(crate) fn invalid(property: &'static str) -> impl FnOnce(WrongType) -> ApiError {
    move |_| ApiError::bad_parameter(format!("Property {property} has invalid value"))
}

pub(crate) fn unreadable(error: JsonError) -> ApiError {
    ApiError::bad_parameter(error.to_string())
}

fn time(member: Member<i64>, property: &'static str) -> Result<Option<UnixTime>, ApiError> {
    let Some(seconds) = member.optional().map_err(invalid(property))? else { return Ok(None) };
    if !(0..=LAST_SECOND).contains(&seconds) {
        return Err(invalid(property)(WrongType));
    }
    Ok(Some(UnixTime(seconds)))
}

/// 9999-12-31T23:59:59Z: clients turn times into dates, and theirs end there.
const LAST_SECOND: i64 = 253_402_300_799;
