//! UpdateSecret: the body of `PATCH /secrets/{name}[/{version}]`.

use std::collections::BTreeMap;

use portcullis_model::secrets::SecretCall;
use portcullis_model::{ObjectName, ObjectVersion};
use serde::Deserialize;

use super::content_type::content_type;
use crate::ApiError;
use crate::json::{self, Member, Object};
use crate::member::{self, AttributesBody, unreadable};

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
    let body: Body = json::parse(body).map_err(unreadable)?;
    Ok(SecretCall::Update {
        name,
        version,
        content_type: content_type(body.content_type)?,
        attributes: member::attributes(body.attributes)?.changes,
        tags: member::tags(body.tags)?,
    })
}
