//! SetSecret: the body of `PUT /secrets/{name}`.

use std::collections::BTreeMap;

use portcullis_model::secrets::{MAX_VALUE_BYTES, SecretCall};
use portcullis_model::{ObjectName, SecretText};
use serde::Deserialize;

use super::content_type::content_type;
use crate::ApiError;
use crate::json::{self, Member, Object};
use crate::member::{self, AttributesBody, invalid, required, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    value: Member<SecretText>,
    #[serde(default, rename = "contentType")]
    content_type: Member<String>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<SecretCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let value = body.value.optional().map_err(invalid("value"))?;
    let value = value.ok_or_else(required("value"))?;
    if value.expose().len() > MAX_VALUE_BYTES {
        return Err(ApiError::bad_parameter(format!("Property value has more than {MAX_VALUE_BYTES} bytes")));
    }
    Ok(SecretCall::Set {
        name,
        value,
        content_type: content_type(body.content_type)?,
        attributes: member::attributes(body.attributes)?.changes,
        tags: member::tags(body.tags)?.unwrap_or_default(),
    })
}
