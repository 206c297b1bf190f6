//! A plugin, installed and ready to be asked.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_model::PrincipalId;
use portcullis_policy::{Answer, Answers, Decision, Evaluation, Facts, Failure, Hook, Mode, Question, Trace};
use wasmtime::component::InstancePre;

use crate::hooks::Hooks;
use crate::memo::Memo;
use crate::quarantine::Quarantine;
use crate::sandbox::Sandbox;
use crate::stopped::Stopped;
use crate::{Documents, HostSettings, LoadError, MemoSettings, PluginHost, Usage, component, evaluate};

/// Bounds of one plugin. They are lowered to those of the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnLimits {
    /// The memory of one evaluation, in bytes.
    pub memory: Option<usize>,
    /// The time of one evaluation.
    pub time: Option<Duration>,
}

/// How a plugin is installed.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// What its counters are kept under: one key for each installation. Its name, if there is none.
    pub key: Option<Arc<str>>,
    /// Its own bounds.
    pub limits: OwnLimits,
    /// How much may be remembered of each hook, if that is less than the host allows.
    pub memo_entries: Option<usize>,
    /// Its settings: a JSON text.
    pub settings: Arc<str>,
    /// Whether its opinion counts.
    pub mode: Mode,
    /// The documents beside it.
    pub data: Documents,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            key: None,
            limits: OwnLimits::default(),
            memo_entries: None,
            settings: Arc::from("{}"),
            mode: Mode::Enforce,
            data: Documents::default(),
        }
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
    quarantine: Quarantine,
}

/// What an evaluation has to know of a plugin, apart from its code.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) name: Arc<str>,
    pub(crate) key: Arc<str>,
    limits: OwnLimits,
    pub(crate) digest: Arc<str>,
    pub(crate) settings: Arc<str>,
    settings_digest: Arc<str>,
    data: Documents,
}

/// A component that is compiled and linked.
pub(crate) struct Loaded {
    pub(crate) host: PluginHost,
    pub(crate) component: InstancePre<Sandbox>,
    pub(crate) hooks: Hooks,
}

impl Plugin {
    /// Loads a component. Compiling takes a core for tens of milliseconds to seconds: do it where blocking is allowed.
    ///
    /// # Errors
    /// What is wrong with the bytes, with what they import, or with the settings.
    pub fn load(host: &PluginHost, name: &str, bytes: &[u8], options: LoadOptions) -> Result<Self, LoadError> {
        Code::compile(host, bytes)?.install(name, options)
    }

