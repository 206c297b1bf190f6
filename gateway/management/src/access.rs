//! Role definitions, role assignments and deny assignments: one function each, state and arguments in, change and
//! outcome out.

mod deny;
mod role;

use std::collections::HashSet;

use portcullis_condition::Condition;
use portcullis_identity::{Directory, PrincipalKind};
use portcullis_model::access::{
    AccessCall, AccessOutcome, AssignmentDetails, AssignmentFilter, PermissionSet, WantedAssignment, Written,
};
use portcullis_model::management::{ManagementOutcome, RoleAssignmentDescription};
use portcullis_model::{PrincipalId, Resource, ResourcePath, RoleAssignmentId, RoleDefinitionId, TenantId, UnixTime};

use crate::record::{Record, StoredAssignment, assignment_key};
use crate::service::Change;
use crate::{ControlState, ManagementError, roles};

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer {
    pub(crate) principal: PrincipalId,
    pub(crate) tenant: TenantId,
    pub(crate) time: UnixTime,
}

impl Writer {
    /// The mark of a write, given that of the one before.
    pub(crate) fn mark(self, before: Option<Written>) -> Written {
        let Self { principal, time, .. } = self;
        let created = before.map_or((time, principal), |before| (before.created, before.created_by));
        Written { created: created.0, created_by: created.1, updated: time, updated_by: principal }
    }
}

/// Whether a call changes anything.
pub(crate) const fn writes(call: &AccessCall) -> bool {
    !call.operation().changes_nothing()
}

/// Answers a call that changes nothing.
pub(crate) fn read(
    state: &ControlState,
    call: &AccessCall,
    caller: PrincipalId,
    now: UnixTime,
) -> Result<AccessOutcome, ManagementError> {
    match call {
        AccessCall::RoleAssignmentGet { scope, id } => {
            let found = state.assignment(*id).filter(|stored| stored.scope.eq_ignore_ascii_case(&scope.id()));
            let found = found.ok_or(ManagementError::RoleAssignmentNotFound { id: *id })?;
            Ok(AccessOutcome::RoleAssignment(describe(state, found)))
        }
        AccessCall::RoleAssignmentList { scope, filter } => {
            Ok(AccessOutcome::RoleAssignments(assignments(state, scope, filter, now)))
        }
        AccessCall::RoleDefinitionGet { scope, id } => role::get(state, scope, *id).map(AccessOutcome::Role),
        AccessCall::RoleDefinitionList { scope, filter } => Ok(AccessOutcome::Roles(role::list(state, scope, filter))),
        AccessCall::DenyAssignmentGet { scope, id } => deny::get(state, scope, *id).map(AccessOutcome::Deny),
        AccessCall::DenyAssignmentList { scope, filter } => Ok(AccessOutcome::Denies(deny::list(state, scope, filter))),
        AccessCall::PermissionList { scope } => Ok(AccessOutcome::Permissions(permissions(state, scope, caller, now))),
        AccessCall::RoleDefinitionPut { .. }
        | AccessCall::RoleDefinitionDelete { .. }
        | AccessCall::DenyAssignmentPut { .. }
        | AccessCall::DenyAssignmentDelete { .. } => Err(ManagementError::ScopeNotSupported),
    }
}

/// Carries out a call that changes something.
pub(crate) fn write(
    state: &ControlState,
    call: &AccessCall,
    writer: Writer,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let (change, outcome) = match call {
        AccessCall::RoleDefinitionPut { scope, id, wanted } => role::put(state, scope, *id, wanted, writer)?,
        AccessCall::RoleDefinitionDelete { scope, id } => role::delete(state, scope, *id)?,
        AccessCall::DenyAssignmentPut { scope, id, wanted } => deny::put(state, scope, *id, wanted, writer)?,
        AccessCall::DenyAssignmentDelete { scope, id } => deny::delete(state, scope, *id)?,
        read_only => (Change::none(), read(state, read_only, writer.principal, writer.time)?),
    };
    Ok((change, ManagementOutcome::Access(outcome)))
}

