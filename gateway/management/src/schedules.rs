//! Privileged access: eligibilities, roles that are held for a time, and requests for them.
//!
//! Policy has judged that the caller may ask: whoever asks for others, that he may assign roles; whoever asks for
//! himself, that he is eligible for something at the scope. For what he is eligible, and on which terms, is looked up
//! here, in the very state that is changed.

use portcullis_model::management::ManagementOutcome;
use portcullis_model::schedules::{
    Expiration, RequestKind, RequestStatus, ScheduleCall, ScheduleDescription, ScheduleOutcome, WantedSchedule,
};
use portcullis_model::{PrincipalId, ResourcePath, RoleAssignmentId, RoleDefinitionId, UnixTime};

use crate::access::{Writer, check_assignable, type_of};
use crate::activation::ActivationRules;
use crate::record::{
    Record, Schedule, StoredActivation, StoredAssignment, StoredEligibility, activation_key, assignment_key,
    eligibility_key,
};
use crate::service::{Change, RECORDS_PER_COMMIT};
use crate::{ControlState, ManagementError};

/// The greatest number of requests of one principal that wait or were denied.
const MOST_REQUESTS: usize = 50;

type Done = Result<(Change, ManagementOutcome), ManagementError>;

/// Whether a call changes anything.
pub(crate) const fn writes(call: &ScheduleCall) -> bool {
    !call.operation().changes_nothing()
}

/// Carries out a call.
pub(crate) fn execute(state: &ControlState, rules: &ActivationRules, call: &ScheduleCall, writer: Writer) -> Done {
    match call {
        ScheduleCall::EligibilityPut { scope, id, wanted } => eligibility_put(state, scope, *id, wanted, writer),
        ScheduleCall::AssignmentPut { scope, id, wanted } => match wanted.kind {
            RequestKind::AdminAssign => assign(state, scope, *id, wanted, writer),
            RequestKind::AdminRemove => remove(state, scope, *id, wanted),
            RequestKind::SelfActivate => activate(state, rules, scope, *id, wanted, writer),
            RequestKind::SelfDeactivate => deactivate(state, scope, *id, wanted, writer),
        },
        ScheduleCall::ApprovalDecide { scope, id, approve } => decide(state, scope, *id, *approve, writer),
        reading => Ok((Change::none(), read(state, reading, writer.principal, writer.time))),
    }
}

/// Answers a call that changes nothing.
pub(crate) fn read(state: &ControlState, call: &ScheduleCall, caller: PrincipalId, now: UnixTime) -> ManagementOutcome {
    let groups = groups_of(state, caller);
    let is_for = |principal: PrincipalId, own: bool| !own || principal == caller || groups.contains(&principal);
    let near = |scope: &ResourcePath, at: &str| scope.resource().is_within(at);
    ManagementOutcome::Schedule(match call {
        ScheduleCall::EligibilityList { scope, own } => ScheduleOutcome::Eligibilities(
            state
                .eligibilities()
                .filter(|it| {
                    near(scope, &it.scope) && is_for(it.principal, *own) && runs(Some(it.starts), it.ends, now)
                })
                .map(|it| of_eligibility(state, it))
                .collect(),
        ),
        ScheduleCall::AssignmentList { scope, own } => {
            let held = state
                .assignments()
                .filter(|it| near(scope, &it.scope) && is_for(it.principal, *own) && runs(it.starts, it.ends, now));
            let mut held: Vec<_> = held.filter_map(|it| of_assignment(state, it)).collect();
            held.sort_by_key(|it| it.id);
            ScheduleOutcome::Assignments(held)
        }
        ScheduleCall::RequestList { scope, own } => {
            let waiting = state.activations().filter(|it| near(scope, &it.scope) && is_for(it.principal, *own));
            ScheduleOutcome::Requests(waiting.map(|it| of_activation(state, it)).collect())
        }
        ScheduleCall::EligibilityPut { .. }
        | ScheduleCall::AssignmentPut { .. }
        | ScheduleCall::ApprovalDecide { .. } => ScheduleOutcome::Requests(Vec::new()),
    })
}

