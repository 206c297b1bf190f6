//! Makes plugins that the management plane installed ready to be asked.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use portcullis_management::{Components, Installation, ManagementError, PluginLoader, PluginRefusal, ReadyPlugins};
use portcullis_model::plugins::{Observed, OnFailure, PluginMode};
use portcullis_model::{ComponentDigest, TenantId};
use portcullis_plugin_host::{
    Code, InstalledPlugin, InstalledSet, LoadError, LoadOptions, OwnLimits, PlaceOfInstallation, Plugin, PluginHost,
    Rollout,
};
use portcullis_policy::{Mode, PolicyHook};
use tokio::sync::Semaphore;

use crate::files::told;
use crate::plugin_compiler::PluginCompiler;
use crate::plugin_observations::Observations;
use crate::plugin_signature::Trust;

/// Loads installed plugins, and keeps those that stay as they are.
#[derive(Debug)]
pub(crate) struct InstalledPlugins {
    host: PluginHost,
    compiler: PluginCompiler,
    declared: HashSet<String>,
    trust: Trust,
    observations: Arc<Observations>,
    turns: Mutex<HashMap<TenantId, Arc<Semaphore>>>,
    /// Those of the watched folder, in their order.
    folder: Mutex<Vec<InstalledPlugin>>,
    codes: Mutex<Codes>,
    /// One component at a time is compiled: it takes all cores that there are.
    compiling: tokio::sync::Mutex<()>,
    last: tokio::sync::Mutex<Vec<Known>>,
    /// Those that are asked as of the control state that was loaded last.
    asked: Mutex<Arc<InstalledSet>>,
}

/// Compiled components.
#[derive(Debug, Default)]
struct Codes {
    by_digest: HashMap<ComponentDigest, Code>,
    /// Those that were brought last, and that nobody may need yet.
    brought: VecDeque<ComponentDigest>,
}

/// An installation and what came of loading it.
#[derive(Debug, Clone)]
struct Known {
    installation: Installation,
    loaded: Result<Plugin, PluginRefusal>,
}

impl InstalledPlugins {
    /// Loads plugins into a host. The names are those that the configuration declares.
    pub(crate) fn new(host: PluginHost, compiler: PluginCompiler, declared: HashSet<String>, trust: Trust) -> Self {
        let (codes, last, folder) = (Mutex::default(), tokio::sync::Mutex::default(), Mutex::default());
        let (observations, turns) = (Arc::default(), Mutex::default());
        Self {
            host,
            compiler,
            declared,
            trust,
            observations,
            turns,
            folder,
            codes,
            compiling: tokio::sync::Mutex::default(),
            last,
            asked: Mutex::default(),
        }
    }

    /// What is known of what plugins that report would refuse.
    pub(crate) const fn observations(&self) -> &Arc<Observations> {
        &self.observations
    }

    /// What runs plugins.
    pub(crate) const fn host(&self) -> &PluginHost {
        &self.host
    }

