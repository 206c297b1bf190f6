//! The configuration: parsed whole, all mistakes reported at once, before a port is bound.
//!
//! The values are of the types of the crates that use them (an `IpNet`, not a text), so that a configuration that
//! exists is valid. Only this module reads the file; dev mode builds the same [`Config`] without one.

mod file;
mod reader;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use portcullis_audit::StrangerLimits;
use portcullis_crypto::Ed25519PublicKey;
use portcullis_engine::Issuer;
use portcullis_listener::Limits;
use portcullis_management::{Declaration, Rules};
use portcullis_model::{ApplicationId, PrincipalId, PrivateEndpointId, SecretText, SubnetId, TenantId};
use portcullis_policy::{HeaderNames, Mode, NamedLocation};

pub use crate::managed_identity::{IdentityEndpointConfig, ManagedIdentityConfig};
pub use crate::plugin_compiler::CompilerLimits;
pub use file::{ConfigError, Mistake, load};
pub(crate) use file::{Manifest, load_manifest};

/// Everything that the gateway is told.
#[derive(Debug)]
pub struct Config {
    /// Vaults are `<vault>.vault.<domain>`.
    pub domain: String,
    /// The port that clients connect to; `None` means that of the first listener. Behind a port mapping it differs
    /// from the listener's.
    pub public_port: Option<u16>,
    /// Where the store, and by default the root key and the audit log, are kept.
    pub data: PathBuf,
    /// The root key's file.
    pub root_key: PathBuf,
    /// Where to listen; at least one.
    pub listeners: Vec<ListenerConfig>,
    /// Certificate chains and keys, PEM files; at least one. The first is the default.
    pub certificates: Vec<CertificateConfig>,
    /// Limits of connections.
    pub limits: Limits,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// The audit log.
    pub audit: AuditConfig,
    /// How many bytes of the store's pages are kept in memory at most.
    pub store_cache: usize,
    /// The endpoint for managed identities, if there is one.
    pub identity_endpoint: Option<IdentityEndpointConfig>,
    /// Where metrics are served, in plain HTTP; `None` serves none.
    pub metrics: Option<SocketAddr>,
    /// Access tokens.
    pub tokens: TokenConfig,
    /// How many requests there is room for; `None` switches it off.
    pub throttling: Option<ThrottlingConfig>,
    /// Plugins and their limits.
    pub policy: PolicyConfig,
    /// Plugins that are installed while the gateway runs.
    pub plugins: PluginsConfig,
    /// Who may attest environments for the release of keys.
    pub attestation: Vec<AttestationAuthorityConfig>,
    /// Whose tokens may stand for applications.
    pub trusted_issuers: Vec<TrustedIssuerConfig>,
    /// Named locations.
    pub locations: HashMap<String, NamedLocation>,
    /// Who may tell of callers' devices, of risk and of networks.
    pub signal_sources: Vec<SignalSourceConfig>,
    /// Virtual networks: prefixes of addresses, each of one subnet.
    pub networks: Vec<(IpNet, SubnetId)>,
    /// Callers that may skip the network rules of vaults whose `bypass` is `AzureServices`.
    pub trusted_services: TrustedServices,
    /// Who may change access policies, and on which terms roles are taken.
    pub rules: Rules,
    /// What shall be there.
    pub declaration: Declaration,
}

/// One listening address.
#[derive(Debug)]
pub struct ListenerConfig {
    /// The address.
    pub address: SocketAddr,
    /// From where everything on this listener comes, if that is not a matter of addresses.
    pub source: Option<ListenerSource>,
}

/// From where everything on a listener comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenerSource {
    /// From a subnet.
    Subnet(SubnetId),
    /// Through a private endpoint.
    PrivateEndpoint(PrivateEndpointId),
}

impl ListenerSource {
    /// The id of the subnet or of the private endpoint, which tells by its form what it is.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Subnet(subnet) => subnet.as_str(),
            Self::PrivateEndpoint(endpoint) => endpoint.as_str(),
        }
    }
}

/// One certificate.
#[derive(Debug)]
pub struct CertificateConfig {
    /// The chain, leaf first, as a PEM file.
    pub chain: PathBuf,
    /// The private key, as a PEM file.
    pub key: PathBuf,
}

/// The audit log.
#[derive(Debug)]
pub struct AuditConfig {
    /// The file; `None` writes to standard output.
    pub file: Option<PathBuf>,
    /// Whether a request fails when its record cannot be written.
    pub required: bool,
    /// Whether each record is synced to the disk before the response leaves.
    pub sync: bool,
    /// How many requests of unauthenticated callers have a record of their own.
    pub strangers: StrangerLimits,
}

/// Access tokens.
#[derive(Debug)]
pub struct TokenConfig {
    /// How long a token is valid.
    pub lifetime: Duration,
    /// How many verified tokens are remembered; 0 remembers none.
    pub cache: usize,
    /// Token requests whose body is being read at once.
    pub requests: usize,
    /// Whether a signed assertion of an application is accepted once only, also from where it came first.
    pub assertions_once: bool,
    /// For how long a person stays signed in without showing anything again.
    pub session: Duration,
}

