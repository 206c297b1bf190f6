//! The operations of the management plane, one function each: state and arguments in, change and outcome out.

use portcullis_model::management::{AssignmentScope, ManagementOutcome, RoleAssignmentDescription, VaultChanges};
use portcullis_model::{PrincipalId, RoleAssignmentId, RoleDefinitionId, VaultPath};

use crate::record::{Record, StoredAssignment, StoredVault, assignment_key};
use crate::service::Change;
use crate::{ControlState, ManagementError, VaultView, roles};

fn find<'a>(state: &'a ControlState, path: &VaultPath) -> Result<&'a VaultView, ManagementError> {
    let found = state.vault(&path.vault).filter(|view| {
        let at = &view.facts.path;
        at.subscription == path.subscription && at.group.as_str().eq_ignore_ascii_case(path.group.as_str())
    });
    found.map(AsRef::as_ref).ok_or_else(|| ManagementError::VaultNotFound { vault: path.vault.clone() })
}

pub(crate) fn vault_get(state: &ControlState, path: &VaultPath) -> Result<ManagementOutcome, ManagementError> {
    Ok(ManagementOutcome::Vault(find(state, path)?.describe()))
}

pub(crate) fn vault_patch(
    state: &ControlState,
    path: &VaultPath,
    changes: &VaultChanges,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let view = find(state, path)?;
    let stored = &view.stored;
    if stored.purge_protected && changes.purge_protection == Some(false) {
        return Err(ManagementError::PurgeProtectionIsIrreversible);
    }
    let changed = StoredVault {
        network: changes.network.clone().apply(stored.network.clone()),
        purge_protected: changes.purge_protection.unwrap_or(stored.purge_protected),
        tags: changes.tags.clone().unwrap_or_else(|| stored.tags.clone()),
        ..stored.clone()
    };
    let mut description = view.describe();
    description.network = changed.network.clone();
    description.recovery = changed.recovery();
    description.tags = changed.tags.clone();
    let puts = if changed == *stored { Vec::new() } else { vec![Record::Vault(Box::new(changed))] };
    Ok((Change { puts, deletes: Vec::new() }, ManagementOutcome::Vault(description)))
}

pub(crate) fn role_assignment_put(
    state: &ControlState,
    scope: &AssignmentScope,
    id: RoleAssignmentId,
    principal: PrincipalId,
    role: RoleDefinitionId,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let vault = find(state, &scope.vault)?;
    // A principal of another tenant could never use the role, and is none of this tenant's business.
    let known = state.directory().principal(principal);
    if known.is_none_or(|known| known.tenant != vault.facts.tenant) {
        return Err(ManagementError::PrincipalNotFound { principal });
    }
    if roles::built_in(role).is_none() {
        return Err(ManagementError::RoleDefinitionNotFound { role });
    }
    let wanted = StoredAssignment { id, scope: scope.id(), principal, role };
    let same = state.same_assignment(&wanted);
    let puts = match (state.assignment(id), same) {
        (Some(stored), Some(same)) if stored.id == same.id => Vec::new(),
        (Some(_), _) => return Err(ManagementError::RoleAssignmentUpdateNotPermitted),
        (None, Some(same)) => return Err(ManagementError::RoleAssignmentExists { existing: same.id }),
        (None, None) => vec![Record::Assignment(wanted.clone())],
    };
    Ok((Change { puts, deletes: Vec::new() }, ManagementOutcome::RoleAssignment(describe(&wanted))))
}

pub(crate) fn role_assignment_delete(
    state: &ControlState,
    scope: &AssignmentScope,
    id: RoleAssignmentId,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    find(state, &scope.vault)?;
    // An assignment is deleted at its own scope only: the right to delete was judged there.
    let found = state.assignment(id).filter(|stored| stored.scope.eq_ignore_ascii_case(&scope.id()));
    let deletes = found.map(|stored| assignment_key(stored.id).into_bytes()).into_iter().collect();
    Ok((Change { puts: Vec::new(), deletes }, ManagementOutcome::RoleAssignmentDeleted(found.map(describe))))
}

fn describe(assignment: &StoredAssignment) -> RoleAssignmentDescription {
    RoleAssignmentDescription {
        id: assignment.id,
        scope: assignment.scope.clone(),
        principal: assignment.principal,
        role: assignment.role,
    }
}
