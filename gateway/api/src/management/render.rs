//! Answers of the management plane.

use std::collections::BTreeMap;

use http::header::ETAG;
use http::{HeaderName, HeaderValue, StatusCode};
use portcullis_model::management::{ManagementOutcome, SystemData, VaultDescription};
use portcullis_model::{Operation, PermissionModel, PublicNetworkAccess, TenantId};
use serde::Serialize;

use super::access::{self, AssignmentAnswer};
use super::access_policies::{AccessPoliciesAnswer, PolicyAnswer};
use super::deleted_vault::{DeletedVaultAnswer, date};
use super::group::{GroupAnswer, NameCheckAnswer, SubscriptionAnswer};
use super::network_acls::AclsAnswer;
use super::plugin;
use super::private_link::{ConnectionAnswer, ConnectionItem, PrivateLinkResourceAnswer};
use super::route::ManagementRouted;
use super::schedule;
use super::vault_page::PageAnswer;
use super::what_if::WhatIfAnswer;
use crate::{Answer, Hosts};

/// What an answer needs to know of its request.
#[derive(Debug, Clone, Copy)]
pub struct ManagementRenderContext<'a> {
    /// The gateway's addresses.
    pub hosts: &'a Hosts,
    /// The request.
    pub routed: &'a ManagementRouted,
}

/// The answer that tells an outcome.
#[must_use]
pub fn render(outcome: &ManagementOutcome, context: ManagementRenderContext<'_>) -> Answer {
    let scope = context.routed.target.path();
    match outcome {
        ManagementOutcome::Vault(vault) => told(vault, context.hosts),
        ManagementOutcome::VaultWritten(vault, warning) => {
            let mut answer = told(vault, context.hosts);
            if let Some(warning) = warning {
                answer.headers.insert(WARNING, HeaderValue::from_static(warning.text()));
            }
            answer
        }
        ManagementOutcome::AccessPolicies(vault) => Answer::json(StatusCode::OK, &AccessPoliciesAnswer::new(vault)),
        ManagementOutcome::Vaults(vaults) => page(vaults, context, |vault| VaultAnswer::new(vault, context.hosts)),
        ManagementOutcome::Resources(vaults) => page(vaults, context, ResourceAnswer::new),
        ManagementOutcome::NameCheck(check) => Answer::json(StatusCode::OK, &NameCheckAnswer::new(*check)),
        ManagementOutcome::DeletedVault(vault) => Answer::json(StatusCode::OK, &DeletedVaultAnswer::new(vault)),
        ManagementOutcome::DeletedVaults(vaults) => list(vaults.iter().map(DeletedVaultAnswer::new)),
        ManagementOutcome::PrivateEndpointConnection(vault, connection) => {
            Answer::json(StatusCode::OK, &ConnectionAnswer::new(vault, connection))
        }
        ManagementOutcome::PrivateEndpointConnections(vault, connections) => {
            list(connections.iter().map(|connection| ConnectionAnswer::new(vault, connection)))
        }
        ManagementOutcome::PrivateLinkResources(vault) => list(std::iter::once(PrivateLinkResourceAnswer::new(vault))),
        ManagementOutcome::WhatIf(found) => Answer::json(StatusCode::OK, &WhatIfAnswer::new(found)),
        ManagementOutcome::Subscription(subscription, tenant) => {
            Answer::json(StatusCode::OK, &SubscriptionAnswer::new(*subscription, *tenant))
        }
        ManagementOutcome::Group(group, new) => {
            let status = if *new { StatusCode::CREATED } else { StatusCode::OK };
            Answer::json(status, &GroupAnswer::new(group))
        }
        ManagementOutcome::Groups(groups) => list(groups.iter().map(GroupAnswer::new)),
        ManagementOutcome::Removed(true) => Answer::empty(StatusCode::OK),
        ManagementOutcome::Removed(false) => Answer::empty(StatusCode::NO_CONTENT),
        ManagementOutcome::RoleAssignment(assignment) => {
            let status = StatusCode::from_u16(Operation::RoleAssignmentPut.row().success).unwrap_or(StatusCode::OK);
            Answer::json(status, &AssignmentAnswer::new(assignment, &scope))
        }
        ManagementOutcome::RoleAssignmentDeleted(Some(assignment)) => {
            Answer::json(StatusCode::OK, &AssignmentAnswer::new(assignment, &scope))
        }
        ManagementOutcome::Schedule(outcome) => schedule::render(outcome, &scope),
        ManagementOutcome::Access(outcome) => access::render(outcome, &scope),
        ManagementOutcome::Plugin(outcome) => plugin::render(outcome, &scope),
        // The directory has a host and answers of its own; what it did is not told here.
        ManagementOutcome::RoleAssignmentDeleted(None) | ManagementOutcome::Directory(_) => {
            Answer::empty(StatusCode::NO_CONTENT)
        }
    }
}

