//! The directory: who exists.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_model::{ApplicationId, PrincipalId, TenantId};

use crate::Principal;

/// The tenants and principals of one moment. It does not change: a new moment has a new directory.
#[derive(Debug, Default)]
pub struct Directory {
    tenants: HashSet<TenantId>,
    principals: HashMap<PrincipalId, Arc<Principal>>,
    applications: HashMap<(TenantId, ApplicationId), Arc<Principal>>,
}

impl Directory {
    /// Puts a directory together. A principal whose tenant is missing is kept but cannot call.
    pub fn new(
        tenants: impl IntoIterator<Item = TenantId>,
        principals: impl IntoIterator<Item = Principal>,
    ) -> Result<Self, DirectoryError> {
        let mut directory = Self { tenants: tenants.into_iter().collect(), ..Self::default() };
        for principal in principals {
            directory.insert(Arc::new(principal))?;
        }
        Ok(directory)
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
