//! UpdateCertificateOperation: the body of `PATCH /certificates/{name}/pending`.

use portcullis_model::ObjectName;
use portcullis_model::certificates::CertificateCall;
use serde::Deserialize;

use crate::ApiError;
use crate::json::{self, Member};
use crate::member::{invalid, required, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    cancellation_requested: Member<bool>,
}

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<CertificateCall, ApiError> {
    const CANCEL: &str = "cancellation_requested";
    let body: Body = json::parse(body).map_err(unreadable)?;
    let cancel = body.cancellation_requested.optional().map_err(invalid(CANCEL))?.ok_or_else(required(CANCEL))?;
    Ok(CertificateCall::PendingCancel { name, cancel })
}
