//! A plugin, installed and ready to be asked.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use portcullis_policy::{Answer, Answers, Decision, Evaluation, Facts, Hook, Mode, Question, Trace};
use wasmtime::component::InstancePre;

use crate::bindings::{authorization, conditional_access};
use crate::memo::Memo;
use crate::sandbox::Sandbox;
use crate::{LoadError, PluginHost, Usage, component, evaluate};

/// How a plugin is installed.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Its settings: a JSON text.
    pub settings: Arc<str>,
    /// Whether its opinion counts.
    pub mode: Mode,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { settings: Arc::from("{}"), mode: Mode::Enforce }
    }
}

/// A plugin, installed and ready to be asked. Cheap to clone; clones share what is remembered.
#[derive(Debug, Clone)]
pub struct Plugin {
    inner: Arc<Inner>,
    mode: Mode,
}

struct Inner {
    installation: Arc<Installation>,
    loaded: Arc<Loaded>,
    memo: Memo,
}

/// What an evaluation has to know of a plugin, apart from its code.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) name: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) settings: Arc<str>,
    settings_digest: Arc<str>,
}

/// A component that is compiled and linked.
pub(crate) struct Loaded {
    pub(crate) host: PluginHost,
    pub(crate) component: InstancePre<Sandbox>,
    pub(crate) authorization: Option<authorization::GuestIndices>,
    pub(crate) conditional_access: Option<conditional_access::GuestIndices>,
}

impl Plugin {
    /// Loads a component. Compiling takes a core for tens of milliseconds to seconds: do it where blocking is allowed.
    ///
    /// # Errors
    /// What is wrong with the bytes, with what they import, or with the settings.
    pub fn load(host: &PluginHost, name: &str, bytes: &[u8], options: LoadOptions) -> Result<Self, LoadError> {
        let LoadOptions { settings, mode } = options;
        demand_settings(host, &settings)?;
        let component = component::compile(host, bytes)?;
        let component = host.linker().instantiate_pre(&component).map_err(LoadError::Link)?;
        let exports = |interface: &str| {
            let kind = component.component().component_type();
            kind.exports(host.engine()).any(|(name, _)| name.starts_with(interface))
        };
        let authorization = exports("portcullis:policy/authorization@")
            .then(|| authorization::GuestIndices::new(&component).map_err(LoadError::Link))
            .transpose()?;
        let conditional_access = exports("portcullis:policy/conditional-access@")
            .then(|| conditional_access::GuestIndices::new(&component).map_err(LoadError::Link))
            .transpose()?;
        if authorization.is_none() && conditional_access.is_none() {
            return Err(LoadError::NoHook);
        }
        let memo = Memo::new(host.settings().memo);
        let loaded = Loaded { host: host.clone(), component, authorization, conditional_access };
        let digest = hex(&portcullis_crypto::sha256(bytes)).into();
        let installation = Installation::new(name.into(), digest, settings);
        Ok(Self { inner: Arc::new(Inner { installation, loaded: Arc::new(loaded), memo }), mode })
    }

