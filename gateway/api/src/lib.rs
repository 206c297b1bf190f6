//! Bytes to typed calls, outcomes to bytes: routes, bodies, errors, api-versions.
//!
//! Pure: no sockets, no store, no clock of its own. It depends on `model` alone; wire shapes stand here and nowhere
//! else. A request is parsed once: what leaves this crate is typed, and no later stage sees the path again.

mod answer;
mod base64url;
mod certificates;
mod challenge;
mod error;
pub mod graph;
mod head;
mod headers;
mod health;
mod hosts;
mod json;
mod keys;
mod list;
pub mod management;
mod member;
pub mod oauth;
mod odata;
mod page;
mod parse;
mod path;
mod query;
mod refusal;
mod render;
mod restore;
mod route;
mod routes;
mod secrets;
#[cfg(test)]
mod testing;
mod told;
mod version;

pub use answer::Answer;
pub use challenge::{claims_challenge, management_challenge, vault_challenge};
pub use error::{ApiError, ErrorCode, ErrorRow};
pub use head::{
    MAX_CLIENT_REQUEST_ID_BYTES, MAX_HEADER_BYTES, MAX_HEADER_FIELDS, MAX_URI_BYTES, authority, check_head,
    client_request_id,
};
pub use headers::{RequestMarks, SERVICE_VERSION, StandardHeaders};
pub use health::{health_answer, is_health_status};
pub use hosts::{DomainError, HostRole, Hosts};
pub use keys::release::release_keys;
pub use page::{MAX_PAGE, PageRequest, Position, PositionSeal};
pub use parse::{MAX_BODY_BYTES, MAX_RESTORE_BODY_BYTES, payload_too_large};
pub use refusal::{
    CallerLine, Explanation, VaultLine, access_policy_denial, authorization_failed, bounded, network_denial,
    policy_denial, rbac_denial,
};
pub use render::{DataOutcome, RenderContext, render};
pub use route::{Routed, route};
pub use version::ApiVersion;
