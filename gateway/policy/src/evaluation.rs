//! What a plugin said, and on what grounds.

use std::sync::Arc;
use std::time::Duration;

use crate::{Obligation, Trace};

/// The opinion of an authorisation plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// The request is allowed.
    Allow {
        /// The rule that allowed it, such as a role assignment's id.
        rule: Arc<str>,
        /// What the gateway must do then.
        obligations: Arc<[Obligation]>,
    },
    /// The request is denied, whatever others say.
    Deny {
        /// The rule that denied it.
        rule: Arc<str>,
        /// Why, for the caller.
        reason: Arc<str>,
    },
    /// Nothing is said for or against it.
    Abstain {
        /// Why, for the caller whom nobody else allows.
        reason: Arc<str>,
    },
}

/// The opinion of a conditional-access plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Every policy that applies is satisfied.
    Grant {
        /// The policy.
        rule: Arc<str>,
        /// What the gateway must do then.
        obligations: Arc<[Obligation]>,
    },
    /// A policy blocks the request.
    Block {
        /// The policy.
        rule: Arc<str>,
        /// Why, for the caller.
        reason: Arc<str>,
    },
    /// The caller must come back with a token that fulfils these claims.
    Challenge {
        /// The policy.
        rule: Arc<str>,
        /// Why, for the caller.
        reason: Arc<str>,
        /// The claims demanded: a JSON object as OpenID Connect's `claims` parameter.
        claims: Arc<str>,
    },
    /// No policy applies.
    NotApplicable,
}

/// Why a plugin said nothing that can be used. It denies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It trapped.
    #[error("the plugin trapped: {0}")]
    Trapped(Arc<str>),
    /// It ran for too long.
    #[error("the plugin exceeded its time limit of {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// It asked for more memory than it may have.
    #[error("the plugin exceeded its memory limit of {0} bytes")]
    OutOfMemory(usize),
    /// It asked too many questions, or said too much.
    #[error("the plugin exceeded its limit of {0}")]
    TooMuch(&'static str),
    /// It asked or said something that makes no sense.
    #[error("the plugin {0}")]
    Nonsense(Arc<str>),
    /// It asked what is not known. The facts of a request know everything; a recorded trace does not.
    #[error("the plugin asked `{0}`, which is not known here")]
    Unanswered(Arc<str>),
    /// It asked about the stored object, which was not read. Whoever evaluates reads it and begins anew.
    #[error("the plugin asked about an object that was not read")]
    Pending,
    /// It asked about the stored object, which could not be read.
    #[error("the plugin asked about an object that cannot be read")]
    Unreadable,
    /// It failed so often that it is not asked for a while.
    #[error("the plugin is quarantined, because it failed too often")]
    Quarantined,
    /// Its component cannot be loaded.
    #[error("the plugin cannot be loaded: {0}")]
    NotLoaded(Arc<str>),
    /// No sandbox was free in time.
    #[error("no sandbox was free for the plugin")]
    NoSandbox,
}

/// What came of asking one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// An authorisation plugin's opinion.
    Authorization(Opinion),
    /// A conditional-access plugin's opinion.
    ConditionalAccess(Access),
    /// It failed.
    Failed(Failure),
}

/// Whether an opinion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Enforce,
    /// It is evaluated and recorded, never counted.
    ReportOnly,
}

/// One plugin's decision with its grounds.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The plugin's name.
    pub plugin: Arc<str>,
    /// The SHA-256 digest of the component, in hexadecimal.
    pub digest: Arc<str>,
    /// Whether it counts.
    pub mode: Mode,
    /// What it said.
    pub decision: Decision,
    /// What it asked and was answered.
    pub trace: Trace,
    /// Whether the memo knew the decision, so that no sandbox was needed.
    pub remembered: bool,
    /// Where it is installed and why it counts, if the management plane installed it.
    pub installed: Option<Box<Installed>>,
}

/// Where a plugin is installed, and what besides its mode decided whether it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// What names the installation, and no other.
    pub key: Arc<str>,
    /// Where: a resource id, `/` for a tenant.
    pub scope: Arc<str>,
    /// The principals for which it counts, and where the caller stands among them.
    pub share: Option<Share>,
    /// Whether it failed, and its installation says that failures do not count.
    pub ignored: bool,
}

/// A part of all principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The plugin counts for principals whose place is less than this.
    pub percent: u8,
    /// The caller's place, 0 to 99.
    pub place: u8,
}
