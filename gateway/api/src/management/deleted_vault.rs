//! A deleted vault as it is told.

use std::collections::BTreeMap;

use portcullis_model::UnixTime;
use portcullis_model::management::DeletedVaultDescription;
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Serialize)]
pub(super) struct DeletedVaultAnswer<'a> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: Properties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    vault_id: String,
    location: &'a str,
    tags: &'a BTreeMap<String, String>,
    deletion_date: String,
    scheduled_purge_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_protection_enabled: Option<bool>,
}

impl<'a> DeletedVaultAnswer<'a> {
    pub(super) fn new(vault: &'a DeletedVaultDescription) -> Self {
        Self {
            id: format!(
                "/subscriptions/{}/providers/Microsoft.KeyVault/locations/{}/deletedVaults/{}",
                vault.path.subscription, vault.location, vault.path.vault
            ),
            name: vault.path.vault.as_str(),
            kind: "Microsoft.KeyVault/deletedVaults",
            properties: Properties {
                vault_id: vault.path.id(),
                location: &vault.location,
                tags: &vault.tags,
                deletion_date: date(vault.deleted),
                scheduled_purge_date: date(vault.scheduled_purge),
                purge_protection_enabled: vault.purge_protected.then_some(true),
            },
        }
    }
}

/// `2026-01-05T01:32:01Z`. What lies beyond the calendar is its first moment; times of this plane do not.
pub(super) fn date(time: UnixTime) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(time.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}