    /// Whose signatures are trusted.
    pub(crate) const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Whether the configuration itself declares a plugin of the name.
    pub(crate) fn is_in_configuration(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// Puts other plugins of the watched folder in the place of those that there were. They are asked once the control
    /// state is loaded anew.
    pub(crate) fn set_folder(&self, plugins: Vec<InstalledPlugin>) {
        *self.folder() = plugins;
    }

    fn folder(&self) -> std::sync::MutexGuard<'_, Vec<InstalledPlugin>> {
        self.folder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are asked now.
    pub(crate) fn asked(&self) -> Arc<InstalledSet> {
        Arc::clone(&self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn load(&self, installation: &Installation, components: &Components) -> Result<Plugin, PluginRefusal> {
        let (digest, signature) = (installation.wanted.component, installation.wanted.signature.as_deref());
        self.trust.check(digest, signature).map_err(|error| PluginRefusal {
            property: "signature",
            why: error.to_string(),
            passes: false,
        })?;
        let code = self.code(installation.tenant, installation.wanted.component, components).await?;
        let (name, options) = (installation.name.to_string(), options(installation));
        // The plugin looks at its settings, which takes the time that it is allowed.
        let installed = tokio::task::spawn_blocking(move || code.install(&name, options)).await;
        match installed {
            Ok(installed) => installed.map_err(|error| refusal(&error)),
            Err(error) => Err(unusable(&error, true)),
        }
    }

    async fn code(
        &self,
        tenant: TenantId,
        digest: ComponentDigest,
        components: &Components,
    ) -> Result<Code, PluginRefusal> {
        if let Some(code) = self.codes().by_digest.get(&digest) {
            return Ok(code.clone());
        }
        match components.read(tenant, digest).await {
            Ok(bytes) => self.compile(digest, bytes.into()).await,
            Err(error @ ManagementError::Store(_)) => Err(unusable(&error, true)),
            Err(error) => Err(unusable(&error, false)),
        }
    }

    async fn compile(&self, digest: ComponentDigest, bytes: Arc<[u8]>) -> Result<Code, PluginRefusal> {
        let _compiling = self.compiling.lock().await;
        if let Some(code) = self.codes().by_digest.get(&digest) {
            return Ok(code.clone());
        }
        self.compiler
            .try_out(digest, Arc::clone(&bytes), &self.host)
            .await
            .map_err(|error| unusable(&error, error.passes()))?;
        let host = self.host.clone();
        let compiled = tokio::task::spawn_blocking(move || Code::compile(&host, &bytes)).await;
        let code = match compiled {
            Ok(compiled) => compiled.map_err(|error| refusal(&error))?,
            Err(error) => return Err(unusable(&error, true)),
        };
        self.codes().by_digest.insert(digest, code.clone());
        Ok(code)
    }

    /// The operator's plugins are asked before those of others.
    fn hook(&self, mut asked: Vec<InstalledPlugin>, known: &[Known]) -> Option<Arc<dyn PolicyHook>> {
        asked.extend(known.iter().filter_map(|it| installed(it, self.turns_of(it.installation.tenant))));
        let any = !asked.is_empty();
        let set = Arc::new(InstalledSet::new(asked));
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&set);
        any.then_some(set as _)
    }

    /// The turns that a tenant's plugins share: half of the cores, however many plugins there are.
    fn turns_of(&self, tenant: TenantId) -> Arc<Semaphore> {
        let half = || std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(tenant).or_insert_with(|| Arc::new(Semaphore::new(half()))))
    }

    fn codes(&self) -> std::sync::MutexGuard<'_, Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Codes {
    /// Forgets what no installation needs and what was not brought lately.
    fn keep(&mut self, needed: &HashSet<ComponentDigest>) {
        let brought = &self.brought;
        self.by_digest.retain(|digest, _| needed.contains(digest) || brought.contains(digest));
    }

    fn bring(&mut self, digest: ComponentDigest) {
        self.brought.retain(|known| *known != digest);
        self.brought.push_back(digest);
        if self.brought.len() > BROUGHT {
            self.brought.pop_front();
        }
    }
}

#[async_trait]
impl PluginLoader for InstalledPlugins {
    fn declares(&self, name: &str) -> bool {
        self.is_in_configuration(name) || self.folder().iter().any(|plugin| &*plugin.name == name)
    }

    async fn check_component(&self, digest: ComponentDigest, bytes: Arc<[u8]>) -> Result<(), PluginRefusal> {
        self.compile(digest, bytes).await?;
        self.codes().bring(digest);
        Ok(())
    }

    async fn check(&self, installation: &Installation, components: &Components) -> Result<(), PluginRefusal> {
        self.load(installation, components).await.map(|_| ())
    }

    fn observed(&self, key: &str) -> Observed {
        self.observations.of(key)
    }

    async fn ready(&self, installations: Vec<Installation>, components: &Components) -> ReadyPlugins {
        let mut last = self.last.lock().await;
        let mut now = Vec::with_capacity(installations.len());
        for installation in installations {
            let before = last.iter().find(|known| is_same(&known.installation, &installation));
            let loaded = match before.map(|known| &known.loaded) {
                Some(Ok(plugin)) => Ok(plugin.clone()),
                Some(Err(failed)) if !failed.passes => Err(failed.clone()),
                Some(Err(_)) | None => self.load(&installation, components).await.inspect_err(|failed| {
                    let (plugin, why) = (&installation.key, &failed.why);
                    tracing::error!(
                        plugin,
                        why,
                        "an installed plugin cannot be loaded: it denies where it is installed"
                    );
                }),
            };
            now.push(Known { installation, loaded });
        }
        let needed = now.iter().map(|known| known.installation.wanted.component).collect();
        self.codes().keep(&needed);
        let keys: HashSet<&str> = now.iter().map(|known| known.installation.key.as_str()).collect();
        let (declared, folder) = (&self.declared, self.folder().clone());
        let stays = |key: &str| keys.contains(key) || declared.contains(key) || folder.iter().any(|it| &*it.key == key);
        self.host.retain_counters(stays);
        self.turns
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|tenant, _| now.iter().any(|it| it.installation.tenant == *tenant));
        // What another component, or other settings, said says nothing of this one.
        let same = |now: &Known| last.iter().any(|before| is_same(&before.installation, &now.installation));
        let as_before: HashSet<&str> =
            now.iter().filter(|it| same(it)).map(|it| it.installation.key.as_str()).collect();
        self.observations.retain(|key| as_before.contains(key) || folder.iter().any(|it| &*it.key == key));
        let ready = ReadyPlugins {
            hook: self.hook(folder, &now),
            passes: now.iter().any(|known| known.loaded.as_ref().is_err_and(|failed| failed.passes)),
            failures: failures(&now),
        };
        *last = now;
        ready
    }
}

