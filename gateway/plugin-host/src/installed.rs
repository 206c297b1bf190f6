//! Plugins that the management plane installed: where they are asked, and whether their opinion counts.

use std::sync::Arc;

use async_trait::async_trait;
use portcullis_model::Operation;
use portcullis_policy::{
    Answer, Answers, Decision, Evaluation, Facts, Failure, Hook, Installed, Mode, PolicyHook, Question, Share, Trace,
};

use crate::Plugin;

/// Where a plugin is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceOfInstallation {
    /// For all requests of the gateway.
    Gateway,
    /// For all requests of a tenant's principals.
    Tenant(Arc<str>),
    /// At a resource id in lower case, and below it.
    Resource(Arc<str>),
}

/// For whom a plugin's opinion counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    /// For everybody, or for nobody.
    Mode(Mode),
    /// For so many in a hundred principals, always the same ones; for the others it reports.
    Percentage(u8),
}

/// A plugin that the management plane installed.
#[derive(Debug, Clone)]
pub struct InstalledPlugin {
    /// Its key.
    pub key: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The digest of its component, in hexadecimal.
    pub digest: Arc<str>,
    /// The plugin, or why it could not be loaded: then it fails wherever it is asked.
    pub plugin: Result<Plugin, Arc<str>>,
    /// Where it is asked.
    pub place: PlaceOfInstallation,
    /// For whom it counts.
    pub rollout: Rollout,
    /// Whether its failures do not count.
    pub ignores_failures: bool,
    /// Whether the operator of the gateway installed it, who takes it away without asking the gateway.
    pub of_operator: bool,
}

/// All of them as of one revision, in their order.
#[derive(Debug, Default)]
pub struct InstalledSet {
    plugins: Vec<InstalledPlugin>,
}

impl InstalledSet {
    /// Takes the plugins in the order in which they are asked.
    #[must_use]
    pub const fn new(plugins: Vec<InstalledPlugin>) -> Self {
        Self { plugins }
    }

    /// The plugins, in their order.
    #[must_use]
    pub fn plugins(&self) -> &[InstalledPlugin] {
        &self.plugins
    }
}

impl PlaceOfInstallation {
    /// The resource id, `/` for a tenant.
    fn scope(&self) -> Arc<str> {
        match self {
            Self::Gateway | Self::Tenant(_) => Arc::from("/"),
            Self::Resource(scope) => Arc::clone(scope),
        }
    }

    /// Whether a request is made here. What is not known is not elsewhere.
    fn covers(&self, answers: &dyn Answers) -> bool {
        match self {
            Self::Gateway => true,
            Self::Tenant(tenant) => match answers.answer(&Question::Tenant) {
                Ok(Answer::Text(of_caller)) => of_caller == *tenant,
                _ => true,
            },
            Self::Resource(scope) => {
                !matches!(answers.answer(&Question::WithinScope(scope.to_string())), Ok(Answer::Bool(false)))
            }
        }
    }

    /// Whether a request is about the plugins at this very place. Whoever may install here must be able to take away
    /// what he installed, whatever it says; those above are asked.
    fn is_about_itself(&self, answers: &dyn Answers) -> bool {
        let about_plugins = match answers.answer(&Question::Operation) {
            Ok(Answer::Name(name)) => Operation::from_name(name).is_some_and(Operation::is_about_plugins),
            _ => false,
        };
        let here = || match (answers.answer(&Question::Resource), self) {
            (Ok(Answer::Text(resource)), Self::Resource(scope)) => resource == *scope,
            (Ok(Answer::Text(resource)), Self::Tenant(_)) => &*resource == "/",
            _ => false,
        };
        about_plugins && here()
    }
}

impl InstalledPlugin {
    /// Asks the plugin, if the request is made where it is installed.
    fn ask(
        &self,
        answers: &dyn Answers,
        hook: Hook,
        evaluate: impl FnOnce(&Plugin) -> Option<Evaluation>,
    ) -> Option<Evaluation> {
        if !self.place.covers(answers) || (!self.of_operator && self.place.is_about_itself(answers)) {
            return None;
        }
        let (mode, share) = self.counts_for(answers);
        let mut evaluation = match &self.plugin {
            Ok(plugin) if plugin.exports(hook) => evaluate(&plugin.clone().with_mode(mode))?,
            Ok(_) => return None,
            Err(why) => self.failed(mode, why),
        };
        let fails = matches!(&evaluation.decision, Decision::Failed(failure) if *failure != Failure::Pending);
        let ignored = self.ignores_failures && fails && mode == Mode::Enforce;
        if ignored {
            evaluation.mode = Mode::ReportOnly;
        }
        evaluation.installed =
            Some(Box::new(Installed { key: Arc::clone(&self.key), scope: self.place.scope(), share, ignored }));
        Some(evaluation)
    }

    fn failed(&self, mode: Mode, why: &Arc<str>) -> Evaluation {
        Evaluation {
            plugin: Arc::clone(&self.name),
            digest: Arc::clone(&self.digest),
            mode,
            decision: Decision::Failed(Failure::NotLoaded(Arc::clone(why))),
            trace: Trace::default(),
            remembered: false,
            installed: None,
        }
    }

    fn counts_for(&self, answers: &dyn Answers) -> (Mode, Option<Share>) {
        let percent = match self.rollout {
            Rollout::Mode(mode) => return (mode, None),
            Rollout::Percentage(percent) => percent,
        };
        // A principal who is not known counts as the first.
        let place = match answers.answer(&Question::PrincipalId) {
            Ok(Answer::Text(principal)) => place(&self.key, &principal),
            _ => 0,
        };
        let mode = if place < percent { Mode::Enforce } else { Mode::ReportOnly };
        (mode, Some(Share { percent, place }))
    }
}

/// The place of a principal among a hundred: the same always, and another one at another plugin.
fn place(key: &str, principal: &str) -> u8 {
    let digest = portcullis_crypto::sha256(format!("{key}\n{principal}").as_bytes());
    let number = digest.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
    u8::try_from(number % 100).unwrap_or(0)
}

#[async_trait]
impl PolicyHook for InstalledSet {
    async fn evaluate(&self, hook: Hook, facts: &Arc<Facts>) -> Vec<Evaluation> {
        let ask = |it: &InstalledPlugin| it.ask(facts.as_ref(), hook, |plugin| plugin.evaluate(hook, facts));
        self.plugins.iter().filter_map(ask).collect()
    }

    async fn suppose(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Vec<Evaluation> {
        let ask = |it: &InstalledPlugin| it.ask(answers.as_ref(), hook, |plugin| plugin.suppose(hook, answers));
        self.plugins.iter().filter_map(ask).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_stable_and_spread() {
        let mut counts = [0; 100];
        for principal in 0..20_000 {
            let at = place("a@/", &principal.to_string());
            assert_eq!(at, place("a@/", &principal.to_string()));
            counts[usize::from(at)] += 1;
        }
        assert!(counts.iter().all(|count| (100..320).contains(count)), "{counts:?}");
        let differs = (0..100).any(|it: i32| place("a@/", &it.to_string()) != place("b@/", &it.to_string()));
        assert!(differs, "not always the same principals");
    }
}
