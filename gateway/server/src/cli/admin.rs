//! `portcullis admin`: begins an installation, and takes its configuration out of a store and into another one. Offline:
//! on the data folder of a configuration while no gateway runs on it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use clap::{Args, Subcommand};
use portcullis_audit::{AuditLog, AuditSettings, RequestNote, SystemFineClock};
use portcullis_crypto::jose::base64url;
use portcullis_crypto::{Mac, Random, RootKey};
use portcullis_identity::RegistrationKind;
use portcullis_management::{
    Components, Declaration, DeclaredApplication, DeclaredAssignment, DeclaredRegistration, Exported, Hashes,
    Installation, Management, PluginLoader, PluginRefusal, ReadyPlugins,
};
use portcullis_model::plugins::Observed;
use portcullis_model::{ApplicationId, ComponentDigest, PrincipalId, RequestId, SecretText, SubscriptionId, TenantId};
use portcullis_policy::DirectoryFacts as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::{self, Config};
use crate::gateway::{AUDIT_KEY, Ingredients};
use crate::keys;

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Makes the first tenant and subscription of an empty store, an owner, and a second owner for emergencies.
    Init(Init),
    /// Writes principals, groups, vaults, roles and assignments into a file; no secrets and nothing that vaults hold.
    Export(Export),
    /// Takes what `export` wrote into an empty store.
    Import(Import),
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The configuration of the gateway that is to run.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A new file for the owner's ids and client secret, as KEY=value lines.
    #[arg(long, value_name = "FILE")]
    owner: PathBuf,
    /// A new file for those of the second owner, to be locked away for emergencies.
    #[arg(long, value_name = "FILE")]
    break_glass: PathBuf,
    /// The tenant's id; a new one when absent.
    #[arg(long, value_name = "GUID")]
    tenant: Option<TenantId>,
    /// The subscription's id; a new one when absent.
    #[arg(long, value_name = "GUID")]
    subscription: Option<SubscriptionId>,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The configuration of the gateway.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A new file.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Also the hashes of passwords and client secrets, so that they keep working; whoever reads them can guess at them.
    #[arg(long)]
    password_hashes: bool,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The configuration of the gateway that is to run.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What `export` wrote.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
}

/// The file that `export` writes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u32,
    records: Vec<Exported>,
}

