//! ImportKey: the body of `PUT /keys/{name}`.

use std::collections::BTreeMap;

use portcullis_model::ObjectName;
use portcullis_model::keys::{KeyCall, KeyProperties};
use serde::Deserialize;

use super::jwk::JwkBody;
use super::properties::{ReleasePolicyBody, release_policy};
use crate::ApiError;
use crate::json::{self, Member, Object};
use crate::member::{AttributesBody, attributes, invalid, required, tags, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    key: Member<Object<JwkBody>>,
    #[serde(default, rename = "Hsm")]
    hsm: Member<bool>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    release_policy: Member<Object<ReleasePolicyBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<KeyCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    if body.hsm.optional().map_err(invalid("Hsm"))? == Some(true) {
        return Err(ApiError::bad_parameter(
            "Property Hsm has invalid value: keys of an HSM need one, and this vault has none",
        ));
    }
    let Object(key) = body.key.optional().map_err(invalid("key"))?.ok_or_else(required("key"))?;
    let (key, operations) = key.read()?;
    let given = attributes(body.attributes)?;
    let properties = KeyProperties {
        operations,
        attributes: given.changes,
        exportable: given.exportable.unwrap_or_default(),
        release_policy: release_policy(body.release_policy)?,
        tags: tags(body.tags)?.unwrap_or_default(),
    };
    Ok(KeyCall::Import { name, key, properties })
}
