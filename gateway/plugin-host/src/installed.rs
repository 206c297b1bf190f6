//! Plugins that the management plane installed: where they are asked, and whether their opinion counts.

use std::sync::Arc;

use async_trait::async_trait;
use portcullis_model::Operation;
use portcullis_policy::{
    Answer, Answers, Decision, Evaluation, Facts, Failure, Hook, Installed, Mode, PolicyHook, Question, Share, Trace,
};
use tokio::sync::Semaphore;

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
    /// How many of its evaluations, and of those that share this, may be computed at once: on threads of their own, so
    /// that whoever installs at one vault does not hold up the others. Without it they are computed in place.
    pub turns: Option<Arc<Semaphore>>,
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
        let judged_as = || match answers.answer(&Question::Operation) {
            Ok(Answer::Name(name)) => Operation::from_name(name),
            _ => None,
        };
        // An installation is judged as an assignment of roles too, and is about plugins all the same.
        let about_plugins = answers.made_as().or_else(judged_as).is_some_and(Operation::is_about_plugins);
        let here = || match (answers.answer(&Question::Resource), self) {
            (Ok(Answer::Text(resource)), Self::Resource(scope)) => resource == *scope,
            (Ok(Answer::Text(resource)), Self::Tenant(_)) => &*resource == "/",
            _ => false,
        };
        about_plugins && here()
    }
}

impl InstalledPlugin {
    /// Whether its opinion on a request counts, if the request is made where it is installed.
    fn concerned(&self, answers: &dyn Answers) -> Option<(Mode, Option<Share>)> {
        if !self.place.covers(answers) || (!self.of_operator && self.place.is_about_itself(answers)) {
            return None;
        }
        Some(self.counts_for(answers))
    }

    /// What it says, as far as that counts.
    fn weighed(&self, (mode, share): (Mode, Option<Share>), mut evaluation: Evaluation) -> Evaluation {
        let fails = matches!(&evaluation.decision, Decision::Failed(failure) if *failure != Failure::Pending);
        let ignored = self.ignores_failures && fails && mode == Mode::Enforce;
        if ignored {
            evaluation.mode = Mode::ReportOnly;
        }
        let (key, scope) = (Arc::clone(&self.key), self.place.scope());
        evaluation.installed = Some(Box::new(Installed { key, scope, share, ignored }));
        evaluation
    }

    /// Asks a plugin what it thinks, when its turn has come.
    async fn in_turn(
        &self,
        mode: Mode,
        known: impl FnOnce(&Plugin) -> Option<Evaluation>,
        compute: impl FnOnce(&Plugin) -> Option<Evaluation> + Send + 'static,
        hook: Hook,
    ) -> Option<Evaluation> {
        let plugin = match &self.plugin {
            Ok(plugin) if plugin.exports(hook) => plugin.clone().with_mode(mode),
            Ok(_) => return None,
            Err(why) => return Some(self.failed(mode, Failure::NotLoaded(Arc::clone(why)))),
        };
        let Some(turns) = &self.turns else { return compute(&plugin) };
        if let Some(known) = known(&plugin) {
            return Some(known);
        }
        let turn = Arc::clone(turns).acquire_owned().await;
        let computed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            compute(&plugin)
        });
        // It was not computed: the gateway stops, or met a fault of its own.
        computed.await.unwrap_or_else(|_| Some(self.failed(mode, Failure::NoSandbox)))
    }

    fn failed(&self, mode: Mode, failure: Failure) -> Evaluation {
        Evaluation {
            plugin: Arc::clone(&self.name),
            digest: Arc::clone(&self.digest),
            mode,
            decision: Decision::Failed(failure),
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
        let mut said = Vec::new();
        for it in &self.plugins {
            let Some(weight) = it.concerned(facts.as_ref()) else { continue };
            let asked = Arc::clone(facts);
            let compute = move |plugin: &Plugin| plugin.evaluate(hook, &asked);
            let evaluation = it.in_turn(weight.0, |plugin| plugin.recall(hook, facts), compute, hook).await;
            said.extend(evaluation.map(|evaluation| it.weighed(weight, evaluation)));
        }
        said
    }

    async fn suppose(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Vec<Evaluation> {
        let mut said = Vec::new();
        for it in &self.plugins {
            let Some(weight) = it.concerned(answers.as_ref()) else { continue };
            let asked = Arc::clone(answers);
            let compute = move |plugin: &Plugin| plugin.suppose(hook, &asked);
            let evaluation = it.in_turn(weight.0, |_| None, compute, hook).await;
            said.extend(evaluation.map(|evaluation| it.weighed(weight, evaluation)));
        }
        said
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
