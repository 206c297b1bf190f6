//! A whole gateway in process.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use portcullis_audit::{MemorySink, StrangerLimits};
use portcullis_crypto::SystemRandom;
use portcullis_crypto::certificates::{CertificateAuthority, Validity};
use portcullis_identity::{Principal, PrincipalKind};
use portcullis_listener::Limits;
use portcullis_management::{
    AccessPolicyWriters, ActivationRules, Declaration, DeclaredApplication, DeclaredAssignment, DeclaredGroup,
    DeclaredPrivateEndpoint, DeclaredRegistration, DeclaredUser, DeclaredVault, Rules,
};
use portcullis_model::{
    ApplicationId, Clock as _, ManualClock, NetworkRules, PrincipalId, SecretText, SubscriptionId, SystemClock,
    TenantId, UnixTime,
};
use portcullis_policy::{Mode, NamedLocation};
use portcullis_server::config::{
    AttestationAuthorityConfig, AuditConfig, AuthorityKeySource, CertificateConfig, Config, ListenerConfig,
    ListenerSource, PluginConfig, PluginSource, PluginsConfig, PolicyConfig, SignalSourceConfig, ThrottlingConfig,
    TokenConfig, TrustedIssuerConfig, TrustedServices,
};
use portcullis_server::{Files, Ingredients, Running};
use portcullis_store::{MemoryStore, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Client, Reply, Sent};

/// The domain of test gateways.
pub const DOMAIN: &str = "portcullis.test";
/// The usual location of the vaults.
pub const LOCATION: &str = "local";
const DAY: i64 = 86_400;

/// An application of the test directory.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its service principal.
    pub principal: PrincipalId,
    /// Its client id.
    pub id: ApplicationId,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its client secret.
    pub secret: String,
}

impl Application {
    /// An application with ids of its own.
    #[must_use]
    pub fn new(tenant: TenantId) -> Self {
        let secret = format!("secret-of-{}-which-is-long-enough", ApplicationId::random());
        Self { principal: PrincipalId::random(), id: ApplicationId::random(), tenant, secret }
    }

    fn declared(&self, name: &str) -> DeclaredApplication {
        DeclaredApplication {
            principal: self.principal,
            application: self.id,
            tenant: self.tenant,
            display_name: name.to_owned(),
            enabled: true,
            secret: Some(SecretText::new(self.secret.clone())),
        }
    }
}

/// What a test gateway is made of.
#[derive(Debug)]
pub struct Setup {
    /// The tenant of vaults `kv1` and `kv2`.
    pub tenant: TenantId,
    /// Another tenant, of vault `other`.
    pub foreign_tenant: TenantId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The other tenant's subscription.
    pub foreign_subscription: SubscriptionId,
    /// Key Vault Administrator and Owner at `kv1` and `kv2`.
    pub admin: Application,
    /// Key Vault Secrets User at `kv1`.
    pub reader: Application,
    /// No role at all.
    pub nobody: Application,
    /// Key Vault Administrator at `other`, in the other tenant.
    pub foreigner: Application,
    /// The decision memo.
    pub memo: Option<usize>,
    /// The settings of `conditional-access`.
    pub conditional_access: Value,
    /// Named locations.
    pub locations: HashMap<String, NamedLocation>,
    /// Who may tell of devices, risk and networks: prefix and key.
    pub signal_sources: Vec<(&'static str, &'static str)>,
    /// Virtual networks.
    pub networks: Vec<(ipnet::IpNet, portcullis_model::SubnetId)>,
    /// From where everything on the listener comes.
    pub listener_source: Option<ListenerSource>,
    /// Private endpoints.
    pub private_endpoints: Vec<DeclaredPrivateEndpoint>,
    /// The network rules of `kv1`.
    pub network: NetworkRules,
    /// The location of `kv1`; the others are at [`LOCATION`].
    pub location: String,
    /// Purge protection of `kv1`.
    pub purge_protection: bool,
    /// Limits of connections.
    pub limits: Limits,
    /// Token requests whose body is being read at once.
    pub token_requests: usize,
    /// How many unauthenticated requests have a record of their own; all, as a rule.
    pub strangers: StrangerLimits,
    /// How many requests there is room for; any number, as a rule.
    pub throttling: Option<ThrottlingConfig>,
    /// Plugins besides the two bundled ones.
    pub plugins: Vec<PluginConfig>,
    /// What holds for plugins that are installed while the gateway runs.
    pub installed: PluginsConfig,
    /// Attestation authorities with their key sets.
    pub attestation: Vec<(String, Value)>,
    /// Attestation authorities whose keys are discovered.
    pub discovered_attestation: Vec<String>,
    /// Further role assignments.
    pub assignments: Vec<DeclaredAssignment>,
    /// Registrations of applications.
    pub registrations: Vec<DeclaredRegistration>,
    /// Users.
    pub users: Vec<DeclaredUser>,
    /// Groups.
    pub groups: Vec<DeclaredGroup>,
    /// Issuers whose tokens may stand for applications.
    pub trusted_issuers: Vec<TrustedIssuerConfig>,
    /// Trusted services.
    pub trusted_services: TrustedServices,
    /// Who may change access policies.
    pub access_policy_writers: AccessPolicyWriters,
    /// On which terms roles are taken.
    pub activation: ActivationRules,
    /// The store; a new one in memory by default.
    pub store: Arc<dyn Store>,
}

