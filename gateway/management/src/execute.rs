//! The operations of the management plane, one function each: state and arguments in, change and outcome out.

use portcullis_model::management::{ManagementCall, ManagementOutcome};
use portcullis_model::{PrincipalId, ResourcePath, TenantId, VaultPath};

use crate::{ControlState, ManagementError, VaultView, groups, private_endpoints, vaults};

pub(crate) fn find<'a>(state: &'a ControlState, path: &VaultPath) -> Result<&'a VaultView, ManagementError> {
    let found = state.vault_at(&ResourcePath::Vault(path.clone()));
    found.map(AsRef::as_ref).ok_or_else(|| ManagementError::VaultNotFound { vault: path.vault.clone() })
}

/// The tenant of the principals that can have a role at a scope: its vault's, which must be there, or its
/// subscription's.
pub(crate) fn tenant_at(state: &ControlState, scope: &ResourcePath) -> Result<TenantId, ManagementError> {
    match (scope.vault(), scope.subscription()) {
        (Some(vault), _) => Ok(find(state, vault)?.facts.tenant),
        (None, Some(subscription)) => {
            state.tenant_of(subscription).ok_or(ManagementError::SubscriptionNotFound { subscription })
        }
        (None, None) => Err(ManagementError::ScopeNotSupported),
    }
}

pub(crate) fn vault_get(state: &ControlState, path: &VaultPath) -> Result<ManagementOutcome, ManagementError> {
    Ok(ManagementOutcome::Vault(find(state, path)?.describe(state.directory())))
}

/// Answers a call that changes nothing.
pub(crate) fn read(state: &ControlState, call: &ManagementCall) -> Result<ManagementOutcome, ManagementError> {
    Ok(match call {
        ManagementCall::VaultList { within } => {
            if let ResourcePath::Group(subscription, name) = within {
                groups::group_get(state, *subscription, name)?;
            }
            ManagementOutcome::Vaults(vaults::vault_list(state, within))
        }
        ManagementCall::ResourceList { within, name, vaults: asked } => {
            let mut listed = if *asked { vaults::vault_list(state, within) } else { Vec::new() };
            listed.retain(|vault| name.as_ref().is_none_or(|name| vault.path.vault.as_str() == name));
            ManagementOutcome::Resources(listed)
        }
        ManagementCall::VaultNameCheck { name } => ManagementOutcome::NameCheck(vaults::name_check(state, name)),
        ManagementCall::DeletedVaultList { subscription } => {
            ManagementOutcome::DeletedVaults(vaults::deleted_list(state, *subscription))
        }
        ManagementCall::DeletedVaultGet { subscription, location, name } => {
            ManagementOutcome::DeletedVault(vaults::deleted_get(state, *subscription, location, name)?)
        }
        ManagementCall::ManagedHsmList { .. } => ManagementOutcome::Vaults(Vec::new()),
        ManagementCall::PrivateEndpointConnectionGet { vault, name } => private_endpoints::get(state, vault, name)?,
        ManagementCall::PrivateEndpointConnectionList { vault } => {
            let view = find(state, vault)?;
            ManagementOutcome::PrivateEndpointConnections(view.facts.path.clone(), view.private_endpoints())
        }
        ManagementCall::VaultPrivateLinkResourceList { vault } => {
            ManagementOutcome::PrivateLinkResources(find(state, vault)?.facts.path.clone())
        }
        ManagementCall::SubscriptionGet { subscription } => groups::subscription_get(state, *subscription)?,
        ManagementCall::GroupList { subscription } => groups::group_list(state, *subscription),
        ManagementCall::GroupGet { subscription, name } => groups::group_get(state, *subscription, name)?,
        // Writes are carried out by the service; here none of them is.
        _ => return Err(ManagementError::Stale),
    })
}

/// Every assignment is held in memory and read by each decision on its principal; whoever may create one could create
/// them without end.
pub(crate) fn within_limits(
    state: &ControlState,
    scope: &ResourcePath,
    principal: PrincipalId,
) -> Result<(), ManagementError> {
    let subscription = scope.subscription().ok_or(ManagementError::ScopeNotSupported)?;
    let (in_subscription, of_principal) = state.count_assignments(subscription, principal);
    if in_subscription >= MOST_IN_SUBSCRIPTION {
        return Err(ManagementError::RoleAssignmentLimit { most: MOST_IN_SUBSCRIPTION, whose: "a subscription" });
    }
    if of_principal >= MOST_OF_PRINCIPAL {
        return Err(ManagementError::RoleAssignmentLimit { most: MOST_OF_PRINCIPAL, whose: "a principal" });
    }
    Ok(())
}

