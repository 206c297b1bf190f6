//! The token endpoint on the wire: discovery, token requests and their answers (wire contract, section 3).

mod authorize;
mod claims;
mod discovery;
mod error;
mod form;
mod route;
mod token;

pub use authorize::{AuthorizeRequest, BadAuthorizeRequest, SignInForm, parse_authorize, parse_sign_in};
pub use claims::{MalformedClaims, RequestedClaims};
pub use discovery::{instance_discovery, keys, openid_configuration, user_realm};
pub use error::{OAuthError, OAuthErrorCode, OAuthMarks};
pub use route::{OAuthRequest, ProtocolVersion, TenantName, route};
pub use token::{
    ClientCredential, DEVICE_INTERVAL_SECONDS, Grant, MAX_TOKEN_BODY_BYTES, TokenRequest, UserTokens, device_answer,
    parse_device_request, parse_token_request, token_answer, user_token_answer,
};
