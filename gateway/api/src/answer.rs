//! An answer before the standard headers: status, own headers and body.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

/// What a request is answered with. [`crate::StandardHeaders`] adds the headers that every answer carries.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers that belong to this answer alone.
    pub headers: HeaderMap,
    /// The body; empty when there is none.
    pub body: Bytes,
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// An answer with a JSON body.
    #[must_use]
    pub fn json(status: StatusCode, body: &impl Serialize) -> Self {
        Self::json_of_size(status, body, 512)
    }

    /// An answer with a JSON body of about the size given, so that a value is written once and not moved as the
    /// buffer grows.
    pub(crate) fn json_of_size(status: StatusCode, body: &impl Serialize, size: usize) -> Self {
        let mut bytes = Vec::with_capacity(size);
        serde_json::to_writer(&mut bytes, body).expect("wire shapes have string keys and a Vec takes every write");
        Self { status, headers: json_headers(), body: bytes.into() }
    }
}

fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::CONTENT_TYPE, JSON);
    headers
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
