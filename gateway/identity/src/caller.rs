//! The proof that somebody calls.

#[cfg(any(test, feature = "test-util"))]
mod for_test;

use std::sync::Arc;

use portcullis_model::{ApplicationId, TenantId, UnixTime};

use crate::token::VerifiedToken;
use crate::{Attenuation, Authentication, Principal, PrincipalKind};

/// An authenticated caller: the proof that a token was verified and that its principal exists and is enabled.
///
/// Only [`Authenticator::authenticate`](crate::Authenticator::authenticate) makes one:
///
/// ```compile_fail,E0451
/// # fn forge(principal: std::sync::Arc<portcullis_identity::Principal>) {
/// let caller = portcullis_identity::Caller { principal, token: todo!() };
/// # }
/// ```
///
/// It is meant for one request: a second request is authenticated again, so that who was disabled in between is out.
/// A request that is judged as two operations has one caller, which is why it can be cloned.
#[derive(Debug, Clone)]
pub struct Caller {
    principal: Arc<Principal>,
    token: Arc<VerifiedToken>,
}

impl Caller {
    pub(crate) const fn new(principal: Arc<Principal>, token: Arc<VerifiedToken>) -> Self {
        Self { principal, token }
    }

    /// Who calls, as the directory knows them at the time of the call.
    #[must_use]
    pub const fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    /// The client application through which they call.
    #[must_use]
    pub fn application(&self) -> Option<ApplicationId> {
        self.token.claims.application
    }

    /// The tenant that the caller belongs to.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.token.claims.tenant
    }

    /// The token's own name, for audit records.
    #[must_use]
    pub fn token_id(&self) -> &str {
        &self.token.claims.token_id
    }

    /// A claim of the token by the name that OpenID Connect gives it, in the form in which a JWT would show it: a list is
    /// one of JSON.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<String> {
        let claims = &self.token.claims;
        match name {
            "aud" => Some(claims.audience.to_string()),
            "tid" => Some(claims.tenant.to_string()),
            "oid" => Some(claims.principal.to_string()),
            "appid" => claims.application.map(|id| id.to_string()),
            "uti" => Some(claims.token_id.to_string()),
            "iat" => Some(claims.issued_at.0.to_string()),
            "exp" => Some(claims.expires.0.to_string()),
            "acrs" => json_list(&claims.authentication.contexts),
            "amr" => json_list(&claims.authentication.methods),
            "auth_time" => Some(claims.authentication.time.0.to_string()),
            "idp" => claims.identity_provider.as_deref().map(ToOwned::to_owned),
            "idtyp" => Some(match claims.kind {
                PrincipalKind::ServicePrincipal => "app".to_owned(),
                PrincipalKind::User => "user".to_owned(),
            }),
            _ => None,
        }
    }

    /// Whether the token says that the caller authenticated by a method of RFC 8176. Applications show none.
    #[must_use]
    pub fn authenticated_with(&self, method: &str) -> bool {
        self.authentication().methods.iter().any(|known| **known == *method)
    }

    /// When the caller authenticated: a person by signing in, an application by asking for the token.
    #[must_use]
    pub fn authenticated_at(&self) -> UnixTime {
        self.authentication().time
    }

    /// When the token was issued.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.token.claims.issued_at
    }

    /// From when on the token is not valid.
    #[must_use]
    pub fn expires(&self) -> UnixTime {
        self.token.claims.expires
    }

    /// Whether the client can handle a claims challenge (`cp1`).
    #[must_use]
    pub fn handles_claims_challenges(&self) -> bool {
        self.token.claims.claims_challenges
    }

    /// How the caller showed who they are.
    #[must_use]
    pub fn authentication(&self) -> &Authentication {
        &self.token.claims.authentication
    }

    /// Whether a user calls through an application that showed who it is itself, having exchanged a token that the
    /// user gave to another client: both are the caller.
    #[must_use]
    pub fn is_compound(&self) -> bool {
        self.token.claims.authentication.on_behalf
    }

    /// What holders of the token have forbidden to it. Most tokens are as they were issued and have none.
    #[must_use]
    pub fn attenuation(&self) -> Option<&Attenuation> {
        self.token.attenuation.as_ref()
    }

    /// The revocation ids of the token's blocks, the authority block's first: all tokens made from one share it.
    #[must_use]
    pub fn revocation_ids(&self) -> &[Vec<u8>] {
        &self.token.revocation_ids
    }
}

/// Texts as a JSON list; nothing when there are none.
fn json_list(texts: &[Box<str>]) -> Option<String> {
    if texts.is_empty() { None } else { serde_json::to_string(texts).ok() }
}
