//! What the policies say.
//!
//! Each condition is asked as a predicate, exclusions before inclusions because they win, and nothing more is asked
//! once a condition is not met.

use portcullis_plugin::{Access, Network, Principal, Request, Settings as Installed};

use crate::applies::applies;
use crate::demand::{Demand, controls};
use crate::json::cut;
use crate::location::UnknownLocation;
use crate::settings::{Policy, Settings, State};

/// What a policy that applies comes to.
pub(crate) enum Outcome {
    /// Its controls are met.
    Met,
    /// A token that fulfils this would meet them.
    Demands(Demand),
    /// Nothing that the caller could bring would meet them, for this reason.
    Blocked(String),
}

/// Blocks by the first enabled policy that blocks; otherwise demands what all of them demand that is not met. Settings
/// that are not understood block everything.
pub fn decide(host: &(impl Request + Principal + Network + Installed)) -> Access {
    let settings = match Settings::parse(&host.settings()) {
        Ok(settings) => settings,
        Err(problems) => return Access::block("invalid-settings", invalid(&problems)),
    };
    let (mut challenge, mut reported, mut met): (Option<Challenge<'_>>, _, _) = (None, None, None);
    for policy in settings.policies.iter().filter(|policy| policy.state != State::Disabled) {
        let outcome = match applies(host, policy, &settings) {
            Ok(false) => continue,
            Ok(true) => controls(host, policy),
            Err(unknown) => Outcome::Blocked(unjudged(policy, &unknown)),
        };
        match (policy.state, outcome) {
            (State::Enabled, Outcome::Blocked(reason)) => return Access::block(policy.id.as_str(), reason),
            (State::Enabled, Outcome::Demands(demand)) => match &mut challenge {
                None => challenge = Some(Challenge { policy, reason: demand.reason(&name(policy)), demand, more: 0 }),
                Some(challenge) => challenge.add(&demand),
            },
            (State::Enabled, Outcome::Met) => {
                met.get_or_insert_with(|| policy.id.clone());
            }
            (_, Outcome::Met) => {}
            (_, Outcome::Blocked(_)) => {
                reported.get_or_insert_with(|| format!("report-only: {} would block", policy.id));
            }
            (_, Outcome::Demands(_)) => {
                reported.get_or_insert_with(|| format!("report-only: {} would challenge", policy.id));
            }
        }
    }
    match challenge {
        Some(challenge) => challenge.access(),
        // What is only reported must be seen, even where another policy is met.
        None => reported.or(met).map_or(Access::NotApplicable, Access::grant),
    }
}

/// What a token must say for all policies that can be met by one. A client comes back once, not once for each.
struct Challenge<'a> {
    policy: &'a Policy,
    reason: String,
    demand: Demand,
    more: usize,
}

impl Challenge<'_> {
    fn add(&mut self, demand: &Demand) {
        self.demand.add(demand);
        self.more += 1;
    }

    fn access(self) -> Access {
        let Self { policy, mut reason, demand, more } = self;
        if more > 0 {
            reason.push_str(&format!("; {more} more demand something of the token, too"));
        }
        Access::challenge(policy.id.as_str(), reason, demand.claims())
    }
}

fn invalid(problems: &[portcullis_plugin::Problem]) -> String {
    let first = problems.first().map(|problem| format!("{} {}", problem.pointer, problem.message)).unwrap_or_default();
    format!("the conditional-access settings are invalid: {}", cut(first.trim_start(), 1024))
}

fn unjudged(policy: &Policy, UnknownLocation(location): &UnknownLocation) -> String {
    format!(
        "the conditional-access policy {} names a location that does not exist: {}",
        name(policy),
        cut(location, 256)
    )
}

/// As much of a policy's name as surely fits into a reason.
pub(crate) fn name(policy: &Policy) -> String {
    cut(&policy.display_name, 256)
}
