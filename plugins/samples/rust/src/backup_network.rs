//! A backup carries an object out of the vault, so it is made from the administrators' network only.

use portcullis_plugin::{Access, ConditionalAccess, Host, Network, Request, Settings as Installed};
use serde::Deserialize;

use crate::settings;

/// The plugin.
#[derive(Debug)]
pub struct BackupNetwork;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The administrators' network.
    prefixes: Vec<String>,
}

const BACKUPS: [&str; 3] = ["SecretBackup", "KeyBackup", "CertificateBackup"];

impl ConditionalAccess for BackupNetwork {
    fn evaluate(host: &impl Host) -> Access {
        decide(host)
    }
}

fn decide(host: &(impl Request + Network + Installed)) -> Access {
    let settings: Settings = match settings::read(host) {
        Ok(settings) => settings,
        Err(block) => return block,
    };
    if settings.prefixes.is_empty() {
        return settings::invalid("`prefixes` names no network");
    }
    if !host.operation_in(&BACKUPS.map(str::to_owned)) {
        return Access::NotApplicable;
    }
    if host.source_in(&settings.prefixes) {
        return Access::grant("backup-network");
    }
    Access::block("backup-network", "backups are made from the administrators' network only")
}
