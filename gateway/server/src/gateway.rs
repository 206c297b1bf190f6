//! Wiring: the parts of a gateway, made from its configuration.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use portcullis_api::{DomainError, Hosts, StandardHeaders};
use portcullis_audit::{
    AuditError, AuditLog, AuditSettings, AuditSink, Durability, FileSink, StdoutSink, SystemFineClock,
};
use portcullis_crypto::{Mac, Random, RootKey, SystemRandom};
use portcullis_engine::{Engine, Releases, VaultKeys};
use portcullis_identity::{
    AssertionReplays, Audiences, Authenticator, Caller, Directory, TokenIssuer, TokenLifetime, TokenLimits,
};
use portcullis_listener::{Certificates, ListenerSettings, Listeners, TlsError, TlsPolicy, TlsSettings, TlsVersion};
use portcullis_management::{Declaration, Management, ManagementError, Sessions};
use portcullis_model::keys::ReleaseSigner;
use portcullis_model::{ApplicationId, Clock, PrincipalId, SystemClock, TenantId, VaultName};
use portcullis_network::{CallerTrust, VirtualNetworks};
use portcullis_plugin_host::PluginSet;
use portcullis_policy::{DirectoryFacts as _, HeaderNames, ObjectReader, Policy};
use portcullis_store::Store;
use portcullis_store_redb::RedbStore;
use tokio::sync::Semaphore;

use crate::attestation::{AuthorityError, ConfiguredAuthorities};
use crate::config::{CertificateConfig, Config, TrustedServices};
use crate::files::{Files, read_certificates};
use crate::jobs;
use crate::keys::{self, KeysError};
use crate::metrics::Metrics;
use crate::plugin_compiler::PluginCompiler;
use crate::plugin_folder::{PluginFolder, PluginFolderError};
use crate::plugin_signature::Trust;
use crate::plugins::InstalledPlugins;
use crate::positions::Positions;
use crate::rejections::Rejections;
use crate::sign_in::SignIns;
use crate::signals::SignalSources;
use crate::throttling::Throttling;
use crate::token_bodies::TokenBodies;
use crate::trusted_issuers::TrustedIssuers;

