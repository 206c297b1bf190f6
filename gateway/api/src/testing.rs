//! What the tests of this crate share.

use http::request::Parts;
use http::{Method, Request};
use portcullis_model::{TenantId, VaultName};

use crate::{Answer, Hosts, PositionSeal};

/// Seals nothing, and shows what it was given.
#[derive(Debug)]
pub(crate) struct OpenSeal;

impl PositionSeal for OpenSeal {
    fn seal(&self, list: &str, position: &str) -> Option<Vec<u8>> {
        Some(format!("{list}?{position}").into_bytes())
    }

    fn open(&self, list: &str, sealed: &[u8]) -> Option<String> {
        let place = std::str::from_utf8(sealed).ok()?.strip_prefix(list)?.strip_prefix('?')?;
        Some(place.to_owned())
    }
}

pub(crate) fn hosts() -> Hosts {
    Hosts::new("portcullis.test", 8443).unwrap()
}

pub(crate) fn vault() -> VaultName {
    "dev".parse().unwrap()
}

pub(crate) fn tenant() -> TenantId {
    "11111111-1111-1111-1111-111111111111".parse().unwrap()
}

/// The head of a request, if HTTP lets the target through at all.
pub(crate) fn try_head(method: &str, target: &str) -> Option<Parts> {
    let method = Method::from_bytes(method.as_bytes()).ok()?;
    Some(Request::builder().method(method).uri(target).body(()).ok()?.into_parts().0)
}

pub(crate) fn head(method: &str, target: &str) -> Parts {
    try_head(method, target).unwrap()
}

pub(crate) fn json_of(answer: &Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.body).unwrap()
}
