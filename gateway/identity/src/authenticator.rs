//! From a bearer token to a caller.

use std::fmt;
use std::sync::Arc;

use portcullis_crypto::sha256;
use portcullis_model::{Clock, TenantId};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::token::{Claims, ReadTokenError, VerifiedToken};
use crate::{
    Audience, Audiences, Caller, Complexity, Directory, ForeignToken, Principal, PrincipalKind, TokenLimits,
    VerifyingKey,
};

/// Verifies tokens. What signatures and blocks say is remembered; everything else is checked with every call.
pub struct Authenticator {
    key: VerifyingKey,
    audiences: Audiences,
    clock: Arc<dyn Clock>,
    limits: TokenLimits,
    verified: Option<Cache<[u8; 32], Arc<VerifiedToken>, ByText>>,
}

/// What a token must be for.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The audience of the endpoint.
    pub audience: Audience,
    /// The tenant of the vault; none where an endpoint serves all tenants.
    pub tenant: Option<TenantId>,
}

impl Authenticator {
    /// Makes an authenticator for the tokens that a key signs.
    #[must_use]
    pub fn new(key: VerifyingKey, audiences: Audiences, clock: Arc<dyn Clock>, limits: TokenLimits) -> Self {
        let verified = (limits.cached_tokens > 0).then(|| {
            let weight = u64::try_from(limits.cached_tokens).unwrap_or(u64::MAX);
            Cache::with_weighter(limits.cached_tokens, weight, ByText)
        });
        Self { key, audiences, clock, limits, verified }
    }

    /// Finds out who calls.
    pub fn authenticate(
        &self,
        bearer: &str,
        expected: Expected,
        directory: &Directory,
    ) -> Result<Caller, AuthenticateError> {
        let name = self.audiences.name(expected.audience);
        self.authenticate_at(bearer, name, expected.tenant, directory)
    }

    /// Finds out whose token an application was given that is itself the token's audience.
    pub fn authenticate_for(
        &self,
        bearer: &str,
        audience: &str,
        tenant: TenantId,
        directory: &Directory,
    ) -> Result<Caller, AuthenticateError> {
        self.authenticate_at(bearer, audience, Some(tenant), directory)
    }

    /// Finds out who calls with a token of another issuer, whose signature and times were checked.
    ///
    /// The issuer speaks for one tenant. It is believed whom a token is of (`oid`) only if it may say so; else a token
    /// is of the application that trusts the issuer and the subject of the token.
    pub fn authenticate_foreign(
        &self,
        token: &ForeignToken,
        (tenant, identifies_principals): (TenantId, bool),
        expected: Expected,
        directory: &Directory,
    ) -> Result<Caller, AuthenticateError> {
        let audience = self.audiences.name(expected.audience);
        if !token.is_for([audience, &format!("{audience}/")]) {
            let found = token.text("aud").unwrap_or("another").chars().take(200).collect();
            return Err(AuthenticateError::WrongAudience { expected: audience.to_owned(), found });
        }
        if let Some(expected) = expected.tenant.filter(|expected| *expected != tenant) {
            return Err(AuthenticateError::WrongTenant { expected, found: tenant });
        }
        let principal = if identifies_principals {
            let id = token.text("oid").and_then(|id| id.parse().ok());
            id.and_then(|id| directory.principal(id))
        } else {
            directory.by_federation(tenant, token.issuer(), token.subject())
        };
        let principal = principal.filter(|principal| principal.tenant == tenant && directory.has_tenant(tenant));
        let principal = principal.ok_or(AuthenticateError::UnknownPrincipal)?;
        if !principal.enabled {
            return Err(AuthenticateError::PrincipalDisabled);
        }
        let token = VerifiedToken::of_foreign(token, principal, audience);
        let application = token.claims.application.and_then(|id| directory.by_application(tenant, id));
        if application.is_some_and(|application| !application.enabled) {
            return Err(AuthenticateError::PrincipalDisabled);
        }
        check_revocation(&token, directory)?;
        Ok(Caller::new(Arc::clone(principal), Arc::new(token)))
    }

