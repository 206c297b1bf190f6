//! The proof that somebody calls.

#[cfg(any(test, feature = "test-util"))]
mod for_test;

use std::sync::Arc;

use portcullis_model::{ApplicationId, TenantId, UnixTime};

use crate::token::VerifiedToken;
use crate::{Attenuation, Authentication, Principal};

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
#[derive(Debug)]
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
