//! Principals: those who can call.

use portcullis_crypto::SecretHash;
use portcullis_model::{ApplicationId, PrincipalId, TenantId, UnixTime};

/// One who can call: a service principal or a user of a tenant.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The object id, which role assignments and policies name.
    pub id: PrincipalId,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// What it is.
    pub kind: PrincipalKind,
    /// The application that a service principal stands for; users have none.
    pub application: Option<ApplicationId>,
    /// The name that people see. Never authorise on it.
    pub display_name: String,
    /// Whether it may call at all.
    pub enabled: bool,
    /// The groups that it is in, directly or through other groups.
    pub groups: Vec<PrincipalId>,
    /// The secrets with which it can ask for tokens.
    pub secrets: Vec<ClientSecret>,
}

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalKind {
    /// An application's presence in a tenant.
    ServicePrincipal,
    /// A person.
    User,
}

/// What is kept of a client secret.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    /// The name by which administrators tell it from others; not secret.
    pub id: String,
    /// A name for people, where it has another one.
    pub name: Option<String>,
    /// By what it is recognised.
    pub hash: SecretHash,
    /// From when on it is not accepted.
    pub expires: Option<UnixTime>,
}
