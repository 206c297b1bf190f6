//! The headers that every answer carries.

use http::header::{self, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use portcullis_model::RequestId;

use crate::head::CLIENT_REQUEST_ID;

/// The version of the service that answers say (`x-ms-keyvault-service-version`); of the form that the reference has.
pub const SERVICE_VERSION: &str = "1.9.0.0";

/// The headers that do not change from answer to answer, made once.
#[derive(Debug, Clone)]
pub struct StandardHeaders {
    region: HeaderValue,
}

/// What is particular to one request.
#[derive(Debug, Clone, Copy)]
pub struct RequestMarks<'a> {
    /// The gateway's id of the request.
    pub request_id: RequestId,
    /// The client's, as [`crate::client_request_id`] gives it.
    pub client_request_id: Option<&'a HeaderValue>,
}

impl StandardHeaders {
    /// The headers of a gateway in a region.
    pub fn new(region: &str) -> Result<Self, InvalidHeaderValue> {
        Ok(Self { region: HeaderValue::from_str(region)? })
    }

    /// Adds the headers of the data plane and of `/healthstatus` (wire contract, section 6), errors included. The
    /// location is the vault's, once the caller may know that there is one.
    pub fn apply_vault(
        &self,
        headers: &mut HeaderMap,
        marks: RequestMarks<'_>,
        network_info: &str,
        location: Option<&str>,
    ) {
        self.apply(headers, marks);
        // A location that clients could not read in a header is left untold.
        let region =
            location.filter(|location| location.is_ascii()).and_then(|location| HeaderValue::from_str(location).ok());
        headers.insert(REGION, region.unwrap_or_else(|| self.region.clone()));
        headers.insert(SERVICE, SERVICE_VERSION_VALUE);
        // An address is printable; one that were not would only miss from the answer.
        if let Ok(value) = HeaderValue::from_str(network_info) {
            headers.insert(NETWORK_INFO, value);
        }
    }

    /// Adds the headers of the management plane (wire contract, section 13).
    pub fn apply_management(&self, headers: &mut HeaderMap, marks: RequestMarks<'_>) {
        self.apply(headers, marks);
        if let Some(id) = headers.get(REQUEST_ID).cloned() {
            headers.insert(CORRELATION_REQUEST_ID, id);
        }
    }

    /// Adds the headers of the token endpoint: nothing it answers may be stored.
    pub fn apply_login(&self, headers: &mut HeaderMap, marks: RequestMarks<'_>) {
        self.apply(headers, marks);
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    }

    fn apply(&self, headers: &mut HeaderMap, marks: RequestMarks<'_>) {
        headers.insert(header::CACHE_CONTROL, NO_CACHE);
        headers.insert(header::PRAGMA, NO_CACHE);
        headers.insert(header::EXPIRES, EXPIRED);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
        let id = HeaderValue::from_str(&marks.request_id.to_string()).expect("a GUID is printable");
        headers.insert(REQUEST_ID, id);
        if let Some(id) = marks.client_request_id {
            headers.insert(CLIENT_REQUEST_ID, id.clone());
        }
    }
}

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const EXPIRED: HeaderValue = HeaderValue::from_static("-1");
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000;includeSubDomains");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SERVICE_VERSION_VALUE: HeaderValue = HeaderValue::from_static(SERVICE_VERSION);
const REGION: HeaderName = HeaderName::from_static("x-ms-keyvault-region");
const SERVICE: HeaderName = HeaderName::from_static("x-ms-keyvault-service-version");
const NETWORK_INFO: HeaderName = HeaderName::from_static("x-ms-keyvault-network-info");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CORRELATION_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_of_a_vault_carries_the_headers_of_the_reference() {
        let standard = StandardHeaders::new("local").unwrap();
        let id = HeaderValue::from_static("my-id");
        let request_id: RequestId = "33333333-3333-3333-3333-333333333333".parse().unwrap();
        let mut headers = HeaderMap::new();
        let info = "conn_type=Ipv4;addr=203.0.113.9;act_addr_fam=InterNetwork;";
        standard.apply_vault(&mut headers, RequestMarks { request_id, client_request_id: Some(&id) }, info, None);
        for (name, value) in [
            ("cache-control", "no-cache"),
            ("pragma", "no-cache"),
            ("expires", "-1"),
            ("x-ms-keyvault-region", "local"),
            ("x-ms-client-request-id", "my-id"),
            ("x-ms-request-id", "33333333-3333-3333-3333-333333333333"),
            ("x-ms-keyvault-service-version", SERVICE_VERSION),
            ("x-ms-keyvault-network-info", info),
            ("strict-transport-security", "max-age=31536000;includeSubDomains"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
    }

    #[test]
    fn the_region_is_the_location_of_the_vault_if_a_header_can_carry_it() {
        let standard = StandardHeaders::new("local").unwrap();
        let marks = RequestMarks { request_id: RequestId::from_bytes([0; 16]), client_request_id: None };
        for (location, region) in [(Some("rack 7"), "rack 7"), (Some("K\u{f6}ln"), "local"), (None, "local")] {
            let mut headers = HeaderMap::new();
            standard.apply_vault(&mut headers, marks, "", location);
            assert_eq!(headers["x-ms-keyvault-region"], region, "{location:?}");
        }
    }

    #[test]
    fn what_the_token_endpoint_answers_is_never_stored() {
        let standard = StandardHeaders::new("local").unwrap();
        let mut headers = HeaderMap::new();
        let marks = RequestMarks { request_id: RequestId::from_bytes([0; 16]), client_request_id: None };
        standard.apply_login(&mut headers, marks);
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("x-ms-keyvault-region"));
    }

    #[test]
    fn refuses_a_region_that_no_header_could_carry() {
        assert!(StandardHeaders::new("local\r\nx: y").is_err());
    }
}
