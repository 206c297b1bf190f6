//! Members that bodies of all kinds have, and how a bad one is refused.

use std::collections::BTreeMap;

use portcullis_model::{AttributeChanges, SecretText, Tags, UnixTime};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::json::{JsonError, Member, Object, WrongType};
use crate::{ApiError, base64url};

/// `attributes` as it is sent; members that the service sets are ignored.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AttributesBody {
    #[serde(default)]
    enabled: Member<bool>,
    #[serde(default)]
    nbf: Member<i64>,
    #[serde(default)]
    exp: Member<i64>,
    #[serde(default)]
    exportable: Member<bool>,
}

/// What `attributes` asks for.
#[derive(Debug, Default)]
pub(crate) struct GivenAttributes {
    pub(crate) changes: AttributeChanges,
    /// Of keys.
    pub(crate) exportable: Option<bool>,
}

pub(crate) fn attributes(member: Member<Object<AttributesBody>>) -> Result<GivenAttributes, ApiError> {
    let Some(Object(body)) = member.optional().map_err(invalid("attributes"))? else {
        return Ok(GivenAttributes::default());
    };
    let changes = AttributeChanges {
        enabled: body.enabled.optional().map_err(invalid("attributes.enabled"))?,
        nbf: time(body.nbf, "attributes.nbf")?,
        exp: time(body.exp, "attributes.exp")?,
    };
    Ok(GivenAttributes { changes, exportable: body.exportable.optional().map_err(invalid("attributes.exportable"))? })
}

pub(crate) fn tags(member: Member<BTreeMap<String, String>>) -> Result<Option<Tags>, ApiError> {
    let Some(texts) = member.optional().map_err(invalid("tags"))? else { return Ok(None) };
    let tags = texts.try_into().map_err(|error| ApiError::bad_parameter(format!("Property tags: {error}")))?;
    Ok(Some(tags))
}

/// A member of base64url that may hold a secret.
pub(crate) fn private(
    member: Member<SecretText>,
    property: &'static str,
) -> Result<Option<Zeroizing<Vec<u8>>>, ApiError> {
    let Some(text) = member.optional().map_err(invalid(property))? else { return Ok(None) };
    base64url::decode(text.expose()).map(Some).ok_or_else(|| invalid(property)(WrongType))
}

/// A member of base64url that holds nothing secret.
pub(crate) fn public(member: Member<SecretText>, property: &'static str) -> Result<Option<Vec<u8>>, ApiError> {
    Ok(private(member, property)?.map(|bytes| bytes.to_vec()))
}

/// The refusal of a member that is not there.
pub(crate) fn required(property: &'static str) -> impl FnOnce() -> ApiError {
    move || ApiError::bad_parameter(format!("Property {property} is required"))
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
