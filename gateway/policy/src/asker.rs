//! For whom a decision is made.

use std::fmt;
use std::sync::Arc;

use portcullis_identity::{Caller, Principal};
use portcullis_model::{ApplicationId, UnixTime};

/// Who asks, as far as plugins can know: a caller who proved who he is, or one who is only supposed.
pub trait Asker: Send + Sync + fmt::Debug + 'static {
    /// The principal.
    fn principal(&self) -> &Arc<Principal>;

    /// The client application through which the principal acts.
    fn application(&self) -> Option<ApplicationId>;

    /// A claim of the token by the name that OpenID Connect gives it. Who is only supposed has no token.
    fn claim(&self, _name: &str) -> Option<String> {
        None
    }

    /// Whether the caller authenticated by a method of RFC 8176, as far as is known.
    fn authenticated_with(&self, _method: &str) -> bool {
        false
    }

    /// When the caller authenticated, if that is known.
    fn authenticated_at(&self) -> Option<UnixTime> {
        None
    }
}

impl Asker for Caller {
    fn principal(&self) -> &Arc<Principal> {
        Self::principal(self)
    }

    fn application(&self) -> Option<ApplicationId> {
        Self::application(self)
    }

    fn claim(&self, name: &str) -> Option<String> {
        Self::claim(self, name)
    }

    fn authenticated_with(&self, method: &str) -> bool {
        Self::authenticated_with(self, method)
    }

    fn authenticated_at(&self) -> Option<UnixTime> {
        Some(Self::authenticated_at(self))
    }
}

/// Somebody of whom it is only supposed that he calls. He proves nothing, so no permit is ever made for him:
///
/// ```compile_fail
/// # async fn forge(policy: &portcullis_policy::Policy, verdict: &portcullis_network::Verdict,
/// #     facts: std::sync::Arc<portcullis_policy::Facts<portcullis_policy::Supposed>>) {
/// let decided = policy.decide(verdict, &facts).await;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Supposed {
    /// The principal.
    pub principal: Arc<Principal>,
    /// The client application through which he is supposed to act.
    pub application: Option<ApplicationId>,
    /// The methods of RFC 8176 with which he is supposed to have authenticated.
    pub methods: Vec<String>,
    /// When he is supposed to have authenticated.
    pub authenticated_at: Option<UnixTime>,
}

impl Asker for Supposed {
    fn principal(&self) -> &Arc<Principal> {
        &self.principal
    }

    fn application(&self) -> Option<ApplicationId> {
        self.application
    }

    fn authenticated_with(&self, method: &str) -> bool {
        self.methods.iter().any(|known| known == method)
    }

    fn authenticated_at(&self) -> Option<UnixTime> {
        self.authenticated_at
    }
}
