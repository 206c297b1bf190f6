//! The policies, parsed and checked as a whole: one that is not understood makes all of them invalid, so that no
//! misspelt policy is one that never applies.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;

/// Policies in the order of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The policies; none when the field is absent.
    #[serde(default)]
    pub policies: Vec<Policy>,
}

/// One policy: whoever meets all conditions is subject to the controls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// The policy's id: the rule that decisions name.
    pub id: String,
    /// The policy's name, for people.
    pub display_name: String,
    /// Whether it counts.
    pub state: State,
    /// Whom and what it is about.
    pub conditions: Conditions,
    /// What it demands.
    pub grant_controls: GrantControls,
}

/// Whether a policy counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// It does.
    Enabled,
    /// It is as if it were not there.
    Disabled,
    /// It is evaluated, and the decision names it, but it does not block.
    EnabledForReportingButNotEnforced,
}

/// Conditions, all of which must be met.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Object ids of principals.
    pub principals: Option<Selection>,
    /// Object ids of groups: more principals, included and excluded by membership.
    pub groups: Option<Selection>,
    /// Names of operations; any when absent.
    pub operations: Option<Selection>,
    /// Named locations; any when absent.
    pub locations: Option<Selection>,
}

/// A selection. What is excluded is excluded, whatever is included.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// What is selected: `All`, or names.
    pub include: Vec<String>,
    /// What is not selected after all.
    #[serde(default)]
    pub exclude: Vec<String>,
}

impl Selection {
    /// Whether everything is included.
    #[must_use]
    pub fn includes_all(&self) -> bool {
        self.include.iter().any(|name| name == ALL)
    }
}

/// What a policy demands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct GrantControls {
    /// The controls, at least one; `block` stands alone.
    pub built_in_controls: Vec<Control>,
    /// Whether all of several controls are demanded, or any; there is no default.
    pub operator: Option<Operator>,
}

/// How several controls combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operator {
    /// Each is demanded.
    And,
    /// One is enough.
    Or,
}

/// A control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Control {
    /// The request is blocked.
    Block,
    /// The caller has shown a second factor.
    Mfa,
    /// The caller's device is known to be compliant.
    CompliantDevice,
}

/// Selects everything.
pub const ALL: &str = "All";

/// Says why settings are not understood.
#[derive(Debug)]
pub enum SettingsError {
    /// Not JSON, or not of this shape: an unknown field, state or control among other things.
    Json(serde_json::Error),
    /// Not a JSON object.
    NoObject,
    /// Two policies have one id.
    Duplicate(String),
    /// A policy's id is empty or too long to be named as a rule.
    Id(String),
    /// A policy says nothing about whom it is for.
    Nobody(String),
    /// A policy has no control.
    NoControl(String),
    /// A policy blocks and demands something else, too.
    BlockAndMore(String),
    /// A policy has several controls and does not say how they combine.
    NoOperator(String),
    /// A condition's selection includes nothing, names nothing or mixes `All` with names.
    Selection {
        /// The policy.
        policy: String,
        /// The condition.
        condition: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A principal or group is not named by its object id.
    NoGuid {
        /// The policy.
        policy: String,
        /// The condition.
        condition: &'static str,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "{error}"),
            Self::NoObject => f.write_str("they are no JSON object"),
            Self::Duplicate(id) => write!(f, "two policies have the id `{id}`"),
            Self::Id(id) => write!(f, "a policy's id has between 1 and {ID_BYTES} bytes: `{id}`"),
            Self::Nobody(id) => write!(f, "policy `{id}` has neither a condition on principals nor one on groups"),
            Self::NoControl(id) => write!(f, "policy `{id}` has no control"),
            Self::BlockAndMore(id) => write!(f, "policy `{id}` has the control `block` beside others"),
            Self::NoOperator(id) => write!(f, "policy `{id}` has several controls and no operator: AND or OR"),
            Self::Selection { policy, condition, problem } => write!(f, "policy `{policy}`: {condition} {problem}"),
            Self::NoGuid { policy, condition } => write!(f, "policy `{policy}`: {condition} are named by GUIDs"),
        }
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::NoObject
            | Self::Duplicate(_)
            | Self::Id(_)
            | Self::Nobody(_)
            | Self::NoControl(_)
            | Self::BlockAndMore(_)
            | Self::NoOperator(_)
            | Self::Selection { .. }
            | Self::NoGuid { .. } => None,
        }
    }
}

/// Leaves room for a prefix within the 256 bytes of a rule.
const ID_BYTES: usize = 200;

impl Settings {
    /// Parses and checks settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(json: &str) -> Result<Self, SettingsError> {
        // The parser would take an array for an object whose fields come in order, and so `[]` for no policies.
        if !json.trim_start().starts_with('{') {
            return Err(SettingsError::NoObject);
        }
        let settings: Self = serde_json::from_str(json).map_err(SettingsError::Json)?;
        let mut ids = HashSet::new();
        for policy in &settings.policies {
            if !ids.insert(policy.id.as_str()) {
                return Err(SettingsError::Duplicate(policy.id.clone()));
            }
            policy.check()?;
        }
        Ok(settings)
    }
}

