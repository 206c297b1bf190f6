//! The installed plugins, in their order.

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use portcullis_policy::{Answers, Evaluation, Facts, Hook, PolicyHook};

use crate::Plugin;

/// The installed plugins, in their order. Replaced as a whole: a request sees the old set or the new one.
#[derive(Debug)]
pub struct PluginSet {
    plugins: ArcSwap<Vec<Plugin>>,
}

impl PluginSet {
    /// Takes the plugins in the order in which they are asked.
    #[must_use]
    pub fn new(plugins: Vec<Plugin>) -> Self {
        Self { plugins: ArcSwap::from_pointee(plugins) }
    }

    /// Puts other plugins in the place of these. Those that are kept keep what they remember.
    pub fn replace(&self, plugins: Vec<Plugin>) {
        self.plugins.store(Arc::new(plugins));
    }

    /// The plugins as of now.
    #[must_use]
    pub fn plugins(&self) -> Arc<Vec<Plugin>> {
        self.plugins.load_full()
    }
}

#[async_trait]
impl PolicyHook for PluginSet {
    /// Evaluates in place: a remembered decision takes less than a microsecond and a computed one some tens of them,
    /// less than handing it to another thread would. A guest that does not end occupies the thread until its time
    /// limit, and no longer.
    async fn evaluate(&self, hook: Hook, facts: &Arc<Facts>) -> Vec<Evaluation> {
        self.plugins.load().iter().filter_map(|plugin| plugin.evaluate(hook, facts)).collect()
    }

    async fn suppose(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Vec<Evaluation> {
        self.plugins.load().iter().filter_map(|plugin| plugin.suppose(hook, answers)).collect()
    }
}