/// How many requests there is room for in ten seconds. Each limit is how many requests of one class, and no others,
/// fill the budget of a vault; all are at least 1, and still are when only a caller's part of them is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrottlingConfig {
    /// Keys made or released: created, rotated, made with a certificate, released.
    pub key_creation: u32,
    /// Uses of RSA keys of 2048 bits.
    pub rsa_2048: u32,
    /// Uses of RSA keys of 3072 bits.
    pub rsa_3072: u32,
    /// Uses of RSA keys of 4096 bits.
    pub rsa_4096: u32,
    /// Uses of keys on elliptic curves.
    pub ec: u32,
    /// Secrets set.
    pub secret_creation: u32,
    /// Everything else.
    pub other: u32,
    /// What one caller may take in all vaults together, in percent of the budget of one vault.
    pub caller_percent: u32,
    /// How many bad tokens an address may show.
    pub bad_tokens: u32,
    /// Of how many vaults, callers and addresses the requests are counted at once.
    pub remembered: usize,
}

impl Default for ThrottlingConfig {
    /// The reference's limits (wire contract, section 17): those of a vault, and for a caller those of a subscription.
    fn default() -> Self {
        Self {
            key_creation: 20,
            rsa_2048: 4_000,
            rsa_3072: 1_000,
            rsa_4096: 500,
            ec: 4_000,
            secret_creation: 300,
            other: 4_000,
            caller_percent: 500,
            bad_tokens: 100,
            remembered: 65_536,
        }
    }
}

/// Plugins and their limits.
#[derive(Debug)]
pub struct PolicyConfig {
    /// How many nodes the decision memo of one plugin may have; `None` switches it off.
    pub memo: Option<usize>,
    /// The headers that plugins may see.
    pub headers: HeaderNames,
    /// Memory of one evaluation, in bytes.
    pub memory: usize,
    /// Time of one evaluation.
    pub time: Duration,
    /// How many evaluations may run at once.
    pub sandboxes: u32,
    /// The plugins, in the order of asking.
    pub plugins: Vec<PluginConfig>,
}

/// One plugin.
#[derive(Debug)]
pub struct PluginConfig {
    /// Its name.
    pub name: String,
    /// Where its component is.
    pub source: PluginSource,
    /// Whether its opinion counts.
    pub mode: Mode,
    /// Its settings, as JSON.
    pub settings: String,
    /// The documents beside it: names and JSON texts.
    pub data: Vec<(String, String)>,
}

/// The bytes that the documents of one plugin may have together.
pub const MAX_DOCUMENTS: usize = 4 << 20;

/// Plugins that are installed while the gateway runs.
#[derive(Debug, Clone, Default)]
pub struct PluginsConfig {
    /// Whether their components must be signed by one of the keys.
    pub require_signature: bool,
    /// Whose signatures are trusted.
    pub trusted_keys: Vec<Ed25519PublicKey>,
    /// A folder whose manifests are installed for as long as they lie there.
    pub folder: Option<PathBuf>,
    /// How much compiling one of their components may take.
    pub compiler: CompilerLimits,
}

/// One attestation authority.
#[derive(Debug)]
pub struct AttestationAuthorityConfig {
    /// Its name, which its tokens have as `iss`.
    pub issuer: Issuer,
    /// Where its keys are.
    pub keys: AuthorityKeySource,
}

/// One issuer whose tokens may stand for applications.
#[derive(Debug)]
pub struct TrustedIssuerConfig {
    /// Its name, which its tokens have as `iss`.
    pub issuer: Issuer,
    /// Where its keys are.
    pub keys: AuthorityKeySource,
    /// The tenant whose vaults take its tokens directly.
    pub direct: Option<TenantId>,
    /// Whether it is believed whom its tokens are of (`oid`).
    pub identifies_principals: bool,
}

/// Where the keys of an attestation authority are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorityKeySource {
    /// In a file, a JSON Web Key Set, read anew at SIGHUP.
    File(PathBuf),
    /// Where its discovery document says, at its own host.
    Discovery {
        /// The authorities of its TLS certificate, a PEM file.
        roots: PathBuf,
    },
}

/// Where a plugin's component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginSource {
    /// One of the plugins that the gateway brings along.
    Bundled(&'static str),
    /// A file.
    File(PathBuf),
}

/// One source of signals.
#[derive(Debug)]
pub struct SignalSourceConfig {
    /// Its name, for people.
    pub name: String,
    /// The addresses from which it connects; at least one prefix.
    pub prefixes: Vec<IpNet>,
    /// The key that it shares with the gateway.
    pub key: SecretText,
}

/// Callers that may skip the network rules.
#[derive(Debug, Default)]
pub struct TrustedServices {
    /// By their client id.
    pub applications: Vec<ApplicationId>,
    /// By their object id.
    pub principals: Vec<PrincipalId>,
}
