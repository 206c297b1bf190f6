//! `/healthstatus`: unauthenticated, on every host; private-link diagnosis reads its headers.

use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::json;

use crate::Answer;

/// Whether a request is for `/healthstatus`.
#[must_use]
pub fn is_health_status(head: &Parts) -> bool {
    head.method == Method::GET && head.uri.path() == "/healthstatus"
}

/// The answer of `/healthstatus`.
#[must_use]
pub fn health_answer() -> Answer {
    Answer::json(StatusCode::OK, &json!({ "status": "Healthy" }))
}