impl Default for Setup {
    fn default() -> Self {
        let (tenant, foreign_tenant) = (TenantId::random(), TenantId::random());
        Self {
            tenant,
            foreign_tenant,
            subscription: SubscriptionId::random(),
            foreign_subscription: SubscriptionId::random(),
            admin: Application::new(tenant),
            reader: Application::new(tenant),
            nobody: Application::new(tenant),
            foreigner: Application::new(foreign_tenant),
            memo: Some(10_000),
            conditional_access: json!({"policies": []}),
            locations: HashMap::new(),
            signal_sources: Vec::new(),
            networks: Vec::new(),
            listener_source: None,
            private_endpoints: Vec::new(),
            network: NetworkRules::default(),
            location: LOCATION.to_owned(),
            purge_protection: false,
            limits: Limits::default(),
            token_requests: 256,
            strangers: StrangerLimits { per_client: u32::MAX, total: u32::MAX },
            throttling: None,
            plugins: Vec::new(),
            installed: PluginsConfig::default(),
            attestation: Vec::new(),
            discovered_attestation: Vec::new(),
            assignments: Vec::new(),
            registrations: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            trusted_issuers: Vec::new(),
            trusted_services: TrustedServices::default(),
            access_policy_writers: AccessPolicyWriters::default(),
            activation: ActivationRules::default(),
            store: Arc::new(MemoryStore::new()),
        }
    }
}

impl Setup {
    /// The resource id of a vault.
    #[must_use]
    pub fn vault_id(&self, vault: &str) -> String {
        let subscription = if vault == "other" { self.foreign_subscription } else { self.subscription };
        format!("/subscriptions/{subscription}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/{vault}")
    }

    /// The same principals, vaults and rules once more, with a store of its own.
    #[must_use]
    pub fn twin(&self) -> Self {
        Self {
            tenant: self.tenant,
            foreign_tenant: self.foreign_tenant,
            subscription: self.subscription,
            foreign_subscription: self.foreign_subscription,
            admin: self.admin.clone(),
            reader: self.reader.clone(),
            nobody: self.nobody.clone(),
            foreigner: self.foreigner.clone(),
            conditional_access: self.conditional_access.clone(),
            locations: self.locations.clone(),
            networks: self.networks.clone(),
            network: self.network.clone(),
            location: self.location.clone(),
            ..Self::default()
        }
    }

