//! Private endpoints: their connections to a vault, and what they lead to: one thing, the vault.

use portcullis_model::management::Approval;
use portcullis_model::{PrivateEndpointConnection, VaultPath};
use serde::{Deserialize, Serialize};

use super::vault::{given, invalid, invalid_content};
use crate::ApiError;
use crate::json::{self, Member, Object};

/// The greatest length of a description, in characters.
const LONGEST_DESCRIPTION: usize = 140;

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    properties: Member<Object<BodyProperties>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyProperties {
    #[serde(default)]
    private_link_service_connection_state: Member<Object<BodyState>>,
}

#[derive(Debug, Deserialize)]
struct BodyState {
    #[serde(default)]
    status: Member<String>,
    #[serde(default)]
    description: Member<String>,
}

/// What a body says of a connection, and why. All else of it is told and not asked for.
pub(super) fn parse(body: &[u8]) -> Result<(Approval, String), ApiError> {
    const STATE: &str = "properties.privateLinkServiceConnectionState";
    let body: Body = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let Object(properties) = given(body.properties, "properties")?;
    let Object(state) = given(properties.private_link_service_connection_state, STATE)?;
    let approval = match given(state.status, &format!("{STATE}.status"))? {
        status if status.eq_ignore_ascii_case("Approved") => Approval::Approve,
        status if status.eq_ignore_ascii_case("Rejected") => Approval::Reject,
        _ => return Err(invalid_content(format!("Property {STATE}.status must be Approved or Rejected"))),
    };
    let property = format!("{STATE}.description");
    let description = state.description.optional().map_err(|_| invalid(&property))?.unwrap_or_default();
    if description.chars().count() > LONGEST_DESCRIPTION {
        return Err(invalid_content(format!("Property {property} has more than {LONGEST_DESCRIPTION} characters")));
    }
    Ok((approval, description))
}

/// The connection of a private endpoint as it is told by itself.
#[derive(Debug, Serialize)]
pub(super) struct ConnectionAnswer<'a> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    properties: ConnectionProperties<'a>,
}

/// The connection of a private endpoint as its vault tells it.
#[derive(Debug, Serialize)]
pub(super) struct ConnectionItem<'a> {
    id: String,
    properties: ConnectionProperties<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionProperties<'a> {
    private_endpoint: Endpoint<'a>,
    private_link_service_connection_state: State<'a>,
    provisioning_state: &'static str,
}

#[derive(Debug, Serialize)]
struct Endpoint<'a> {
    id: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    status: &'static str,
    description: &'a str,
    actions_required: &'static str,
}

fn id(vault: &VaultPath, connection: &PrivateEndpointConnection) -> String {
    format!("{}/privateEndpointConnections/{}", vault.id(), connection.name)
}

impl<'a> ConnectionProperties<'a> {
    fn new(connection: &'a PrivateEndpointConnection) -> Self {
        Self {
            private_endpoint: Endpoint { id: connection.endpoint.as_str() },
            private_link_service_connection_state: State {
                status: connection.status.name(),
                description: &connection.description,
                actions_required: "None",
            },
            provisioning_state: "Succeeded",
        }
    }
}

impl<'a> ConnectionAnswer<'a> {
    pub(super) fn new(vault: &VaultPath, connection: &'a PrivateEndpointConnection) -> Self {
        Self {
            id: id(vault, connection),
            name: connection.name.as_str(),
            kind: "Microsoft.KeyVault/vaults/privateEndpointConnections",
            properties: ConnectionProperties::new(connection),
        }
    }
}

impl<'a> ConnectionItem<'a> {
    pub(super) fn new(vault: &VaultPath, connection: &'a PrivateEndpointConnection) -> Self {
        Self { id: id(vault, connection), properties: ConnectionProperties::new(connection) }
    }
}

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