fn groups_of(state: &ControlState, principal: PrincipalId) -> Vec<PrincipalId> {
    state.directory().principal(principal).map(|known| known.groups.clone()).unwrap_or_default()
}

fn refused(why: &'static str) -> ManagementError {
    ManagementError::ScheduleRequest { why }
}

/// Whether something runs from its start, if it has one, to before its end.
fn runs(starts: Option<UnixTime>, ends: Option<UnixTime>, now: UnixTime) -> bool {
    starts.is_none_or(|starts| starts <= now) && ends.is_none_or(|ends| now < ends)
}

/// Whether something is about the wanted role at this very scope.
fn is_about(scope: &ResourcePath, wanted: &WantedSchedule) -> impl Fn(RoleDefinitionId, &str) -> bool {
    let (scope, wanted) = (scope.id(), wanted.role);
    move |role, at| role == wanted && at.eq_ignore_ascii_case(&scope)
}

/// An id names one thing: a request that is made again with another body would seem to have been carried out.
fn check_id(state: &ControlState, id: RoleAssignmentId) -> Result<(), ManagementError> {
    // What rested on an eligibility that was removed must not come back with another one of its id.
    let taken = state.assignment(id).is_some()
        || state.activation(id).is_some()
        || state.dependants(id).next().is_some()
        || state.eligibilities().any(|eligibility| eligibility.id == id);
    if taken { Err(ManagementError::ScheduleRequestExists { id }) } else { Ok(()) }
}

fn schedule(wanted: &WantedSchedule, writer: Writer, eligibility: Option<RoleAssignmentId>) -> Schedule {
    let justification = wanted.justification.clone();
    Schedule { eligibility, justification, requestor: writer.principal, created: writer.time }
}

/// From when to when. What is over already is refused.
fn term(wanted: &WantedSchedule, now: UnixTime) -> Result<(UnixTime, Option<UnixTime>), ManagementError> {
    let starts = wanted.starts.map_or(now, |starts| starts.max(now));
    let ends = match wanted.expiration {
        None | Some(Expiration::Never) => None,
        Some(Expiration::At(time)) => Some(time),
        Some(Expiration::After(seconds)) => Some(starts.plus(seconds)),
    };
    if ends.is_some_and(|ends| ends <= starts) {
        return Err(refused("properties.scheduleInfo ends before it begins"));
    }
    Ok((starts, ends))
}

fn eligibility_put(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedSchedule,
    writer: Writer,
) -> Done {
    check_assignable(state, scope, wanted.principal, wanted.role)?;
    check_id(state, id)?;
    let about = is_about(scope, wanted);
    let stands = state.eligibilities().find(|it| it.principal == wanted.principal && about(it.role, &it.scope));
    match wanted.kind {
        RequestKind::AdminAssign => {
            let (starts, ends) = term(wanted, writer.time)?;
            if let Some(stands) = stands.filter(|it| it.ends.is_none_or(|ends| writer.time < ends)) {
                return Err(ManagementError::RoleAssignmentExists { existing: stands.id });
            }
            crate::execute::within_limits(state, scope, wanted.principal)?;
            let new = StoredEligibility {
                id,
                scope: scope.id(),
                principal: wanted.principal,
                role: wanted.role,
                starts,
                ends,
                schedule: schedule(wanted, writer, None),
            };
            let told = ScheduleOutcome::Eligibility(of_eligibility(state, &new));
            let deletes = stands.map(|it| eligibility_key(it.id).into_bytes()).into_iter().collect();
            let puts = vec![Record::Eligibility(Box::new(new))];
            Ok((Change { puts, deletes }, ManagementOutcome::Schedule(told)))
        }
        RequestKind::AdminRemove => {
            let stands = stands.ok_or_else(|| refused("there is no such eligibility at this scope"))?;
            // Whoever loses the eligibility loses what he took by it, and what he asked for. That is void without it:
            // what does not fit into this write is swept later, so that a removal never fails for its size.
            let rest = state.dependants(stands.id).take(RECORDS_PER_COMMIT);
            let deletes = std::iter::once(eligibility_key(stands.id).into_bytes()).chain(rest).collect();
            let told = ScheduleDescription {
                id,
                kind: RequestKind::AdminRemove,
                status: RequestStatus::Revoked,
                ..of_eligibility(state, stands)
            };
            let told = ManagementOutcome::Schedule(ScheduleOutcome::Eligibility(told));
            Ok((Change { puts: Vec::new(), deletes }, told))
        }
        RequestKind::SelfActivate | RequestKind::SelfDeactivate => {
            Err(refused("properties.requestType of an eligibility is AdminAssign or AdminRemove"))
        }
    }
}