/// Azure's limit.
const MOST_IN_SUBSCRIPTION: usize = 4_000;
const MOST_OF_PRINCIPAL: usize = 1_000;

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use portcullis_identity::{Principal, PrincipalKind};
    use portcullis_model::access::WantedAssignment;
    use portcullis_model::{NetworkRules, RoleAssignmentId, SubscriptionId, VaultId};

    use super::*;
    use crate::access::{Writer, assignment_put};
    use crate::record::{Record, StoredAssignment, StoredVault};
    use crate::roles;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const SUBSCRIPTION: SubscriptionId = SubscriptionId::from_bytes([2; 16]);
    const PRINCIPAL: PrincipalId = PrincipalId::from_bytes([3; 16]);

    fn vault() -> StoredVault {
        StoredVault {
            id: VaultId::from_bytes([4; 16]),
            subscription: SUBSCRIPTION,
            group: "rg".parse().expect("a name"),
            name: "kv1".parse().expect("a name"),
            location: "local".to_owned(),
            tenant: TENANT,
            network: NetworkRules::default(),
            retention_days: 90,
            purge_protected: false,
            tags: BTreeMap::new(),
            premium: false,
            private_endpoints: Vec::new(),
            written: None,
            deleted: None,
            permission_model: portcullis_model::PermissionModel::RoleBased,
            access_policies: Vec::new(),
        }
    }

    /// A person of a tenant.
    pub(crate) fn person(id: PrincipalId, tenant: TenantId) -> Principal {
        Principal {
            id,
            tenant,
            kind: PrincipalKind::User,
            application: None,
            display_name: "somebody".to_owned(),
            enabled: true,
            groups: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Puts an assignment where some of the principal and some of others stand already.
    fn put(own: usize, others: usize, subscription: SubscriptionId) -> Result<(), ManagementError> {
        let path = vault().path();
        let role = roles::named("Key Vault Secrets User").expect("a built-in role");
        let at = VaultPath { subscription, ..path.clone() }.id().to_uppercase();
        let assignments = (0..own + others).map(|number| {
            let principal = if number < own { PRINCIPAL } else { PrincipalId::random() };
            let scope = format!("{at}/SECRETS/S{number}");
            Record::Assignment(StoredAssignment::plain(RoleAssignmentId::random(), scope, principal, role))
        });
        let records = [
            Record::Tenant(TENANT),
            Record::Principal(Box::new(person(PRINCIPAL, TENANT))),
            Record::Vault(Box::new(vault())),
        ];
        let records = records.into_iter().chain(assignments).collect();
        let state = ControlState::new(1, records, BTreeMap::new(), Arc::default()).expect("a state");
        let scope = ResourcePath::Vault(path);
        let wanted = WantedAssignment { principal: PRINCIPAL, role, condition: None, description: None };
        let writer = Writer { principal: PRINCIPAL, tenant: TENANT, time: portcullis_model::UnixTime(1) };
        assignment_put(&state, &scope, RoleAssignmentId::random(), &wanted, writer).map(|_| ())
    }

    #[test]
    fn bounds_the_role_assignments_of_a_subscription_and_of_a_principal() {
        let elsewhere = SubscriptionId::from_bytes([9; 16]);
        put(999, 0, SUBSCRIPTION).expect("the thousandth");
        let refused = put(1_000, 0, SUBSCRIPTION).expect_err("one too many");
        assert!(matches!(refused, ManagementError::RoleAssignmentLimit { most: 1_000, whose: "a principal" }));
        assert!(put(1_000, 0, elsewhere).is_err(), "wherever they are");
        put(0, 3_999, SUBSCRIPTION).expect("the four-thousandth");
        let refused = put(0, 4_000, SUBSCRIPTION).expect_err("one too many");
        assert!(matches!(refused, ManagementError::RoleAssignmentLimit { most: 4_000, whose: "a subscription" }));
        put(0, 4_000, elsewhere).expect("those of another subscription do not count");
    }
}
