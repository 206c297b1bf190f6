//! From what a guest said to what policy understands. Everything is bounded here.

use std::sync::Arc;

use portcullis_policy::{Access, Decision, Failure, Obligation, Opinion};

use crate::Problem;
use crate::asked::log::printable;
use crate::bindings::{authorization, conditional_access, configuration, decision, v0_1};

/// The bytes of a rule.
const RULE: usize = 256;
/// The bytes of a reason.
const REASON: usize = 2 << 10;
/// The bytes of demanded claims.
const CLAIMS: usize = 4 << 10;

/// The obligations of one permission.
const OBLIGATIONS: usize = 16;

/// An authorisation plugin's opinion.
pub(crate) fn opinion(said: &authorization::Opinion) -> Result<Decision, Failure> {
    Ok(Decision::Authorization(match said {
        authorization::Opinion::Allow(by) => {
            Opinion::Allow { rule: rule(&by.rule)?, obligations: obligations(&by.obligations)? }
        }
        authorization::Opinion::Deny(denial) => {
            Opinion::Deny { rule: rule(&denial.rule)?, reason: reason(&denial.reason)? }
        }
        authorization::Opinion::Abstain(why) => Opinion::Abstain { reason: reason(why)? },
    }))
}

/// A conditional-access plugin's opinion.
pub(crate) fn access(said: &conditional_access::Access) -> Result<Decision, Failure> {
    Ok(Decision::ConditionalAccess(match said {
        conditional_access::Access::Grant(by) => {
            Access::Grant { rule: rule(&by.rule)?, obligations: obligations(&by.obligations)? }
        }
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

/// What an authorisation plugin of version 0.1 said: it knows no obligations.
pub(crate) fn opinion_0_1(said: v0_1::authorization::Opinion) -> Result<Decision, Failure> {
    use v0_1::authorization::Opinion as Said;
    opinion(&match said {
        Said::Allow(rule) => authorization::Opinion::Allow(decision::Permission { rule, obligations: Vec::new() }),
        Said::Deny(it) => authorization::Opinion::Deny(decision::Refusal { rule: it.rule, reason: it.reason }),
        Said::Abstain(why) => authorization::Opinion::Abstain(why),
    })
}

/// What a conditional-access plugin of version 0.1 said.
pub(crate) fn access_0_1(said: v0_1::conditional_access::Access) -> Result<Decision, Failure> {
    use v0_1::conditional_access::{Access as Said, Demand};
    access(&match said {
        Said::Grant(rule) => conditional_access::Access::Grant(decision::Permission { rule, obligations: Vec::new() }),
        Said::Block(it) => conditional_access::Access::Block(decision::Refusal { rule: it.rule, reason: it.reason }),
        Said::Challenge(Demand { rule, reason, claims }) => {
            conditional_access::Access::Challenge(conditional_access::Demand { rule, reason, claims })
        }
        Said::NotApplicable => conditional_access::Access::NotApplicable,
    })
}

/// One that is not understood is a failure, and so denies: permission was given on a condition.
fn obligations(demanded: &[decision::Obligation]) -> Result<Arc<[Obligation]>, Failure> {
    if demanded.len() > OBLIGATIONS {
        return Err(Failure::TooMuch("obligations"));
    }
    let read = |one: &decision::Obligation| {
        Obligation::parse(&one.name, &one.value).map_err(|error| Failure::Nonsense(error.to_string().into()))
    };
    demanded.iter().map(read).collect()
}

/// What is wrong with settings.
pub(crate) fn problem(said: &configuration::Problem) -> Result<Problem, Failure> {
    let pointer = bounded(&said.pointer, RULE, "bytes in a pointer")?;
    Ok(Problem { pointer, message: bounded(&said.message, 1 << 10, "bytes in a message")? })
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
        let permission = |rule, obligations| authorization::Opinion::Allow(decision::Permission { rule, obligations });
        let allow = |bytes| opinion(&permission("x".repeat(bytes), Vec::new()));
        assert!(allow(RULE).is_ok());
        assert_eq!(allow(RULE + 1), Err(Failure::TooMuch("bytes in a rule")));
        let abstain = |bytes| opinion(&authorization::Opinion::Abstain("x".repeat(bytes)));
        assert!(abstain(REASON).is_ok());
        assert_eq!(abstain(REASON + 1), Err(Failure::TooMuch("bytes in a reason")));
        let obliged = |name: &str, number| {
            let one = decision::Obligation { name: name.to_owned(), value: String::new() };
            opinion(&permission("r".to_owned(), vec![one; number]))
        };
        assert!(obliged("no-store", OBLIGATIONS).is_ok());
        assert_eq!(obliged("no-store", OBLIGATIONS + 1), Err(Failure::TooMuch("obligations")));
        assert!(matches!(obliged("encrypt", 1), Err(Failure::Nonsense(why)) if why.contains("does not know")));
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
