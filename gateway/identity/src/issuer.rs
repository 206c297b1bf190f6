//! The token issuer: from a client's credentials to an access token.

use std::fmt;
use std::sync::Arc;

use biscuit_auth::datalog::SymbolTable;
use biscuit_auth::{KeyPair, error};
use portcullis_crypto::{Random, RandomError, SecretHash};
use portcullis_model::{ApplicationId, Clock, SecretText, TenantId, UnixTime};
use zeroize::Zeroizing;

use crate::keys::key_pair;
use crate::token::Claims;
use crate::{Audiences, Authentication, Client, ClientError, ClientStrength, Directory, Principal, VerifyingKey};

/// Issues access tokens.
pub struct TokenIssuer {
    key: KeyPair,
    pub(crate) clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lifetime: TokenLifetime,
    /// Hash of a secret that nobody has: an application that does not exist costs as much as one that does.
    pub(crate) nobody: SecretHash,
}

/// What a client shows to get a token: the client credentials grant (RFC 6749, section 4.4).
#[derive(Debug, Clone, Copy)]
pub struct ClientCredentials<'a> {
    /// The tenant in whose name it asks.
    pub tenant: TenantId,
    /// The application.
    pub client_id: ApplicationId,
    /// The application's secret.
    pub client_secret: &'a SecretText,
    /// What the token shall be for: the scope without `/.default`.
    pub audience: &'a str,
    /// Whether the client handles claims challenges (`cp1`).
    pub continuous_access: bool,
}

/// What a token says besides to whom it was issued.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// The client application.
    pub application: Option<ApplicationId>,
    /// What the token is for, by its name.
    pub audience: &'a str,
    /// Whether the client handles claims challenges (`cp1`).
    pub continuous_access: bool,
    /// How they showed who they are.
    pub authentication: Authentication,
}

/// A token, just issued.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub access_token: SecretText,
    /// Seconds for which the client may use it.
    pub expires_in: u32,
    /// From when on it is not valid.
    pub expires: UnixTime,
    /// To whom it was issued.
    pub principal: Arc<Principal>,
    /// The token's own name, for audit records.
    pub token_id: Box<str>,
}

impl TokenIssuer {
    /// Makes an issuer that signs with the Ed25519 key of a seed.
    #[expect(clippy::needless_pass_by_value, reason = "the seed is taken over, so that it is wiped here")]
    pub fn new(
        signing_seed: Zeroizing<[u8; 32]>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        lifetime: TokenLifetime,
    ) -> Result<Self, RandomError> {
        let nobody = SecretHash::new(&seed(&*random)?[..], &*random)?;
        Ok(Self { key: key_pair(&signing_seed), clock, random, lifetime, nobody })
    }

    /// The key by which the tokens are recognised.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::new(self.key.public())
    }

    /// Issues a token to an application that knows its secret.
    ///
    /// Whether a secret has expired, whether the application is disabled and whether the resource exists is told
    /// only to who knows the secret.
    pub fn issue(
        &self,
        request: &ClientCredentials<'_>,
        directory: &Directory,
        audiences: &Audiences,
    ) -> Result<IssuedToken, IssueError> {
        let client = self.client_by_secret(request.tenant, request.client_id, request.client_secret, directory)?;
        let audience = audiences.resolve(request.audience).ok_or(IssueError::UnknownResource)?;
        self.issue_to_client(&client, audiences.name(audience), request.continuous_access)
    }

    /// Issues a token to an application in its own name.
    pub fn issue_to_client(
        &self,
        client: &Client,
        audience: &str,
        continuous_access: bool,
    ) -> Result<IssuedToken, IssueError> {
        let principal = client.principal.as_ref().ok_or(IssueError::Client(ClientError::UnknownApplication))?;
        if client.strength == ClientStrength::Public {
            return Err(IssueError::Client(ClientError::Confidential));
        }
        let authentication = Authentication::of_application(client.strength, self.clock.now());
        self.sign(principal, &Grant { application: principal.application, audience, continuous_access, authentication })
    }

    /// Issues a token to a user who has signed in, or in whose name an application may ask.
    pub fn issue_to_user(&self, user: &Arc<Principal>, grant: &Grant<'_>) -> Result<IssuedToken, IssueError> {
        if !user.enabled {
            return Err(IssueError::Client(ClientError::Disabled));
        }
        self.sign(user, grant)
    }

    fn sign(&self, principal: &Arc<Principal>, grant: &Grant<'_>) -> Result<IssuedToken, IssueError> {
        let issued_at = self.clock.now();
        let claims = Claims {
            tenant: principal.tenant,
            principal: principal.id,
            application: grant.application,
            kind: principal.kind,
            audience: grant.audience.into(),
            issued_at,
            expires: self.lifetime.end(issued_at),
            token_id: self.token_id()?,
            identity_provider: None,
            claims_challenges: grant.continuous_access,
            authentication: grant.authentication.clone(),
        };
        // The key of the next block, which the token carries and with which holders append.
        let next = key_pair(&seed(&*self.random)?);
        let text = claims
            .write()
            .and_then(|block| block.build_with_key_pair(&self.key, SymbolTable::new(), &next))
            .and_then(|token| token.to_base64())
            .map_err(IssueError::Signing)?;
        Ok(IssuedToken {
            access_token: SecretText::new(text),
            expires_in: self.lifetime.for_client(),
            expires: claims.expires,
            principal: Arc::clone(principal),
            token_id: claims.token_id,
        })
    }

    fn token_id(&self) -> Result<Box<str>, RandomError> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes)?;
        Ok(hex::encode(bytes).into())
    }
}

impl fmt::Debug for TokenIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenIssuer").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// For how long tokens are valid: one minute to one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLifetime(u32);

impl TokenLifetime {
    /// Takes a lifetime in seconds.
    pub const fn from_seconds(seconds: u32) -> Result<Self, TokenLifetimeError> {
        if seconds < 60 || seconds > 86_400 { Err(TokenLifetimeError) } else { Ok(Self(seconds)) }
    }

    /// When a token ends that was issued at a time.
    fn end(self, issued_at: UnixTime) -> UnixTime {
        issued_at.plus(self.0.into())
    }

    /// The lifetime that clients are told: a second less, as the reference does, for the way to the client.
    const fn for_client(self) -> u32 {
        self.0 - 1
    }
}

impl Default for TokenLifetime {
    fn default() -> Self {
        Self(3600)
    }
}

/// The lifetime is not between one minute and one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lifetime of tokens is 60 to 86400 seconds")]
pub struct TokenLifetimeError;

/// Says why no token was issued (wire contract, section 3.4).
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The application is not who it says.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is no such resource.
    #[error("the resource does not exist")]
    UnknownResource,
    /// There is no randomness. An internal failure.
    #[error("no token could be made")]
    Random(#[from] RandomError),
    /// The token could not be put together. An internal failure.
    #[error("no token could be made")]
    Signing(#[source] error::Token),
}

/// A new seed for an Ed25519 key.
fn seed(random: &dyn Random) -> Result<Zeroizing<[u8; 32]>, RandomError> {
    let mut seed = Zeroizing::new([0; 32]);
    random.fill(&mut *seed)?;
    Ok(seed)
}
