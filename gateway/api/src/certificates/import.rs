//! ImportCertificate: the body of `POST /certificates/{name}/import`.

use std::collections::BTreeMap;

use portcullis_model::certificates::{CertificateCall, MAX_IMPORT_BYTES};
use portcullis_model::{ObjectName, SecretText};
use serde::Deserialize;

use super::marks::marks;
use super::policy::{PolicyBody, policy};
use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::member::{AttributesBody, invalid, required, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    value: Member<SecretText>,
    #[serde(default)]
    pwd: Member<SecretText>,
    #[serde(default)]
    policy: Member<Object<PolicyBody>>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
    #[serde(default, rename = "preserveCertOrder")]
    preserve_order: Member<bool>,
}

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<CertificateCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let file = body.value.optional().map_err(invalid("value"))?.ok_or_else(required("value"))?;
    if file.expose().len() > MAX_IMPORT_BYTES {
        return Err(invalid("value")(WrongType));
    }
    let password = body.pwd.optional().map_err(invalid("pwd"))?;
    let policy = Box::new(policy(body.policy)?.unwrap_or_default());
    let marks = marks(body.attributes, body.tags, body.preserve_order)?;
    Ok(CertificateCall::Import { name, file, password, policy, marks })
}
