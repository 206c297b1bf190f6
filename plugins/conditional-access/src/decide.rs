//! What the policies say.
//!
//! Each condition is asked as a predicate, exclusions before inclusions because they win, and nothing more is asked
//! once a condition is not met.

use portcullis_plugin::{Access, Network, Principal, Request, Settings as Installed};

use crate::settings::{ALL, Control, GrantControls, Operator, Policy, Selection, Settings, State};

/// Beyond this number of principals in one list, the caller's id is asked once in place of a question for each.
const PRINCIPALS_ASKED: usize = 8;

/// What a token must say when a second factor is demanded: `amr` of RFC 8176, as OpenID Connect's `claims` parameter.
const SECOND_FACTOR: &str = r#"{"access_token":{"amr":{"essential":true,"values":["mfa"]}}}"#;

/// What a policy that applies comes to.
enum Outcome {
    /// Its controls are met.
    Met,
    /// A token with these claims would meet them.
    Claims(&'static str),
    /// Nothing that the caller could bring would meet them, for this reason.
    Blocked(String),
}

/// Blocks by the first enabled policy that blocks; otherwise demands what the first one demands that is not met. Settings
/// that are not understood block everything.
pub fn decide(host: &(impl Request + Principal + Network + Installed)) -> Access {
    let settings = match Settings::parse(&host.settings()) {
        Ok(settings) => settings,
        Err(error) => {
            return Access::block("invalid-settings", format!("the conditional-access settings are invalid: {error}"));
        }
    };
    let (mut challenge, mut reported, mut met) = (None, None, None);
    for policy in settings.policies.iter().filter(|policy| policy.state != State::Disabled) {
        let outcome = match applies(host, policy) {
            Ok(false) => continue,
            Ok(true) => controls(host, policy),
            Err(unknown) => Outcome::Blocked(unjudged(policy, &unknown)),
        };
        match (policy.state, outcome) {
            (State::Enabled, Outcome::Blocked(reason)) => return Access::block(policy.id.as_str(), reason),
            (State::Enabled, Outcome::Claims(claims)) => {
                challenge.get_or_insert_with(|| {
                    let reason = format!("the conditional-access policy {} demands a second factor", name(policy));
                    Access::challenge(policy.id.as_str(), reason, claims)
                });
            }
            (State::Enabled, Outcome::Met) => {
                met.get_or_insert_with(|| policy.id.clone());
            }
            (_, Outcome::Met) => {}
            (_, Outcome::Blocked(_)) => {
                reported.get_or_insert_with(|| format!("report-only: {} would block", policy.id));
            }
            (_, Outcome::Claims(_)) => {
                reported.get_or_insert_with(|| format!("report-only: {} would challenge", policy.id));
            }
        }
    }
    // What is only reported must be seen, even where another policy is met.
    challenge.unwrap_or_else(|| reported.or(met).map_or(Access::NotApplicable, Access::grant))
}

/// Whether the controls of a policy that applies are met.
fn controls(host: &impl Principal, policy: &Policy) -> Outcome {
    let GrantControls { built_in_controls, operator } = &policy.grant_controls;
    let any = *operator == Some(Operator::Or);
    let (mut claims, mut blocked) = (None, None);
    for control in built_in_controls {
        match unmet(host, *control, policy) {
            Outcome::Met if any => return Outcome::Met,
            Outcome::Met => {}
            Outcome::Claims(demanded) => claims = Some(demanded),
            Outcome::Blocked(reason) => {
                blocked.get_or_insert(reason);
            }
        }
    }
    match (blocked, claims) {
        (None, None) => Outcome::Met,
        // With `OR`, what can be brought is enough; with `AND`, it is not.
        (Some(_), Some(claims)) if any => Outcome::Claims(claims),
        (Some(reason), _) => Outcome::Blocked(reason),
        (None, Some(claims)) => Outcome::Claims(claims),
    }
}

fn unmet(host: &impl Principal, control: Control, policy: &Policy) -> Outcome {
    match control {
        Control::Block => Outcome::Blocked(format!("blocked by the conditional-access policy {}", name(policy))),
        Control::Mfa if host.authenticated_with("mfa") => Outcome::Met,
        // Only people have a second factor; an application that was challenged would ask for a token for ever.
        Control::Mfa if host.principal_kind() != "user" => Outcome::Blocked(format!(
            "the conditional-access policy {} demands a second factor, which only people have; exclude the application, or \
             block it by a policy of its own",
            name(policy)
        )),
        Control::Mfa => Outcome::Claims(SECOND_FACTOR),
        Control::CompliantDevice if host.device("compliant").as_deref() == Some("true") => Outcome::Met,
        Control::CompliantDevice => Outcome::Blocked(format!(
            "the conditional-access policy {} demands a device that is known to be compliant",
            name(policy)
        )),
    }
}

fn unjudged(policy: &Policy, UnknownLocation(location): &UnknownLocation) -> String {
    format!("the conditional-access policy {} names a location that does not exist: {}", name(policy), cut(location))
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