/// Whether a role can be had by a principal at a scope.
pub(crate) fn check_assignable(
    state: &ControlState,
    scope: &ResourcePath,
    principal: PrincipalId,
    role: RoleDefinitionId,
) -> Result<(), ManagementError> {
    let tenant = crate::execute::tenant_at(state, scope)?;
    // A principal of another tenant could never use the role, and is none of this tenant's business.
    if state.directory().tenant_of(principal) != Some(tenant) {
        return Err(ManagementError::PrincipalNotFound { principal });
    }
    let scopes = state.assignable_scopes(role, tenant).ok_or(ManagementError::RoleDefinitionNotFound { role })?;
    if scopes.iter().any(|assignable| scope.resource().is_within(assignable)) {
        Ok(())
    } else {
        Err(ManagementError::RoleNotAssignable { role })
    }
}

/// Assigns a role. The same assignment under its own id may have its condition and its description changed.
pub(crate) fn assignment_put(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedAssignment,
    writer: Writer,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    check_assignable(state, scope, wanted.principal, wanted.role)?;
    if let Some(condition) = &wanted.condition {
        condition.parse::<Condition>().map_err(ManagementError::Condition)?;
    }
    let before = state.assignment(id);
    let new = StoredAssignment {
        condition: wanted.condition.clone(),
        description: wanted.description.clone(),
        written: Some(writer.mark(before.and_then(|before| before.written))),
        // Other words do not make a role that is held for a time one that is held for good.
        starts: before.and_then(|before| before.starts),
        ends: before.and_then(|before| before.ends),
        schedule: before.and_then(|before| before.schedule.clone()),
        ..StoredAssignment::plain(id, scope.id(), wanted.principal, wanted.role)
    };
    match (before, state.same_assignment(&new)) {
        (Some(before), Some(same)) if before.id == same.id => {
            if before.condition == new.condition && before.description == new.description {
                let outcome = ManagementOutcome::RoleAssignment(describe(state, before));
                return Ok((Change::none(), outcome));
            }
            if new.condition.is_some() && is_last_owner(state, before) {
                return Err(ManagementError::LastOwner);
            }
        }
        (Some(_), _) => return Err(ManagementError::RoleAssignmentUpdateNotPermitted),
        (None, Some(same)) => return Err(ManagementError::RoleAssignmentExists { existing: same.id }),
        (None, None) => crate::execute::within_limits(state, scope, wanted.principal)?,
    }
    let outcome = ManagementOutcome::RoleAssignment(describe(state, &new));
    Ok((Change { puts: vec![Record::Assignment(new)], deletes: Vec::new() }, outcome))
}

/// Takes a role away. The last owner stays unless it is insisted upon.
pub(crate) fn assignment_delete(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    force: bool,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    crate::execute::tenant_at(state, scope)?;
    // An assignment is deleted at its own scope only: the right to delete was judged there.
    let found = state.assignment(id).filter(|stored| stored.scope.eq_ignore_ascii_case(&scope.id()));
    if !force && found.is_some_and(|found| is_last_owner(state, found)) {
        return Err(ManagementError::LastOwner);
    }
    let deletes = found.map(|stored| assignment_key(stored.id).into_bytes()).into_iter().collect();
    let outcome = ManagementOutcome::RoleAssignmentDeleted(found.map(|found| describe(state, found)));
    Ok((Change { puts: Vec::new(), deletes }, outcome))
}

/// Whether without this assignment nobody who can act would own its scope: no other one of the role Owner stands at it
/// or above it without condition and term, for an enabled principal of the same tenant.
fn is_last_owner(state: &ControlState, assignment: &StoredAssignment) -> bool {
    let owns = |other: &StoredAssignment| {
        other.role == roles::OWNER && other.condition.is_none() && other.starts.is_none() && other.ends.is_none()
    };
    let acts = |principal| state.directory().principal(principal).filter(|principal| principal.enabled);
    let tenant = state.directory().principal(assignment.principal).map(|principal| principal.tenant);
    let scope = Resource::at(&assignment.scope);
    owns(assignment)
        && !state.assignments().any(|other| {
            other.id != assignment.id
                && owns(other)
                && scope.is_within(&other.scope)
                && acts(other.principal).is_some_and(|principal| Some(principal.tenant) == tenant)
        })
}

