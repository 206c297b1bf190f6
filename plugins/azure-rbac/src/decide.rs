//! What the caller's role assignments say.
//!
//! The questions stand in this order so that the gateway's memo branches late and seldom: the plane and the action have
//! few answers, roles have one each per revision, and only assignments whose role grants the action are asked for
//! their scope. Conditions and terms are asked about when nothing plain grants. Neither the object's name nor the full
//! resource is asked, unless there are too many scopes or a condition names them.

use std::collections::HashMap;
use std::slice;

use portcullis_plugin::{
    Assignment, Clock, ConditionalAssignment, Directory, Grants, Network, Opinion, Permissions, Principal, Request,
};

use crate::circumstances::Circumstances;
use crate::pattern::matches;

/// Beyond this number of scopes, the resource itself is asked once. That keeps within the gateway's bound of questions
/// for a caller with an assignment on each of a thousand secrets, at the price of a decision that is remembered for
/// one object only.
const SCOPES_ASKED: usize = 24;

/// What this plugin asks about.
pub trait Asked: Request + Directory + Grants + Principal + Network + Clock {}

impl<T: Request + Directory + Grants + Principal + Network + Clock> Asked for T {}

/// Denies by the first deny assignment that covers the resource, and allows by the first role assignment that does and
/// whose role grants the action.
pub fn decide(host: &impl Asked) -> Opinion {
    let plane = if host.data_plane() { Plane::Data } else { Plane::Management };
    if plane == Plane::Data && host.permission_model().as_deref() != Some("roles") {
        return Opinion::abstain("role assignments do not count for the objects of this vault, its access policies do");
    }
    let action = host.action();
    if let Some(denied) = denying(host, plane, &action) {
        return Opinion::deny(denied, format!("a deny assignment takes {action} away"));
    }
    let assignments = host.role_assignments();
    let plain = granting(host, plane, &action, &assignments);
    if let Some(assignment) = covering(host, &plain) {
        return Opinion::allow(assignment.id.as_str());
    }
    let conditional = host.conditional_assignments();
    if let Some(id) = on_condition(host, plane, &action, &assignments, &conditional) {
        return Opinion::allow(id);
    }
    let count = assignments.len() + conditional.len();
    Opinion::abstain(if count == 0 {
        format!("the caller has no role assignment at, above or below this vault, so nothing grants {action}")
    } else if plain.is_empty() && conditional.is_empty() {
        format!("none of the caller's {count} role assignments around this vault grants {action}")
    } else if conditional.is_empty() {
        format!("{} role assignments grant {action} elsewhere, but none at or above the resource", plain.len())
    } else {
        format!(
            "none of the caller's {count} role assignments around this vault grants {action} on the resource now; {} \
             of them hold under a condition or for a time",
            conditional.len()
        )
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plane {
    Data,
    Management,
}

/// The first deny assignment that covers the resource and denies the action.
fn denying(host: &impl Asked, plane: Plane, action: &str) -> Option<String> {
    let covers = |scope: &str, alone: bool| {
        host.within_scope(scope) && (!alone || host.resource().eq_ignore_ascii_case(scope.trim_end_matches('/')))
    };
    host.deny_assignments()
        .into_iter()
        .find(|deny| permits(&deny.permissions, plane, action) && covers(&deny.scope, deny.scope_alone))
        .map(|deny| deny.id)
}

/// The assignments whose role grants the action. Each role is asked once; a role that is not known grants nothing.
fn granting<'a>(
    host: &impl Directory,
    plane: Plane,
    action: &str,
    assignments: &'a [Assignment],
) -> Vec<&'a Assignment> {
    let mut roles: HashMap<&str, bool> = HashMap::new();
    let mut grants = |role: &'a str| *roles.entry(role).or_insert_with(|| role_permits(host, role, plane, action));
    assignments.iter().filter(|assignment| grants(&assignment.role)).collect()
}

fn role_permits(host: &impl Directory, role: &str, plane: Plane, action: &str) -> bool {
    host.role_definition(role).is_some_and(|role| permits(&role.permissions, plane, action))
}

/// Blocks grant independently: what one block takes away, another may grant.
fn permits(blocks: &[Permissions], plane: Plane, action: &str) -> bool {
    blocks.iter().any(|block| {
        let (granted, taken) = match plane {
            Plane::Data => (&block.data_actions, &block.not_data_actions),
            Plane::Management => (&block.actions, &block.not_actions),
        };
        listed(granted, action) && !listed(taken, action)
    })
}

fn listed(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

fn covering<'a>(host: &impl Request, granting: &[&'a Assignment]) -> Option<&'a Assignment> {
    if granting.len() <= SCOPES_ASKED {
        return granting.iter().copied().find(|assignment| host.within_scope(&assignment.scope));
    }
    let resource = host.resource();
    granting.iter().copied().find(|assignment| is_within(&resource, &assignment.scope))
}

