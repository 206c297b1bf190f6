//! CreateCertificate: the body of `POST /certificates/{name}/create`.

use std::collections::BTreeMap;

use portcullis_model::ObjectName;
use portcullis_model::certificates::CertificateCall;
use serde::Deserialize;

use super::marks::marks;
use super::policy::{PolicyBody, policy};
use crate::ApiError;
use crate::json::{self, Member, Object};
use crate::member::{AttributesBody, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
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
    let policy = policy(body.policy)?.unwrap_or_default();
    let marks = marks(body.attributes, body.tags, body.preserve_order)?;
    Ok(CertificateCall::Create { name, policy: Box::new(policy), marks })
}
