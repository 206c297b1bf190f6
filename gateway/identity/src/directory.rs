//! The directory: who exists.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_model::{ApplicationId, PrincipalId, TenantId, UnixTime};

use crate::group::{CyclicGroup, memberships};
use crate::{Account, Group, Principal, Registration};

/// Everything that a directory is made of.
#[derive(Debug, Default)]
pub struct DirectoryParts {
    /// The tenants.
    pub tenants: Vec<TenantId>,
    /// The principals.
    pub principals: Vec<Principal>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The registrations of applications.
    pub registrations: Vec<Registration>,
    /// The accounts of users.
    pub accounts: Vec<Account>,
    /// For a principal, the time before which its tokens were issued that are not accepted any more.
    pub signed_out: Vec<(PrincipalId, UnixTime)>,
    /// Tokens and sessions that are not accepted any more, by their ids, with the time from when on they would have
    /// ended anyway.
    pub revoked: Vec<(Vec<u8>, UnixTime)>,
}

/// The tenants and principals of one moment. It does not change: a new moment has a new directory.
#[derive(Debug, Default)]
pub struct Directory {
    tenants: HashSet<TenantId>,
    principals: HashMap<PrincipalId, Arc<Principal>>,
    applications: HashMap<(TenantId, ApplicationId), Arc<Principal>>,
    groups: HashMap<PrincipalId, Arc<Group>>,
    memberships: HashMap<PrincipalId, Vec<PrincipalId>>,
    registrations: HashMap<(TenantId, ApplicationId), Arc<Registration>>,
    accounts: HashMap<PrincipalId, Arc<Account>>,
    account_names: HashMap<String, PrincipalId>,
    signed_out: HashMap<PrincipalId, UnixTime>,
    revoked: HashMap<Vec<u8>, UnixTime>,
}

impl Directory {
    /// Puts a directory of tenants and principals together.
    pub fn new(
        tenants: impl IntoIterator<Item = TenantId>,
        principals: impl IntoIterator<Item = Principal>,
    ) -> Result<Self, DirectoryError> {
        Self::of(DirectoryParts {
            tenants: tenants.into_iter().collect(),
            principals: principals.into_iter().collect(),
            ..DirectoryParts::default()
        })
    }

    /// Puts a directory together. A principal whose tenant is missing is kept but cannot call. The groups of each
    /// principal become those that it is in now.
    pub fn of(parts: DirectoryParts) -> Result<Self, DirectoryError> {
        let groups = parts.groups.into_iter().map(|group| (group.id, Arc::new(group))).collect();
        let memberships = memberships(&groups)?;
        let mut directory = Self {
            tenants: parts.tenants.into_iter().collect(),
            groups,
            memberships,
            signed_out: parts.signed_out.into_iter().collect(),
            revoked: parts.revoked.into_iter().collect(),
            ..Self::default()
        };
        for mut principal in parts.principals {
            // Whatever a record says: who was taken out of a group is out of it.
            principal.groups = directory.groups_of(principal.id);
            directory.insert(Arc::new(principal))?;
        }
        for registration in parts.registrations {
            let key = (registration.tenant, registration.application);
            if directory.registrations.insert(key, Arc::new(registration)).is_some() {
                return Err(DirectoryError::DuplicateApplication { tenant: key.0, application: key.1 });
            }
        }
        for account in parts.accounts {
            if directory.account_names.insert(account.name.clone(), account.user).is_some() {
                return Err(DirectoryError::DuplicateName(account.name));
            }
            directory.accounts.insert(account.user, Arc::new(account));
        }
        Ok(directory)
    }

    /// A group.
    #[must_use]
    pub fn group(&self, id: PrincipalId) -> Option<&Arc<Group>> {
        self.groups.get(&id)
    }

    /// The groups that a principal or a group is in, directly or through other groups, in the order of their ids.
    #[must_use]
    pub fn groups_of(&self, member: PrincipalId) -> Vec<PrincipalId> {
        self.memberships.get(&member).cloned().unwrap_or_default()
    }

    /// The tenant of a principal or of a group: of whatever can have a role.
    #[must_use]
    pub fn tenant_of(&self, id: PrincipalId) -> Option<TenantId> {
        let of_group = || self.groups.get(&id).map(|group| group.tenant);
        self.principals.get(&id).map(|principal| principal.tenant).or_else(of_group)
    }

