//! MergeCertificate: the body of `POST /certificates/{name}/pending/merge`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::ObjectName;
use portcullis_model::certificates::CertificateCall;
use serde::Deserialize;

use super::marks::marks;
use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::member::{AttributesBody, invalid, required, unreadable};

/// The greatest number of certificates that are merged.
const MAX_FILES: usize = 32;

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    x5c: Member<Vec<Member<String>>>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<CertificateCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let files = body.x5c.optional().map_err(invalid("x5c"))?.ok_or_else(required("x5c"))?;
    if files.is_empty() || files.len() > MAX_FILES {
        return Err(invalid("x5c")(WrongType));
    }
    let files = files.into_iter().map(|file| match file {
        Member::Given(text) => STANDARD.decode(text).map_err(|_| invalid("x5c")(WrongType)),
        Member::Absent | Member::Null | Member::Wrong => Err(invalid("x5c")(WrongType)),
    });
    let files = files.collect::<Result<_, _>>()?;
    Ok(CertificateCall::Merge { name, files, marks: marks(body.attributes, body.tags, Member::Absent)? })
}
