use portcullis_model::management::{ManagementOutcome, RoleAssignmentDescription, VaultDescription};
use portcullis_model::{NetworkRules, RecoveryLevel, ResourcePath, VaultName};
use serde_json::json;

use super::*;
use crate::management::{ManagementRenderContext, render};
use crate::testing::{head, hosts, json_of, tenant, vault as vault_name};

const SUBSCRIPTION: &str = "22222222-2222-2222-2222-222222222222";
const ASSIGNMENT: &str = "55555555-5555-5555-5555-555555555555";
const ROLE: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const PRINCIPAL: &str = "66666666-6666-6666-6666-666666666666";

fn vault_path() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg-1/providers/Microsoft.KeyVault/vaults/dev")
}

fn assignment_path(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}")
}

fn ask(method: &str, path: &str, version: &str) -> Result<ManagementRouted, ApiError> {
    route(&head(method, &format!("{path}?api-version={version}")))
}

fn put_assignment(properties: &serde_json::Value) -> Result<Call, ApiError> {
    let routed = ask("PUT", &assignment_path(&vault_path()), "2022-04-01").unwrap();
    routed.parse(json!({ "properties": properties }).to_string().as_bytes())
}

#[test]
fn every_operation_routes_from_each_of_its_paths() {
    for operation in Operation::ALL.iter().filter(|operation| operation.row().plane == Plane::Management) {
        let row = operation.row();
        for path in row.paths {
            let path = path
                .replace("{subscription}", SUBSCRIPTION)
                .replace("{group}", "Rg-1")
                .replace("{vault}", "dev")
                .replace("{location}", "local")
                .replace("{collection}", "secrets")
                .replace("{name}", "Db")
                .replace("{assignment}", ASSIGNMENT)
                .replace("{role}", ASSIGNMENT)
                .replace("{deny}", ASSIGNMENT)
                .replace("{change}", "add")
                .replace("{connection}", "from-here")
                .replace("{request}", ASSIGNMENT)
                .replace("{stage}", ASSIGNMENT)
                .replace("{id}", ASSIGNMENT)
                .replace("{plugin}", "office-hours")
                .replace("{digest}", &"ab".repeat(32));
            let version = match operation {
                operation if operation.is_about_plugins() => "2026-11-01",
                _ if path.contains("microsoft.authorization") => "2022-04-01",
                _ => "2026-02-01",
            };
            let routed = ask(row.method.as_str(), &path, version).unwrap();
            assert_eq!(routed.operation, *operation, "{path}");
        }
    }
}

#[test]
fn words_compare_without_case_and_names_keep_their_spelling() {
    let plain = ask("GET", &vault_path(), "2026-02-01").unwrap().target;
    assert_eq!(plain.path().vault().unwrap().group.as_str(), "Rg-1");
    for path in [
        vault_path().replace("resourceGroups", "RESOURCEGROUPS"),
        vault_path().replace("Microsoft.KeyVault", "microsoft.keyvault"),
        vault_path().replace("/dev", "/%64ev"),
        vault_path().replace("Rg-1", "Rg%2D1"),
    ] {
        assert_eq!(ask("GET", &path, "2026-02-01").unwrap().target, plain, "{path}");
    }
}

#[test]
fn assignments_are_at_objects_of_each_kind() {
    for kind in ObjectKind::ALL {
        for collection in [kind.collection().to_owned(), kind.collection().to_uppercase()] {
            let path = assignment_path(&format!("{}/{collection}/Db", vault_path()));
            let Target::RoleAssignment { scope, .. } = ask("PUT", &path, "2022-04-01").unwrap().target else {
                panic!("another target")
            };
            assert!(
                matches!(scope, ResourcePath::Object(_, it, name) if it == *kind && name.as_str() == "Db"),
                "{path}"
            );
        }
    }
}

#[test]
fn odd_paths_are_refused() {
    for (path, code) in [
        (vault_path().replace("/vaults", "//vaults"), ErrorCode::BadRequest),
        (format!("/{}", vault_path()), ErrorCode::BadRequest),
        (format!("{}/", vault_path()), ErrorCode::ResourceNotFound),
        (vault_path().replace("vaults", "%76aults"), ErrorCode::ResourceNotFound),
        (vault_path().replace("Rg-1", ".."), ErrorCode::BadRequest),
        (vault_path().replace("Rg-1", "%2e%2e"), ErrorCode::BadRequest),
        (vault_path().replace("Rg-1", "a%2fb"), ErrorCode::BadRequest),
        (vault_path().replace("Rg-1", "a."), ErrorCode::BadRequest),
        (vault_path().replace("Rg-1", "a;b"), ErrorCode::BadRequest),
        (vault_path().replace(SUBSCRIPTION, "s1"), ErrorCode::BadRequest),
        (vault_path().replace("dev", "a--b"), ErrorCode::BadRequest),
        (format!("/subscriptions/{SUBSCRIPTION}/"), ErrorCode::ResourceNotFound),
    ] {
        assert_eq!(ask("GET", &path, "2026-02-01").unwrap_err().code(), code, "{path}");
    }
    for other in ["deletedkeys", "key", "%6beys", "rng"] {
        let path = assignment_path(&format!("{}/{other}/k", vault_path()));
        assert_eq!(ask("PUT", &path, "2022-04-01").unwrap_err().code(), ErrorCode::ResourceNotFound, "{path}");
    }
    let error = ask("POST", &vault_path(), "2026-02-01").unwrap_err();
    assert_eq!(error.render().headers[http::header::ALLOW], "GET, PATCH, PUT, DELETE");
}