    /// The same, over the same store, for another start.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { store: Arc::clone(&self.store), purge_protection: self.purge_protection, ..self.twin() }
    }

    /// A vault of the first tenant as it is declared at the start.
    #[must_use]
    pub fn declared_vault(&self, name: &str) -> DeclaredVault {
        self.vault(name, self.tenant)
    }

    fn vault(&self, name: &str, tenant: TenantId) -> DeclaredVault {
        DeclaredVault {
            subscription: if tenant == self.tenant { self.subscription } else { self.foreign_subscription },
            group: "rg".parse().expect("a group name"),
            name: name.parse().expect("a vault name"),
            tenant,
            location: if name == "kv1" { self.location.clone() } else { LOCATION.to_owned() },
            network: (name == "kv1").then(|| self.network.clone()),
            retention_days: 90,
            purge_protection: name == "kv1" && self.purge_protection,
            permission_model: None,
        }
    }

    fn declaration(&mut self) -> Declaration {
        let assign = |application: &Application, role: &str, vault: &str| DeclaredAssignment {
            principal: application.principal,
            role: role.to_owned(),
            scope: self.vault_id(vault),
        };
        let mut assignments = vec![
            assign(&self.admin, "Key Vault Administrator", "kv1"),
            assign(&self.admin, "Owner", "kv1"),
            assign(&self.admin, "Key Vault Administrator", "kv2"),
            assign(&self.admin, "Owner", "kv2"),
            assign(&self.reader, "Key Vault Secrets User", "kv1"),
            assign(&self.foreigner, "Key Vault Administrator", "other"),
        ];
        assignments.append(&mut self.assignments);
        Declaration {
            tenants: vec![self.tenant, self.foreign_tenant],
            applications: vec![
                self.admin.declared("admin"),
                self.reader.declared("reader"),
                self.nobody.declared("nobody"),
                self.foreigner.declared("foreigner"),
            ],
            vaults: vec![
                self.vault("kv1", self.tenant),
                self.vault("kv2", self.tenant),
                self.vault("other", self.foreign_tenant),
            ],
            assignments,
            registrations: std::mem::take(&mut self.registrations),
            users: std::mem::take(&mut self.users),
            groups: std::mem::take(&mut self.groups),
            access_policies: Vec::new(),
            private_endpoints: std::mem::take(&mut self.private_endpoints),
        }
    }
}

/// A running gateway and all that a test needs to talk to it.
#[derive(Debug)]
pub struct TestGateway {
    /// What it was made of.
    pub setup: Setup,
    /// The running gateway.
    pub running: Running,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its audit records.
    pub audit: MemorySink,
    /// A client of it.
    pub client: Client,
    /// Its port.
    pub port: u16,
    folder: TempDir,
}

impl TestGateway {
    /// Starts a gateway as it comes.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts a gateway of choice, in a folder of its own.
    pub async fn with(setup: Setup) -> Self {
        Box::pin(Self::within(setup, TempDir::new().expect("a folder"))).await
    }

    /// Starts a gateway in a folder, which holds its root key.
    pub async fn within(mut setup: Setup, folder: TempDir) -> Self {
        let authority = authority(&folder);
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let audit = MemorySink::default();
        let config = config(&mut setup, &folder);
        let ingredients = Ingredients {
            store: Arc::clone(&setup.store),
            clock: clock.clone(),
            random: Arc::new(SystemRandom::new()),
            sink: Box::new(audit.clone()),
            program: None,
        };
        let files = Files::read(&config).expect("certificates and plugins");
        let running = Running::start(config, files, ingredients).await.expect("the gateway starts");
        let address = running.addresses()[0];
        let client = Client::new(address, &authority);
        Self { setup, running, clock, audit, client, port: address.port(), folder }
    }

    /// Why the gateway does not start with the plugins of a setup.
    ///
    /// # Panics
    /// When it does.
    #[must_use]
    pub fn refusal(mut setup: Setup) -> String {
        let folder = TempDir::new().expect("a folder");
        authority(&folder);
        Files::read(&config(&mut setup, &folder)).expect_err("the files are refused").to_string()
    }

    /// Stops the gateway and gives its folder and setup back, for another start.
    pub async fn stop(self) -> (Setup, TempDir) {
        self.running.stop().await;
        (self.setup, self.folder)
    }

    /// Another gateway of the same installation over the same store, with a clock of its own.
    pub async fn beside(&self) -> Self {
        let folder = TempDir::new().expect("a folder");
        for file in std::fs::read_dir(self.folder.path()).expect("the folder").flatten() {
            if file.path().is_file() {
                std::fs::copy(file.path(), folder.path().join(file.file_name())).expect("copied");
            }
        }
        Self::within(self.setup.again(), folder).await
    }

    /// A host name with the gateway's port, such as of `kv1.vault`.
    #[must_use]
    pub fn host(&self, prefix: &str) -> String {
        format!("{prefix}.{DOMAIN}:{}", self.port)
    }

    /// The scope of tokens for vaults.
    #[must_use]
    pub fn vault_scope(&self) -> String {
        format!("https://{}/.default", self.host("vault"))
    }

