//! What the access policies of the vault say.

use portcullis_plugin::{Grants, Opinion, PolicyEntry, Principal, Request};

/// Allows what one of the policies for the caller permits (behaviour, section 3.5).
///
/// A policy that names an application counts for a user who acts through that application, and for nobody else. The
/// gateway tells of the policies of the vault's tenant alone, and lets in callers of that tenant alone.
pub fn decide(host: &(impl Request + Principal + Grants)) -> Opinion {
    if !host.data_plane() {
        return Opinion::abstain("access policies say nothing about the management plane");
    }
    if host.permission_model().as_deref() != Some("access-policies") {
        return Opinion::abstain("access policies do not count for this vault, role assignments do");
    }
    let Some(needed) = host.permission() else {
        return Opinion::abstain("no access policy can permit this operation");
    };
    let mut matching = 0_usize;
    for entry in host.access_policies() {
        if !counts(host, &entry) {
            continue;
        }
        matching += 1;
        if entry.permissions.iter().any(|given| given.eq_ignore_ascii_case(&needed)) {
            return Opinion::allow(format!("access-policy {needed}"));
        }
    }
    Opinion::abstain(if matching == 0 {
        "no access policy of this vault is for the caller".to_owned()
    } else {
        format!("none of the {matching} access policies for the caller permits {needed}")
    })
}

fn counts(host: &impl Principal, entry: &PolicyEntry) -> bool {
    let Some(wanted) = &entry.application else { return true };
    host.principal_kind() == "user" && host.application().is_some_and(|acting| acting.eq_ignore_ascii_case(wanted))
}
