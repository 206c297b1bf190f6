//! Role definitions.

use portcullis_model::access::{AccessOutcome, RoleDescription, RoleFilter, WantedRole};
use portcullis_model::{Resource, ResourcePath, RoleDefinitionId, TenantId};

use super::Writer;
use crate::record::{Record, StoredRole, role_key};
use crate::service::Change;
use crate::{ControlState, ManagementError, roles};

/// Azure's limit.
const MOST_IN_TENANT: usize = 5_000;

/// A role by its id, whoever may see it.
pub(super) fn find(state: &ControlState, id: RoleDefinitionId) -> Option<RoleDescription> {
    roles::description(id).cloned().or_else(|| state.role(id).map(StoredRole::describe))
}

pub(super) fn get(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleDefinitionId,
) -> Result<RoleDescription, ManagementError> {
    let tenant = crate::execute::tenant_at(state, scope).ok();
    let custom = || state.role(id).filter(|role| is_near(role, scope, tenant)).map(StoredRole::describe);
    roles::description(id).cloned().or_else(custom).ok_or(ManagementError::RoleDefinitionNotFound { role: id })
}

/// The built-in roles, and the custom ones whose scopes are at, above or below the scope.
pub(super) fn list(state: &ControlState, scope: &ResourcePath, filter: &RoleFilter) -> Vec<RoleDescription> {
    let tenant = crate::execute::tenant_at(state, scope).ok();
    let custom = state.roles().filter(|role| is_near(role, scope, tenant)).map(StoredRole::describe);
    let mut found: Vec<_> = roles::descriptions()
        .cloned()
        .chain(custom)
        .filter(|role| filter.name.as_ref().is_none_or(|name| role.name.eq_ignore_ascii_case(name)))
        .filter(|role| filter.built_in.is_none_or(|built_in| role.built_in == built_in))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
    found
}

fn is_near(role: &StoredRole, scope: &ResourcePath, tenant: Option<TenantId>) -> bool {
    Some(role.tenant) == tenant && role.scopes.iter().any(|at| crate::state::concerns(&scope.resource(), at))
}

pub(super) fn put(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleDefinitionId,
    wanted: &WantedRole,
    writer: Writer,
) -> Result<(Change, AccessOutcome), ManagementError> {
    let tenant = crate::execute::tenant_at(state, scope)?;
    if roles::built_in(id).is_some() || id == roles::ELIGIBLE {
        return Err(ManagementError::RoleIsBuiltIn { role: id });
    }
    let before = match state.role(id) {
        Some(before) if before.tenant != tenant => {
            return Err(ManagementError::RoleDefinitionNotFound { role: id });
        }
        before => before,
    };
    within(scope, &wanted.scopes)?;
    if let Some(before) = before {
        within(scope, &before.scopes)?;
    }
    let same_name = |name: &str| name.eq_ignore_ascii_case(&wanted.name);
    let mut of_tenant = state.roles().filter(|role| role.tenant == tenant);
    if roles::descriptions().any(|role| same_name(&role.name))
        || of_tenant.any(|role| role.id != id && same_name(&role.name))
    {
        return Err(ManagementError::RoleNameTaken { name: wanted.name.clone() });
    }
    if before.is_none() && state.roles().filter(|role| role.tenant == tenant).count() >= MOST_IN_TENANT {
        return Err(ManagementError::RoleLimit { most: MOST_IN_TENANT });
    }
    let stranded = |at: &str| !wanted.scopes.iter().any(|scope| Resource::at(at).is_within(scope));
    let held = state.assignments().map(|it| (it.role, &it.scope));
    let mut held = held.chain(state.eligibilities().map(|it| (it.role, &it.scope)));
    if held.any(|(role, scope)| role == id && stranded(scope)) {
        return Err(ManagementError::RoleInUse { role: id });
    }
    let new = StoredRole {
        id,
        tenant,
        name: wanted.name.clone(),
        description: wanted.description.clone(),
        permissions: wanted.permissions.clone(),
        scopes: wanted.scopes.clone(),
        written: writer.mark(before.map(|before| before.written)),
    };
    let outcome = AccessOutcome::RoleWritten(new.describe());
    Ok((Change { puts: vec![Record::Role(Box::new(new))], deletes: Vec::new() }, outcome))
}

pub(super) fn delete(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleDefinitionId,
) -> Result<(Change, AccessOutcome), ManagementError> {
    let tenant = crate::execute::tenant_at(state, scope)?;
    if roles::built_in(id).is_some() {
        return Err(ManagementError::RoleIsBuiltIn { role: id });
    }
    let Some(role) = state.role(id).filter(|role| role.tenant == tenant) else {
        return Ok((Change::none(), AccessOutcome::RoleDeleted(None)));
    };
    within(scope, &role.scopes)?;
    if state.assignments().any(|it| it.role == id) || state.eligibilities().any(|it| it.role == id) {
        return Err(ManagementError::RoleInUse { role: id });
    }
    let deletes = vec![role_key(id).into_bytes()];
    Ok((Change { puts: Vec::new(), deletes }, AccessOutcome::RoleDeleted(Some(role.describe()))))
}

/// The right to write was judged at the scope of the request, so that must be at or above every scope of the role.
fn within(scope: &ResourcePath, scopes: &[String]) -> Result<(), ManagementError> {
    let outside = scopes.iter().find(|at| !Resource::at(at).is_within(&scope.id()));
    match outside {
        None => Ok(()),
        Some(at) => Err(ManagementError::RoleScopeOutside { scope: at.clone() }),
    }
}
