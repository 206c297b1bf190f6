//! Routing on the token endpoint.

use http::request::Parts;
use http::{HeaderValue, Method};
use portcullis_model::TenantId;

use crate::{ApiError, ErrorCode, path};

/// What a request to the token endpoint asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OAuthRequest {
    /// The discovery document of a tenant.
    OpenIdConfiguration {
        /// The tenant.
        tenant: TenantName,
        /// Which protocol's document.
        version: ProtocolVersion,
    },
    /// The hosts that belong together; a courtesy, since clients ask Microsoft's host.
    InstanceDiscovery,
    /// The keys that sign tokens.
    Keys {
        /// The tenant.
        tenant: TenantName,
    },
    /// The keys that sign answers of releases: ours, not Azure's, and no keys of tokens.
    ReleaseKeys,
    /// A token; the body is read by [`super::parse_token_request`].
    Token {
        /// The tenant.
        tenant: TenantName,
        /// Which protocol the form follows.
        version: ProtocolVersion,
    },
    /// The beginning of a sign-in, in a browser.
    Authorize {
        /// The tenant.
        tenant: TenantName,
    },
    /// A device code.
    DeviceCode {
        /// The tenant.
        tenant: TenantName,
    },
    /// The page where people enter a device code.
    DeviceLogin,
    /// What a page of a sign-in sends.
    SignIn,
    /// What is known of a user's name, which is nothing: it says how any user signs in.
    UserRealm,
}

/// The two protocols of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolVersion {
    /// With `resource`.
    V1,
    /// With `scope`.
    V2,
}

/// A tenant as paths name it; whether it exists is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantName {
    /// By its id.
    Id(TenantId),
    /// `common` or `organizations`: the caller's own.
    Any,
    /// By a domain name, in lower case.
    Domain(Box<str>),
}

/// Routes a request to the token endpoint. Query parameters are ignored: clients add telemetry.
pub fn route(head: &Parts) -> Result<OAuthRequest, ApiError> {
    let raw = head.uri.path();
    path::check(raw).map_err(|error| ApiError::bad_parameter(error.to_string()))?;
    let segments: Vec<&str> = raw.split('/').skip(1).collect();
    let (method, request) = match segments.as_slice() {
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            let request =
                OAuthRequest::OpenIdConfiguration { tenant: TenantName::parse(tenant)?, version: ProtocolVersion::V2 };
            (Method::GET, request)
        }
        [tenant, ".well-known", "openid-configuration"] => {
            let request =
                OAuthRequest::OpenIdConfiguration { tenant: TenantName::parse(tenant)?, version: ProtocolVersion::V1 };
            (Method::GET, request)
        }
        [".well-known", "portcullis", "release-keys"] => (Method::GET, OAuthRequest::ReleaseKeys),
        [_, "discovery", "instance"] => (Method::GET, OAuthRequest::InstanceDiscovery),
        [tenant, "discovery", "v2.0", "keys"] | [tenant, "discovery", "keys"] => {
            (Method::GET, OAuthRequest::Keys { tenant: TenantName::parse(tenant)? })
        }
        [tenant, "oauth2", "v2.0", "token"] => {
            (Method::POST, OAuthRequest::Token { tenant: TenantName::parse(tenant)?, version: ProtocolVersion::V2 })
        }
        [tenant, "oauth2", "token"] => {
            (Method::POST, OAuthRequest::Token { tenant: TenantName::parse(tenant)?, version: ProtocolVersion::V1 })
        }
        [tenant, "oauth2", "v2.0", "authorize"] => {
            (Method::GET, OAuthRequest::Authorize { tenant: TenantName::parse(tenant)? })
        }
        [tenant, "oauth2", "v2.0", "devicecode"] => {
            (Method::POST, OAuthRequest::DeviceCode { tenant: TenantName::parse(tenant)? })
        }
        ["devicelogin"] => (Method::GET, OAuthRequest::DeviceLogin),
        ["signin"] => (Method::POST, OAuthRequest::SignIn),
        [_, "userrealm", _] => (Method::GET, OAuthRequest::UserRealm),
        _ => return Err(ApiError::new(ErrorCode::NotFound, "there is nothing at this path")),
    };
    if head.method != method {
        let allow = if method == Method::GET { GET } else { POST };
        return Err(ApiError::method_not_allowed(allow));
    }
    Ok(request)
}

impl TenantName {
    fn parse(segment: &str) -> Result<Self, ApiError> {
        if let Ok(id) = segment.parse() {
            return Ok(Self::Id(id));
        }
        let domain = (1..=253).contains(&segment.len())
            && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        match segment {
            "common" | "organizations" => Ok(Self::Any),
            _ if domain => Ok(Self::Domain(segment.to_ascii_lowercase().into())),
            _ => Err(ApiError::bad_parameter("the path's tenant is neither a GUID nor a domain name")),
        }
    }
}

const GET: HeaderValue = HeaderValue::from_static("GET");
const POST: HeaderValue = HeaderValue::from_static("POST");
