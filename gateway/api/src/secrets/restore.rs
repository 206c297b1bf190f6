//! RestoreSecret: the body of `POST /secrets/restore`.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use portcullis_model::secrets::SecretCall;
use serde::Deserialize;

use super::attributes::{self, invalid};
use crate::ApiError;
use crate::json::{self, Member, WrongType};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    value: Member<String>,
}

pub(crate) fn parse(body: &[u8]) -> Result<SecretCall, ApiError> {
    let body: Body = json::parse(body).map_err(attributes::unreadable)?;
    let text = body.value.optional().map_err(invalid("value"))?;
    let text = text.ok_or_else(|| ApiError::bad_parameter("Property value is required"))?;
    let blob = EITHER_PADDING.decode(&text).map_err(|_| invalid("value")(WrongType))?;
    Ok(SecretCall::Restore { blob })
}

/// Clients send base64url with and without padding (wire contract, section 6).
const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
