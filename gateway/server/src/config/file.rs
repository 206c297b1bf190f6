//! The configuration file: from TOML to a [`Config`], or to the list of everything that is wrong with it.

mod access_policy;
mod application;
mod assignment;
mod attestation;
mod audit;
mod declaration;
mod error;
mod limits;
mod listener;
mod managed_identity;
mod management;
mod manifest;
mod metrics;
mod named_file;
mod network;
mod people;
mod plugin;
mod plugins;
mod policy;
mod private_endpoint;
mod registration;
mod scope;
mod secret_file;
mod signal_source;
mod store;
mod text;
mod throttling;
mod tokens;
mod trusted_issuer;
mod vault;

use std::path::Path;

use portcullis_api::Hosts;
use portcullis_management::Rules;
use toml::de::DeTable;

use super::Config;
use super::reader::{Mistakes, Noted, Reader, Value, position};

pub use error::{ConfigError, Mistake};
pub(crate) use manifest::{Manifest, load_manifest};

/// Reads the configuration. Relative paths in it are meant from the folder of the file.
///
/// # Errors
/// With every mistake in it, if there is one.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    load_as(path, read)
}

/// Reads a TOML file whole, or says all that is wrong with it.
fn load_as<T>(path: &Path, read: impl FnOnce(&mut Reader<'_>, &Path) -> Result<T, Noted>) -> Result<T, ConfigError> {
    let refuse = |mistakes| ConfigError::new(path.to_owned(), mistakes);
    let text = text::read(path).map_err(|mistake| refuse(vec![mistake]))?;
    // Only the description: the error's own text would show the line, and a secret may stand on it.
    let table = DeTable::parse(&text).map_err(|error| {
        let (line, column) = position(text.as_bytes(), error.span().map_or(0, |span| span.start));
        let message = format!("not valid TOML: {}", error.message());
        refuse(vec![Mistake { place: format!("line {line}, column {column}"), message }])
    })?;
    let mistakes = Mistakes::new(&text);
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let config = Reader::read_root(table.get_ref(), &mistakes, |root| read(root, folder));
    let found = mistakes.into_sorted();
    match config {
        Ok(config) if found.is_empty() => Ok(config),
        Ok(_) | Err(_) => Err(refuse(found)),
    }
}

fn read(root: &mut Reader<'_>, folder: &Path) -> Result<Config, Noted> {
    let domain = root.required("domain", "\"vaults.example.com\"").and_then(|value| domain(&value));
    let public_port = root.optional("public_port").map(|value| value.integer(1, u16::MAX)).transpose();
    let data = root.required("data", "\"/var/lib/portcullis\"").and_then(|value| value.path(folder));
    let root_key = match root.optional("root_key") {
        // Somebody may have written the key itself here.
        Some(value) => value.hidden().path(folder),
        None => data.as_ref().map(|data| data.join("root.key")).map_err(|noted| *noted),
    };
    let listeners = listener::listeners(root);
    let certificates = listener::certificates(root, folder);
    let limits = root.section("limits", limits::read);
    let store_cache = root.section("store", store::read);
    let audit = root.section("audit", |reader| audit::read(reader, folder, &data));
    let metrics = root.section("metrics", metrics::read);
    let endpoint = root.section("identity_endpoint", |reader| managed_identity::endpoint(reader, folder));
    let tokens = root.section("tokens", tokens::read);
    let throttling = root.section("throttling", throttling::read);
    let plugins = plugin::plugins(root, folder);
    let policy = root.section("policy", |reader| policy::read(reader, plugins));
    let access_policy_writers = root.section("management", management::read);
    let installed = root.section("plugins", |reader| plugins::read(reader, folder));
    let activation = management::activation(root);
    let attestation = attestation::authorities(root, folder);
    let locations = network::locations(root);
    let signal_sources = signal_source::sources(root, folder);
    let networks = network::virtual_networks(root);
    let trusted_services = network::trusted_services(root);
    let subnets = network::subnets(&listeners, &networks);
    let declared = declaration::read(root, folder, &subnets);
    let (limits, body_timeout) = limits?;
    let (declaration, trusted_issuers, identities) = declared?;
    let identity_endpoint = managed_identity::joined(root, endpoint?, identities)?;
    Ok(Config {
        domain: domain?,
        public_port: public_port?,
        data: data?,
        root_key: root_key?,
        listeners: listeners?,
        certificates: certificates?,
        limits,
        body_timeout,
        store_cache: store_cache?,
        audit: audit?,
        metrics: metrics?,
        identity_endpoint,
        tokens: tokens?,
        throttling: throttling?,
        policy: policy?,
        plugins: installed?,
        attestation: attestation?,
        locations: locations?,
        signal_sources: signal_sources?,
        networks: networks?,
        trusted_services: trusted_services?,
        rules: Rules { access_policy_writers: access_policy_writers?, activation: activation? },
        trusted_issuers,
        declaration,
    })
}

fn domain(value: &Value<'_>) -> Result<String, Noted> {
    let expected = "a DNS name of at most 200 characters, such as `vaults.example.com`";
    value.parsed_with(expected, |text| {
        // A last label of digits makes a name an address to some parsers.
        let address = text.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        (!address && Hosts::new(text, 443).is_ok()).then(|| text.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests;