impl Policy {
    fn check(&self) -> Result<(), SettingsError> {
        let id = || self.id.clone();
        if self.id.is_empty() || self.id.len() > ID_BYTES {
            return Err(SettingsError::Id(self.id.chars().take(40).collect()));
        }
        match self.grant_controls.built_in_controls.as_slice() {
            [] => return Err(SettingsError::NoControl(id())),
            [_] => {}
            controls if controls.contains(&Control::Block) => return Err(SettingsError::BlockAndMore(id())),
            _ if self.grant_controls.operator.is_none() => return Err(SettingsError::NoOperator(id())),
            _ => {}
        }
        let Conditions { principals, groups, operations, locations } = &self.conditions;
        if principals.is_none() && groups.is_none() {
            return Err(SettingsError::Nobody(id()));
        }
        let named =
            [("principals", principals), ("groups", groups), ("operations", operations), ("locations", locations)];
        for (condition, selection) in named.into_iter().filter_map(|(name, given)| given.as_ref().map(|it| (name, it)))
        {
            // Groups may exclude only: the principals are included by the other condition.
            let may_be_empty = condition == "groups" && principals.is_some();
            if let Some(problem) = problem(selection, may_be_empty) {
                return Err(SettingsError::Selection { policy: id(), condition, problem });
            }
            if matches!(condition, "principals" | "groups") && !guids(selection) {
                return Err(SettingsError::NoGuid { policy: id(), condition });
            }
        }
        Ok(())
    }
}

fn problem(selection: &Selection, may_be_empty: bool) -> Option<&'static str> {
    let Selection { include, exclude } = selection;
    let excludes_only = may_be_empty && !exclude.is_empty();
    if include.is_empty() && !excludes_only {
        return Some("include nothing");
    }
    if include.len() > 1 && selection.includes_all() {
        return Some("include `All` and more");
    }
    if exclude.iter().any(|name| name == ALL) {
        return Some("exclude `All`, so that the policy would never apply");
    }
    include.iter().chain(exclude).any(String::is_empty).then_some("have an empty name")
}

fn guids(selection: &Selection) -> bool {
    let named = selection.include.iter().filter(|name| *name != ALL).chain(&selection.exclude);
    named.into_iter().all(|name| is_guid(name))
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"policies":[{"id":"p","displayName":"P","state":"enabled",
        "conditions":{"principals":{"include":["All"]},"locations":{"include":["All"],"exclude":["office"]}},
        "grantControls":{"builtInControls":["block"]}}]}"#;

    #[test]
    fn reads_policies() {
        let settings = Settings::parse(GOOD).unwrap();
        assert_eq!(settings.policies.len(), 1);
        assert_eq!(settings.policies[0].state, State::Enabled);
        assert_eq!(Settings::parse("{}").unwrap().policies, []);
    }

    #[test]
    fn refuses_what_it_does_not_understand_and_says_what() {
        let table = [
            ("", "they are no JSON object"),
            ("[]", "they are no JSON object"),
            ("null", "they are no JSON object"),
            ("{", "EOF"),
            (r#"{"policys":[]}"#, "unknown field `policys`"),
            (&GOOD.replace("displayName", "name"), "unknown field `name`"),
            (&GOOD.replace("\"enabled\"", "\"on\""), "unknown variant `on`"),
            (&GOOD.replace("[\"block\"]", "[\"passwordChange\"]"), "unknown variant `passwordChange`"),
            (&GOOD.replace("[\"block\"]", "[]"), "policy `p` has no control"),
            (&GOOD.replace("\"principals\"", "\"people\""), "unknown field `people`"),
            (&GOOD.replace("\"principals\":{\"include\":[\"All\"]},", ""), "neither a condition on principals"),
            (&GOOD.replace("{\"include\":[\"All\"]},", "{\"include\":[]},"), "policy `p`: principals include nothing"),
            (&GOOD.replace("{\"include\":[\"All\"]},", "{\"include\":[\"All\",\"x\"]},"), "include `All` and more"),
            (&GOOD.replace("{\"include\":[\"All\"]},", "{\"include\":[\"all\"]},"), "principals are named by GUIDs"),
            (&GOOD.replace("[\"office\"]", "[\"All\"]"), "locations exclude `All`"),
            (&GOOD.replace("[\"office\"]", "[\"\"]"), "locations have an empty name"),
            (&GOOD.replace("\"id\":\"p\"", "\"id\":\"\""), "a policy's id has"),
            (&GOOD.replace("\"exclude\"", "\"excluded\""), "unknown field `excluded`"),
            (&GOOD.replace("\"id\":\"p\"", "\"id\":\"p\",\"sessionControls\":{}"), "unknown field `sessionControls`"),
        ];
        for (json, expected) in table {
            let message = Settings::parse(json).unwrap_err().to_string();
            assert!(message.contains(expected), "{json}: {message}");
        }
    }

    #[test]
    fn refuses_two_policies_of_one_id() {
        let policy = &GOOD[13..GOOD.len() - 2];
        let twice = format!(r#"{{"policies":[{policy},{policy}]}}"#);
        assert_eq!(Settings::parse(&twice).unwrap_err().to_string(), "two policies have the id `p`");
    }
}
