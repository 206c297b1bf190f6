//! UpdateKey: the body of `PATCH /keys/{name}[/{version}]`.

use std::collections::BTreeMap;

use portcullis_model::keys::{KeyCall, KeyChanges, KeyChoice};
use serde::Deserialize;

use super::properties::{ReleasePolicyBody, key_ops, release_policy};
use crate::ApiError;
use crate::json::{self, Member, Object};
use crate::member::{AttributesBody, attributes, tags, unreadable};

/// The key itself cannot change: its members are not read.
#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    key_ops: Member<Vec<Member<String>>>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    release_policy: Member<Object<ReleasePolicyBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

pub(crate) fn parse(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let changes = KeyChanges {
        operations: key_ops(body.key_ops, "key_ops")?,
        attributes: attributes(body.attributes)?.changes,
        release_policy: release_policy(body.release_policy)?,
        tags: tags(body.tags)?,
    };
    Ok(KeyCall::Update { key, changes })
}
