//! Where policy asks plugins. Implemented by `plugin-host`.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Answers, Evaluation, Facts};

/// The points at which plugins are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hook {
    /// Grant, block or challenge.
    ConditionalAccess,
    /// Allow, deny or abstain.
    Authorization,
}

impl Hook {
    /// The hook's name in explanations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConditionalAccess => "conditional-access",
            Self::Authorization => "authorization",
        }
    }
}

/// Asks the plugins installed at a hook.
#[async_trait]
pub trait PolicyHook: Send + Sync + std::fmt::Debug + 'static {
    /// Every installed plugin's evaluation, in their order. A plugin that fails is an evaluation that failed, never
    /// an absent one.
    async fn evaluate(&self, hook: Hook, facts: &Arc<Facts>) -> Vec<Evaluation>;

    /// The same for a request that nobody made. It leaves no mark: nothing is remembered and nothing is counted.
    async fn suppose(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Vec<Evaluation>;
}
