//! `portcullis dev`: a gateway on loopback with everything it needs in one folder.

mod certificate;
mod identity;
mod names;
mod screen;

use std::collections::HashMap;
use std::io::{BufRead, IsTerminal as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use portcullis_audit::StrangerLimits;
use portcullis_crypto::SystemRandom;
use portcullis_listener::Limits;
use portcullis_management::{Declaration, DeclaredApplication, DeclaredAssignment, DeclaredVault, Rules};
use portcullis_policy::{HeaderNames, Mode};

use crate::config::{
    AuditConfig, CertificateConfig, Config, ListenerConfig, PluginConfig, PluginSource, PluginsConfig, PolicyConfig,
    TokenConfig, TrustedServices,
};
use crate::files::Files;
use crate::run;
use identity::{DevIdentity, write_private};

/// The name of the vault that the first start makes.
const VAULT: &str = "dev";
const DOMAIN: &str = "localhost";
const GROUP: &str = "dev";

/// The arguments of `portcullis dev`.
#[derive(Debug, Args)]
pub(crate) struct DevArguments {
    /// The folder for the store, the root key, certificates and the audit log.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The port to listen on; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 8443)]
    port: u16,
    /// A file for the clients' settings as KEY=value lines, written when the gateway is ready. A value with characters
    /// that mean something to a shell is in single quotes.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

/// Runs a development gateway until it is told to stop.
pub(crate) fn run(arguments: &DevArguments) -> anyhow::Result<ExitCode> {
    run::log_to_stderr();
    if let Some(path) = &arguments.env_file {
        forget(path)?;
    }
    let data = prepare_folder(&arguments.data)?;
    let first_start = !data.join("dev.json").exists();
    let identity = DevIdentity::open(&data.join("dev.json"), &SystemRandom::new())?;
    let certificate = certificate::ensure(&data)?;
    let names = [format!("{VAULT}.vault"), "login".to_owned(), "management".to_owned(), "graph".to_owned()];
    let names = names.map(|name| format!("{name}.{DOMAIN}"));
    let unresolved = names::unresolved(&names.each_ref().map(String::as_str), names::resolve);
    if !unresolved.is_empty() {
        let mut input = std::io::stdin().lock();
        let terminal = input.is_terminal().then_some(&mut input as &mut dyn BufRead);
        names::advise(&unresolved, Path::new(names::HOSTS), terminal, &mut std::io::stderr().lock())?;
    }
    let config = config(&data, arguments.port, &identity, certificate)?;
    let files = Files::read(&config)?;
    run::to_completion(config, files, None, |hosts| {
        let ca = data.join("ca.pem");
        let place = screen::Place { identity: &identity, hosts, ca: &ca, data: &data, first_start };
        std::io::stdout().write_all(place.screen().as_bytes())?;
        match &arguments.env_file {
            Some(path) => write_private(path, place.environment().as_bytes()),
            None => Ok(()),
        }
    })
}

/// Removes what an earlier start wrote, so that whoever waits for the file waits for this start.
fn forget(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)
            .with_context(|| format!("replacing the file `{}`; choose another with --env-file", path.display())),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn prepare_folder(path: &Path) -> anyhow::Result<PathBuf> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("making the data folder `{}`; choose another with --data", path.display()))?;
    path.canonicalize().with_context(|| format!("opening the data folder `{}`", path.display()))
}

fn config(data: &Path, port: u16, identity: &DevIdentity, certificate: CertificateConfig) -> anyhow::Result<Config> {
    let plugin = |name: &'static str, settings: &str| PluginConfig {
        name: name.to_owned(),
        source: PluginSource::Bundled(name),
        mode: Mode::Enforce,
        settings: settings.to_owned(),
        data: Vec::new(),
    };
    Ok(Config {
        domain: DOMAIN.to_owned(),
        public_port: None,
        data: data.to_owned(),
        root_key: data.join("root.key"),
        listeners: listeners(port),
        certificates: vec![certificate],
        limits: Limits::default(),
        body_timeout: Duration::from_secs(30),
        store_cache: portcullis_store_redb::DEFAULT_CACHE,
        audit: AuditConfig {
            file: Some(data.join("audit.jsonl")),
            required: true,
            sync: false,
            strangers: StrangerLimits::default(),
        },
        tokens: TokenConfig {
            lifetime: Duration::from_secs(3_600),
            cache: 10_000,
            requests: 256,
            assertions_once: false,
            session: Duration::from_secs(86_400),
        },
        // Whoever tries things out is alone here, and makes more keys than one does in production.
        throttling: None,
        plugins: PluginsConfig::default(),
        policy: PolicyConfig {
            memo: Some(65_536),
            memory: 16 << 20,
            time: Duration::from_millis(100),
            sandboxes: 64,
            headers: HeaderNames::default(),
            plugins: vec![
                plugin("conditional-access", r#"{"policies":[]}"#),
                plugin("azure-rbac", "{}"),
                plugin("access-policy", "{}"),
            ],
        },
        attestation: Vec::new(),
        trusted_issuers: Vec::new(),
        locations: HashMap::new(),
        signal_sources: Vec::new(),
        networks: Vec::new(),
        trusted_services: TrustedServices::default(),
        metrics: None,
        rules: Rules::default(),
        identity_endpoint: None,
        declaration: declaration(identity)?,
    })
}

/// Loopback in both families, where the machine has both: clients try either for `localhost` names.
fn listeners(port: u16) -> Vec<ListenerConfig> {
    let at = |address: IpAddr| ListenerConfig { address: SocketAddr::new(address, port), source: None };
    let mut listeners = vec![at(Ipv4Addr::LOCALHOST.into())];
    // With any free port the two families would get different ones.
    if port != 0 && std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        listeners.push(at(Ipv6Addr::LOCALHOST.into()));
    }
    listeners
}

fn declaration(identity: &DevIdentity) -> anyhow::Result<Declaration> {
    let vault = DeclaredVault {
        subscription: identity.subscription,
        group: GROUP.parse()?,
        name: VAULT.parse()?,
        tenant: identity.tenant,
        location: "local".to_owned(),
        network: None,
        retention_days: 90,
        purge_protection: false,
        permission_model: None,
    };
    // Owner of the whole subscription, so that further vaults can be made; to use one takes a role there, as in Azure.
    let subscription = format!("/subscriptions/{}", identity.subscription);
    let scope = format!("{subscription}/resourceGroups/{GROUP}/providers/Microsoft.KeyVault/vaults/{VAULT}");
    let assignment =
        |role: &str, scope: String| DeclaredAssignment { principal: identity.principal, role: role.to_owned(), scope };
    Ok(Declaration {
        tenants: vec![identity.tenant],
        applications: vec![DeclaredApplication {
            principal: identity.principal,
            application: identity.application,
            tenant: identity.tenant,
            display_name: "dev".to_owned(),
            enabled: true,
            secret: Some(identity.secret()),
        }],
        vaults: vec![vault],
        // The last one is what the directory asks for.
        assignments: vec![
            assignment("Key Vault Administrator", scope),
            assignment("Owner", subscription),
            assignment("User Access Administrator", "/".to_owned()),
        ],
        ..Declaration::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_start_wrote_is_gone_before_this_one_is_ready() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("env");
        forget(&file).unwrap();
        std::fs::write(&file, "AZURE_TENANT_ID=old").unwrap();
        forget(&file).unwrap();
        assert!(!file.exists());
        let error = forget(folder.path()).unwrap_err();
        assert!(error.to_string().contains("--env-file"), "{error}");
    }
}