#[test]
fn each_provider_has_its_versions() {
    let missing = route(&head("GET", &vault_path())).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::MissingApiVersionParameter);
    let wrong = ask("GET", &vault_path(), "2022-04-01").unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidApiVersionParameter);
    assert!(wrong.message().contains("2026-05-15"));
    let wrong = ask("DELETE", &assignment_path(&vault_path()), "2026-05-15").unwrap_err();
    assert_eq!(wrong.code(), ErrorCode::InvalidApiVersionParameter);
}

#[test]
fn an_assignment_names_role_and_principal() {
    for role in [
        ROLE.to_owned(),
        ROLE.to_uppercase(),
        format!("/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"),
        format!("/subscriptions/{SUBSCRIPTION}/providers/microsoft.authorization/ROLEDEFINITIONS/{ROLE}"),
    ] {
        let call = put_assignment(&json!({
            "roleDefinitionId": role, "principalId": PRINCIPAL, "principalType": "ServicePrincipal",
        }))
        .unwrap();
        let Call::Management(ManagementCall::RoleAssignmentPut { scope, id, wanted }) = call else {
            panic!("another call")
        };
        assert!(matches!(scope, ResourcePath::Vault(_)));
        assert_eq!(id.to_string(), ASSIGNMENT);
        assert_eq!((wanted.principal.to_string(), wanted.role.to_string()), (PRINCIPAL.to_owned(), ROLE.to_owned()));
    }
}

#[test]
fn refuses_assignments_that_it_could_not_honour() {
    let good = json!({ "roleDefinitionId": ROLE, "principalId": PRINCIPAL });
    let with = |member: &str, value: serde_json::Value| {
        let mut properties = good.clone();
        properties[member] = value;
        properties
    };
    for (properties, code) in [
        (with("condition", json!("c4n4ry")), ErrorCode::InvalidRequestContent),
        (with("principalType", json!("c4n4ry")), ErrorCode::InvalidRequestContent),
        (with("principalId", json!("c4n4ry")), ErrorCode::InvalidPrincipalId),
        (with("principalId", json!(null)), ErrorCode::InvalidRequestContent),
        (with("roleDefinitionId", json!(7)), ErrorCode::InvalidRequestContent),
        (with("roleDefinitionId", json!(format!("/x/{ROLE}"))), ErrorCode::InvalidRequestContent),
        (json!({}), ErrorCode::InvalidRequestContent),
        (json!("c4n4ry"), ErrorCode::InvalidRequestContent),
    ] {
        let error = put_assignment(&properties).unwrap_err();
        assert_eq!(error.code(), code, "{properties}");
        assert!(!format!("{error:?}").contains("c4n4ry"), "{error:?}");
    }
    assert!(put_assignment(&with("condition", json!(null))).is_ok());
}

#[test]
fn a_vault_is_told_as_clients_read_it() {
    let routed = ask("GET", &vault_path(), "2026-02-01").unwrap();
    let outcome = ManagementOutcome::Vault(VaultDescription {
        permission_model: PermissionModel::RoleBased,
        access_policies: Vec::new(),
        system: None,
        path: routed.target.path().vault().unwrap().clone(),
        location: "local".to_owned(),
        tenant: tenant(),
        network: NetworkRules::default(),
        private_endpoints: Vec::new(),
        recovery: RecoveryLevel { days: 30, purge_protected: true },
        premium: false,
        etag: "e".to_owned(),
        tags: [("a".to_owned(), "b".to_owned())].into(),
    });
    let answer = render(&outcome, ManagementRenderContext { hosts: &hosts(), routed: &routed });
    assert_eq!(
        json_of(&answer),
        json!({
            "id": vault_path(), "name": "dev", "type": "Microsoft.KeyVault/vaults", "location": "local",
            "tags": { "a": "b" },
            "properties": {
                "sku": { "family": "A", "name": "standard" },
                "tenantId": tenant().to_string(),
                "accessPolicies": [],
                "enabledForDeployment": false, "enabledForDiskEncryption": false, "enabledForTemplateDeployment": false,
                "enableSoftDelete": true, "softDeleteRetentionInDays": 30, "enableRbacAuthorization": true,
                "enablePurgeProtection": true,
                "vaultUri": "https://dev.vault.portcullis.test:8443/",
                "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
            },
        })
    );
}

#[test]
fn an_assignment_is_told_with_its_scope_as_given() {
    let scope = format!("{}/secrets/Db", vault_path());
    let routed = ask("PUT", &assignment_path(&scope), "2022-04-01").unwrap();
    let name: VaultName = vault_name();
    assert_eq!(routed.target.path().vault().unwrap().vault, name);
    let assignment = || RoleAssignmentDescription {
        id: ASSIGNMENT.parse().unwrap(),
        scope: scope.clone(),
        principal: PRINCIPAL.parse().unwrap(),
        role: ROLE.parse().unwrap(),
        details: Default::default(),
    };
    let hosts = hosts();
    let context = ManagementRenderContext { hosts: &hosts, routed: &routed };
    let answer = render(&ManagementOutcome::RoleAssignment(assignment()), context);
    assert_eq!(answer.status.as_u16(), 201);
    let body = json_of(&answer);
    assert_eq!(body["id"], assignment_path(&scope));
    assert_eq!(body["properties"]["scope"], scope);
    assert_eq!(
        body["properties"]["roleDefinitionId"],
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}")
    );
    let deleted = render(&ManagementOutcome::RoleAssignmentDeleted(Some(assignment())), context);
    assert_eq!(deleted.status.as_u16(), 200);
    assert_eq!(render(&ManagementOutcome::RoleAssignmentDeleted(None), context).status.as_u16(), 204);
}
