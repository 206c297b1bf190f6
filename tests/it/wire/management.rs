//! The management plane's thin slice: a vault's network rules, and role assignments.

use portcullis_model::{RoleAssignmentId, SubscriptionId};
use portcullis_tests::TestGateway;
use serde_json::{Value, json};

const VAULTS: &str = "2026-02-01";
const ROLES: &str = "2022-04-01";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";

fn role(gateway: &TestGateway, id: &str) -> String {
    format!("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{id}", gateway.setup.subscription)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_is_read_and_its_network_rules_changed() {
    let gateway = TestGateway::start().await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let path = gateway.setup.vault_id("kv1");
    let vault = gateway.management("GET", &path, VAULTS, &token, Value::Null).await;
    assert_eq!(vault.status, 200, "{:?}", vault.body);
    assert_eq!(vault.json()["name"], "kv1");
    assert_eq!(vault.json()["properties"]["vaultUri"], format!("https://{}/", gateway.host("kv1.vault")));

    let data = gateway.token(&gateway.setup.admin).await;
    let deny = json!({"properties": {"networkAcls": {"bypass": "None", "defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}], "virtualNetworkRules": []}}});
    let patched = gateway.management("PATCH", &path.to_uppercase(), VAULTS, &token, deny).await;
    assert_eq!(patched.status, 200, "{:?}", patched.body);
    let revision = patched.header("x-portcullis-revision").parse::<u64>().unwrap();
    let refused = gateway.vault("kv1", "GET", "/secrets", &data, Value::Null).await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "ForbiddenByFirewall"));
    assert_eq!(refused.header("x-portcullis-revision").parse::<u64>().unwrap(), revision, "the next request sees it");
    let allow = json!({"properties": {"networkAcls": {"bypass": "None", "defaultAction": "Deny", "ipRules": [{"value": "127.0.0.1"}]}}});
    assert_eq!(gateway.management("PATCH", &path, VAULTS, &token, allow).await.status, 200);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &data, Value::Null).await.status, 200);
    for bad in [
        json!({"properties": {"networkAcls": {"defaultAction": "Maybe"}}}),
        json!({"properties": {"networkAcls": {"ipRules": [{"value": "10.0.0.1/8"}]}}}),
    ] {
        assert_eq!(gateway.management("PATCH", &path, VAULTS, &token, bad).await.status, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_assignment_holds_from_the_response_to_its_write() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let data_admin = gateway.token(&gateway.setup.admin).await;
    for name in ["mine", "other"] {
        gateway.vault("kv1", "PUT", &format!("/secrets/{name}"), &data_admin, json!({"value": name})).await;
    }
    let nobody = gateway.token(&gateway.setup.nobody).await;
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/mine", &nobody, Value::Null).await.status, 403);

    let id = RoleAssignmentId::random();
    let scope = format!("{}/secrets/mine", gateway.setup.vault_id("kv1"));
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}");
    let body = json!({"properties": {"roleDefinitionId": role(&gateway, SECRETS_USER), "principalId": gateway.setup.nobody.principal.to_string(), "principalType": "ServicePrincipal"}});
    let put = gateway.management("PUT", &path, ROLES, &admin, body.clone()).await;
    assert_eq!(put.status, 201, "{:?}", put.body);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/mine", &nobody, Value::Null).await.json()["value"], "mine");
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/other", &nobody, Value::Null).await.status, 403);
    assert_eq!(
        gateway.vault("kv1", "GET", "/secrets", &nobody, Value::Null).await.status,
        403,
        "a list is of the vault"
    );

    let other = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
    let again = gateway.management("PUT", &other, ROLES, &admin, body).await;
    assert_eq!((again.status, again.error().0.as_str()), (409, "RoleAssignmentExists"));
    let foreign = json!({"properties": {"roleDefinitionId": role(&gateway, SECRETS_USER), "principalId": gateway.setup.foreigner.principal.to_string()}});
    let refused = gateway.management("PUT", &other, ROLES, &admin, foreign).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (400, "PrincipalNotFound"));
    assert_eq!(gateway.management("DELETE", &path, ROLES, &admin, Value::Null).await.status, 200);
    assert_eq!(gateway.management("DELETE", &path, ROLES, &admin, Value::Null).await.status, 204);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/mine", &nobody, Value::Null).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_planes_permissions_and_tokens_are_apart() {
    let gateway = TestGateway::start().await;
    let path = gateway.setup.vault_id("kv1");
    let data = gateway.token(&gateway.setup.admin).await;
    let wrong = gateway.management("GET", &path, VAULTS, &data, Value::Null).await;
    assert_eq!((wrong.status, wrong.error().0.as_str()), (401, "InvalidAuthenticationTokenAudience"));
    let management = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &management, Value::Null).await.status, 401);
    let reader = gateway.token_for(&gateway.setup.reader, &gateway.management_scope()).await;
    let denied = gateway.management("GET", &path, VAULTS, &reader, Value::Null).await;
    assert_eq!((denied.status, denied.error().0.as_str()), (403, "AuthorizationFailed"));
    let missing = gateway.management("GET", &path.replace("kv1", "kv9"), VAULTS, &management, Value::Null).await;
    assert_eq!((missing.status, missing.error().0.as_str()), (404, "ResourceNotFound"));
    let foreigner = gateway.token_for(&gateway.setup.foreigner, &gateway.management_scope()).await;
    for vault in ["kv1", "kv9"] {
        let foreign = gateway.management("GET", &path.replace("kv1", vault), VAULTS, &foreigner, Value::Null).await;
        assert_eq!((foreign.status, foreign.error().0.as_str()), (401, "InvalidAuthenticationTokenTenant"), "{vault}");
    }
    let nowhere = path.replacen(&gateway.setup.subscription.to_string(), &SubscriptionId::random().to_string(), 1);
    for token in [&management, &foreigner] {
        let missing = gateway.management("GET", &nowhere, VAULTS, token, Value::Null).await;
        assert_eq!((missing.status, missing.error().0.as_str()), (404, "ResourceNotFound"));
    }
}
