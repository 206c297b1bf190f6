//! What the holders of a token have forbidden to it.

use std::fmt;
use std::net::IpAddr;

use biscuit_auth::builder::{AuthorizerBuilder, Fact, Policy, PolicyKind, Predicate, Rule, Term};
use biscuit_auth::{AuthorizerLimits, Biscuit, error};
use ipnet::IpNet;
use portcullis_model::{ObjectKind, ObjectName, Operation, UnixTime, VaultName};

use crate::TokenLimits;
use crate::token::Prefixes;
use crate::token::claims::{TIME, date, fact};
use crate::token::complexity::SOURCE_IN;

/// The checks that holders of a token appended to it.
pub struct Attenuation {
    token: Biscuit,
    prefixes: Prefixes,
    limits: AuthorizerLimits,
}

/// What is asked, as far as checks of a token can see it.
#[derive(Debug, Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The operation.
    pub operation: Operation,
    /// The vault, if the operation concerns one.
    pub vault: Option<&'a VaultName>,
    /// The object, if the operation names one.
    pub object: Option<(ObjectKind, &'a ObjectName)>,
    /// The client's address.
    pub source: IpAddr,
    /// The present second.
    pub now: UnixTime,
}

impl Attenuation {
    pub(crate) fn new(token: Biscuit, prefixes: Prefixes, limits: &TokenLimits) -> Self {
        // The token holds no rules, so that the first iteration is the last and makes no facts.
        let limits = AuthorizerLimits { max_facts: 10_000, max_iterations: 100, max_time: limits.check_time };
        Self { token, prefixes, limits }
    }

    /// Whether every check of every block lets the request through.
    pub fn permits(&self, request: &TokenRequest<'_>) -> Result<(), AttenuationRefusal> {
        let evaluate = || self.ambient(request)?.set_limits(self.limits.clone()).build(&self.token)?.authorize();
        match evaluate() {
            Ok(_) => Ok(()),
            Err(error) => Err(AttenuationRefusal::from(error)),
        }
    }

    fn ambient(&self, request: &TokenRequest<'_>) -> Result<AuthorizerBuilder, error::Token> {
        let text = |text: &str| Term::Str(text.to_owned());
        let mut ambient = AuthorizerBuilder::new()
            .policy(allow())?
            .fact(fact("operation", text(request.operation.row().name)))?
            .fact(fact(TIME, date(request.now)))?;
        if let Some(vault) = request.vault {
            ambient = ambient.fact(fact("vault", text(vault.as_str())))?;
        }
        if let Some((kind, name)) = request.object {
            let object = vec![text(kind.collection()), text(name.folded())];
            ambient = ambient.fact(Fact::new("object".to_owned(), object))?;
        }
        for network in self.networks(request.source) {
            ambient = ambient.fact(fact(SOURCE_IN, Term::Str(network.to_string())))?;
        }
        Ok(ambient)
    }

    /// The networks that the source is in, as far as checks can see them.
    fn networks(&self, source: IpAddr) -> Vec<IpNet> {
        let source = source.to_canonical();
        match &self.prefixes {
            Prefixes::Named(networks) => networks.iter().filter(|network| network.contains(&source)).copied().collect(),
            Prefixes::All => {
                let widest = IpNet::from(source);
                (0..=widest.max_prefix_len())
                    .filter_map(|length| IpNet::new(source, length).ok())
                    .map(|network| network.trunc())
                    .collect()
            }
        }
    }
}

/// `Debug` of a Biscuit would show the key with which blocks are appended.
impl fmt::Debug for Attenuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attenuation").field("blocks", &self.token.block_count()).finish_non_exhaustive()
    }
}

/// Says why a token does not permit a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttenuationRefusal {
    /// Checks failed.
    #[error("the token forbids this request: {}", .checks.join("; "))]
    CheckFailed {
        /// The failed checks as text: at most 8, each of at most 256 characters, without control characters.
        checks: Vec<String>,
    },
    /// The evaluation took too long. It says nothing of the token: try again.
    #[error("the checks of the token could not be evaluated in time")]
    Exhausted,
}

impl From<error::Token> for AttenuationRefusal {
    fn from(error: error::Token) -> Self {
        let checks = match error {
            error::Token::RunLimit(_) => return Self::Exhausted,
            error::Token::FailedLogic(
                error::Logic::Unauthorized { checks, .. } | error::Logic::NoMatchingPolicy { checks },
            ) => checks.into_iter().take(MOST_CHECKS).map(check_text).collect(),
            // A check that divides by zero or compares a text with a date fails like any other.
            other => vec![printable(&format!("a check cannot be evaluated: {other}"))],
        };
        Self::CheckFailed { checks }
    }
}

fn check_text(check: error::FailedCheck) -> String {
    printable(&match check {
        error::FailedCheck::Block(check) => check.rule,
        error::FailedCheck::Authorizer(check) => check.rule,
    })
}

/// The beginning of a text that a token's holder wrote, fit for a message and a log.
fn printable(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The policy `allow if true`: whether the caller may do it at all is not a question for the token.
fn allow() -> Policy {
    let query = Rule::new(Predicate::new("query".to_owned(), vec![]), vec![], vec![], vec![]);
    Policy { queries: vec![query], kind: PolicyKind::Allow }
}

const MOST_CHECKS: usize = 8;
const MOST_CHARACTERS: usize = 256;
