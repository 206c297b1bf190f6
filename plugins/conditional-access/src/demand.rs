//! What a policy's controls come to, and what a token must say to meet them.

use std::collections::BTreeSet;

use portcullis_plugin::Principal;
use serde_json::{Value, json};

use crate::decide::{Outcome, name};
use crate::grant::{Control, GrantControls, Operator};
use crate::settings::Policy;

/// What a token must say. The members are what the gateway's own token endpoint can be asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// That there was a second factor.
    mfa: bool,
    /// That these authentication contexts are satisfied.
    contexts: BTreeSet<String>,
    /// That the sign-in was at most so many seconds ago.
    within: Option<u32>,
}

impl Demand {
    fn mfa() -> Self {
        Self { mfa: true, ..Self::default() }
    }

    /// Demands this as well.
    pub(crate) fn add(&mut self, other: &Self) {
        self.mfa |= other.mfa;
        self.contexts.extend(other.contexts.iter().cloned());
        self.within = self.within.into_iter().chain(other.within).min();
    }

    /// Why a policy challenges.
    pub(crate) fn reason(&self, policy: &str) -> String {
        let mut parts = Vec::new();
        if self.mfa {
            parts.push("a second factor".to_owned());
        }
        if !self.contexts.is_empty() {
            let ids: Vec<_> = self.contexts.iter().map(String::as_str).collect();
            parts.push(format!("the authentication context {}", ids.join(", ")));
        }
        if let Some(seconds) = self.within {
            parts.push(format!("a sign-in within the last {}", period(seconds)));
        }
        format!("the conditional-access policy {policy} demands {}", parts.join(" and "))
    }

    /// OpenID Connect's `claims` parameter. `max_age` is a member of our own: there is no clock here from which a time
    /// could be told.
    pub(crate) fn claims(&self) -> String {
        let mut token = serde_json::Map::new();
        let essential = |member: &str, value: Value| json!({"essential": true, member: value});
        if self.mfa {
            token.insert("amr".to_owned(), essential("values", json!(["mfa"])));
        }
        let contexts: Vec<_> = self.contexts.iter().collect();
        match contexts.as_slice() {
            [] => {}
            [one] => drop(token.insert("acrs".to_owned(), essential("value", json!(one)))),
            more => drop(token.insert("acrs".to_owned(), essential("values", json!(more)))),
        }
        if let Some(seconds) = self.within {
            token.insert("auth_time".to_owned(), essential("max_age", json!(seconds)));
        }
        json!({ "access_token": token }).to_string()
    }
}

/// Whether the controls of a policy that applies are met.
pub(crate) fn controls(host: &impl Principal, policy: &Policy) -> Outcome {
    let granted = policy.grant_controls.as_ref().map_or(Outcome::Met, |controls| grant(host, policy, controls));
    let stale = policy.sign_in_within.filter(|_| !matches!(granted, Outcome::Blocked(_)));
    match stale.filter(|seconds| !host.authenticated_within(*seconds)) {
        None => granted,
        Some(seconds) => {
            let mut demand = Demand { within: Some(seconds), ..Demand::default() };
            if let Outcome::Demands(more) = granted {
                demand.add(&more);
            }
            Outcome::Demands(demand)
        }
    }
}

fn grant(host: &impl Principal, policy: &Policy, GrantControls { controls, operator }: &GrantControls) -> Outcome {
    let any = *operator == Operator::Or;
    let (mut demand, mut blocked): (Option<Demand>, _) = (None, None);
    for control in controls {
        match unmet(host, control, policy) {
            Outcome::Met if any => return Outcome::Met,
            Outcome::Met => {}
            // With `OR`, the first that can be brought is enough.
            Outcome::Demands(_) if any && demand.is_some() => {}
            Outcome::Demands(more) => demand.get_or_insert_default().add(&more),
            Outcome::Blocked(reason) => {
                blocked.get_or_insert(reason);
            }
        }
    }
    match (blocked, demand) {
        (None, None) => Outcome::Met,
        // With `OR`, what can be brought is enough; with `AND`, it is not.
        (Some(_), Some(demand)) if any => Outcome::Demands(demand),
        (Some(reason), _) => Outcome::Blocked(reason),
        (None, Some(demand)) => Outcome::Demands(demand),
    }
}

fn unmet(host: &impl Principal, control: &Control, policy: &Policy) -> Outcome {
    match control {
        Control::Block => Outcome::Blocked(format!("blocked by the conditional-access policy {}", name(policy))),
        Control::Mfa if host.authenticated_with("mfa") => Outcome::Met,
        Control::Mfa => of_people(host, policy, "a second factor", Demand::mfa),
        Control::Context(id) if has_context(host, id) => Outcome::Met,
        Control::Context(id) => of_people(host, policy, "an authentication context", || Demand {
            contexts: BTreeSet::from([id.clone()]),
            ..Demand::default()
        }),
        Control::Strength(strength) => {
            let used = |methods: &Vec<String>| methods.iter().all(|method| host.authenticated_with(method));
            if strength.combinations.iter().any(used) {
                return Outcome::Met;
            }
            // What the sign-in page of the gateway itself can give.
            let ours = |methods: &Vec<String>| methods.iter().all(|it| ["pwd", "otp", "mfa"].contains(&it.as_str()));
            if strength.combinations.iter().any(ours) {
                return of_people(host, policy, "an authentication strength", Demand::mfa);
            }
            Outcome::Blocked(format!(
                "the conditional-access policy {} demands the authentication strength {}, which only another issuer's \
                 tokens can have; sign in there",
                name(policy),
                crate::json::cut(&strength.name, 256)
            ))
        }
        Control::CompliantDevice if host.device("compliant").as_deref() == Some("true") => Outcome::Met,
        Control::CompliantDevice => Outcome::Blocked(format!(
            "the conditional-access policy {} demands a device that is known to be compliant",
            name(policy)
        )),
        Control::DomainJoinedDevice if is_joined(host.device("trustType").as_deref()) => Outcome::Met,
        Control::DomainJoinedDevice => Outcome::Blocked(format!(
            "the conditional-access policy {} demands a device that is known to be joined to a domain",
            name(policy)
        )),
    }
}

/// Only people can show more; an application that was challenged would ask for a token for ever.
fn of_people(host: &impl Principal, policy: &Policy, what: &str, demand: impl FnOnce() -> Demand) -> Outcome {
    if host.principal_kind() == "user" {
        return Outcome::Demands(demand());
    }
    Outcome::Blocked(format!(
        "the conditional-access policy {} demands {what}, which only people have; exclude the application, or block it by a \
         policy of its own",
        name(policy)
    ))
}

/// The claim is the JSON list that a JWT would have.
fn has_context(host: &impl Principal, id: &str) -> bool {
    let contexts = host.claim("acrs").and_then(|claim| serde_json::from_str::<Vec<String>>(&claim).ok());
    contexts.is_some_and(|contexts| contexts.iter().any(|known| known == id))
}

fn is_joined(trust: Option<&str>) -> bool {
    trust.is_some_and(|trust| trust.eq_ignore_ascii_case("ServerAD"))
}

fn period(seconds: u32) -> String {
    let (count, unit) = match seconds {
        seconds if seconds % 86_400 == 0 => (seconds / 86_400, "day"),
        seconds if seconds % 3600 == 0 => (seconds / 3600, "hour"),
        seconds => (seconds / 60, "minute"),
    };
    if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
}