    /// The scope of tokens for the management plane.
    #[must_use]
    pub fn management_scope(&self) -> String {
        format!("https://{}/.default", self.host("management"))
    }

    /// The scope of tokens for the directory.
    #[must_use]
    pub fn graph_scope(&self) -> String {
        format!("https://{}/.default", self.host("graph"))
    }

    /// Makes a call at the directory, at a path below `/v1.0`.
    pub async fn graph(&self, method: &'static str, path: &str, token: &str, body: Value) -> Reply {
        self.client
            .send(Sent {
                method,
                host: self.host("graph"),
                target: format!("/v1.0{path}"),
                headers: vec![
                    ("authorization".to_owned(), format!("Bearer {token}")),
                    ("content-type".to_owned(), "application/json".to_owned()),
                ],
                body: if body.is_null() { String::new() } else { body.to_string() },
            })
            .await
    }

    /// Asks for a token and gives the whole answer.
    pub async fn token_reply(&self, application: &Application, secret: &str, scope: &str) -> Reply {
        let form =
            format!("grant_type=client_credentials&client_id={}&client_secret={secret}&scope={scope}", application.id);
        self.client
            .send(Sent {
                method: "POST",
                host: self.host("login"),
                target: format!("/{}/oauth2/v2.0/token", application.tenant),
                headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
                body: form,
            })
            .await
    }

    /// A token for vaults.
    pub async fn token(&self, application: &Application) -> String {
        self.token_for(application, &self.vault_scope()).await
    }

    /// A token for a scope.
    pub async fn token_for(&self, application: &Application, scope: &str) -> String {
        let reply = self.token_reply(application, &application.secret, scope).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        reply.json()["access_token"].as_str().expect("a token").to_owned()
    }

    /// A call at a vault of `kv1`, `kv2` or `other`, with the api-version added.
    #[must_use]
    pub fn call(&self, vault: &str, method: &'static str, path: &str, token: Option<&str>, body: &Value) -> Sent {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut headers: Vec<(String, String)> =
            token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))).into_iter().collect();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        Sent {
            method,
            host: self.host(&format!("{vault}.vault")),
            target: format!("{path}{separator}api-version=7.6"),
            headers,
            body: if body.is_null() { String::new() } else { body.to_string() },
        }
    }

    /// Makes a call at a vault.
    pub async fn vault(&self, vault: &str, method: &'static str, path: &str, token: &str, body: Value) -> Reply {
        self.client.send(self.call(vault, method, path, Some(token), &body)).await
    }

    /// Makes a call at the management plane.
    pub async fn management(
        &self,
        method: &'static str,
        path: &str,
        api_version: &str,
        token: &str,
        body: Value,
    ) -> Reply {
        self.client
            .send(Sent {
                method,
                host: self.host("management"),
                target: format!("{path}?api-version={api_version}"),
                headers: vec![
                    ("authorization".to_owned(), format!("Bearer {token}")),
                    ("content-type".to_owned(), "application/json".to_owned()),
                ],
                body: if body.is_null() { String::new() } else { body.to_string() },
            })
            .await
    }

    /// Changes an application's service principal in the directory.
    pub async fn set_enabled(&self, application: &Application, enabled: bool) {
        let state = self.running.gateway().management().state();
        let known = state.directory().principal(application.principal).expect("the principal");
        let principal = Principal {
            id: known.id,
            tenant: known.tenant,
            kind: PrincipalKind::ServicePrincipal,
            application: known.application,
            display_name: known.display_name.clone(),
            enabled,
            groups: known.groups.clone(),
            secrets: known.secrets.clone(),
        };
        self.running.gateway().management().put_principal(principal).await.expect("the directory takes it");
    }

    /// The audit records of requests, leaving out what the log says of itself.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        self.audit.events().into_iter().filter(|event| event["category"] == "AuditEvent").collect()
    }
}