    fn authenticate_at(
        &self,
        bearer: &str,
        audience: &str,
        tenant: Option<TenantId>,
        directory: &Directory,
    ) -> Result<Caller, AuthenticateError> {
        let token = self.verified(bearer)?;
        Self::check_resource(&token.claims, audience, tenant)?;
        self.check_time(&token.claims)?;
        let principal = find_principal(&token.claims, directory)?;
        check_revocation(&token, directory)?;
        Ok(Caller::new(principal, token))
    }

    /// Whether a token's signature was verified before and is remembered. It says nothing of its time or principal.
    #[must_use]
    pub fn remembers(&self, bearer: &str) -> bool {
        let small = bearer.len() <= self.limits.token_bytes;
        small && self.verified.as_ref().is_some_and(|cache| cache.peek(&sha256(bearer.as_bytes())).is_some())
    }

    /// Verified tokens that are remembered now.
    #[must_use]
    pub fn cached_tokens(&self) -> usize {
        self.verified.as_ref().map_or(0, Cache::len)
    }

    fn verified(&self, bearer: &str) -> Result<Arc<VerifiedToken>, AuthenticateError> {
        // Before the digest, whose cost grows with the text.
        if bearer.len() > self.limits.token_bytes {
            return Err(AuthenticateError::TooLarge);
        }
        let Some(cache) = &self.verified else { return Ok(Arc::new(self.read(bearer)?)) };
        let digest = sha256(bearer.as_bytes());
        if let Some(token) = cache.get(&digest) {
            return Ok(token);
        }
        let token = Arc::new(self.read(bearer)?);
        cache.insert(digest, Arc::clone(&token));
        Ok(token)
    }

    fn read(&self, bearer: &str) -> Result<VerifiedToken, AuthenticateError> {
        Ok(VerifiedToken::read(bearer, &self.key, &self.limits)?)
    }

    fn check_resource(claims: &Claims, audience: &str, tenant: Option<TenantId>) -> Result<(), AuthenticateError> {
        if *claims.audience != *audience {
            return Err(AuthenticateError::WrongAudience {
                expected: audience.to_owned(),
                found: claims.audience.to_string(),
            });
        }
        match tenant {
            Some(tenant) if tenant != claims.tenant => {
                Err(AuthenticateError::WrongTenant { expected: tenant, found: claims.tenant })
            }
            _ => Ok(()),
        }
    }

