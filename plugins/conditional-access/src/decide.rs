//! What the policies say.
//!
//! Each condition is asked as a predicate, exclusions before inclusions because they win, and nothing more is asked
//! once a condition is not met.

use portcullis_plugin::{Access, Network, Principal, Request, Settings as Installed};

use crate::settings::{ALL, Policy, Selection, Settings, State};

/// Beyond this number of principals in one list, the caller's id is asked once in place of a question for each.
const PRINCIPALS_ASKED: usize = 8;

/// Blocks by the first enabled policy that applies. Settings that are not understood block everything.
pub fn decide(host: &(impl Request + Principal + Network + Installed)) -> Access {
    let settings = match Settings::parse(&host.settings()) {
        Ok(settings) => settings,
        Err(error) => {
            return Access::block("invalid-settings", format!("the conditional-access settings are invalid: {error}"));
        }
    };
    let mut reported = Vec::new();
    for policy in &settings.policies {
        if policy.state == State::Disabled {
            continue;
        }
        let access = match applies(host, policy) {
            Ok(false) => continue,
            Ok(true) => blocked(policy),
            Err(unknown) => unjudged(policy, &unknown),
        };
        match policy.state {
            State::Enabled => return access,
            State::EnabledForReportingButNotEnforced => reported.push(policy.id.as_str()),
            State::Disabled => {}
        }
    }
    reported.first().map_or(Access::NotApplicable, |id| Access::grant(format!("report-only: {id} would block")))
}

fn blocked(policy: &Policy) -> Access {
    Access::block(policy.id.as_str(), format!("blocked by the conditional-access policy {}", name(policy)))
}

fn unjudged(policy: &Policy, UnknownLocation(location): &UnknownLocation) -> Access {
    let reason = format!(
        "the conditional-access policy {} names a location that does not exist: {}",
        name(policy),
        cut(location)
    );
    Access::block(policy.id.as_str(), reason)
}

fn name(policy: &Policy) -> &str {
    cut(&policy.display_name)
}

/// As much of a text as surely fits into a reason.
fn cut(text: &str) -> &str {
    const BYTES: usize = 256;
    text.char_indices()
        .take_while(|(at, letter)| at + letter.len_utf8() <= BYTES)
        .last()
        .map_or("", |(at, letter)| text.get(..at + letter.len_utf8()).unwrap_or_default())
}

/// A policy names a location that the gateway does not know, so whether it applies cannot be said.
struct UnknownLocation(String);

/// Operations and principals first: a policy that names an unknown location stops only those whom it is about.
fn applies(host: &(impl Request + Principal + Network), policy: &Policy) -> Result<bool, UnknownLocation> {
    let conditions = &policy.conditions;
    if !conditions.operations.as_ref().is_none_or(|selection| operation_selected(host, selection)) {
        return Ok(false);
    }
    if !caller_selected(host, conditions.principals.as_ref(), conditions.groups.as_ref()) {
        return Ok(false);
    }
    conditions.locations.as_ref().map_or(Ok(true), |selection| location_selected(host, selection))
}

fn operation_selected(host: &impl Request, selection: &Selection) -> bool {
    if !selection.exclude.is_empty() && host.operation_in(&selection.exclude) {
        return false;
    }
    selection.includes_all() || host.operation_in(&selection.include)
}

/// Groups are more principals: a caller is excluded by either list and included by either.
fn caller_selected(host: &impl Principal, principals: Option<&Selection>, groups: Option<&Selection>) -> bool {
    let excluded = principals.is_some_and(|selection| is_one_of(host, &selection.exclude))
        || groups.is_some_and(|selection| in_one_of(host, &selection.exclude));
    if excluded {
        return false;
    }
    principals.is_some_and(|selection| selection.includes_all() || is_one_of(host, &selection.include))
        || groups.is_some_and(|selection| selection.includes_all() || in_one_of(host, &selection.include))
}

fn is_one_of(host: &impl Principal, ids: &[String]) -> bool {
    if ids.len() <= PRINCIPALS_ASKED {
        return ids.iter().any(|id| host.principal_is(id));
    }
    let caller = host.principal_id();
    ids.iter().any(|id| id.eq_ignore_ascii_case(&caller))
}

fn in_one_of(host: &impl Principal, ids: &[String]) -> bool {
    ids.iter().any(|id| host.in_group(id))
}

fn location_selected(host: &impl Network, selection: &Selection) -> Result<bool, UnknownLocation> {
    if at_one_of(host, &selection.exclude)? {
        return Ok(false);
    }
    if selection.includes_all() { Ok(true) } else { at_one_of(host, &selection.include) }
}

/// Whether a location exists is asked only where the address does not lie in it.
fn at_one_of(host: &impl Network, names: &[String]) -> Result<bool, UnknownLocation> {
    for name in names.iter().filter(|name| *name != ALL) {
        if host.named_location(name) {
            return Ok(true);
        }
        if !host.named_location_exists(name) {
            return Err(UnknownLocation(name.clone()));
        }
    }
    Ok(false)
}
