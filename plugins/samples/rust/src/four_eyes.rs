//! What is purged is gone, so a second person must have approved it.
//!
//! Approvals are a document beside the plugin, `approvals`: by vault, kind and name, who approved and until when (seconds
//! since 1970). Who may approve is in the settings, and nobody approves what he does himself.

use portcullis_plugin::{Access, Clock, ConditionalAccess, Data, Host, Principal, Request, Settings as Installed};
use serde::Deserialize;

use crate::settings;

/// The plugin.
#[derive(Debug)]
pub struct FourEyes;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Object ids of those who may approve.
    approvers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    /// Who approved.
    by: String,
    /// Until when it counts.
    until: i64,
}

const PURGES: [&str; 3] = ["SecretPurge", "KeyPurge", "CertificatePurge"];

impl ConditionalAccess for FourEyes {
    fn evaluate(host: &impl Host) -> Access {
        decide(host)
    }
}

fn decide(host: &(impl Request + Principal + Clock + Data + Installed)) -> Access {
    let settings: Settings = match settings::read(host) {
        Ok(settings) => settings,
        Err(block) => return block,
    };
    if !host.operation_in(&PURGES.map(str::to_owned)) {
        return Access::NotApplicable;
    }
    let (Some(vault), Some(kind), Some(name)) = (host.vault(), host.object_kind(), host.object_name()) else {
        return Access::block("four-eyes", "what would be purged has no name");
    };
    // Names of vaults and objects have neither `~` nor `/`.
    let approval = host.data("approvals", &format!("/{vault}/{kind}/{name}"));
    let Some(approval) = approval.and_then(|text| serde_json::from_str::<Approval>(&text).ok()) else {
        return Access::block("four-eyes", "nobody has approved that this is purged");
    };
    if !settings.approvers.iter().any(|known| known.eq_ignore_ascii_case(&approval.by)) {
        return Access::block("four-eyes", "it was approved by somebody who may not approve");
    }
    if host.principal_is(&approval.by) {
        return Access::block("four-eyes", "nobody approves what he does himself");
    }
    if !host.before(approval.until) {
        return Access::block("four-eyes", "the approval has expired");
    }
    Access::grant("four-eyes")
}