/// Gives a role for a time.
fn assign(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedSchedule,
    writer: Writer,
) -> Done {
    check_assignable(state, scope, wanted.principal, wanted.role)?;
    check_id(state, id)?;
    let (starts, ends) = term(wanted, writer.time)?;
    hold(state, scope, id, wanted, (starts, ends), (schedule(wanted, writer, None), writer))
}

fn hold(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedSchedule,
    (starts, ends): (UnixTime, Option<UnixTime>),
    (schedule, writer): (Schedule, Writer),
) -> Done {
    let new = StoredAssignment {
        starts: Some(starts),
        ends,
        written: Some(writer.mark(None)),
        schedule: Some(schedule),
        ..StoredAssignment::plain(id, scope.id(), wanted.principal, wanted.role)
    };
    let mut deletes = Vec::new();
    if let Some(stands) = state.same_assignment(&new) {
        if stands.ends.is_none_or(|ends| writer.time < ends) {
            return Err(ManagementError::RoleAssignmentExists { existing: stands.id });
        }
        // One that is over only stands until somebody tidies up.
        deletes.push(assignment_key(stands.id).into_bytes());
    }
    crate::execute::within_limits(state, scope, wanted.principal)?;
    let told = of_assignment(state, &new).ok_or(ManagementError::Stale)?;
    let told = ManagementOutcome::Schedule(ScheduleOutcome::Assignment(told));
    Ok((Change { puts: vec![Record::Assignment(new)], deletes }, told))
}

/// The role that the caller holds by a schedule, to be taken back.
fn held<'a>(
    state: &'a ControlState,
    scope: &ResourcePath,
    wanted: &WantedSchedule,
) -> Option<(&'a StoredAssignment, &'a Schedule)> {
    let about = is_about(scope, wanted);
    let found = state.assignments().find(|it| it.principal == wanted.principal && about(it.role, &it.scope))?;
    Some((found, found.schedule.as_ref()?))
}

fn take_back(state: &ControlState, id: RoleAssignmentId, found: &StoredAssignment, kind: RequestKind) -> Done {
    let told = of_assignment(state, found).ok_or(ManagementError::Stale)?;
    let told = ScheduleDescription { id, kind, status: RequestStatus::Revoked, ..told };
    let deletes = vec![assignment_key(found.id).into_bytes()];
    let told = ManagementOutcome::Schedule(ScheduleOutcome::Assignment(told));
    Ok((Change { puts: Vec::new(), deletes }, told))
}

fn remove(state: &ControlState, scope: &ResourcePath, id: RoleAssignmentId, wanted: &WantedSchedule) -> Done {
    crate::execute::tenant_at(state, scope)?;
    check_id(state, id)?;
    let (found, _) =
        held(state, scope, wanted).ok_or_else(|| refused("no such role is held for a time at this scope"))?;
    take_back(state, id, found, wanted.kind)
}

fn deactivate(
    state: &ControlState,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedSchedule,
    writer: Writer,
) -> Done {
    check_self(wanted, writer)?;
    check_id(state, id)?;
    let found = held(state, scope, wanted).filter(|(_, schedule)| schedule.eligibility.is_some());
    let (found, _) = found.ok_or_else(|| refused("you have not taken this role at this scope"))?;
    take_back(state, id, found, wanted.kind)
}

fn check_self(wanted: &WantedSchedule, writer: Writer) -> Result<(), ManagementError> {
    if wanted.principal == writer.principal {
        Ok(())
    } else {
        Err(refused("properties.principalId is not the caller; a role is taken for oneself alone"))
    }
}

