//! UpdateSecret: the body of `PATCH /secrets/{name}[/{version}]`.

use std::collections::BTreeMap;

use portcullis_model::secrets::SecretCall;
use portcullis_model::{ObjectName, ObjectVersion};
use serde::Deserialize;

use super::attributes::{self, AttributesBody};
use crate::ApiError;
use crate::json::{self, Member, Object};

/// A value cannot change: `value` is not read.
#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default, rename = "contentType")]
    content_type: Member<String>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

pub(crate) fn parse(name: ObjectName, version: Option<ObjectVersion>, body: &[u8]) -> Result<SecretCall, ApiError> {
    let body: Body = json::parse(body).map_err(attributes::unreadable)?;
    Ok(SecretCall::Update {
        name,
        version,
        content_type: attributes::content_type(body.content_type)?,
        attributes: attributes::attributes(body.attributes)?,
        tags: attributes::tags(body.tags)?,
    })
}
