//! What policies demand: grant controls and how fresh a sign-in must be.

use portcullis_plugin::Problem;

use crate::json::Node;
use crate::strength::{Strength, Strengths};

/// What a policy demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantControls {
    /// The controls, at least one; `block` stands alone.
    pub controls: Vec<Control>,
    /// How several combine.
    pub operator: Operator,
}

/// How several controls combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Each is demanded.
    And,
    /// One is enough.
    Or,
}

/// A control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// The request is blocked.
    Block,
    /// The caller has shown a second factor.
    Mfa,
    /// The caller's device is known to be compliant.
    CompliantDevice,
    /// The caller's device is known to be joined to a domain.
    DomainJoinedDevice,
    /// The caller has authenticated with one of these combinations.
    Strength(Strength),
    /// The token has this authentication context (`acrs`).
    Context(String),
}

impl GrantControls {
    /// Reads `grantControls`.
    pub(crate) fn read(node: &Node<'_>, strengths: &Strengths) -> Result<Self, Problem> {
        let mut members = node.members()?;
        let mut controls = Vec::new();
        for control in members.list("builtInControls")? {
            let control = built_in(&control)?;
            if !controls.contains(&control) {
                controls.push(control);
            }
        }
        if let Some(strength) = members.optional("authenticationStrength") {
            if controls.contains(&Control::Mfa) {
                return Err(strength.wrong("stands beside `mfa`, which is one itself: demand one of them"));
            }
            controls.push(Control::Strength(strengths.demanded(&strength)?));
        }
        if let Some(context) = members.optional("authenticationContext") {
            let mut context = context.members()?;
            let id = context.required("id")?;
            controls.push(Control::Context(context_id(&id)?));
            context.end()?;
        }
        let operator = members.optional("operator");
        let operator =
            operator.map(|operator| operator.one_of(&[("AND", Operator::And), ("OR", Operator::Or)])).transpose()?;
        members.unsupported("customAuthenticationFactors", "there are none")?;
        members.unsupported("termsOfUse", "the gateway shows none")?;
        members.ignored(&["authenticationStrength@odata.context"]);
        if controls.is_empty() {
            return Err(members.wrong("has no control"));
        }
        if controls.len() > 1 {
            if controls.contains(&Control::Block) {
                return Err(members.wrong("has the control `block` beside others"));
            }
            if operator.is_none() {
                return Err(members.wrong("has several controls and no `operator`: AND or OR"));
            }
        }
        members.end()?;
        Ok(Self { controls, operator: operator.unwrap_or(Operator::And) })
    }
}

/// Reads `sessionControls`: the seconds within which the caller must have signed in, if that is demanded.
pub(crate) fn sign_in_within(node: &Node<'_>) -> Result<Option<u32>, Problem> {
    let mut members = node.members()?;
    let frequency = members.optional("signInFrequency").map(|node| frequency(&node)).transpose()?;
    for name in ["persistentBrowser", "cloudAppSecurity", "applicationEnforcedRestrictions"] {
        members.unsupported(name, "the gateway keeps no browser's session and hands none on")?;
    }
    members.unsupported("continuousAccessEvaluation", "every request is evaluated, always")?;
    if let Some(flag) = members.optional("disableResilienceDefaults") {
        flag.flag()?;
    }
    members.end()?;
    Ok(frequency.flatten())
}

fn frequency(node: &Node<'_>) -> Result<Option<u32>, Problem> {
    let mut members = node.members()?;
    let enabled = members.optional("isEnabled").map(|flag| flag.flag()).transpose()?.unwrap_or(true);
    // There is one time of a sign-in, at which all that was shown was shown.
    if let Some(kind) = members.optional("authenticationType") {
        kind.one_of(&[("primaryAndSecondaryAuthentication", ()), ("secondaryAuthentication", ())])?;
    }
    let interval = members.optional("frequencyInterval");
    let every_time = interval.map(|node| node.one_of(&[("timeBased", false), ("everyTime", true)])).transpose()?;
    let (unit, value) = (members.optional("type"), members.optional("value"));
    let seconds = if every_time == Some(true) {
        if let Some(node) = unit.or(value) {
            return Err(node.wrong("says how often, and `frequencyInterval` says every time"));
        }
        EVERY_TIME
    } else {
        let unit = unit.ok_or_else(|| members.wrong("has no `type`: hours or days"))?;
        let (seconds, most) = unit.one_of(&[("hours", (3600, 8760)), ("days", (86_400, 365))])?;
        value.ok_or_else(|| members.wrong("has no `value`"))?.number(1, most)? * seconds
    };
    members.end()?;
    Ok(enabled.then_some(seconds))
}

fn built_in(node: &Node<'_>) -> Result<Control, Problem> {
    node.one_of(&[
        ("block", Control::Block),
        ("mfa", Control::Mfa),
        ("compliantDevice", Control::CompliantDevice),
        ("domainJoinedDevice", Control::DomainJoinedDevice),
    ])
}

/// `c1` to `c99`.
pub(crate) fn context_id(node: &Node<'_>) -> Result<String, Problem> {
    let id = node.text()?;
    if let Some(number) = id.strip_prefix('c') {
        let digits = (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        if digits && !number.starts_with('0') {
            return Ok(id.to_owned());
        }
    }
    Err(node.wrong("is no authentication context's: c1 to c99"))
}

/// What a sign-in at every request comes to: the clocks of others may be behind by so much, and somebody must type.
const EVERY_TIME: u32 = 300;
