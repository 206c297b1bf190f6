//! What is asked above all subscriptions: where the gateway's endpoints are, and which tenants, subscriptions and
//! operations there are. None of it is at a place where somebody could have a role.

use std::collections::BTreeMap;

use http::request::Parts;
use http::{Method, StatusCode};
use portcullis_model::{ObjectKind, Operation, ResourcePath, SubscriptionId, TenantId};
use serde_json::json;

use super::group::SubscriptionAnswer;
use super::render::list;
use super::route::{ManagementRouted, Target, api_version, bad_request};
use super::vault_page::VaultPage;
use crate::head::client_request_id;
use crate::query::Query;
use crate::{Answer, ApiError, Hosts};

/// A question about what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overview {
    /// Where the endpoints are. Clients ask it before they can have a token.
    Metadata,
    /// The subscriptions that the caller may read.
    Subscriptions,
    /// The caller's tenant.
    Tenants,
    /// The operations of vaults, by the actions that they need.
    Operations,
}

impl Overview {
    /// The question that a request asks, if it is one of these.
    #[must_use]
    pub fn of(head: &Parts) -> Option<Self> {
        let path = head.uri.path().to_ascii_lowercase();
        let path = path.strip_suffix('/').unwrap_or(&path);
        match path {
            _ if head.method != Method::GET => None,
            "/metadata/endpoints" => Some(Self::Metadata),
            "/subscriptions" => Some(Self::Subscriptions),
            "/tenants" => Some(Self::Tenants),
            "/providers/microsoft.keyvault/operations" => Some(Self::Operations),
            _ => None,
        }
    }

    /// Its name in audit records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metadata => "MetadataGet",
            Self::Subscriptions => "SubscriptionList",
            Self::Tenants => "TenantList",
            Self::Operations => "ProviderOperationList",
        }
    }

    /// The request to read what stands at a place, by which a list is judged.
    pub fn at(self, path: ResourcePath, head: &Parts) -> Result<ManagementRouted, ApiError> {
        let query = Query::parse(head.uri.query()).map_err(|error| bad_request(error.to_string()))?;
        let operation = Operation::SubscriptionGet;
        Ok(ManagementRouted {
            operation,
            target: Target::Place(path),
            api_version: api_version(&query, operation)?,
            force: false,
            if_match: None,
            filter: None,
            page: VaultPage::default(),
            client_request_id: client_request_id(&head.headers),
        })
    }
}

/// Where clients find what they need, in the form that `az cloud register` asks for. It says nothing that a certificate
/// does not.
#[must_use]
pub fn metadata(hosts: &Hosts) -> Answer {
    let (management, login, vaults) = (hosts.management_url(), hosts.login_url(), hosts.vault_resource());
    let body = json!({
        "name": "Portcullis",
        "portal": management,
        "authentication": {
            "loginEndpoint": login,
            // The first becomes the resource of tokens for this plane.
            "audiences": [format!("{management}/"), management],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": management,
        // It becomes the resource of tokens for the directory, and its origin.
        "microsoftGraphResourceId": format!("{}/", hosts.graph_url()),
        "suffixes": { "keyVaultDns": vaults.strip_prefix("https://").unwrap_or(&vaults) },
    });
    Answer::json(StatusCode::OK, &body)
}

/// The subscriptions of a tenant that the caller may read.
#[must_use]
pub fn subscriptions(visible: &[SubscriptionId], tenant: TenantId) -> Answer {
    list(visible.iter().map(|subscription| SubscriptionAnswer::new(*subscription, tenant)))
}

/// The caller's tenant.
#[must_use]
pub fn tenants(tenant: TenantId) -> Answer {
    let answer = json!({
        "id": format!("/tenants/{tenant}"),
        "tenantId": tenant,
        "displayName": tenant.to_string(),
        "tenantCategory": "Home",
        "domains": [],
    });
    list(std::iter::once(answer))
}

/// The actions and data actions of vaults, each once.
#[must_use]
pub fn operations() -> Answer {
    let mut actions: BTreeMap<(&str, bool), Vec<&str>> = BTreeMap::new();
    for row in Operation::ALL.iter().map(|operation| operation.row()) {
        if row.action.starts_with("Microsoft.KeyVault/") {
            let is_data = row.plane == portcullis_model::Plane::Data;
            actions.entry((row.action, is_data)).or_default().push(row.wire_name);
        }
    }
    let resource = |action: &str| {
        let of = |kind: &&ObjectKind| action.contains(&format!("/{}/", kind.collection()));
        ObjectKind::ALL.iter().find(|kind| of(kind)).map_or("Vault", |kind| kind.noun())
    };
    list(actions.iter().map(|((action, is_data), names)| {
        json!({
            "name": action,
            "isDataAction": is_data,
            "display": {
                "provider": "Microsoft Key Vault",
                "resource": resource(action),
                "operation": names[0],
                "description": format!("Permits {}", names.join(", ")),
            },
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, path: &str) -> Option<Overview> {
        let (head, ()) = http::Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
        Overview::of(&head)
    }

    #[test]
    fn questions_are_known_by_their_path_without_case() {
        assert_eq!(asked("GET", "/metadata/endpoints?api-version=2022-09-01"), Some(Overview::Metadata));
        assert_eq!(asked("GET", "/Subscriptions?api-version=2022-12-01"), Some(Overview::Subscriptions));
        assert_eq!(asked("GET", "/tenants"), Some(Overview::Tenants));
        assert_eq!(asked("GET", "/providers/Microsoft.KeyVault/operations"), Some(Overview::Operations));
        for (method, path) in [("POST", "/subscriptions"), ("GET", "/subscriptions/x"), ("GET", "/"), ("GET", "//")] {
            assert_eq!(asked(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn every_action_of_vaults_is_listed_once() {
        let listed: serde_json::Value = serde_json::from_slice(&operations().body).unwrap();
        let listed = listed["value"].as_array().unwrap();
        let named = |name: &str| listed.iter().filter(|item| item["name"] == name).count();
        assert_eq!(named("Microsoft.KeyVault/vaults/secrets/getSecret/action"), 1);
        assert_eq!(named("Microsoft.KeyVault/vaults/write"), 1);
        assert_eq!(named("Microsoft.Resources/subscriptions/read"), 0);
    }
}