    /// The same component, installed with other settings; it remembers nothing yet. Nothing is compiled.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn with_settings(&self, settings: Arc<str>) -> Result<Self, LoadError> {
        demand_settings(&self.inner.loaded.host, &settings)?;
        let installation = self.reinstalled(settings, self.inner.installation.data.clone());
        demand_accepted(&self.inner.loaded, &installation.inner.installation)?;
        Ok(installation)
    }

    /// The same plugin with other documents beside it; it remembers nothing yet. Nothing is compiled.
    #[must_use]
    pub fn with_data(&self, data: Documents) -> Self {
        self.reinstalled(Arc::clone(&self.inner.installation.settings), data)
    }

    fn reinstalled(&self, settings: Arc<str>, data: Documents) -> Self {
        let Inner { installation, loaded, .. } = self.inner.as_ref();
        let Installation { name, key, limits, digest, .. } = installation.as_ref();
        let named = Named { name: Arc::clone(name), key: Arc::clone(key), digest: Arc::clone(digest) };
        let installation = Installation::new(named, *limits, settings, data);
        let memo = Memo::new(loaded.host.settings().memo);
        Self {
            inner: Arc::new(Inner {
                installation,
                loaded: Arc::clone(loaded),
                memo,
                quarantine: Quarantine::default(),
            }),
            mode: self.mode,
        }
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
            Hook::Authorization => self.inner.loaded.hooks.authorization.is_some(),
            Hook::ConditionalAccess => self.inner.loaded.hooks.conditional_access.is_some(),
        }
    }

    /// How much is remembered of a hook: questions with their answers and decisions, as [`crate::MemoSettings`] counts.
    #[must_use]
    pub fn memo_entries(&self, hook: Hook) -> usize {
        self.inner.memo.entries(hook)
    }

    /// How much may be remembered of each hook.
    #[must_use]
    pub fn memo_capacity(&self) -> usize {
        self.inner.memo.capacity()
    }

    /// The plugin's description of its settings: a JSON Schema, if it gives one.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn describe(&self) -> Result<Option<String>, Failure> {
        evaluate::describe(&self.inner.loaded, &self.inner.installation)
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

    /// What the memo knows. None when it would have to be computed, or the plugin has no say at the hook.
    #[must_use]
    pub fn recall(&self, hook: Hook, facts: &Arc<Facts>) -> Option<Evaluation> {
        let Inner { installation, memo, .. } = self.inner.as_ref();
        let revision = facts.directory.revision();
        let (decision, trace) =
            memo.recall(hook, revision, |question| installation.answer(facts.as_ref(), question).ok())?;
        Some(self.evaluation(decision, trace, true))
    }

    /// Asks the plugin, or the memo, as [`Plugin::evaluate`] does. For measurements: whoever stands in for facts must not
    /// share a memo with requests.
    #[must_use]
    pub fn remember(&self, hook: Hook, answers: &Arc<dyn Answers>) -> Option<Evaluation> {
        if !self.exports(hook) {
            return None;
        }
        let Inner { installation, loaded, memo, .. } = self.inner.as_ref();
        let revision = answers.revision();
        let known = memo.recall(hook, revision, |question| installation.answer(answers.as_ref(), question).ok());
        if let Some((decision, trace)) = known {
            return Some(self.evaluation(decision, trace, true));
        }
        let (decision, trace, _) = evaluate::in_sandbox(loaded, installation, hook, Arc::clone(answers), self.mode);
        // Nobody calls. That the plugin is not deterministic shows in that it never remembers.
        let _ = memo.learn(hook, revision, PrincipalId::from_bytes([0; 16]), &trace, &decision);
        Some(self.evaluation(decision, trace, false))
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
        let (decision, trace, usage) = evaluate::in_sandbox(loaded, installation, hook, Arc::clone(answers), self.mode);
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
            installed: None,
        }
    }

    fn decide(&self, hook: Hook, facts: &Arc<Facts>) -> (Decision, Trace, bool) {
        let Inner { installation, loaded, memo, quarantine } = self.inner.as_ref();
        let revision = facts.directory.revision();
        if let Some((decision, trace)) =
            memo.recall(hook, revision, |question| installation.answer(facts.as_ref(), question).ok())
        {
            return (decision, trace, true);
        }
        let caller = facts.caller.principal().id;
        if !quarantine.admits(caller, Instant::now) {
            return (Decision::Failed(Failure::Quarantined), Trace::default(), false);
        }
        let answers = Arc::clone(facts) as Arc<dyn Answers>;
        let (decision, trace, _) = evaluate::in_sandbox(loaded, installation, hook, answers, self.mode);
        match &decision {
            Decision::Failed(Failure::Pending) => {}
            Decision::Failed(Failure::TimedOut(_)) => {
                if let Some(length) = quarantine.timed_out(caller, Instant::now()) {
                    tracing::error!(
                        plugin = installation.name.as_ref(),
                        digest = installation.digest.as_ref(),
                        seconds = length.as_secs(),
                        "the plugin ran into its time limit again and again and is quarantined: requests are denied \
                         without asking it, for this caller or for all; replace the plugin, or wait"
                    );
                }
            }
            _ => quarantine.ended(caller),
        }
        if memo.learn(hook, revision, caller, &trace, &decision).is_err() {
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

/// A component that is compiled and checked, and not installed yet. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Code {
    loaded: Arc<Loaded>,
    digest: Arc<str>,
}

impl Code {
    /// Compiles a component and checks everything but its behaviour. It takes a core for tens of milliseconds to
    /// seconds: do it where blocking is allowed.
    ///
    /// # Errors
    /// What is wrong with the bytes or with what they import.
    pub fn compile(host: &PluginHost, bytes: &[u8]) -> Result<Self, LoadError> {
        let component = component::compile(host, bytes)?;
        let component = host.linker().instantiate_pre(&component).map_err(LoadError::Link)?;
        let hooks = Hooks::of(host, &component)?;
        let digest = hex(&portcullis_crypto::sha256(bytes)).into();
        Ok(Self { loaded: Arc::new(Loaded { host: host.clone(), component, hooks }), digest })
    }

    /// Installs it, once the plugin has accepted its settings; it remembers nothing yet.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn install(&self, name: &str, options: LoadOptions) -> Result<Plugin, LoadError> {
        let LoadOptions { key, limits, memo_entries, settings, mode, data } = options;
        let loaded = &self.loaded;
        demand_settings(&loaded.host, &settings)?;
        let name: Arc<str> = name.into();
        let key = key.unwrap_or_else(|| Arc::clone(&name));
        let named = Named { name, key, digest: Arc::clone(&self.digest) };
        let installation = Installation::new(named, limits, settings, data);
        demand_accepted(loaded, &installation)?;
        let memo = Memo::new(match (loaded.host.settings().memo, memo_entries) {
            (MemoSettings::On { entries }, Some(own)) => MemoSettings::On { entries: entries.min(own) },
            (settings, _) => settings,
        });
        let (loaded, quarantine) = (Arc::clone(loaded), Quarantine::default());
        Ok(Plugin { inner: Arc::new(Inner { installation, loaded, memo, quarantine }), mode })
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Loaded")
    }
}

