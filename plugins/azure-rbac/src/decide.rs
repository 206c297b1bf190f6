//! What the caller's role assignments say.
//!
//! The questions stand in this order so that the gateway's memo branches late and seldom: the plane and the action have
//! few answers, roles have one each per revision, and only assignments whose role grants the action are asked for
//! their scope. Neither the object's name nor the full resource is asked, unless there are too many scopes.

use std::collections::HashMap;

use portcullis_plugin::{Assignment, Directory, Opinion, Request, Role};

use crate::pattern::matches;

/// Beyond this number of scopes, the resource itself is asked once. That keeps within the gateway's bound of questions
/// for a caller with an assignment on each of a thousand secrets, at the price of a decision that is remembered for
/// one object only.
const SCOPES_ASKED: usize = 24;

/// Allows by the first assignment that covers the resource and whose role grants the action.
pub fn decide(host: &(impl Request + Directory)) -> Opinion {
    let plane = if host.data_plane() { Plane::Data } else { Plane::Management };
    let action = host.action();
    let assignments = host.role_assignments();
    if assignments.is_empty() {
        return Opinion::abstain(format!(
            "the caller has no role assignment at, above or below this vault, so nothing grants {action}"
        ));
    }
    let granting = granting(host, plane, &action, &assignments);
    if granting.is_empty() {
        return Opinion::abstain(format!(
            "none of the caller's {} role assignments around this vault grants {action}",
            assignments.len()
        ));
    }
    match covering(host, &granting) {
        Some(assignment) => Opinion::allow(assignment.id.as_str()),
        None => Opinion::abstain(format!(
            "{} role assignments grant {action} elsewhere, but none at or above the resource",
            granting.len()
        )),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plane {
    Data,
    Management,
}

/// The assignments whose role grants the action. Each role is asked once; a role that is not known grants nothing.
fn granting<'a>(
    host: &impl Directory,
    plane: Plane,
    action: &str,
    assignments: &'a [Assignment],
) -> Vec<&'a Assignment> {
    let mut roles: HashMap<&str, bool> = HashMap::new();
    let mut grants = |role: &'a str| {
        *roles
            .entry(role)
            .or_insert_with(|| host.role_definition(role).is_some_and(|role| permits(&role, plane, action)))
    };
    assignments.iter().filter(|assignment| grants(&assignment.role)).collect()
}

/// Blocks grant independently: what one block takes away, another may grant.
fn permits(role: &Role, plane: Plane, action: &str) -> bool {
    role.permissions.iter().any(|block| {
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
