//! What private endpoints of a vault lead to: one thing, the vault.

use portcullis_model::VaultPath;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct PrivateLinkResourceAnswer {
    id: String,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: Properties,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    group_id: &'static str,
    required_members: [&'static str; 1],
    required_zone_names: [&'static str; 1],
}

impl PrivateLinkResourceAnswer {
    pub(super) fn new(vault: &VaultPath) -> Self {
        Self {
            id: format!("{}/privateLinkResources/vault", vault.id()),
            name: "vault",
            kind: "Microsoft.KeyVault/vaults/privateLinkResources",
            properties: Properties {
                group_id: "vault",
                required_members: ["default"],
                required_zone_names: ["privatelink.vaultcore.azure.net"],
            },
        }
    }
}
