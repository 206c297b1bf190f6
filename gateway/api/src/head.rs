//! What is checked of a request's head before anything is read from it.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::{ApiError, ErrorCode};

/// The greatest request target, in bytes.
pub const MAX_URI_BYTES: usize = 8 * 1024;
/// The greatest sum of header names and values, in bytes.
pub const MAX_HEADER_BYTES: usize = 64 * 1024;
/// The greatest number of header fields: a field of HTTP/2 may take a byte on the wire and a hundred in memory.
pub const MAX_HEADER_FIELDS: usize = 100;
/// The greatest client request id that is echoed, in bytes.
pub const MAX_CLIENT_REQUEST_ID_BYTES: usize = 128;

/// Refuses a head whose target or headers are over their limits.
pub fn check_head(head: &Parts) -> Result<(), ApiError> {
    let target = head.uri.path().len()
        + head.uri.query().map_or(0, str::len)
        + head.uri.authority().map_or(0, |authority| authority.as_str().len());
    if target > MAX_URI_BYTES {
        return Err(ApiError::new(ErrorCode::UriTooLong, "the request target is longer than 8 KiB"));
    }
    let headers: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > MAX_HEADER_BYTES || head.headers.len() > MAX_HEADER_FIELDS {
        let message = "the request has more than 100 header fields, or they are larger than 64 KiB";
        return Err(ApiError::new(ErrorCode::HeadersTooLarge, message));
    }
    Ok(())
}

/// The authority that the request is for: the `Host` header or `:authority`, which must agree where both are given.
///
/// Missing, repeated or differing ones are refused (behaviour, section 2: a request that two readers could take for
/// two vaults is served by none).
pub fn authority(head: &Parts) -> Result<&str, ApiError> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) => None,
        (Some(host), None) => Some(host.to_str().map_err(|_| refused("the host header is malformed"))?),
        (Some(_), Some(_)) => return Err(refused("the request has more than one host header")),
    };
    match (host, head.uri.authority().map(http::uri::Authority::as_str)) {
        (None, None) => Err(refused("the request names no host")),
        (Some(host), None) => Ok(host),
        // RFC 9112, section 3.2: an HTTP/1.1 request without a Host header is refused, absolute-form or not.
        (None, Some(_)) if head.version <= http::Version::HTTP_11 => Err(refused("the request has no host header")),
        (None, Some(target)) => Ok(target),
        (Some(host), Some(target)) if host.eq_ignore_ascii_case(target) => Ok(target),
        (Some(_), Some(_)) => Err(refused("the request's target and its host header differ")),
    }
}

/// The request's `x-ms-client-request-id`, if it is given once and is printable ASCII of bounded length: only then is
/// it echoed.
#[must_use]
pub fn client_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(CLIENT_REQUEST_ID).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let echoed = (1..=MAX_CLIENT_REQUEST_ID_BYTES).contains(&value.len())
        && value.as_bytes().iter().all(|b| (b' '..=b'~').contains(b));
    echoed.then(|| value.clone())
}

pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

fn refused(message: &'static str) -> ApiError {
    ApiError::bad_parameter(message)
}

#[cfg(test)]
mod tests;
