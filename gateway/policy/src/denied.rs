//! A refusal by policy, with what is needed to explain it.

use std::sync::Arc;

use crate::Evaluation;

/// The stage that refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The token's own restrictions.
    Token,
    /// Conditional access.
    ConditionalAccess,
    /// Authorisation.
    Authorization,
}

impl Stage {
    /// The stage's name in explanations and audit records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ConditionalAccess => "conditional-access",
            Self::Authorization => "authorization",
        }
    }
}

/// How the request was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// The token is attenuated and does not cover the request.
    TokenRestricted,
    /// The token's restrictions could not be evaluated within their limits.
    TokenExhausted,
    /// A plugin denied, blocked or failed.
    ByPlugin,
    /// No plugin allowed.
    NotAllowed,
    /// A token with these claims is demanded.
    Challenge(Arc<str>),
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct Denied {
    /// How.
    pub denial: Denial,
    /// At which stage.
    pub stage: Stage,
    /// By which plugin, unless it was the token or nobody allowed.
    pub plugin: Option<Arc<str>>,
    /// By which rule.
    pub rule: Arc<str>,
    /// Why, in words for the caller.
    pub reason: Arc<str>,
    /// The facts that it rested on: `question = answer`.
    pub facts: Vec<String>,
    /// All that was evaluated, for the audit record.
    pub evaluations: Vec<Evaluation>,
}