/// The assignments at and above a scope, and below it unless the filter says otherwise.
fn assignments(
    state: &ControlState,
    scope: &ResourcePath,
    filter: &AssignmentFilter,
    now: UnixTime,
) -> Vec<RoleAssignmentDescription> {
    let tenant = crate::execute::tenant_at(state, scope).ok();
    let wanted = Wanted::new(state, scope, filter);
    let of_tenant = |principal: PrincipalId| {
        let known = state.directory().tenant_of(principal);
        known.is_none_or(|known| tenant == Some(known))
    };
    let stands = |stored: &&StoredAssignment| {
        stored.ends.is_none_or(|ends| now < ends)
            && stored.starts.is_none_or(|starts| now >= starts)
            && wanted.has(&stored.scope, stored.principal)
            && of_tenant(stored.principal)
    };
    let mut found: Vec<_> = state.assignments().filter(stands).collect();
    found.sort_by_key(|stored| stored.id);
    found.into_iter().map(|stored| describe(state, stored)).collect()
}

/// What a filter lets through.
struct Wanted {
    scope: Resource,
    at_scope: bool,
    principals: Option<HashSet<PrincipalId>>,
}

impl Wanted {
    fn new(state: &ControlState, scope: &ResourcePath, filter: &AssignmentFilter) -> Self {
        let groups = |id: PrincipalId| {
            let known = state.directory().principal(id);
            known.map(|known| known.groups.clone()).unwrap_or_default().into_iter().chain([id]).collect()
        };
        let principals = filter.principal.map(|id| HashSet::from([id])).or_else(|| filter.assigned_to.map(groups));
        Self { scope: scope.resource(), at_scope: filter.at_scope, principals }
    }

    fn has(&self, scope: &str, principal: PrincipalId) -> bool {
        let near = if self.at_scope { self.scope.is_within(scope) } else { crate::state::concerns(&self.scope, scope) };
        near && self.principals.as_ref().is_none_or(|wanted| wanted.contains(&principal))
    }
}

/// The permission blocks that the caller's roles have at a scope. Terms count, conditions are told and not evaluated.
fn permissions(state: &ControlState, scope: &ResourcePath, caller: PrincipalId, now: UnixTime) -> Vec<PermissionSet> {
    let filter = AssignmentFilter { at_scope: true, principal: None, assigned_to: Some(caller) };
    let mut seen = HashSet::new();
    assignments(state, scope, &filter, now)
        .into_iter()
        .filter(|assignment| seen.insert(assignment.role))
        .filter_map(|assignment| role::find(state, assignment.role))
        .flat_map(|role| role.permissions)
        .collect()
}

/// What a principal is, as the management plane calls it; none if the directory does not know it.
pub(crate) fn type_of(directory: &Directory, id: PrincipalId) -> Option<&'static str> {
    let of_principal = |kind| match kind {
        PrincipalKind::ServicePrincipal => "ServicePrincipal",
        PrincipalKind::User => "User",
    };
    let group = || directory.group(id).map(|_| "Group");
    directory.principal(id).map(|known| of_principal(known.kind)).or_else(group)
}

pub(crate) fn describe(state: &ControlState, assignment: &StoredAssignment) -> RoleAssignmentDescription {
    let principal_type = type_of(state.directory(), assignment.principal);
    RoleAssignmentDescription {
        id: assignment.id,
        scope: assignment.scope.clone(),
        principal: assignment.principal,
        role: assignment.role,
        details: AssignmentDetails {
            principal_type,
            condition: assignment.condition.clone(),
            description: assignment.description.clone(),
            written: assignment.written,
        },
    }
}
