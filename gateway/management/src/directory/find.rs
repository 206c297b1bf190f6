//! Objects of the caller's tenant.

use std::sync::Arc;

use portcullis_identity::{Directory, Group, Principal, PrincipalKind, Registration};
use portcullis_model::TenantId;
use portcullis_model::directory::ObjectRef;

use super::DirectoryRefusal;

/// Finds objects in a tenant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Find<'a> {
    pub(super) directory: &'a Directory,
    pub(super) tenant: TenantId,
}

impl<'a> Find<'a> {
    pub(super) fn user(self, object: &ObjectRef) -> Result<&'a Arc<Principal>, DirectoryRefusal> {
        let id = match object {
            ObjectRef::Id(id) => Some(*id),
            ObjectRef::Name(name) => self.directory.account_named(name).map(|account| account.user),
        };
        let found = id.and_then(|id| self.directory.principal(id));
        let found = found.filter(|it| it.tenant == self.tenant && it.kind == PrincipalKind::User);
        found.ok_or_else(|| not_found("user", object))
    }

    pub(super) fn service_principal(self, object: &ObjectRef) -> Result<&'a Arc<Principal>, DirectoryRefusal> {
        let found = id(object).and_then(|id| self.directory.principal(id));
        let found = found.filter(|it| it.tenant == self.tenant && it.kind == PrincipalKind::ServicePrincipal);
        found.ok_or_else(|| not_found("service principal", object))
    }

    pub(super) fn group(self, object: &ObjectRef) -> Result<&'a Arc<Group>, DirectoryRefusal> {
        let found = id(object).and_then(|id| self.directory.group(id)).filter(|it| it.tenant == self.tenant);
        found.ok_or_else(|| not_found("group", object))
    }

    pub(super) fn registration(self, object: &ObjectRef) -> Result<&'a Arc<Registration>, DirectoryRefusal> {
        let found =
            id(object).and_then(|id| self.directory.registrations().find(|it| it.id == id && it.tenant == self.tenant));
        found.ok_or_else(|| not_found("application", object))
    }

    /// The groups that something is in directly, in the order of their ids.
    pub(super) fn groups_around(self, member: portcullis_model::PrincipalId) -> Vec<&'a Arc<Group>> {
        let mut found: Vec<_> = self.directory.groups().filter(|it| it.members.contains(&member)).collect();
        found.sort_unstable_by_key(|group| group.id);
        found
    }
}

const fn id(object: &ObjectRef) -> Option<portcullis_model::PrincipalId> {
    match object {
        ObjectRef::Id(id) => Some(*id),
        ObjectRef::Name(_) => None,
    }
}

pub(super) fn not_found(what: &'static str, object: &ObjectRef) -> DirectoryRefusal {
    let name = match object {
        ObjectRef::Id(id) => id.to_string(),
        ObjectRef::Name(name) => name.chars().take(120).collect(),
    };
    DirectoryRefusal::NotFound { what, name }
}