    /// The groups, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values()
    }

    /// The principals, in no order.
    pub fn principals(&self) -> impl Iterator<Item = &Arc<Principal>> {
        self.principals.values()
    }

    /// The registration of an application in a tenant.
    #[must_use]
    pub fn registration(&self, tenant: TenantId, application: ApplicationId) -> Option<&Arc<Registration>> {
        self.registrations.get(&(tenant, application))
    }

    /// The principal of the application that trusts a subject of another issuer; none if several do.
    #[must_use]
    pub fn by_federation(&self, tenant: TenantId, issuer: &str, subject: &str) -> Option<&Arc<Principal>> {
        let trusts = |known: &&Arc<Registration>| {
            known.tenant == tenant && known.federated.iter().any(|it| it.issuer == issuer && it.subject == subject)
        };
        let mut found = self.registrations.values().filter(trusts);
        let one = found.next().filter(|_| found.next().is_none())?;
        self.by_application(tenant, one.application)
    }

    /// The registrations, in no order.
    pub fn registrations(&self) -> impl Iterator<Item = &Arc<Registration>> {
        self.registrations.values()
    }

    /// The account of a user.
    #[must_use]
    pub fn account(&self, user: PrincipalId) -> Option<&Arc<Account>> {
        self.accounts.get(&user)
    }

    /// The account of a name, whatever its case.
    #[must_use]
    pub fn account_named(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.get(self.account_names.get(&Account::fold_name(name)?)?)
    }

    /// Whether tokens of a principal that were issued at a time are not accepted any more: it was signed out of all
    /// sessions since.
    #[must_use]
    pub fn is_signed_out(&self, principal: PrincipalId, issued_at: UnixTime) -> bool {
        self.signed_out.get(&principal).is_some_and(|before| issued_at < *before)
    }

    /// The time before which tokens of a principal are not accepted.
    #[must_use]
    pub fn signed_out_before(&self, principal: PrincipalId) -> Option<UnixTime> {
        self.signed_out.get(&principal).copied()
    }

    /// Whether a token or session of an id was revoked.
    #[must_use]
    pub fn is_revoked(&self, id: &[u8]) -> bool {
        !self.revoked.is_empty() && self.revoked.contains_key(id)
    }

    /// The principal of an object id.
    #[must_use]
    pub fn principal(&self, id: PrincipalId) -> Option<&Arc<Principal>> {
        self.principals.get(&id)
    }

    /// The principal that stands for an application in a tenant.
    #[must_use]
    pub fn by_application(&self, tenant: TenantId, application: ApplicationId) -> Option<&Arc<Principal>> {
        self.applications.get(&(tenant, application))
    }

    /// The tenants, in no order.
    pub fn tenants(&self) -> impl Iterator<Item = TenantId> {
        self.tenants.iter().copied()
    }

    /// Whether a tenant exists.
    #[must_use]
    pub fn has_tenant(&self, tenant: TenantId) -> bool {
        self.tenants.contains(&tenant)
    }

    fn insert(&mut self, principal: Arc<Principal>) -> Result<(), DirectoryError> {
        if let Some(application) = principal.application {
            let key = (principal.tenant, application);
            if self.applications.insert(key, Arc::clone(&principal)).is_some() {
                return Err(DirectoryError::DuplicateApplication { tenant: principal.tenant, application });
            }
        }
        let id = principal.id;
        match self.principals.insert(id, principal) {
            None => Ok(()),
            Some(_) => Err(DirectoryError::DuplicatePrincipal(id)),
        }
    }
}

/// Says why principals do not make a directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Two have the same object id.
    #[error("two principals have the object id {0}")]
    DuplicatePrincipal(PrincipalId),
    /// Two stand for the same application in the same tenant.
    #[error("two principals of tenant {tenant} have the application id {application}")]
    DuplicateApplication {
        /// The tenant.
        tenant: TenantId,
        /// The application.
        application: ApplicationId,
    },
    /// Two accounts have the same name.
    #[error("two users sign in with the name {0}")]
    DuplicateName(String),
    /// Groups contain each other.
    #[error(transparent)]
    Cyclic(#[from] CyclicGroup),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrincipalKind;

    fn principal(id: u8, tenant: u8, application: Option<u8>) -> Principal {
        Principal {
            id: PrincipalId::from_bytes([id; 16]),
            tenant: TenantId::from_bytes([tenant; 16]),
            kind: PrincipalKind::ServicePrincipal,
            application: application.map(|id| ApplicationId::from_bytes([id; 16])),
            display_name: "same".to_owned(),
            enabled: true,
            groups: vec![],
            secrets: vec![],
        }
    }

    #[test]
    fn one_application_may_stand_in_two_tenants_and_is_not_confused() {
        let (a, b) = (TenantId::from_bytes([1; 16]), TenantId::from_bytes([2; 16]));
        let application = ApplicationId::from_bytes([9; 16]);
        let directory = Directory::new([a, b], [principal(3, 1, Some(9)), principal(4, 2, Some(9))]).unwrap();
        assert_eq!(directory.by_application(a, application).unwrap().id, PrincipalId::from_bytes([3; 16]));
        assert_eq!(directory.by_application(b, application).unwrap().id, PrincipalId::from_bytes([4; 16]));
        assert!(directory.by_application(TenantId::from_bytes([5; 16]), application).is_none());
        assert!(directory.principal(PrincipalId::from_bytes([9; 16])).is_none());
        assert!(directory.has_tenant(a) && !directory.has_tenant(TenantId::from_bytes([5; 16])));
    }

    #[test]
    fn refuses_two_of_one_id() {
        let tenant = TenantId::from_bytes([1; 16]);
        assert_eq!(
            Directory::new([tenant], [principal(3, 1, None), principal(3, 1, None)]).unwrap_err(),
            DirectoryError::DuplicatePrincipal(PrincipalId::from_bytes([3; 16]))
        );
        assert_eq!(
            Directory::new([tenant], [principal(3, 1, Some(9)), principal(4, 1, Some(9))]).unwrap_err(),
            DirectoryError::DuplicateApplication { tenant, application: ApplicationId::from_bytes([9; 16]) }
        );
    }
}