/// What whoever wrote something should know of it.
const WARNING: HeaderName = HeaderName::from_static("x-portcullis-warning");

fn told(vault: &VaultDescription, hosts: &Hosts) -> Answer {
    let mut answer = Answer::json(StatusCode::OK, &VaultAnswer::new(vault, hosts));
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", vault.etag)) {
        answer.headers.insert(ETAG, etag);
    }
    answer
}

fn page<'v, T: Serialize>(
    vaults: &'v [VaultDescription],
    context: ManagementRenderContext<'_>,
    answer: impl Fn(&'v VaultDescription) -> T,
) -> Answer {
    let (vaults, next_link) = context.routed.page.cut(vaults, context.hosts, context.routed);
    Answer::json(StatusCode::OK, &PageAnswer { value: vaults.iter().map(answer).collect(), next_link })
}

/// All of a list: vaults and groups are few, and the control state holds them whole.
pub(super) fn list<T: Serialize>(items: impl Iterator<Item = T>) -> Answer {
    #[derive(Serialize)]
    struct List<T> {
        value: Vec<T>,
    }
    Answer::json(StatusCode::OK, &List { value: items.collect() })
}

/// What resources of every kind tell.
#[derive(Debug, Serialize)]
pub(super) struct ResourceAnswer<'a> {
    pub(super) id: String,
    pub(super) name: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) location: &'a str,
    pub(super) tags: &'a BTreeMap<String, String>,
}

impl<'a> ResourceAnswer<'a> {
    fn new(vault: &'a VaultDescription) -> Self {
        Self {
            id: vault.path.id(),
            name: vault.path.vault.as_str(),
            kind: "Microsoft.KeyVault/vaults",
            location: &vault.location,
            tags: &vault.tags,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VaultAnswer<'a> {
    #[serde(flatten)]
    resource: ResourceAnswer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_data: Option<SystemDataAnswer>,
    properties: VaultProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VaultProperties<'a> {
    sku: Sku,
    tenant_id: TenantId,
    access_policies: Vec<PolicyAnswer<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_acls: Option<AclsAnswer<'a>>,
    enabled_for_deployment: bool,
    enabled_for_disk_encryption: bool,
    enabled_for_template_deployment: bool,
    enable_soft_delete: bool,
    soft_delete_retention_in_days: u8,
    enable_rbac_authorization: bool,
    /// Told only when on, as the reference does.
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_purge_protection: Option<bool>,
    vault_uri: String,
    provisioning_state: &'static str,
    public_network_access: &'static str,
    /// Told only if there are any, as the reference does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    private_endpoint_connections: Vec<ConnectionItem<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SystemDataAnswer {
    created_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by_type: Option<&'static str>,
    created_at: String,
    last_modified_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_by_type: Option<&'static str>,
    last_modified_at: String,
}

impl SystemDataAnswer {
    fn new(system: SystemData) -> Self {
        let written = system.written;
        Self {
            created_by: written.created_by.to_string(),
            created_by_type: system.created_by_type,
            created_at: date(written.created),
            last_modified_by: written.updated_by.to_string(),
            last_modified_by_type: system.updated_by_type,
            last_modified_at: date(written.updated),
        }
    }
}

#[derive(Serialize)]
struct Sku {
    family: &'static str,
    name: &'static str,
}

impl<'a> VaultAnswer<'a> {
    fn new(vault: &'a VaultDescription, hosts: &Hosts) -> Self {
        Self {
            resource: ResourceAnswer::new(vault),
            system_data: vault.system.map(SystemDataAnswer::new),
            properties: VaultProperties {
                sku: Sku { family: "A", name: if vault.premium { "premium" } else { "standard" } },
                tenant_id: vault.tenant,
                access_policies: vault.access_policies.iter().map(PolicyAnswer::new).collect(),
                network_acls: vault.network.acls.as_ref().map(AclsAnswer::new),
                enabled_for_deployment: false,
                enabled_for_disk_encryption: false,
                enabled_for_template_deployment: false,
                enable_soft_delete: true,
                soft_delete_retention_in_days: vault.recovery.days,
                enable_rbac_authorization: vault.permission_model == PermissionModel::RoleBased,
                enable_purge_protection: vault.recovery.purge_protected.then_some(true),
                private_endpoint_connections: vault
                    .private_endpoints
                    .iter()
                    .map(|connection| ConnectionItem::new(&vault.path, connection))
                    .collect(),
                vault_uri: format!("{}/", hosts.vault_url(&vault.path.vault)),
                provisioning_state: "Succeeded",
                public_network_access: match vault.network.public_network_access {
                    PublicNetworkAccess::Enabled => "Enabled",
                    PublicNetworkAccess::Disabled => "Disabled",
                },
            },
        }
    }
}
