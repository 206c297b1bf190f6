//! Deny assignments. The reference makes them by itself alone; here whoever may write them at a scope can
//! (`Microsoft.Authorization/denyAssignments/write`, which Owner and User Access Administrator have).

use portcullis_model::access::{AccessOutcome, AssignmentFilter, DeniedPrincipals, DenyDescription, WantedDeny};
use portcullis_model::{PrincipalId, ResourcePath, RoleAssignmentId, TenantId};

use super::{Wanted, Writer};
use crate::record::{Record, StoredDeny, deny_key};
use crate::service::Change;
use crate::{ControlState, ManagementError};

/// The greatest number of deny assignments in a tenant: each is looked at by every decision there.
const MOST_IN_TENANT: usize = 1_000;

pub(super) fn get(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
) -> Result<DenyDescription, ManagementError> {
    let found = state.deny(id).filter(|stored| stored.scope.eq_ignore_ascii_case(&scope.id()));
    found.map(StoredDeny::describe).ok_or(ManagementError::DenyAssignmentNotFound { id })
}

pub(super) fn list(state: &ControlState, scope: &ResourcePath, filter: &AssignmentFilter) -> Vec<DenyDescription> {
    let tenant = crate::execute::tenant_at(state, scope).ok();
    let wanted = Wanted::new(state, scope, filter);
    let nobody = PrincipalId::from_bytes([0; 16]);
    let near = |stored: &StoredDeny| match (&wanted.principals, &stored.wanted.principals) {
        (Some(_), DeniedPrincipals::Named(named)) => named.iter().any(|id| wanted.has(&stored.scope, *id)),
        (None, _) => wanted.has(&stored.scope, nobody),
        (Some(some), DeniedPrincipals::Everyone) => some.iter().next().is_some_and(|id| wanted.has(&stored.scope, *id)),
    };
    let found = state.denies().filter(|stored| Some(stored.tenant) == tenant && near(stored));
    found.map(StoredDeny::describe).collect()
}

pub(super) fn put(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedDeny,
    writer: Writer,
) -> Result<(Change, AccessOutcome), ManagementError> {
    let tenant = crate::execute::tenant_at(state, scope)?;
    check_principals(state, tenant, wanted)?;
    if !wanted_leaves_the_writer(state, wanted, writer.principal) {
        return Err(ManagementError::DeniesItsWriter);
    }
    let before = match state.deny(id) {
        Some(before) if before.tenant != tenant || !before.scope.eq_ignore_ascii_case(&scope.id()) => {
            return Err(ManagementError::DenyAssignmentUpdateNotPermitted);
        }
        before => before,
    };
    if before.is_none() && state.denies().filter(|stored| stored.tenant == tenant).count() >= MOST_IN_TENANT {
        return Err(ManagementError::DenyLimit { most: MOST_IN_TENANT });
    }
    let written = writer.mark(before.map(|before| before.written));
    let new = StoredDeny { id, tenant, scope: scope.id(), wanted: wanted.clone(), written };
    let outcome = AccessOutcome::DenyWritten(new.describe());
    Ok((Change { puts: vec![Record::Deny(Box::new(new))], deletes: Vec::new() }, outcome))
}

pub(super) fn delete(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
) -> Result<(Change, AccessOutcome), ManagementError> {
    crate::execute::tenant_at(state, scope)?;
    let found = state.deny(id).filter(|stored| stored.scope.eq_ignore_ascii_case(&scope.id()));
    let deletes = found.map(|stored| deny_key(stored.id).into_bytes()).into_iter().collect();
    Ok((Change { puts: Vec::new(), deletes }, AccessOutcome::DenyDeleted))
}

fn check_principals(state: &ControlState, tenant: TenantId, wanted: &WantedDeny) -> Result<(), ManagementError> {
    let named = match &wanted.principals {
        DeniedPrincipals::Everyone => &[][..],
        DeniedPrincipals::Named(named) => named,
    };
    let unknown = |id: &&PrincipalId| state.directory().tenant_of(**id) != Some(tenant);
    match named.iter().chain(&wanted.excluded).find(unknown) {
        None => Ok(()),
        Some(principal) => Err(ManagementError::PrincipalNotFound { principal: *principal }),
    }
}

/// Whoever denies himself could not take it back.
fn wanted_leaves_the_writer(state: &ControlState, wanted: &WantedDeny, writer: PrincipalId) -> bool {
    let groups = state.directory().principal(writer).map(|known| known.groups.clone()).unwrap_or_default();
    !wanted.is_for(writer, &groups)
}
