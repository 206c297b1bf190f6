//! Client applications, and how they show who they are.

use std::hint::black_box;
use std::net::IpAddr;
use std::sync::Arc;

use portcullis_model::{ApplicationId, SecretText, TenantId};

use crate::assertion::{Assertion, AssertionError, ForeignToken};
use crate::{
    AssertionReplays, ClientSecret, ClientStrength, Directory, Principal, PrincipalKind, Registration,
    RegistrationKind, TokenIssuer,
};

/// An application that asks at the token endpoint, and how it showed who it is. Only [`TokenIssuer`] makes one.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) tenant: TenantId,
    pub(crate) application: ApplicationId,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) registration: Option<Arc<Registration>>,
    pub(crate) strength: ClientStrength,
}

/// Why an application is not who it says. Whether a secret has expired or an application is disabled is told only to
/// who knows the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The tenant does not exist.
    #[error("the tenant does not exist")]
    UnknownTenant,
    /// The application does not exist in the tenant.
    #[error("the application does not exist in the tenant")]
    UnknownApplication,
    /// The secret is not one of the application's.
    #[error("the client secret is wrong")]
    WrongSecret,
    /// The secret was the application's but is not accepted any more.
    #[error("the client secret has expired")]
    SecretExpired,
    /// The application's principal is disabled.
    #[error("the application is disabled")]
    Disabled,
    /// It showed nothing and must.
    #[error("the application must show who it is")]
    Confidential,
    /// The assertion is not acceptable.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// Nobody of the token's issuer may stand for the application.
    #[error("the application trusts no token of this issuer")]
    UnknownIssuer,
    /// The token's subject may not stand for the application.
    #[error("the application trusts no token of this subject")]
    UnknownSubject,
    /// The token is meant for somebody else.
    #[error("the token is meant for another audience")]
    WrongAudience,
    /// There is no room to remember the assertion.
    #[error("too many assertions are remembered")]
    NoRoom,
}

impl Client {
    /// Its client id.
    #[must_use]
    pub const fn application(&self) -> ApplicationId {
        self.application
    }

    /// The tenant in whose name it asks.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// How it showed who it is.
    #[must_use]
    pub const fn strength(&self) -> ClientStrength {
        self.strength
    }

    /// Its registration, if it has one.
    #[must_use]
    pub const fn registration(&self) -> Option<&Arc<Registration>> {
        self.registration.as_ref()
    }

    /// Its presence in the tenant.
    #[must_use]
    pub const fn principal(&self) -> Option<&Arc<Principal>> {
        self.principal.as_ref()
    }
}

impl TokenIssuer {
    /// The application, if it knows one of its secrets.
    pub fn client_by_secret(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        secret: &SecretText,
        directory: &Directory,
    ) -> Result<Client, ClientError> {
        let secret = secret.expose().as_bytes();
        let found = find(tenant, application, directory).filter(|client| client.is_application());
        let Some(client) = found else {
            black_box(self.nobody.verify(secret));
            return Err(unknown(tenant, directory));
        };
        let own = client.principal.iter().flat_map(|principal| &principal.secrets);
        let registered = client.registration.iter().flat_map(|registration| &registration.secrets);
        self.check_secret(own.chain(registered), secret)?;
        client.with(ClientStrength::Secret)
    }

    /// The application, if one of its certificates signed an assertion that is for one of these audiences.
    pub fn client_by_certificate(
        &self,
        (tenant, application): (TenantId, ApplicationId),
        assertion: &Assertion<'_>,
        audiences: &[String],
        (replays, from): (&AssertionReplays, IpAddr),
        directory: &Directory,
    ) -> Result<Client, ClientError> {
        let found = find(tenant, application, directory).filter(|client| client.is_application());
        let client = found.ok_or_else(|| unknown(tenant, directory))?;
        let now = self.clock.now();
        let registration = client.registration.as_ref().ok_or(AssertionError::UnknownCertificate)?;
        let id = assertion.verify_self(registration, audiences, now)?;
        replays.use_up(&id, from, now).ok_or(ClientError::NoRoom)??;
        client.with(ClientStrength::Assertion)
    }