    fn check_time(&self, claims: &Claims) -> Result<(), AuthenticateError> {
        let now = self.clock.now();
        if now >= claims.expires {
            return Err(AuthenticateError::Expired);
        }
        if now.plus(LEEWAY_SECONDS) < claims.issued_at {
            return Err(AuthenticateError::NotYetValid);
        }
        Ok(())
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("key", &self.key)
            .field("audiences", &self.audiences)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The principal of a token, as long as it is the one that the token was issued to.
fn find_principal(claims: &Claims, directory: &Directory) -> Result<Arc<Principal>, AuthenticateError> {
    let principal = directory
        .principal(claims.principal)
        .filter(|principal| directory.has_tenant(claims.tenant) && is_subject(principal, claims))
        .ok_or(AuthenticateError::UnknownPrincipal)?;
    if !principal.enabled {
        return Err(AuthenticateError::PrincipalDisabled);
    }
    check_application(claims, directory)?;
    Ok(Arc::clone(principal))
}

/// Whoever is disabled or removed is out, also as the application through which a person calls.
fn check_application(claims: &Claims, directory: &Directory) -> Result<(), AuthenticateError> {
    let Some(application) = claims.application.filter(|_| claims.kind == PrincipalKind::User) else { return Ok(()) };
    let principal = directory.by_application(claims.tenant, application);
    if principal.is_some_and(|principal| !principal.enabled) {
        return Err(AuthenticateError::PrincipalDisabled);
    }
    // Public clients need no service principal; who acts on behalf of others is one of the two callers.
    let registered =
        || !claims.authentication.on_behalf && directory.registration(claims.tenant, application).is_some();
    if principal.is_some() || registered() { Ok(()) } else { Err(AuthenticateError::UnknownPrincipal) }
}

/// Whoever was signed out, or revoked the token, the one that it was made from or its session, has ended it.
fn check_revocation(token: &VerifiedToken, directory: &Directory) -> Result<(), AuthenticateError> {
    let claims = &token.claims;
    // A person's session counts from the sign-in on: a token that was refreshed since is of the same session.
    let begun = if claims.kind == PrincipalKind::User { claims.authentication.time } else { claims.issued_at };
    let session = claims.authentication.session.as_ref().map(|session| session.as_bytes());
    let mut ids = token.revocation_ids.iter().map(Vec::as_slice).chain(session);
    if directory.is_signed_out(claims.principal, begun) || ids.any(|id| directory.is_revoked(id)) {
        return Err(AuthenticateError::Revoked);
    }
    Ok(())
}

fn is_subject(principal: &Principal, claims: &Claims) -> bool {
    principal.tenant == claims.tenant
        && principal.kind == claims.kind
        && match principal.kind {
            PrincipalKind::ServicePrincipal => principal.application == claims.application,
            // A user calls through whatever application they use.
            PrincipalKind::User => true,
        }
}

/// Says why a token does not tell who calls. The texts are for the caller; those with a number are the reference's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// It has too many bytes or blocks.
    #[error("the bearer token is too large")]
    TooLarge,
    /// It is not a token of this gateway at all.
    #[error("the bearer token is malformed")]
    Malformed,
    /// It was not signed by this gateway, or was changed since.
    #[error("AKV10046: Unable to resolve the key used for signature validation.")]
    BadSignature,
    /// Its blocks hold what cannot be evaluated within bounds. It stays so: this is no [`AuthenticateError::Exhausted`].
    #[error("the bearer token is too complex: {0}")]
    TooComplex(#[source] Complexity),
    /// It is for another resource.
    #[error("AKV10022: Invalid audience. Expected {expected}, found: {found}.")]
    WrongAudience {
        /// The audience of the endpoint.
        expected: String,
        /// The audience of the token.
        found: String,
    },
    /// It is of another tenant than the vault.
    #[error(
        "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{expected}/, found https://sts.windows.net/{found}/."
    )]
    WrongTenant {
        /// The tenant of the vault.
        expected: TenantId,
        /// The tenant of the token.
        found: TenantId,
    },
    /// It is not valid any more.
    #[error("the bearer token has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the bearer token is not valid yet")]
    NotYetValid,
    /// The directory does not hold its principal, or not as the token describes it.
    #[error("the principal of the bearer token does not exist")]
    UnknownPrincipal,
    /// Its principal is disabled.
    #[error("the principal of the bearer token is disabled")]
    PrincipalDisabled,
    /// It, its session or all sessions of its principal were revoked.
    #[error("the bearer token was revoked")]
    Revoked,
    /// It could not be evaluated in time. It says nothing of the token: try again.
    #[error("the bearer token could not be evaluated in time")]
    Exhausted,
}

impl From<ReadTokenError> for AuthenticateError {
    fn from(error: ReadTokenError) -> Self {
        match error {
            ReadTokenError::TooLarge => Self::TooLarge,
            ReadTokenError::Malformed => Self::Malformed,
            ReadTokenError::BadSignature => Self::BadSignature,
            ReadTokenError::TooComplex(complexity) => Self::TooComplex(complexity),
            ReadTokenError::Exhausted => Self::Exhausted,
        }
    }
}

/// Weighs a verified token by what it holds in memory, counted in KiB of text.
#[derive(Debug, Clone)]
struct ByText;

impl Weighter<[u8; 32], Arc<VerifiedToken>> for ByText {
    fn weight(&self, _: &[u8; 32], token: &Arc<VerifiedToken>) -> u64 {
        token.text_kib
    }
}

/// By how much another gateway's clock may be ahead of ours (wire contract, section 2.5).
const LEEWAY_SECONDS: i64 = 300;
