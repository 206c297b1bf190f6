//! GetRandomBytes: the body of `POST /rng`.

use portcullis_model::keys::{KeyCall, MAX_RANDOM_BYTES};
use serde::Deserialize;

use crate::ApiError;
use crate::json::{self, Member};
use crate::member::{invalid, required, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    count: Member<i64>,
}

pub(crate) fn parse(body: &[u8]) -> Result<KeyCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let count = body.count.optional().map_err(invalid("count"))?.ok_or_else(required("count"))?;
    match u8::try_from(count) {
        Ok(count @ 1..=MAX_RANDOM_BYTES) => Ok(KeyCall::RandomBytes { count }),
        Ok(_) | Err(_) => {
            Err(ApiError::bad_parameter("GetRandomBytesRequest: count cannot be greater than 128 or less than 1"))
        }
    }
}