    /// The application, if a token whose signature was verified may stand for it.
    pub fn client_by_federation(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        token: &ForeignToken,
        directory: &Directory,
    ) -> Result<Client, ClientError> {
        let found = find(tenant, application, directory).filter(|client| client.is_application());
        let client = found.ok_or_else(|| unknown(tenant, directory))?;
        let credentials = client.registration.iter().flat_map(|registration| &registration.federated);
        let of_issuer: Vec<_> = credentials.filter(|known| known.issuer == token.issuer()).collect();
        if of_issuer.is_empty() {
            return Err(ClientError::UnknownIssuer);
        }
        let mut of_subject = of_issuer.into_iter().filter(|known| known.subject == token.subject()).peekable();
        if of_subject.peek().is_none() {
            return Err(ClientError::UnknownSubject);
        }
        if !of_subject.any(|known| token.is_for(known.audiences.iter().map(String::as_str))) {
            return Err(ClientError::WrongAudience);
        }
        client.with(ClientStrength::Assertion)
    }

    /// The application, if it may ask without showing who it is.
    pub fn public_client(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        directory: &Directory,
    ) -> Result<Client, ClientError> {
        let client = find(tenant, application, directory).ok_or_else(|| unknown(tenant, directory))?;
        if !client.registration.as_ref().is_some_and(|registration| registration.public_client) {
            return Err(ClientError::Confidential);
        }
        client.with(ClientStrength::Public)
    }

    /// A managed identity; who may use it was checked by whoever asks.
    pub fn managed_identity(
        &self,
        tenant: TenantId,
        application: ApplicationId,
        directory: &Directory,
    ) -> Result<Client, ClientError> {
        let managed = |client: &Client| {
            client.registration.as_ref().is_some_and(|known| known.kind == RegistrationKind::ManagedIdentity)
        };
        let client = find(tenant, application, directory).filter(managed).ok_or_else(|| unknown(tenant, directory))?;
        client.with(ClientStrength::Assertion)
    }

    /// Compares with every secret, whichever fits. Of two that fit, the one that is still accepted counts.
    fn check_secret<'s>(
        &self,
        secrets: impl Iterator<Item = &'s ClientSecret>,
        secret: &[u8],
    ) -> Result<(), ClientError> {
        let now = self.clock.now();
        let (mut answer, mut any) = (Err(ClientError::WrongSecret), false);
        for known in secrets {
            any = true;
            let fits = known.hash.verify(secret);
            let accepted = known.expires.is_none_or(|expires| now < expires);
            match (fits, accepted) {
                (true, true) => answer = Ok(()),
                (true, false) if answer.is_err() => answer = Err(ClientError::SecretExpired),
                (true | false, _) => {}
            }
        }
        if !any {
            black_box(self.nobody.verify(secret));
        }
        answer
    }
}

impl Client {
    /// Whether it is an application that shows who it is itself.
    fn is_application(&self) -> bool {
        self.registration.as_ref().is_none_or(|registration| registration.kind == RegistrationKind::Application)
    }

    fn with(self, strength: ClientStrength) -> Result<Self, ClientError> {
        if self.principal.as_ref().is_some_and(|principal| !principal.enabled) {
            return Err(ClientError::Disabled);
        }
        Ok(Self { strength, ..self })
    }
}

fn find(tenant: TenantId, application: ApplicationId, directory: &Directory) -> Option<Client> {
    if !directory.has_tenant(tenant) {
        return None;
    }
    let registration = directory.registration(tenant, application).cloned();
    let principal = directory
        .by_application(tenant, application)
        .filter(|principal| principal.kind == PrincipalKind::ServicePrincipal)
        .cloned();
    let known = registration.is_some() || principal.is_some();
    known.then_some(Client { tenant, application, principal, registration, strength: ClientStrength::Public })
}

fn unknown(tenant: TenantId, directory: &Directory) -> ClientError {
    if directory.has_tenant(tenant) { ClientError::UnknownApplication } else { ClientError::UnknownTenant }
}
