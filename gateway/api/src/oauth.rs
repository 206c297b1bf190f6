//! The token endpoint on the wire: discovery, token requests and their answers (wire contract, section 3).

mod discovery;
mod error;
mod form;
mod route;
mod token;

pub use discovery::{instance_discovery, keys, openid_configuration};
pub use error::{OAuthError, OAuthErrorCode, OAuthMarks};
pub use route::{OAuthRequest, ProtocolVersion, TenantName, route};
pub use token::{ClientCredential, MAX_TOKEN_BODY_BYTES, TokenRequest, parse_token_request, token_answer};