/// The label under which the audit chain's key is derived from the root key.
pub(crate) const AUDIT_KEY: &str = "audit-chain";
/// What answers that are not about a vault say of the place they come from (`x-ms-keyvault-region`).
const REGION: &str = "local";
const UNKNOWN_VAULTS_KEY: &str = "unknown-vaults";
const TOKEN_KEY: &str = "token-signing";
/// How many components are brought at once.
const COMPONENT_BODIES: usize = 2;
/// How many signed assertions are remembered until they end.
const MOST_ASSERTIONS: usize = 200_000;

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("making the data folder `{folder}`; make it, or choose another in `data`")]
    DataFolder {
        /// The folder.
        folder: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] portcullis_store_redb::OpenError),
    /// The keys cannot be opened.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The control state cannot be loaded, or the configuration's declarations cannot be applied.
    #[error("the control state")]
    Management(#[from] ManagementError),
    /// The audit log cannot be opened.
    #[error("the audit log")]
    AuditFile(#[from] portcullis_audit::OpenError),
    /// The audit log cannot be written.
    #[error("the audit log")]
    Audit(#[from] AuditError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An address cannot be bound.
    #[error(transparent)]
    Bind(#[from] portcullis_listener::BindError),
    /// The address of the metrics cannot be bound.
    #[error("cannot listen at {address} for metrics; choose another `address` in [metrics], or end what listens there")]
    Metrics {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The endpoint of managed identities cannot be bound.
    #[error(
        "cannot listen at `{place}` for managed identities; choose another in [identity_endpoint], or end what listens there"
    )]
    IdentityEndpoint {
        /// The address or the socket.
        place: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The domain is no domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// The lifetime of tokens is out of bounds.
    #[error(transparent)]
    Lifetime(#[from] portcullis_identity::TokenLifetimeError),
    /// An attestation authority cannot be set up.
    #[error(transparent)]
    Attestation(#[from] AuthorityError),
    /// It is not known which program this is.
    #[error("cannot find the program that runs, which compiles plugins")]
    Program(#[source] std::io::Error),
    /// The folder of plugins cannot be taken over.
    #[error(transparent)]
    PluginFolder(#[from] PluginFolderError),
}

/// The parts that tests replace: what the gateway stores in, tells time by, draws randomness from and records to.
#[derive(Debug)]
pub struct Ingredients {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Where audit records go.
    pub sink: Box<dyn AuditSink>,
    /// The program `portcullis`, which compiles components of strangers within bounds before the gateway takes them.
    /// Without it they are compiled in this process, and nothing bounds that.
    pub program: Option<PathBuf>,
}

impl Ingredients {
    /// The ingredients of production.
    ///
    /// # Errors
    /// When the store or the audit log cannot be opened.
    pub fn from_config(config: &Config) -> Result<Self, StartError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&config.data)
            .map_err(|source| StartError::DataFolder { folder: config.data.display().to_string(), source })?;
        let store = RedbStore::open_caching(&config.data.join("portcullis.redb"), config.store_cache)?;
        let durability = if config.audit.sync { Durability::Synced } else { Durability::Buffered };
        let sink: Box<dyn AuditSink> = match &config.audit.file {
            Some(path) => Box::new(FileSink::open(path, durability)?),
            None => Box::new(StdoutSink),
        };
        Ok(Self {
            store: Arc::new(store),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom::new()),
            sink,
            program: Some(this_program()?),
        })
    }
}

/// The program that runs, also when its file has been replaced meanwhile.
fn this_program() -> Result<PathBuf, StartError> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe().map_err(StartError::Program) }
}

/// A gateway: everything that a request meets on its way.
#[derive(Debug)]
pub struct Gateway {
    hosts: Hosts,
    management: Arc<Management>,
    authenticator: Authenticator,
    issuer: TokenIssuer,
    audiences: Audiences,
    networks: VirtualNetworks,
    trusted: TrustedServices,
    policy: Policy,
    engine: Arc<Engine>,
    objects: Arc<dyn ObjectReader>,
    visible_headers: HeaderNames,
    signal_sources: SignalSources,
    attestation: Arc<ConfiguredAuthorities>,
    release_signer: Arc<dyn ReleaseSigner>,
    id_signer: Arc<dyn ReleaseSigner>,
    trusted_issuers: TrustedIssuers,
    assertion_replays: AssertionReplays,
    sign_ins: SignIns,
    sessions: Sessions,
    positions: Positions,
    session_seconds: i64,
    audit: Arc<AuditLog>,
    clock: Arc<dyn Clock>,
    rejections: Arc<Rejections>,
    metrics: Arc<Metrics>,
    plugins: Arc<PluginSet>,
    certificates: Arc<Certificates>,
    certificate_files: Vec<CertificateConfig>,
    body_timeout: Duration,
    token_bodies: TokenBodies,
    component_bodies: Semaphore,
    installed_plugins: Arc<InstalledPlugins>,
    plugin_folder: tokio::sync::Mutex<Option<PluginFolder>>,
    throttling: Option<Throttling>,
    standard_headers: StandardHeaders,
    /// Chooses the tenant that a vault which does not exist seems to belong to.
    unknown_vaults: Mac,
    /// The tenant of the challenge while there is none at all.
    no_tenant: TenantId,
}

impl Gateway {
    /// Makes the parts and binds the listeners.
    ///
    /// # Errors
    /// When a part cannot be opened, or an address cannot be bound.
    pub async fn build(
        config: Config,
        files: Files,
        ingredients: Ingredients,
    ) -> Result<(Self, Listeners), StartError> {
        let Files { certificates, plugins, host } = files;
        let Ingredients { store, clock, random, sink, program } = ingredients;
        let keys = keys::open(&*store, &config.root_key, &random).await?;
        let root = RootKey::load(&config.root_key).map_err(KeysError::from)?;
        let declared = config.policy.plugins.iter().map(|plugin| plugin.name.clone()).collect();
        let trust = Trust { required: config.plugins.require_signature, keys: config.plugins.trusted_keys };
        let compiler = PluginCompiler { program, limits: config.plugins.compiler };
        let loader = Arc::new(InstalledPlugins::new(host, compiler, declared, trust));
        let mut plugin_folder = config.plugins.folder.map(PluginFolder::new);
        // Before anything is served: what lies there holds from the first request on.
        let look = |folder: &mut PluginFolder| tokio::task::block_in_place(|| folder.first_look(&loader));
        let found = plugin_folder.as_mut().map(look).transpose()?;
        let installed_plugins = Arc::clone(&loader);
        let management = Management::open(
            Arc::clone(&store),
            keys.control,
            Arc::clone(&random),
            config.locations,
            config.rules,
            loader,
        )
        .await?;
        management.declare(&config.declaration).await?;
        let settings = AuditSettings {
            sink,
            mac: Mac::new(&root.derive(AUDIT_KEY)),
            clock: Arc::new(SystemFineClock::new()),
            required: config.audit.required,
            strangers: config.audit.strangers,
        };
        let audit = AuditLog::start(settings)?;
        jobs::note_folder(&audit, &found.unwrap_or_default());
        let metrics = Arc::new(Metrics::new());
        let rejections = Arc::new(Rejections::new(Arc::clone(&metrics)));
        let listeners = {
            let settings = config.listeners.iter().map(|listener| ListenerSettings {
                address: listener.address,
                binding: listener.source.as_ref().map(|source| source.id().to_owned()),
                limits: config.limits.clone(),
            });
            let tls = TlsSettings { certificates: Arc::clone(&certificates), minimum: TlsVersion::Tls12 };
            let rejections = Arc::clone(&rejections);
            let count: portcullis_listener::OnRejected = Arc::new(move |rejected| rejections.count(&rejected));
            Listeners::bind(settings.collect(), &TlsPolicy::new(tls)?, &count)?
        };
        let bound = listeners.local_addrs().first().map_or(443, std::net::SocketAddr::port);
        let hosts = Hosts::new(&config.domain, config.public_port.unwrap_or(bound))?;
        let audiences = Audiences::new(&hosts.vault_resource(), &hosts.management_url(), &hosts.graph_url())
            .expect("the names of a domain differ");
        let lifetime = u32::try_from(config.tokens.lifetime.as_secs()).unwrap_or(u32::MAX);
        let lifetime = TokenLifetime::from_seconds(lifetime)?;
        let issuer = TokenIssuer::new(keys.kek.derive(TOKEN_KEY), Arc::clone(&clock), Arc::clone(&random), lifetime)
            .map_err(KeysError::from)?;
        let limits = TokenLimits { cached_tokens: config.tokens.cache, ..TokenLimits::default() };
        let authenticator = Authenticator::new(issuer.verifying_key(), audiences.clone(), Arc::clone(&clock), limits);
        let vault_keys = Arc::new(VaultKeys::new(Arc::clone(&store), keys.kek, Arc::clone(&random)));
        let attestation = Arc::new(ConfiguredAuthorities::open(config.attestation, &clock)?);
        let release_signer: Arc<dyn ReleaseSigner> = Arc::new(keys.release);
        let trusted_issuers = TrustedIssuers::open(config.trusted_issuers, &clock)?;
        let sign_ins = SignIns::new(Arc::clone(&random), clock.now()).map_err(KeysError::from)?;
        let sessions = Sessions::new(Arc::clone(&store), keys.sessions, Arc::clone(&random));
        let (authorities, signer) = (Arc::clone(&attestation), Arc::clone(&release_signer));
        let engine =
            Engine::new(store, vault_keys, Arc::clone(&clock), random).releasing(Releases { authorities, signer });
        let engine = Arc::new(engine);
        let objects: Arc<dyn ObjectReader> = Arc::clone(&engine) as _;
        let standard_headers = StandardHeaders::new(REGION).expect("the region is printable");
        let visible_headers = config.policy.headers.clone();
        let plugins = Arc::new(plugins);
        let gateway = Self {
            hosts,
            management,
            authenticator,
            issuer,
            audiences,
            networks: VirtualNetworks::new(config.networks),
            trusted: config.trusted_services,
            policy: Policy::new(Arc::clone(&plugins) as _),
            engine,
            objects,
            visible_headers,
            signal_sources: SignalSources::new(config.signal_sources),
            attestation,
            release_signer,
            id_signer: Arc::new(keys.id_token),
            trusted_issuers,
            assertion_replays: AssertionReplays::new(MOST_ASSERTIONS, config.tokens.assertions_once),
            sign_ins,
            sessions,
            positions: Positions::new(keys.positions),
            session_seconds: i64::try_from(config.tokens.session.as_secs()).unwrap_or(i64::MAX),
            audit,
            clock,
            rejections,
            metrics,
            plugins,
            certificates,
            certificate_files: config.certificates,
            body_timeout: config.body_timeout,
            token_bodies: TokenBodies::new(config.tokens.requests),
            component_bodies: Semaphore::new(COMPONENT_BODIES),
            installed_plugins,
            plugin_folder: tokio::sync::Mutex::new(plugin_folder),
            throttling: config.throttling.map(Throttling::new),
            standard_headers,
            unknown_vaults: Mac::new(&root.derive(UNKNOWN_VAULTS_KEY)),
            no_tenant: TenantId::random(),
        };
        Ok((gateway, listeners))
    }

    /// Opens the audit file anew and reads the certificates and the keys of attestation authorities again; what fails
    /// keeps the old and says so in the log.
    pub fn reload(&self) {
        if let Err(error) = self.audit.reopen() {
            tracing::error!(%error, "the audit log could not be opened anew");
        }
        for error in self.attestation.reload().into_iter().chain(self.trusted_issuers.reload()) {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error, "the keys of an attestation authority could not be read anew; the old ones stay");
        }
        let reloaded = read_certificates(&self.certificate_files).and_then(|read| self.certificates.reload(&read));
        match reloaded {
            Ok(()) => tracing::info!("certificates and audit log opened anew"),
            Err(error) => tracing::error!(%error, "the certificates could not be read anew; the old ones stay"),
        }
    }

    /// Makes the control state as a declaration says, as at the start; on an error it stays and the log says so.
    pub(crate) async fn redeclare(&self, declaration: &Declaration) {
        match self.management.declare(declaration).await {
            Ok(revision) => tracing::info!(revision, "the configuration's declarations hold"),
            Err(error) => tracing::error!(%error, "the configuration's declarations were not taken over"),
        }
    }

    /// The names that the gateway answers to.
    #[must_use]
    pub const fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The management plane.
    #[must_use]
    pub const fn management(&self) -> &Arc<Management> {
        &self.management
    }

    /// What is counted for operators.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// All metrics as of now, in the text format of OpenMetrics.
    ///
    /// # Errors
    /// When they cannot be written, which does not happen.
    pub(crate) fn metrics_text(&self) -> Result<String, std::fmt::Error> {
        self.metrics.text(self.management.state().revision(), &self.plugins, &self.installed_plugins.asked())
    }

    /// The data plane.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Who reads stored objects for policies that ask about them.
    pub(crate) const fn objects(&self) -> &Arc<dyn ObjectReader> {
        &self.objects
    }

    /// The headers that policies may see.
    pub(crate) const fn visible_headers(&self) -> &HeaderNames {
        &self.visible_headers
    }

    /// Who may tell of callers' devices, of risk and of networks.
    pub(crate) const fn signal_sources(&self) -> &SignalSources {
        &self.signal_sources
    }

    /// Does all that is due now: purges, rotations, notices. The gateway does it by itself every few seconds.
    pub async fn do_due_work(&self) {
        jobs::purge_vaults(self).await;
        jobs::run_due(self).await;
        jobs::attend_due(self).await;
    }

    /// Who signs answers of releases.
    pub(crate) fn release_signer(&self) -> &dyn ReleaseSigner {
        &*self.release_signer
    }

    /// Who signs id tokens.
    pub(crate) fn id_signer(&self) -> &dyn ReleaseSigner {
        &*self.id_signer
    }

    pub(crate) const fn trusted_issuers(&self) -> &TrustedIssuers {
        &self.trusted_issuers
    }

    pub(crate) const fn assertion_replays(&self) -> &AssertionReplays {
        &self.assertion_replays
    }

    pub(crate) const fn sign_ins(&self) -> &SignIns {
        &self.sign_ins
    }

    /// Seals where lists go on.
    pub(crate) const fn positions(&self) -> &Positions {
        &self.positions
    }

    pub(crate) const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// For how long a person stays signed in.
    pub(crate) const fn session_seconds(&self) -> i64 {
        self.session_seconds
    }

    pub(crate) const fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    pub(crate) const fn issuer(&self) -> &TokenIssuer {
        &self.issuer
    }

    pub(crate) const fn audiences(&self) -> &Audiences {
        &self.audiences
    }

    pub(crate) const fn networks(&self) -> &VirtualNetworks {
        &self.networks
    }

    pub(crate) const fn trusted(&self) -> &TrustedServices {
        &self.trusted
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) const fn audit(&self) -> &Arc<AuditLog> {
        &self.audit
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn rejections(&self) -> &Rejections {
        &self.rejections
    }

    pub(crate) const fn body_timeout(&self) -> Duration {
        self.body_timeout
    }

    pub(crate) const fn token_bodies(&self) -> &TokenBodies {
        &self.token_bodies
    }

    /// Looks at the watched folder, if there is one, and takes over what lies there now, and what could not be taken over
    /// before. The gateway does it by itself every few seconds.
    pub async fn look_at_plugin_folder(&self) {
        let mut watched = self.plugin_folder.lock().await;
        let Some(mut folder) = watched.take() else { return };
        let loader = Arc::clone(&self.installed_plugins);
        let looked = tokio::task::spawn_blocking(move || {
            folder.look(&loader);
            folder
        });
        let Ok(folder) = looked.await else {
            tracing::error!("the folder of plugins is not watched any more; what was in force stays");
            return;
        };
        let folder = watched.insert(folder);
        if !folder.is_pending() {
            return;
        }
        match self.management.reload_plugins().await {
            Ok(()) => jobs::note_folder(&self.audit, &folder.done()),
            Err(error) => {
                tracing::error!(%error, "the plugins of the folder could not be taken over; it is tried again");
            }
        }
    }

    /// The plugins that are installed while the gateway runs.
    pub(crate) const fn installed_plugins(&self) -> &Arc<InstalledPlugins> {
        &self.installed_plugins
    }

    /// Room for the bodies of components, which are large.
    pub(crate) const fn component_bodies(&self) -> &Semaphore {
        &self.component_bodies
    }

    /// What counts requests, unless that is switched off.
    pub(crate) const fn throttling(&self) -> Option<&Throttling> {
        self.throttling.as_ref()
    }

    pub(crate) const fn standard_headers(&self) -> &StandardHeaders {
        &self.standard_headers
    }

    pub(crate) const fn no_tenant(&self) -> TenantId {
        self.no_tenant
    }

    /// The tenant that a vault which does not exist seems to belong to: any of those there are, always the same for a
    /// name, so that a stranger cannot tell by the challenge which vaults exist.
    pub(crate) fn tenant_of_unknown(&self, vault: Option<&VaultName>, directory: &Directory) -> TenantId {
        let mut tenants: Vec<TenantId> = directory.tenants().collect();
        tenants.sort_unstable();
        let tag = self.unknown_vaults.tag(vault.map_or("", VaultName::as_str).as_bytes());
        let choice = tag.first_chunk().map_or(0, |head| u64::from_be_bytes(*head));
        let place = usize::try_from(choice % u64::try_from(tenants.len()).unwrap_or(1).max(1)).unwrap_or_default();
        tenants.get(place).copied().unwrap_or(self.no_tenant)
    }
}

impl TrustedServices {
    /// Whether a caller is on the list.
    pub(crate) fn trust(&self, caller: &Caller) -> CallerTrust {
        self.trust_in(caller.principal().id, caller.application())
    }

    /// Whether a caller who is this principal, and acts through this application, is on the list.
    pub(crate) fn trust_in(&self, principal: PrincipalId, application: Option<ApplicationId>) -> CallerTrust {
        let listed = self.principals.contains(&principal)
            || application.is_some_and(|application| self.applications.contains(&application));
        if listed { CallerTrust::TrustedService } else { CallerTrust::Ordinary }
    }
}
