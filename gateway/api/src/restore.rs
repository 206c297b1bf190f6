//! The body of `POST /{collection}/restore`.

use serde::Deserialize;

use portcullis_model::SecretText;

use crate::ApiError;
use crate::json::{self, Member};
use crate::member::{public, required, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    value: Member<SecretText>,
}

/// The backup that is restored.
pub(crate) fn parse(body: &[u8]) -> Result<Vec<u8>, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    public(body.value, "value")?.ok_or_else(required("value"))
}