/// Whether one installation can take the place of another without being loaded anew. Mode and order are no affair of
/// the plugin's.
fn is_same(a: &Installation, b: &Installation) -> bool {
    a.key == b.key
        && a.wanted.component == b.wanted.component
        && a.wanted.settings == b.wanted.settings
        && a.wanted.limits == b.wanted.limits
        && a.wanted.signature == b.wanted.signature
}

/// None for one that is switched off.
fn installed(Known { installation, loaded }: &Known, turns: Arc<Semaphore>) -> Option<InstalledPlugin> {
    let rollout = rollout(installation.wanted.mode)?;
    let place = if installation.scope == "/" {
        PlaceOfInstallation::Tenant(installation.tenant.to_string().into())
    } else {
        PlaceOfInstallation::Resource(installation.scope.to_ascii_lowercase().into())
    };
    Some(InstalledPlugin {
        key: installation.key.as_str().into(),
        name: installation.name.as_str().into(),
        digest: installation.wanted.component.to_string().into(),
        plugin: loaded.clone().map_err(|failed| failed.why.into()),
        place,
        rollout,
        ignores_failures: installation.wanted.on_failure == OnFailure::Ignore,
        of_operator: false,
        turns: Some(turns),
    })
}

/// For whom a mode lets a plugin count; none when it is not asked.
pub(crate) const fn rollout(mode: PluginMode) -> Option<Rollout> {
    match mode {
        PluginMode::Off => None,
        PluginMode::ReportOnly => Some(Rollout::Mode(Mode::ReportOnly)),
        PluginMode::Enforce => Some(Rollout::Mode(Mode::Enforce)),
        PluginMode::Percentage(percent) => Some(Rollout::Percentage(percent)),
    }
}

fn failures(known: &[Known]) -> BTreeMap<String, String> {
    let failure = |known: &Known| {
        let failed = known.loaded.as_ref().err()?;
        Some((known.installation.key.clone(), failed.why.clone()))
    };
    known.iter().filter_map(failure).collect()
}

fn options(installation: &Installation) -> LoadOptions {
    let limits = installation.wanted.limits;
    LoadOptions {
        key: Some(installation.key.as_str().into()),
        limits: OwnLimits {
            memory: limits.memory.and_then(|bytes| usize::try_from(bytes).ok()),
            time: limits.time.map(|milliseconds| std::time::Duration::from_millis(milliseconds.into())),
        },
        memo_entries: Some(MEMO_ENTRIES),
        settings: installation.wanted.settings.as_str().into(),
        ..LoadOptions::default()
    }
}

fn refusal(error: &LoadError) -> PluginRefusal {
    let property = match error {
        LoadError::SettingsTooLarge { .. }
        | LoadError::Settings(_)
        | LoadError::SettingsRejected(_)
        | LoadError::Validation(_) => "settings",
        _ => "component",
    };
    PluginRefusal { property, why: explained(error), passes: false }
}

/// The component cannot be used; `passes` says whether another try may end otherwise.
fn unusable(error: &(dyn Error + 'static), passes: bool) -> PluginRefusal {
    PluginRefusal { property: "component", why: told(error), passes }
}

/// What is wrong with a component or its settings, and what to do.
pub(crate) fn explained(error: &LoadError) -> String {
    let remedy = remedy(error).map(|remedy| format!("; {remedy}")).unwrap_or_default();
    format!("{}{remedy}", told(error))
}

/// What to do, where the error does not say it.
fn remedy(error: &LoadError) -> Option<&'static str> {
    Some(match error {
        LoadError::Empty | LoadError::Text | LoadError::NotWebAssembly => {
            "send the component that `portcullis plugin build` writes"
        }
        LoadError::Version { .. } | LoadError::Link(_) | LoadError::UnknownInterface { .. } => {
            "build the plugin with the SDK of this gateway's version, or update the gateway"
        }
        LoadError::NoHook => "export portcullis:policy/authorization or portcullis:policy/conditional-access",
        LoadError::Compile(_) => "build it anew; the component is damaged, or needs more than a sandbox has",
        LoadError::Validation(_) => "correct the plugin: it must say what is wrong with settings, and not fail",
        _ => return None,
    })
}

/// What is remembered of a hook, in entries: whoever owns a vault installs sixteen there, and the operator three in all.
const MEMO_ENTRIES: usize = 4_096;
/// The compiled components that are kept though no installation needs them.
const BROUGHT: usize = 4;
