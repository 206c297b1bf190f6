//! What the configuration declares of applications' registrations, users and groups.

use portcullis_crypto::{PasswordHash, TotpKey, sha256};
use portcullis_identity::{
    Account, ClientCertificate, FederatedCredential, Group, Principal, PrincipalKind, Registration, RegistrationKind,
};
use portcullis_model::{ApplicationId, PrincipalId, TenantId};

use crate::{ControlState, record::Record};

/// How an application shows who it is, besides its secret, and what it may do about people.
#[derive(Debug)]
pub struct DeclaredRegistration {
    /// The tenant.
    pub tenant: TenantId,
    /// The client id.
    pub application: ApplicationId,
    /// A name for people.
    pub display_name: String,
    /// What it is.
    pub kind: RegistrationKind,
    /// The names under which tokens for the application itself are asked.
    pub identifier_uris: Vec<String>,
    /// Where people are sent back to.
    pub redirect_uris: Vec<String>,
    /// Whether it may act without showing who it is.
    pub public_client: bool,
    /// Its certificates.
    pub certificates: Vec<ClientCertificate>,
    /// Who may vouch for it.
    pub federated: Vec<FederatedCredential>,
}

/// A user with an account.
#[derive(Debug)]
pub struct DeclaredUser {
    /// The object id.
    pub principal: PrincipalId,
    /// The tenant.
    pub tenant: TenantId,
    /// The name that they sign in with.
    pub name: String,
    /// A name for people.
    pub display_name: String,
    /// Whether they may act.
    pub enabled: bool,
    /// Their password; absent leaves the stored one.
    pub password: Option<PasswordHash>,
    /// The key of their authenticator app; absent leaves the stored one.
    pub totp: Option<TotpKey>,
}

/// A group.
#[derive(Debug)]
pub struct DeclaredGroup {
    /// The object id.
    pub id: PrincipalId,
    /// The tenant.
    pub tenant: TenantId,
    /// A name for people.
    pub display_name: String,
    /// Who is in it directly.
    pub members: Vec<PrincipalId>,
}

impl DeclaredRegistration {
    pub(crate) fn change(&self, state: &ControlState) -> Option<Record> {
        let stored = state.directory().registration(self.tenant, self.application);
        let wanted = Registration {
            id: stored.map_or_else(|| registration_id(self.tenant, self.application), |stored| stored.id),
            tenant: self.tenant,
            application: self.application,
            display_name: self.display_name.clone(),
            kind: self.kind,
            identifier_uris: self.identifier_uris.clone(),
            redirect_uris: self.redirect_uris.clone(),
            public_client: self.public_client,
            secrets: stored.map(|stored| stored.secrets.clone()).unwrap_or_default(),
            certificates: self.certificates.clone(),
            federated: self.federated.clone(),
        };
        let encode = portcullis_identity::record::encode_registration;
        let changed = stored.is_none_or(|stored| encode(stored) != encode(&wanted));
        changed.then(|| Record::Registration(Box::new(wanted)))
    }
}

impl DeclaredUser {
    pub(crate) fn changes(&self, state: &ControlState) -> impl Iterator<Item = Record> {
        let directory = state.directory();
        let (principal, account) = (directory.principal(self.principal), directory.account(self.principal));
        let differs = principal.is_none_or(|stored| {
            stored.enabled != self.enabled || stored.display_name != self.display_name || stored.tenant != self.tenant
        });
        let wanted = Account {
            user: self.principal,
            name: self.name.clone(),
            password: self.password.clone().or_else(|| account?.password.clone()),
            totp: self.totp.clone().or_else(|| account?.totp.clone()),
        };
        let user = differs.then(|| Principal {
            id: self.principal,
            tenant: self.tenant,
            kind: PrincipalKind::User,
            application: None,
            display_name: self.display_name.clone(),
            enabled: self.enabled,
            groups: Vec::new(),
            secrets: Vec::new(),
        });
        let account = account.is_none_or(|stored| **stored != wanted).then_some(wanted);
        let user = user.map(|user| Record::Principal(Box::new(user)));
        user.into_iter().chain(account.map(|account| Record::Account(Box::new(account))))
    }
}

impl DeclaredGroup {
    pub(crate) fn change(&self, state: &ControlState) -> Option<Record> {
        let stored = state.directory().group(self.id);
        let wanted = Group {
            id: self.id,
            tenant: self.tenant,
            display_name: self.display_name.clone(),
            description: stored.and_then(|stored| stored.description.clone()),
            nickname: stored.and_then(|stored| stored.nickname.clone()),
            members: self.members.clone(),
        };
        stored.is_none_or(|stored| **stored != wanted).then_some(Record::Group(wanted))
    }
}

/// The object id of a registration: the same wherever it is declared.
fn registration_id(tenant: TenantId, application: ApplicationId) -> PrincipalId {
    let digest = sha256(&[b"registration".as_slice(), tenant.as_bytes(), application.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // A GUID of version 8, made as its maker likes (RFC 9562, section 5.8).
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    PrincipalId::from_bytes(bytes)
}
