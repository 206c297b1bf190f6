//! The management plane's thin slice: a vault's network rules, and role assignments.

use portcullis_management::{Declaration, DeclaredVault, ManagementError};
use portcullis_model::{RoleAssignmentId, SubscriptionId};
use portcullis_tests::{Sent, TestGateway};
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
    let refused = gateway.management("PATCH", &path, VAULTS, &token, deny.clone()).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (400, "NetworkRulesExcludeCaller"), "{:?}", refused.body);
    assert!(refused.message().contains("127.0.0.1") && refused.message().contains("force"), "{}", refused.message());
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &data, Value::Null).await.status, 200, "nothing was changed");
    let forced = format!("{VAULTS}&force=true");
    let patched = gateway.management("PATCH", &path.to_uppercase(), &forced, &token, deny.clone()).await;
    assert_eq!(patched.status, 200, "{:?}", patched.body);
    assert!(patched.header("x-portcullis-warning").contains("do not admit"), "{:?}", patched.headers);
    let again = gateway.management("PATCH", &path, VAULTS, &token, deny).await;
    assert_eq!(again.status, 200, "whoever was out already loses nothing: {:?}", again.body);
    let revision = patched.header("x-portcullis-revision").parse::<u64>().unwrap();
    let refused = gateway.vault("kv1", "GET", "/secrets", &data, Value::Null).await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "ForbiddenByFirewall"));
    assert_eq!(refused.header("x-portcullis-revision").parse::<u64>().unwrap(), revision, "the next request sees it");
    let allow = json!({"properties": {"networkAcls": {"bypass": "None", "defaultAction": "Deny", "ipRules": [{"value": "127.0.0.1"}]}}});
    assert_eq!(gateway.management("PATCH", &path, VAULTS, &token, allow).await.status, 200);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &data, Value::Null).await.status, 200);
    let disabled = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let disabled = gateway.management("PATCH", &path, VAULTS, &token, disabled).await;
    assert_eq!(disabled.status, 200, "{:?}", disabled.body);
    assert!(disabled.header("x-portcullis-warning").contains("Disabled"), "{:?}", disabled.headers);
    let enabled = json!({"properties": {"publicNetworkAccess": "Enabled"}});
    let enabled = gateway.management("PATCH", &path, VAULTS, &token, enabled).await;
    assert!(!enabled.headers.contains_key("x-portcullis-warning"), "{:?}", enabled.headers);
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
    // Whoever has no right at the place is not told whether a vault stands there.
    for token in [&management, &reader] {
        let missing = gateway.management("GET", &path.replace("kv1", "kv9"), VAULTS, token, Value::Null).await;
        assert_eq!((missing.status, missing.error().0.as_str()), (403, "AuthorizationFailed"));
    }
    let foreigner = gateway.token_for(&gateway.setup.foreigner, &gateway.management_scope()).await;
    for vault in ["kv1", "kv9"] {
        let foreign = gateway.management("GET", &path.replace("kv1", vault), VAULTS, &foreigner, Value::Null).await;
        assert_eq!((foreign.status, foreign.error().0.as_str()), (401, "InvalidAuthenticationTokenTenant"), "{vault}");
    }
    let nowhere = path.replacen(&gateway.setup.subscription.to_string(), &SubscriptionId::random().to_string(), 1);
    for token in [&management, &foreigner] {
        let missing = gateway.management("GET", &nowhere, VAULTS, token, Value::Null).await;
        assert_eq!((missing.status, missing.error().0.as_str()), (404, "SubscriptionNotFound"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_purge_protection_of_a_vault_are_changed_and_the_latter_for_good() {
    let gateway = TestGateway::start().await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let data = gateway.token(&gateway.setup.admin).await;
    let path = gateway.setup.vault_id("kv1");
    let tagged = gateway.management("PATCH", &path, VAULTS, &token, json!({"tags": {"team": "a", "x": "y"}})).await;
    assert_eq!((tagged.status, &tagged.json()["tags"]), (200, &json!({"team": "a", "x": "y"})));
    let again = gateway.management("PATCH", &path, VAULTS, &token, json!({"tags": {"team": "b"}})).await;
    assert_eq!((again.status, &again.json()["tags"]), (200, &json!({"team": "b"})), "tags are replaced as a whole");
    for (tags, why) in [(json!({"t": 1}), "a tag is a text"), (json!([]), "tags are an object")] {
        let refused = gateway.management("PATCH", &path, VAULTS, &token, json!({"tags": tags})).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (400, "InvalidRequestContent"), "{why}");
    }

    gateway.vault("kv1", "PUT", "/secrets/s", &data, json!({"value": "v"})).await;
    gateway.vault("kv1", "DELETE", "/secrets/s", &data, Value::Null).await;
    let protect = |on: bool| json!({"properties": {"enablePurgeProtection": on}});
    let on = gateway.management("PATCH", &path, VAULTS, &token, protect(true)).await;
    assert_eq!((on.status, &on.json()["properties"]["enablePurgeProtection"]), (200, &json!(true)));
    let purge = gateway.vault("kv1", "DELETE", "/deletedsecrets/s", &data, Value::Null).await;
    assert_eq!((purge.status, purge.error().1.as_str()), (403, "ForbiddenByPurgeProtection"));
    let off = gateway.management("PATCH", &path, VAULTS, &token, protect(false)).await;
    assert_eq!((off.status, off.error().0.as_str()), (400, "BadRequest"), "{:?}", off.body);
    assert!(off.message().contains("irreversible"), "{}", off.message());
    let now = gateway.management("GET", &path, VAULTS, &token, Value::Null).await.json();
    assert_eq!(now["properties"]["enablePurgeProtection"], true);
    assert_eq!(now["tags"], json!({"team": "b"}), "what a PATCH leaves out stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_assignment_is_not_changed_and_names_a_role_that_exists() {
    const OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    let gateway = TestGateway::start().await;
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let at =
        |scope: &str, id: RoleAssignmentId| format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}");
    let (scope, id) = (gateway.setup.vault_id("kv1"), RoleAssignmentId::random());
    let body = |role_id: &str, principal: String| json!({"properties": {"roleDefinitionId": role(&gateway, role_id), "principalId": principal}});
    let nobody = gateway.setup.nobody.principal.to_string();
    let put = async |path: String, body: Value| {
        let reply = gateway.management("PUT", &path, ROLES, &admin, body).await;
        (reply.status, reply.error().0)
    };
    let made = body(SECRETS_USER, nobody.clone());
    assert_eq!(put(at(&scope, id), made.clone()).await, (201, String::new()));
    assert_eq!(put(at(&scope, id), made.clone()).await, (201, String::new()), "the same once more is the same");
    let refused = (400, "RoleAssignmentUpdateNotPermitted".to_owned());
    assert_eq!(put(at(&scope, id), body(OFFICER, nobody.clone())).await, refused, "another role");
    let reader = gateway.setup.reader.principal.to_string();
    assert_eq!(put(at(&scope, id), body(SECRETS_USER, reader)).await, refused, "another principal");
    let secret = format!("{scope}/secrets/s");
    assert_eq!(put(at(&secret, id), made).await, refused, "another scope");
    let unknown = body(&RoleAssignmentId::random().to_string(), nobody.clone());
    let missing = (404, "RoleDefinitionDoesNotExist".to_owned());
    assert_eq!(put(at(&scope, RoleAssignmentId::random()), unknown).await, missing);
    let data = gateway.token(&gateway.setup.nobody).await;
    let set = gateway.vault("kv1", "PUT", "/secrets/s", &data, json!({"value": "v"})).await;
    assert_eq!(set.error().1, "ForbiddenByRbac", "none of the refused ones holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_management_plane_demands_an_api_version_that_it_knows() {
    let gateway = TestGateway::start().await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    for (query, status, code) in [
        ("", 400, "MissingApiVersionParameter"),
        ("?api-version=", 400, "InvalidApiVersionParameter"),
        ("?api-version=7.6", 400, "InvalidApiVersionParameter"),
        ("?api-version=1999-01-01", 400, "InvalidApiVersionParameter"),
        ("?API%2Dversion=2026-02-01", 200, ""),
    ] {
        let target = format!("{}{query}", gateway.setup.vault_id("kv1"));
        let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        let host = gateway.host("management");
        let reply = gateway.client.send(Sent { method: "GET", host, target, headers, body: String::new() }).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (status, code), "{query}: {:?}", reply.body);
    }
}

/// A subscription belongs to one tenant: else an owner of it could hand out rights in another.
#[tokio::test(flavor = "multi_thread")]
async fn a_declaration_with_vaults_of_two_tenants_in_a_subscription_is_refused_whole() {
    let gateway = TestGateway::start().await;
    let management = gateway.running.gateway().management();
    let vault = |name: &str, tenant, subscription| DeclaredVault {
        subscription,
        group: "rg".parse().unwrap(),
        name: name.parse().unwrap(),
        tenant,
        location: "local".to_owned(),
        network: None,
        retention_days: 90,
        purge_protection: false,
        permission_model: None,
    };
    let (own, foreign, new) = (gateway.setup.tenant, gateway.setup.foreign_tenant, SubscriptionId::random());
    for (what, vaults) in [
        ("declared together", vec![vault("new-1", own, new), vault("new-2", foreign, new)]),
        ("one is stored", vec![vault("new-1", foreign, gateway.setup.subscription)]),
    ] {
        let declaration = Declaration { vaults, ..Declaration::default() };
        let error = management.declare(&declaration).await.unwrap_err();
        assert!(matches!(error, ManagementError::Declaration { .. }), "{what}: {error}");
        assert!(error.to_string().contains("its subscription has vaults of another tenant"), "{what}: {error}");
        assert!(management.state().vault(&"new-1".parse().unwrap()).is_none(), "{what}: nothing of it was made");
    }
    let declaration = Declaration { vaults: vec![vault("new-1", own, new)], ..Declaration::default() };
    management.declare(&declaration).await.unwrap();
    assert!(management.state().vault(&"new-1".parse().unwrap()).is_some(), "alone it is made");
}