fn authority(folder: &TempDir) -> String {
    let (random, now) = (SystemRandom::new(), SystemClock.now());
    let path = folder.path().join("ca.pem");
    if let Ok(pem) = std::fs::read_to_string(&path) {
        return pem;
    }
    let validity = Validity::new(now.plus(-DAY), now.plus(30 * DAY)).expect("a validity");
    let authority = CertificateAuthority::create("test CA", validity, &random).expect("an authority");
    let names = ["*.vault.", "login.", "management.", "graph."].map(|prefix| format!("{prefix}{DOMAIN}"));
    let pair =
        authority.issue_server(&names, &[IpAddr::V4(Ipv4Addr::LOCALHOST)], validity, &random).expect("a certificate");
    std::fs::write(folder.path().join("tls.pem"), pair.certificates).expect("written");
    std::fs::write(folder.path().join("tls.key"), pair.key.as_bytes()).expect("written");
    std::fs::write(path, authority.certificate_pem()).expect("written");
    authority.certificate_pem().to_owned()
}

fn config(setup: &mut Setup, folder: &TempDir) -> Config {
    let path = |name: &str| folder.path().join(name);
    let bundled = |name: &'static str, settings: &Value| PluginConfig {
        name: name.to_owned(),
        source: PluginSource::Bundled(name),
        mode: Mode::Enforce,
        settings: settings.to_string(),
        data: Vec::new(),
    };
    let mut plugins = vec![
        bundled("conditional-access", &setup.conditional_access),
        bundled("azure-rbac", &json!({})),
        bundled("access-policy", &json!({})),
    ];
    plugins.append(&mut setup.plugins);
    Config {
        domain: DOMAIN.to_owned(),
        public_port: None,
        data: folder.path().to_owned(),
        root_key: path("root.key"),
        listeners: vec![ListenerConfig {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            source: setup.listener_source.clone(),
        }],
        certificates: vec![CertificateConfig { chain: path("tls.pem"), key: path("tls.key") }],
        limits: setup.limits.clone(),
        body_timeout: Duration::from_secs(2),
        store_cache: 8 << 20,
        audit: AuditConfig { file: None, required: true, sync: false, strangers: setup.strangers },
        tokens: TokenConfig {
            lifetime: Duration::from_secs(3_600),
            cache: 100,
            requests: setup.token_requests,
            assertions_once: false,
            session: Duration::from_secs(86_400),
        },
        metrics: Some(([127, 0, 0, 1], 0).into()),
        identity_endpoint: None,
        throttling: setup.throttling.clone(),
        plugins: setup.installed.clone(),
        policy: PolicyConfig {
            headers: portcullis_policy::HeaderNames::default(),
            memo: setup.memo,
            memory: 16 << 20,
            // Longer than in production: tests run many at once, on busy machines.
            time: Duration::from_secs(5),
            sandboxes: 16,
            plugins,
        },
        attestation: attestation(setup, folder),
        trusted_issuers: std::mem::take(&mut setup.trusted_issuers),
        locations: setup.locations.clone(),
        signal_sources: setup.signal_sources.iter().map(signal_source).collect(),
        networks: setup.networks.clone(),
        trusted_services: std::mem::take(&mut setup.trusted_services),
        rules: Rules { access_policy_writers: setup.access_policy_writers, activation: setup.activation.clone() },
        declaration: setup.declaration(),
    }
}

fn signal_source((prefix, key): &(&'static str, &'static str)) -> SignalSourceConfig {
    SignalSourceConfig {
        name: (*prefix).to_owned(),
        prefixes: vec![prefix.parse().expect("a prefix")],
        key: SecretText::new((*key).to_owned()),
    }
}

/// Writes the key sets of the authorities into files `0.jwks` and so on. Those that are discovered have certificates
/// of the same CA as the gateway.
fn attestation(setup: &Setup, folder: &TempDir) -> Vec<AttestationAuthorityConfig> {
    let authorities = setup.attestation.iter().enumerate().map(|(at, (issuer, keys))| {
        let file = folder.path().join(format!("{at}.jwks"));
        std::fs::write(&file, keys.to_string()).expect("written");
        (issuer, AuthorityKeySource::File(file))
    });
    let roots = folder.path().join("ca.pem");
    let discovered = setup.discovered_attestation.iter();
    let discovered = discovered.map(|issuer| (issuer, AuthorityKeySource::Discovery { roots: roots.clone() }));
    let config =
        |(issuer, keys): (&String, _)| AttestationAuthorityConfig { issuer: issuer.parse().expect("an issuer"), keys };
    authorities.chain(discovered).map(config).collect()
}

/// A time from now, by the test's clock.
#[must_use]
pub fn from_now(clock: &ManualClock, seconds: i64) -> UnixTime {
    clock.now().plus(seconds)
}