    /// The same component, installed with other settings; it remembers nothing yet. Nothing is compiled.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn with_settings(&self, settings: Arc<str>) -> Result<Self, LoadError> {
        let Inner { installation, loaded, .. } = self.inner.as_ref();
        demand_settings(&loaded.host, &settings)?;
        let Installation { name, digest, .. } = installation.as_ref();
        let installation = Installation::new(Arc::clone(name), Arc::clone(digest), settings);
        let memo = Memo::new(loaded.host.settings().memo);
        Ok(Self { inner: Arc::new(Inner { installation, loaded: Arc::clone(loaded), memo }), mode: self.mode })
    }

    /// The same plugin, and what it remembers, in another mode.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// The plugin's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.inner.installation.name
    }

    /// The SHA-256 digest of the component, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &Arc<str> {
        &self.inner.installation.digest
    }

    /// The SHA-256 digest of the settings, in hexadecimal, as traces show it.
    #[must_use]
    pub fn settings_digest(&self) -> &Arc<str> {
        &self.inner.installation.settings_digest
    }

    /// Whether the plugin's opinion counts.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the plugin has a say at a hook.
    #[must_use]
    pub fn exports(&self, hook: Hook) -> bool {
        match hook {
            Hook::Authorization => self.inner.loaded.authorization.is_some(),
            Hook::ConditionalAccess => self.inner.loaded.conditional_access.is_some(),
        }
    }

    /// Asks the plugin, or the memo. None when the plugin has no say at the hook.
    #[must_use]
    pub fn evaluate(&self, hook: Hook, facts: &Arc<Facts>) -> Option<Evaluation> {
        if !self.exports(hook) {
            return None;
        }
        let (decision, trace, remembered) = self.decide(hook, facts);
        Some(self.evaluation(decision, trace, remembered))
    }

    /// Asks the plugin in a fresh sandbox, and learns nothing from it. None when the plugin has no say at the hook.
    #[must_use]
    pub fn suppose(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Option<Evaluation> {
        self.measure(hook, answers).map(|(evaluation, _)| evaluation)
    }

    /// The same, with what the evaluation used.
    #[must_use]
    pub fn measure(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Option<(Evaluation, Usage)> {
        if !self.exports(hook) {
            return None;
        }
        let Inner { installation, loaded, .. } = self.inner.as_ref();
        let (decision, trace, usage) = evaluate::in_sandbox(loaded, installation, hook, Arc::clone(answers));
        Some((self.evaluation(decision, trace, false), usage))
    }

    fn evaluation(&self, decision: Decision, trace: Trace, remembered: bool) -> Evaluation {
        let Installation { name, digest, .. } = self.inner.installation.as_ref();
        Evaluation {
            plugin: Arc::clone(name),
            digest: Arc::clone(digest),
            mode: self.mode,
            decision,
            trace,
            remembered,
        }
    }

    fn decide(&self, hook: Hook, facts: &Arc<Facts>) -> (Decision, Trace, bool) {
        let Inner { installation, loaded, memo } = self.inner.as_ref();
        let revision = facts.directory.revision();
        if let Some((decision, trace)) =
            memo.recall(hook, revision, |question| installation.answer(facts.as_ref(), question))
        {
            return (decision, trace, true);
        }
        let answers = Arc::clone(facts) as Arc<dyn Answers>;
        let (decision, trace, _) = evaluate::in_sandbox(loaded, installation, hook, answers);
        if memo.learn(hook, revision, &trace, &decision).is_err() {
            tracing::error!(
                plugin = installation.name.as_ref(),
                digest = installation.digest.as_ref(),
                hook = hook.name(),
                "the plugin asked or decided differently on the same answers; its decisions are no longer remembered"
            );
        }
        (decision, trace, false)
    }
}

impl Installation {
    fn new(name: Arc<str>, digest: Arc<str>, settings: Arc<str>) -> Arc<Self> {
        let settings_digest = hex(&portcullis_crypto::sha256(settings.as_bytes())).into();
        Arc::new(Self { name, digest, settings, settings_digest })
    }

    /// Answers a question for this plugin, if the answer is known: for the guest that runs and for the memo alike.
    pub(crate) fn answer(&self, answers: &(impl Answers + ?Sized), question: &Question) -> Option<Answer> {
        match question {
            Question::Settings => Some(Answer::Settings(Arc::clone(&self.settings_digest))),
            other => answers.answer(other).ok(),
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("name", &self.installation.name).finish_non_exhaustive()
    }
}

fn demand_settings(host: &PluginHost, settings: &str) -> Result<(), LoadError> {
    let limit = host.settings().settings;
    if settings.len() > limit {
        return Err(LoadError::SettingsTooLarge { bytes: settings.len(), limit });
    }
    serde_json::from_str::<serde::de::IgnoredAny>(settings).map(|_| ()).map_err(LoadError::Settings)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