/// As the gateway's `within-scope`: the scope is the resource's id or a prefix of it that ends at a segment border.
fn is_within(resource: &str, scope: &str) -> bool {
    let scope = scope.strip_suffix('/').unwrap_or(scope);
    let Some(head) = resource.get(..scope.len()) else { return false };
    let tail = resource.get(scope.len()..).unwrap_or_default();
    head.eq_ignore_ascii_case(scope) && (tail.is_empty() || tail.starts_with('/'))
}

/// The first assignment that grants under a condition that holds: its own, or one of its role's. As for the plain ones,
/// each role is asked once, before any scope.
fn on_condition(
    host: &impl Asked,
    plane: Plane,
    action: &str,
    plain: &[Assignment],
    conditional: &[ConditionalAssignment],
) -> Option<String> {
    let circumstances = Circumstances { host, action };
    let mut blocks: HashMap<&str, Vec<String>> = HashMap::new();
    let mut whole: HashMap<&str, bool> = HashMap::new();
    let mut candidates = Vec::new();
    for (id, scope, role, terms) in plain
        .iter()
        .map(|plain| (&plain.id, &plain.scope, &plain.role, None))
        .chain(conditional.iter().map(|it| (&it.id, &it.scope, &it.role, Some(it))))
    {
        let whole = terms.is_some() && *whole.entry(role).or_insert_with(|| role_permits(host, role, plane, action));
        let on_condition = blocks.entry(role).or_insert_with(|| {
            let blocks = host.conditional_permissions(role).into_iter();
            let granting = blocks.filter(|block| permits(slice::from_ref(&block.permissions), plane, action));
            granting.map(|block| block.condition).collect()
        });
        if whole || !on_condition.is_empty() {
            candidates.push(Candidate { id, scope, role, terms, whole });
        }
    }
    let resource = (candidates.len() > SCOPES_ASKED).then(|| host.resource());
    let covers = |scope: &str| match &resource {
        Some(resource) => is_within(resource, scope),
        None => host.within_scope(scope),
    };
    let of_role = |role: &str| blocks.get(role).is_some_and(|all| all.iter().any(|it| circumstances.hold(it)));
    let grants = |candidate: &Candidate<'_>| {
        covers(candidate.scope)
            && candidate.terms.is_none_or(|terms| stands(host, &circumstances, terms))
            && (candidate.whole || of_role(candidate.role))
    };
    candidates.iter().find(|candidate| grants(candidate)).map(|candidate| candidate.id.to_owned())
}

/// An assignment that may grant.
struct Candidate<'a> {
    id: &'a str,
    scope: &'a str,
    role: &'a str,
    terms: Option<&'a ConditionalAssignment>,
    /// Whether the role grants the action without a condition of its own.
    whole: bool,
}

fn stands<H: Asked>(host: &H, circumstances: &Circumstances<'_, H>, terms: &ConditionalAssignment) -> bool {
    terms.starts.is_none_or(|starts| !host.before(starts))
        && terms.ends.is_none_or(|ends| host.before(ends))
        && terms.condition.as_deref().is_none_or(|condition| circumstances.hold(condition))
}