/// What names an installation.
struct Named {
    name: Arc<str>,
    key: Arc<str>,
    digest: Arc<str>,
}

impl Installation {
    fn new(named: Named, limits: OwnLimits, settings: Arc<str>, data: Documents) -> Arc<Self> {
        let Named { name, key, digest } = named;
        let settings_digest = hex(&portcullis_crypto::sha256(settings.as_bytes())).into();
        Arc::new(Self { name, key, limits, digest, settings, settings_digest, data })
    }

    /// The memory that one evaluation may have.
    pub(crate) fn memory(&self, host: &HostSettings) -> usize {
        self.limits.memory.map_or(host.memory, |own| own.min(host.memory))
    }

    /// The time that one evaluation may take.
    pub(crate) fn time(&self, host: &HostSettings) -> Duration {
        self.limits.time.map_or(host.time, |own| own.min(host.time))
    }

    /// Answers a question for this plugin: for the guest that runs and for the memo alike. Counters are for the sandbox,
    /// since what rests on them is never remembered.
    ///
    /// # Errors
    /// When the answer is not known or would be too long.
    pub(crate) fn answer(&self, answers: &(impl Answers + ?Sized), question: &Question) -> wasmtime::Result<Answer> {
        Ok(match question {
            Question::Settings => Answer::Settings(Arc::clone(&self.settings_digest)),
            Question::Data(document, pointer) => self.data.text(document, pointer)?,
            Question::DataContains(document, pointer, text) => {
                Answer::Bool(self.data.contains(document, pointer, text))
            }
            other => answers.answer(other).map_err(|_| Stopped::unanswered(question))?,
        })
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("name", &self.installation.name).finish_non_exhaustive()
    }
}

fn demand_accepted(loaded: &Loaded, installation: &Arc<Installation>) -> Result<(), LoadError> {
    let problems = evaluate::validate(loaded, installation).map_err(LoadError::Validation)?;
    if problems.is_empty() { Ok(()) } else { Err(LoadError::SettingsRejected(problems)) }
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
