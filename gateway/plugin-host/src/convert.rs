//! From what a guest said to what policy understands. Everything is bounded here.

use std::sync::Arc;

use portcullis_policy::{Access, Decision, Failure, Opinion};

use crate::asked::log::printable;
use crate::bindings::{authorization, conditional_access};

/// The bytes of a rule.
const RULE: usize = 256;
/// The bytes of a reason.
const REASON: usize = 2 << 10;
/// The bytes of demanded claims.
const CLAIMS: usize = 4 << 10;

/// An authorisation plugin's opinion.
pub(crate) fn opinion(said: &authorization::Opinion) -> Result<Decision, Failure> {
    Ok(Decision::Authorization(match said {
        authorization::Opinion::Allow(by) => Opinion::Allow { rule: rule(by)? },
        authorization::Opinion::Deny(denial) => {
            Opinion::Deny { rule: rule(&denial.rule)?, reason: reason(&denial.reason)? }
        }
        authorization::Opinion::Abstain(why) => Opinion::Abstain { reason: reason(why)? },
    }))
}

/// A conditional-access plugin's opinion.
pub(crate) fn access(said: &conditional_access::Access) -> Result<Decision, Failure> {
    Ok(Decision::ConditionalAccess(match said {
        conditional_access::Access::Grant(by) => Access::Grant { rule: rule(by)? },
        conditional_access::Access::Block(refusal) => {
            Access::Block { rule: rule(&refusal.rule)?, reason: reason(&refusal.reason)? }
        }
        conditional_access::Access::Challenge(demand) => Access::Challenge {
            rule: rule(&demand.rule)?,
            reason: reason(&demand.reason)?,
            claims: claims(&demand.claims)?,
        },
        conditional_access::Access::NotApplicable => Access::NotApplicable,
    }))
}

fn rule(text: &str) -> Result<Arc<str>, Failure> {
    bounded(text, RULE, "bytes in a rule")
}

fn reason(text: &str) -> Result<Arc<str>, Failure> {
    bounded(text, REASON, "bytes in a reason")
}

/// A text on one line: rules and reasons go into responses and logs.
fn bounded(text: &str, bytes: usize, limit: &'static str) -> Result<Arc<str>, Failure> {
    if text.len() > bytes { Err(Failure::TooMuch(limit)) } else { Ok(printable(text, bytes).into()) }
}

fn claims(text: &str) -> Result<Arc<str>, Failure> {
    if text.len() > CLAIMS {
        return Err(Failure::TooMuch("bytes in demanded claims"));
    }
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) {
        Ok(_) => Ok(text.into()),
        Err(_) => Err(Failure::Nonsense("demanded claims that are no JSON object".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_what_was_said() {
        let allow = |bytes| opinion(&authorization::Opinion::Allow("x".repeat(bytes)));
        assert!(allow(RULE).is_ok());
        assert_eq!(allow(RULE + 1), Err(Failure::TooMuch("bytes in a rule")));
        let abstain = |bytes| opinion(&authorization::Opinion::Abstain("x".repeat(bytes)));
        assert!(abstain(REASON).is_ok());
        assert_eq!(abstain(REASON + 1), Err(Failure::TooMuch("bytes in a reason")));
    }

    #[test]
    fn keeps_a_reason_on_one_line() {
        let said = authorization::Opinion::Abstain("first\r\nSet-Cookie: x".to_owned());
        let expected = Opinion::Abstain { reason: "first  Set-Cookie: x".into() };
        assert_eq!(opinion(&said), Ok(Decision::Authorization(expected)));
    }

    #[test]
    fn demanded_claims_are_a_json_object() {
        let challenge = |claims: &str| {
            access(&conditional_access::Access::Challenge(conditional_access::Demand {
                rule: "r".to_owned(),
                reason: String::new(),
                claims: claims.to_owned(),
            }))
        };
        assert!(challenge(r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#).is_ok());
        for bad in ["", "[]", "\"x\"", "{", "{}x"] {
            assert!(matches!(challenge(bad), Err(Failure::Nonsense(_))), "{bad}");
        }
        assert_eq!(
            challenge(&format!("{{{}}}", " ".repeat(CLAIMS))),
            Err(Failure::TooMuch("bytes in demanded claims"))
        );
    }
}