impl AdminCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        runtime.block_on(async {
            match self {
                Self::Init(arguments) => arguments.run().await,
                Self::Export(arguments) => arguments.run().await,
                Self::Import(arguments) => arguments.run().await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Init {
    async fn run(self) -> anyhow::Result<()> {
        let offline = Offline::open(&self.config).await?;
        offline.check_empty()?;
        let tenant = self.tenant.unwrap_or_else(TenantId::random);
        let subscription = self.subscription.unwrap_or_else(SubscriptionId::random);
        let owners =
            [Owner::new("owner", tenant, &*offline.random)?, Owner::new("break-glass", tenant, &*offline.random)?];
        let declaration = Declaration {
            tenants: vec![tenant],
            applications: owners.iter().map(Owner::application).collect(),
            registrations: owners.iter().map(Owner::registration).collect(),
            assignments: owners.iter().map(Owner::assignment).collect(),
            ..Declaration::default()
        };
        // First the files: secrets that nobody could keep must not become valid.
        let [owner, break_glass] = &owners;
        for (path, owner) in [(&self.owner, owner), (&self.break_glass, break_glass)] {
            write_new(path, owner.lines(subscription).as_bytes())?;
        }
        offline.change("AdminInit", offline.management.begin(&declaration, (subscription, tenant))).await?;
        let (owner, break_glass) = (self.owner.display(), self.break_glass.display());
        writeln!(
            std::io::stdout(),
            "tenant        {tenant}\nsubscription  {subscription}\nowner         {} ({owner})\nbreak-glass   {} ({break_glass}; lock it away)",
            owners[0].application,
            owners[1].application,
        )?;
        Ok(())
    }
}

impl Export {
    async fn run(self) -> anyhow::Result<()> {
        let offline = Offline::open(&self.config).await?;
        let hashes = if self.password_hashes { Hashes::With } else { Hashes::Without };
        let records = offline.management.export(hashes)?;
        let count = records.len();
        let document = Document { format: FORMAT.to_owned(), version: VERSION, records };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&document)?);
        write_new(&self.output, &text)?;
        writeln!(std::io::stdout(), "{count} records in `{}`", self.output.display())?;
        Ok(())
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let place = self.input.display();
        let file = File::open(&self.input).with_context(|| format!("reading `{place}`"))?;
        let mut text = Zeroizing::new(Vec::new());
        file.take(MOST_BYTES + 1).read_to_end(&mut text).with_context(|| format!("reading `{place}`"))?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > MOST_BYTES {
            bail!("`{place}` has more than {MOST_BYTES} bytes");
        }
        let document: Document = serde_json::from_slice(&text)
            .with_context(|| format!("`{place}` is not what `portcullis admin export` writes"))?;
        if document.format != FORMAT || document.version != VERSION {
            bail!("`{place}` is of another format or of a later version of this program");
        }
        let offline = Offline::open(&self.config).await?;
        offline.check_empty()?;
        offline.change("AdminImport", offline.management.import(&document.records)).await?;
        writeln!(std::io::stdout(), "{} records taken in", document.records.len())?;
        Ok(())
    }
}

/// The control state of a store on which no gateway runs.
struct Offline {
    management: Arc<Management>,
    audit: Arc<AuditLog>,
    random: Arc<dyn Random>,
    data: String,
}

impl Offline {
    /// Opens the store of a configuration; the store itself sees to it that nobody else has it open.
    async fn open(path: &Path) -> anyhow::Result<Self> {
        let config: Config = config::load(path)?;
        let data = config.data.display().to_string();
        let Ingredients { store, random, sink, .. } = Ingredients::from_config(&config)?;
        let keys = keys::open(&*store, &config.root_key, &random).await?;
        let root = RootKey::load(&config.root_key).context("reading the root key")?;
        let management = Management::open(
            store,
            keys.control,
            Arc::clone(&random),
            config.locations,
            config.rules,
            Arc::new(NoPlugins),
        )
        .await?;
        let audit = AuditLog::start(AuditSettings {
            sink,
            mac: Mac::new(&root.derive(AUDIT_KEY)),
            clock: Arc::new(SystemFineClock::new()),
            required: true,
            strangers: config.audit.strangers,
        })?;
        Ok(Self { management, audit, random, data })
    }

    fn check_empty(&self) -> anyhow::Result<()> {
        if self.management.state().revision() == 0 {
            return Ok(());
        }
        bail!("the store in `{}` holds principals and vaults already; choose another `data` folder", self.data)
    }

    /// Makes a change that the audit log knows of before and after.
    async fn change<T, E: Into<anyhow::Error>>(
        &self,
        operation: &'static str,
        change: impl Future<Output = Result<T, E>>,
    ) -> anyhow::Result<T> {
        let mut scope = self.audit.begin(RequestNote {
            request_id: RequestId::random().to_string().into(),
            method: "OFFLINE".into(),
            uri: "portcullis admin".into(),
            user_agent: None,
            correlation_id: None,
            client: std::net::Ipv4Addr::LOCALHOST.into(),
            tls_version: "none",
            connection: 0,
        });
        scope.event().operation(operation).authenticated().stage("execution");
        scope.announce()?;
        let result = change.await.map_err(Into::into);
        scope.finish(if result.is_ok() { 200 } else { 500 })?;
        result
    }
}

/// Nothing is asked offline, so no plugin is made ready, and none can be installed.
#[derive(Debug)]
struct NoPlugins;

#[async_trait]
impl PluginLoader for NoPlugins {
    fn declares(&self, _: &str) -> bool {
        false
    }

    async fn check_component(&self, _: ComponentDigest, _: Arc<[u8]>) -> Result<(), PluginRefusal> {
        Err(PluginRefusal { property: "component", why: "no plugin is installed offline".to_owned(), passes: false })
    }

    async fn check(&self, _: &Installation, _: &Components) -> Result<(), PluginRefusal> {
        Err(PluginRefusal { property: "component", why: "no plugin is installed offline".to_owned(), passes: false })
    }

    fn observed(&self, _: &str) -> Observed {
        Observed::default()
    }

    async fn ready(&self, _: Vec<Installation>, _: &Components) -> ReadyPlugins {
        ReadyPlugins { hook: None, failures: BTreeMap::new(), passes: false }
    }
}

/// An application that owns everything in its tenant.
struct Owner {
    name: &'static str,
    tenant: TenantId,
    principal: PrincipalId,
    application: ApplicationId,
    secret: SecretText,
}

impl Owner {
    fn new(name: &'static str, tenant: TenantId, random: &dyn Random) -> anyhow::Result<Self> {
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(&mut *secret)?;
        let secret = SecretText::new(base64url::encode(&*secret));
        Ok(Self { name, tenant, principal: PrincipalId::random(), application: ApplicationId::random(), secret })
    }

    fn application(&self) -> DeclaredApplication {
        DeclaredApplication {
            principal: self.principal,
            application: self.application,
            tenant: self.tenant,
            display_name: self.name.to_owned(),
            enabled: true,
            secret: Some(SecretText::new(self.secret.expose().to_owned())),
        }
    }

    fn registration(&self) -> DeclaredRegistration {
        DeclaredRegistration {
            tenant: self.tenant,
            application: self.application,
            display_name: self.name.to_owned(),
            kind: RegistrationKind::Application,
            identifier_uris: Vec::new(),
            redirect_uris: Vec::new(),
            public_client: false,
            certificates: Vec::new(),
            federated: Vec::new(),
        }
    }

    fn assignment(&self) -> DeclaredAssignment {
        DeclaredAssignment { principal: self.principal, role: "Owner".to_owned(), scope: "/".to_owned() }
    }

    /// The lines that clients take as their environment.
    fn lines(&self, subscription: SubscriptionId) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "AZURE_TENANT_ID={}\nAZURE_CLIENT_ID={}\nAZURE_CLIENT_SECRET={}\nAZURE_SUBSCRIPTION_ID={subscription}\nPORTCULLIS_PRINCIPAL_ID={}\n",
            self.tenant,
            self.application,
            self.secret.expose(),
            self.principal,
        ))
    }
}

/// Writes a file that is not there yet and that only its owner may read.
pub(super) fn write_new(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().with_context(|| format!("writing the new file `{}`", path.display()))
}

const FORMAT: &str = "portcullis-control-state";
const VERSION: u32 = 1;
/// Bytes of what is taken in.
const MOST_BYTES: u64 = 256 << 20;