/// Takes a role that the caller is eligible for, or asks somebody else to approve that.
fn activate(
    state: &ControlState,
    rules: &ActivationRules,
    scope: &ResourcePath,
    id: RoleAssignmentId,
    wanted: &WantedSchedule,
    writer: Writer,
) -> Done {
    check_self(wanted, writer)?;
    check_assignable(state, scope, wanted.principal, wanted.role)?;
    check_id(state, id)?;
    let rule = rules.of(wanted.role);
    if rule.justification && wanted.justification.is_none() {
        return Err(refused("properties.justification is required to take this role"));
    }
    let now = writer.time;
    let eligibility = eligibility(state, scope, wanted, now)
        .ok_or_else(|| refused("you are not eligible for this role at this scope"))?;
    if wanted.starts.is_some_and(|starts| starts > now) {
        return Err(refused("properties.scheduleInfo.startDateTime is in the future; a role is taken at once"));
    }
    let seconds = match wanted.expiration {
        None => rule.most_seconds,
        Some(Expiration::After(seconds)) => seconds,
        Some(Expiration::At(time)) => time.0.saturating_sub(now.0),
        Some(Expiration::Never) => {
            return Err(refused("properties.scheduleInfo.expiration: a role is taken for a time"));
        }
    };
    if seconds < 1 || seconds > rule.most_seconds {
        return Err(ManagementError::ActivationTooLong { most_seconds: rule.most_seconds });
    }
    let schedule = schedule(wanted, writer, Some(eligibility.id));
    if !rule.approval {
        let ends = bounded(now.plus(seconds), eligibility.ends);
        return hold(state, scope, id, wanted, (now, Some(ends)), (schedule, writer));
    }
    let own = || state.activations().filter(|it| it.principal == writer.principal);
    let about = is_about(scope, wanted);
    if own().any(|it| it.status == RequestStatus::PendingApproval && about(it.role, &it.scope)) {
        return Err(refused("a request of yours for this role at this scope waits for approval already"));
    }
    if own().count() >= MOST_REQUESTS {
        return Err(refused("too many of your requests wait or were denied"));
    }
    let new = StoredActivation {
        id,
        scope: scope.id(),
        principal: wanted.principal,
        role: wanted.role,
        seconds,
        status: RequestStatus::PendingApproval,
        schedule,
    };
    let told = ManagementOutcome::Schedule(ScheduleOutcome::Assignment(of_activation(state, &new)));
    Ok((Change { puts: vec![Record::Activation(Box::new(new))], deletes: Vec::new() }, told))
}

fn bounded(ends: UnixTime, eligible_until: Option<UnixTime>) -> UnixTime {
    eligible_until.map_or(ends, |until| ends.min(until))
}

/// The eligibility of the caller, or of a group of his, that runs now: for this role at this very scope.
fn eligibility<'a>(
    state: &'a ControlState,
    scope: &ResourcePath,
    wanted: &WantedSchedule,
    now: UnixTime,
) -> Option<&'a StoredEligibility> {
    let (groups, about) = (groups_of(state, wanted.principal), is_about(scope, wanted));
    state.eligibilities().find(|it| {
        (it.principal == wanted.principal || groups.contains(&it.principal))
            && about(it.role, &it.scope)
            && runs(Some(it.starts), it.ends, now)
    })
}

