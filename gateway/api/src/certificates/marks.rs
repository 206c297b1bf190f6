//! What a certificate is given besides its policy.

use std::collections::BTreeMap;

use portcullis_model::certificates::CertificateMarks;

use crate::ApiError;
use crate::json::{Member, Object};
use crate::member::{AttributesBody, attributes, invalid, tags};

pub(super) fn marks(
    attributes_body: Member<Object<AttributesBody>>,
    tags_body: Member<BTreeMap<String, String>>,
    preserve_order: Member<bool>,
) -> Result<CertificateMarks, ApiError> {
    Ok(CertificateMarks {
        attributes: attributes(attributes_body)?.changes,
        tags: tags(tags_body)?,
        preserve_order: preserve_order.optional().map_err(invalid("preserveCertOrder"))?,
    })
}
