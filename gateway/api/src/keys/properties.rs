//! What create, import and update have in common.

use portcullis_model::{KeyOperation, KeyOperations, KeyType, MAX_RELEASE_POLICY_BYTES, ReleasePolicy, SecretText};
use serde::Deserialize;

use crate::ApiError;
use crate::json::{Member, Object, WrongType};
use crate::member::{invalid, public, required};

/// `release_policy` as it is sent.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ReleasePolicyBody {
    #[serde(default, rename = "contentType")]
    content_type: Member<String>,
    #[serde(default)]
    data: Member<SecretText>,
    #[serde(default)]
    immutable: Member<bool>,
}

pub(crate) fn release_policy(member: Member<Object<ReleasePolicyBody>>) -> Result<Option<ReleasePolicy>, ApiError> {
    let Some(Object(body)) = member.optional().map_err(invalid("release_policy"))? else { return Ok(None) };
    let content_type = body.content_type.optional().map_err(invalid("release_policy.contentType"))?;
    let content_type = content_type.unwrap_or_else(|| POLICY_TYPE.to_owned());
    if content_type.len() > 255 {
        return Err(invalid("release_policy.contentType")(WrongType));
    }
    let data = public(body.data, "release_policy.data")?.ok_or_else(required("release_policy.data"))?;
    if data.is_empty() || data.len() > MAX_RELEASE_POLICY_BYTES {
        return Err(invalid("release_policy.data")(WrongType));
    }
    let immutable = body.immutable.optional().map_err(invalid("release_policy.immutable"))?.unwrap_or_default();
    Ok(Some(ReleasePolicy { content_type, data, immutable }))
}

pub(crate) fn key_ops(
    member: Member<Vec<Member<String>>>,
    property: &'static str,
) -> Result<Option<KeyOperations>, ApiError> {
    let Some(names) = member.optional().map_err(invalid(property))? else { return Ok(None) };
    let operations = names.into_iter().map(|name| match name {
        Member::Given(name) => name.parse::<KeyOperation>().map_err(|_| invalid(property)(WrongType)),
        Member::Absent | Member::Null | Member::Wrong => Err(invalid(property)(WrongType)),
    });
    operations.collect::<Result<KeyOperations, _>>().map(Some)
}

/// A key's type. Keys of an HSM are refused: none is configured.
pub(crate) fn key_type(member: Member<String>, property: &'static str) -> Result<KeyType, ApiError> {
    let text = member.optional().map_err(invalid(property))?.ok_or_else(required(property))?;
    if matches!(text.as_str(), "RSA-HSM" | "EC-HSM" | "oct-HSM") {
        return Err(ApiError::bad_parameter(format!(
            "Property {property} has invalid value: keys of an HSM need one, and this vault has none; use the type without -HSM"
        )));
    }
    text.parse().map_err(|_| invalid(property)(WrongType))
}

const POLICY_TYPE: &str = "application/json; charset=utf-8";
