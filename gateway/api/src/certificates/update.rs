//! UpdateCertificate: the body of `PATCH /certificates/{name}[/{version}]`.

use std::collections::BTreeMap;

use portcullis_model::certificates::{CertificateCall, CertificateChoice};
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
}

pub(crate) fn parse(certificate: CertificateChoice, body: &[u8]) -> Result<CertificateCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let policy = policy(body.policy)?.map(Box::new);
    let marks = marks(body.attributes, body.tags, Member::Absent)?;
    Ok(CertificateCall::Update { certificate, policy, marks })
}