/// Approves a request, or does not. Nobody approves his own; and the eligibility must still be there.
fn decide(state: &ControlState, scope: &ResourcePath, id: RoleAssignmentId, approve: bool, writer: Writer) -> Done {
    let found = state.activation(id).filter(|it| it.scope.eq_ignore_ascii_case(&scope.id()));
    let found = found.ok_or(ManagementError::ScheduleRequestNotFound { id })?;
    if found.status != RequestStatus::PendingApproval {
        return Err(refused("the request does not wait for approval"));
    }
    if found.principal == writer.principal || found.schedule.requestor == writer.principal {
        return Err(ManagementError::SelfApproval);
    }
    let decided = ManagementOutcome::Schedule(ScheduleOutcome::Decided(id, approve));
    if !approve {
        let denied = StoredActivation { status: RequestStatus::Denied, ..found.clone() };
        let puts = vec![Record::Activation(Box::new(denied))];
        return Ok((Change { puts, deletes: Vec::new() }, decided));
    }
    let wanted = WantedSchedule {
        kind: RequestKind::SelfActivate,
        principal: found.principal,
        role: found.role,
        starts: None,
        expiration: None,
        justification: found.schedule.justification.clone(),
    };
    let eligible =
        eligibility(state, scope, &wanted, writer.time).filter(|it| found.schedule.eligibility == Some(it.id));
    let eligible = eligible.ok_or_else(|| refused("the eligibility that the request rests on is over"))?;
    let ends = bounded(writer.time.plus(found.seconds), eligible.ends);
    let asker = Writer { principal: found.principal, ..writer };
    let term = (writer.time, Some(ends));
    let (mut change, _) = hold(state, scope, id, &wanted, term, (found.schedule.clone(), asker))?;
    change.deletes.push(activation_key(id).into_bytes());
    Ok((change, decided))
}

/// What is over, so that it does not stay for good: roles that were held for a time, eligibilities, and requests that
/// were denied a month ago; and what rests on an eligibility that is gone. They count no more from the second of their end
/// on; this only tidies up.
pub(crate) fn over(state: &ControlState, now: UnixTime) -> Vec<Vec<u8>> {
    let is_over = |ends: Option<UnixTime>| ends.is_some_and(|ends| ends <= now);
    let assignments = state.assignments().filter(|it| it.schedule.is_some() && is_over(it.ends));
    let eligibilities = state.eligibilities().filter(|it| is_over(it.ends));
    let old = |it: &&StoredActivation| it.schedule.created.plus(30 * 86_400) <= now;
    assignments
        .map(|it| assignment_key(it.id))
        .chain(eligibilities.map(|it| eligibility_key(it.id)))
        .chain(state.activations().filter(old).map(|it| activation_key(it.id)))
        .map(String::into_bytes)
        .chain(state.void())
        .collect()
}

fn describe(
    state: &ControlState,
    (id, scope, principal): (RoleAssignmentId, &str, PrincipalId),
    role: RoleDefinitionId,
    schedule: &Schedule,
) -> ScheduleDescription {
    ScheduleDescription {
        id,
        scope: scope.to_owned(),
        principal,
        principal_type: type_of(state.directory(), principal),
        role,
        kind: if schedule.eligibility.is_some() { RequestKind::SelfActivate } else { RequestKind::AdminAssign },
        status: RequestStatus::Provisioned,
        starts: schedule.created,
        ends: None,
        eligibility: schedule.eligibility,
        justification: schedule.justification.clone(),
        requestor: schedule.requestor,
        created: schedule.created,
    }
}

fn of_eligibility(state: &ControlState, it: &StoredEligibility) -> ScheduleDescription {
    let told = describe(state, (it.id, &it.scope, it.principal), it.role, &it.schedule);
    ScheduleDescription { starts: it.starts, ends: it.ends, ..told }
}

fn of_assignment(state: &ControlState, it: &StoredAssignment) -> Option<ScheduleDescription> {
    let schedule = it.schedule.as_ref()?;
    let told = describe(state, (it.id, &it.scope, it.principal), it.role, schedule);
    Some(ScheduleDescription { starts: it.starts.unwrap_or(schedule.created), ends: it.ends, ..told })
}

fn of_activation(state: &ControlState, it: &StoredActivation) -> ScheduleDescription {
    let told = describe(state, (it.id, &it.scope, it.principal), it.role, &it.schedule);
    ScheduleDescription { status: it.status, ..told }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use portcullis_model::{Resource, SubscriptionId, TenantId};
    use portcullis_policy::DirectoryFacts as _;

    use super::*;
    use crate::execute::tests::person;
    use crate::record::StoredSubscription;
    use crate::roles;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const SUBSCRIPTION: SubscriptionId = SubscriptionId::from_bytes([2; 16]);
    const HOLDER: PrincipalId = PrincipalId::from_bytes([3; 16]);
    const ADMIN: Writer = Writer { principal: PrincipalId::from_bytes([4; 16]), tenant: TENANT, time: UnixTime(1_000) };
    const ELIGIBILITY: RoleAssignmentId = RoleAssignmentId::from_bytes([5; 16]);
    const SCOPE: ResourcePath = ResourcePath::Subscription(SUBSCRIPTION);

    fn wanted(kind: RequestKind) -> WantedSchedule {
        let role = roles::named("Key Vault Secrets User").expect("a built-in role");
        WantedSchedule { kind, principal: HOLDER, role, starts: None, expiration: None, justification: None }
    }

    /// An eligibility, two hundred requests that wait on it, and a role that was taken by it.
    fn records() -> Vec<Record> {
        let (role, scope) = (wanted(RequestKind::AdminRemove).role, SCOPE.id());
        let schedule =
            |eligibility| Schedule { eligibility, justification: None, requestor: HOLDER, created: UnixTime(1_000) };
        let holder = person(HOLDER, TENANT);
        let eligibility = StoredEligibility {
            id: ELIGIBILITY,
            scope: scope.clone(),
            principal: HOLDER,
            role,
            starts: UnixTime(1),
            ends: None,
            schedule: schedule(None),
        };
        let taken = StoredAssignment {
            starts: Some(UnixTime(1_000)),
            ends: Some(UnixTime(9_000)),
            schedule: Some(schedule(Some(ELIGIBILITY))),
            ..StoredAssignment::plain(RoleAssignmentId::random(), scope.clone(), HOLDER, role)
        };
        let mut records = vec![
            Record::Tenant(TENANT),
            Record::Subscription(StoredSubscription { id: SUBSCRIPTION, tenant: TENANT }),
            Record::Principal(Box::new(holder)),
            Record::Eligibility(Box::new(eligibility)),
            Record::Assignment(taken),
        ];
        records.extend((0..200).map(|_| {
            Record::Activation(Box::new(StoredActivation {
                id: RoleAssignmentId::random(),
                scope: scope.clone(),
                principal: HOLDER,
                role,
                seconds: 3_600,
                status: RequestStatus::PendingApproval,
                schedule: schedule(Some(ELIGIBILITY)),
            }))
        }));
        records
    }

    fn state(records: Vec<Record>) -> ControlState {
        ControlState::new(1, records, BTreeMap::new(), Arc::default()).expect("a state")
    }

    #[test]
    fn an_eligibility_is_removed_however_much_rests_on_it_and_all_of_that_is_void_at_once() {
        let before = state(records());
        let around = Resource::at(&SCOPE.id());
        assert_eq!(before.conditional_assignments(HOLDER, &[], &around).items().len(), 2);
        let id = RoleAssignmentId::random();
        let (change, _) =
            eligibility_put(&before, &SCOPE, id, &wanted(RequestKind::AdminRemove), ADMIN).expect("it is removed");
        assert_eq!(change.deletes.len(), RECORDS_PER_COMMIT + 1);
        assert!(change.deletes.contains(&eligibility_key(ELIGIBILITY).into_bytes()));

        // The worst case: nothing but the eligibility itself was deleted as yet.
        let left = records().into_iter().filter(|it| !matches!(it, Record::Eligibility(_)));
        let left: Vec<_> = left.collect();
        let waiting = left.iter().find_map(|it| match it {
            Record::Activation(activation) => Some(activation.id),
            _ => None,
        });
        let after = state(left);
        assert!(after.conditional_assignments(HOLDER, &[], &around).items().is_empty(), "the role is lost");
        assert_eq!((after.assignments().count(), after.activations().count()), (0, 0));
        let refused = decide(&after, &SCOPE, waiting.expect("a request"), true, ADMIN).map(|_| ());
        assert!(matches!(refused, Err(ManagementError::ScheduleRequest { .. })), "{refused:?}");
        let again = eligibility_put(&after, &SCOPE, ELIGIBILITY, &wanted(RequestKind::AdminAssign), ADMIN).map(|_| ());
        assert!(matches!(again, Err(ManagementError::ScheduleRequestExists { .. })), "{again:?}");
        assert_eq!(over(&after, ADMIN.time).len(), 201, "all is swept");
    }
}
