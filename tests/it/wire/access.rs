//! Role definitions, conditions, deny assignments, access policies and revisions, over the wire.

use portcullis_management::{Declaration, DeclaredAccessPolicy, DeclaredVault};
use portcullis_model::{AccessPolicyPermissions, PermissionModel, RoleAssignmentId};
use portcullis_tests::{Application, Reply, Sent, TestGateway};
use serde_json::{Value, json};

const VERSION: &str = "2022-04-01";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const DATA_ACCESS_ADMINISTRATOR: &str = "8b54135c-b56d-4d72-a534-26097cfdc8d8";

fn guid() -> String {
    RoleAssignmentId::random().to_string()
}

fn at(scope: &str, kind: &str, name: &str) -> String {
    let slash = if name.is_empty() { "" } else { "/" };
    format!("{scope}/providers/Microsoft.Authorization/{kind}{slash}{name}")
}

async fn ask(gateway: &TestGateway, who: &Application, method: &'static str, path: &str, body: Value) -> Reply {
    let token = gateway.token_for(who, &gateway.management_scope()).await;
    gateway.management(method, path, VERSION, &token, body).await
}

fn assignment(who: &Application, role: &str, more: &Value) -> Value {
    let mut properties = json!({
        "principalId": who.principal.to_string(),
        "roleDefinitionId": format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}"),
    });
    properties.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    json!({"properties": properties})
}

async fn assign(gateway: &TestGateway, by: &Application, scope: &str, body: Value) -> Reply {
    ask(gateway, by, "PUT", &at(scope, "roleAssignments", &guid()), body).await
}

async fn read(gateway: &TestGateway, who: &Application, secret: &str) -> Reply {
    let token = gateway.token(who).await;
    gateway.vault("kv1", "GET", &format!("/secrets/{secret}"), &token, Value::Null).await
}

async fn with_secrets() -> TestGateway {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for name in ["app-db", "other"] {
        let set = gateway.vault("kv1", "PUT", &format!("/secrets/{name}"), &token, json!({"value": "v"})).await;
        assert_eq!(set.status, 200, "{:?}", set.body);
    }
    gateway
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_narrows_an_assignment() {
    let gateway = with_secrets().await;
    let (admin, nobody) = (&gateway.setup.admin, &gateway.setup.nobody);
    let vault = gateway.setup.vault_id("kv1");
    let condition = "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringStartsWith 'app-'";
    let body = assignment(nobody, SECRETS_USER, &json!({"condition": condition, "conditionVersion": "2.0"}));
    let made = assign(&gateway, admin, &vault, body).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(made.json()["properties"]["condition"], condition);
    assert_eq!(read(&gateway, nobody, "app-db").await.status, 200);
    let other = read(&gateway, nobody, "other").await;
    assert_eq!((other.status, other.error().1.as_str()), (403, "ForbiddenByRbac"));
    assert!(other.message().contains("hold under a condition"), "{}", other.message());
    let token = gateway.token(nobody).await;
    let list = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(list.status, 403, "a list has no name");

    for (more, text) in [
        (json!({"condition": "nonsense", "conditionVersion": "2.0"}), "character 1"),
        (json!({"condition": condition}), "conditionVersion"),
        (json!({"condition": 7, "conditionVersion": "2.0"}), "properties.condition"),
    ] {
        let refused = assign(&gateway, admin, &vault, assignment(nobody, SECRETS_OFFICER, &more)).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (400, "InvalidRequestContent"), "{:?}", refused.body);
        assert!(refused.message().contains(text), "{}", refused.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_access_administrator_assigns_eight_roles_and_no_other() {
    let gateway = TestGateway::start().await;
    let (admin, helper, nobody) = (&gateway.setup.admin, &gateway.setup.reader, &gateway.setup.nobody);
    let vault = gateway.setup.vault_id("kv1");
    let made = assign(&gateway, admin, &vault, assignment(helper, DATA_ACCESS_ADMINISTRATOR, &json!({}))).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let officer = assign(&gateway, helper, &vault, assignment(nobody, SECRETS_OFFICER, &json!({}))).await;
    assert_eq!(officer.status, 201, "{:?}", officer.body);
    for role in [OWNER, DATA_ACCESS_ADMINISTRATOR] {
        let owner = assign(&gateway, helper, &vault, assignment(helper, role, &json!({}))).await;
        assert_eq!((owner.status, owner.error().0.as_str()), (403, "AuthorizationFailed"), "{:?}", owner.body);
    }
    let empty = assign(&gateway, helper, &vault, json!({})).await;
    assert_eq!(empty.status, 403, "a body that says no role is none of his: {:?}", empty.body);
    let own = ask(&gateway, admin, "GET", &at(&vault, "roleAssignments", ""), Value::Null).await;
    let items = own.json()["value"].as_array().unwrap().clone();
    let path_of = |role: &str, who: &Application| {
        let found = items.iter().find(|item| {
            item["properties"]["roleDefinitionId"].as_str().unwrap().ends_with(role)
                && item["properties"]["principalId"] == who.principal.to_string()
        });
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let taken = ask(&gateway, helper, "DELETE", &path_of(OWNER, admin), Value::Null).await;
    assert_eq!(taken.status, 403, "{:?}", taken.body);
    let taken = ask(&gateway, helper, "DELETE", &path_of(SECRETS_OFFICER, nobody), Value::Null).await;
    assert_eq!(taken.status, 200, "{:?}", taken.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_stays_unless_it_is_insisted_upon() {
    let gateway = TestGateway::start().await;
    let (admin, nobody) = (&gateway.setup.admin, &gateway.setup.nobody);
    let vault = gateway.setup.vault_id("kv1");
    let own = ask(&gateway, admin, "GET", &at(&vault, "roleAssignments", ""), Value::Null).await.json();
    let owner = own["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["properties"]["roleDefinitionId"].as_str().unwrap().ends_with(OWNER));
    let path = owner.unwrap()["id"].as_str().unwrap().to_owned();
    let refused = ask(&gateway, admin, "DELETE", &path, Value::Null).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (400, "LastOwnerCannotBeRemoved"), "{:?}", refused.body);
    let second = assign(&gateway, admin, &vault, assignment(nobody, OWNER, &json!({}))).await;
    assert_eq!(second.status, 201, "{:?}", second.body);
    assert_eq!(ask(&gateway, nobody, "DELETE", &path, Value::Null).await.status, 200, "another one owns it");
    let name = second.json()["name"].as_str().unwrap().to_owned();
    let token = gateway.token_for(nobody, &gateway.management_scope()).await;
    let forced = gateway.client.send(Sent {
        method: "DELETE",
        host: gateway.host("management"),
        target: format!("{}?api-version={VERSION}&force=true", at(&vault, "roleAssignments", &name)),
        headers: vec![("authorization".into(), format!("Bearer {token}"))],
        body: String::new(),
    });
    assert_eq!(forced.await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_roles_are_made_used_and_removed() {
    let gateway = with_secrets().await;
    let (admin, nobody) = (&gateway.setup.admin, &gateway.setup.nobody);
    let vault = gateway.setup.vault_id("kv1");
    let id = guid();
    let role = |actions: Value, scope: &str| {
        json!({"properties": {
            "roleName": "Reader of values", "type": "CustomRole", "description": "reads",
            "permissions": [{"actions": [], "dataActions": actions}], "assignableScopes": [scope],
        }})
    };
    let path = at(&vault, "roleDefinitions", &id);
    let get = json!(["Microsoft.KeyVault/vaults/secrets/getSecret/*"]);
    let made = ask(&gateway, admin, "PUT", &path, role(get.clone(), &vault)).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let made = assign(&gateway, admin, &vault, assignment(nobody, &id, &json!({}))).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(read(&gateway, nobody, "app-db").await.status, 200);
    let in_use = ask(&gateway, admin, "DELETE", &path, Value::Null).await;
    assert_eq!((in_use.status, in_use.error().0.as_str()), (400, "RoleDefinitionHasAssignments"));
    let changed =
        ask(&gateway, admin, "PUT", &path, role(json!(["Microsoft.KeyVault/vaults/keys/read"]), &vault)).await;
    assert_eq!(changed.status, 201, "{:?}", changed.body);
    assert_eq!(read(&gateway, nobody, "app-db").await.status, 403, "what the role says now counts at once");
    let assignment = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(ask(&gateway, admin, "DELETE", &assignment, Value::Null).await.status, 200);
    assert_eq!(ask(&gateway, admin, "DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(ask(&gateway, admin, "DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(ask(&gateway, admin, "GET", &path, Value::Null).await.error().0, "RoleDefinitionDoesNotExist");

    let twin = at(&vault, "roleDefinitions", &guid());
    let subscription = format!("/subscriptions/{}", gateway.setup.subscription);
    let mut named_owner = role(get.clone(), &vault);
    named_owner["properties"]["roleName"] = json!("owner");
    let mut on_condition = role(get.clone(), &vault);
    on_condition["properties"]["permissions"][0]["condition"] = json!("Exists @Principal[oid]");
    let mut long = role(get.clone(), &vault);
    long["properties"]["permissions"][0]["dataActions"] = json!(vec!["a/b"; 2_049]);
    for (body, status, code, text) in [
        (role(get.clone(), &subscription), 400, "InvalidRoleDefinition", "assignableScopes"),
        (role(get.clone(), "/"), 400, "InvalidRequestContent", "assignableScopes[0]"),
        (role(json!(["not an action"]), &vault), 400, "InvalidRequestContent", "permissions[0].dataActions[0]"),
        (role(json!([]), &vault), 400, "InvalidRequestContent", "at least one action"),
        (named_owner, 409, "RoleDefinitionWithSameNameExists", "owner"),
        (on_condition, 400, "InvalidRequestContent", "permissions[0].condition"),
        (long, 400, "InvalidRequestContent", "more than 2048"),
        (json!({"properties": {"roleName": 7}}), 400, "InvalidRequestContent", "properties.roleName"),
        (json!({}), 400, "InvalidRequestContent", "properties is required"),
    ] {
        let refused = ask(&gateway, admin, "PUT", &twin, body).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (status, code), "{:?}", refused.body);
        assert!(refused.message().contains(text), "{}", refused.message());
    }
    let built_in = ask(&gateway, admin, "PUT", &at(&vault, "roleDefinitions", OWNER), role(get, &vault)).await;
    assert_eq!((built_in.status, built_in.error().0.as_str()), (400, "InvalidRoleDefinition"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deny_assignment_wins_over_a_role() {
    let gateway = with_secrets().await;
    let (admin, reader) = (&gateway.setup.admin, &gateway.setup.reader);
    let vault = gateway.setup.vault_id("kv1");
    assert_eq!(read(&gateway, reader, "app-db").await.status, 200);
    let path = at(&vault, "denyAssignments", &guid());
    let denial = |excluded: &[&Application]| {
        let excluded: Vec<_> = excluded.iter().map(|who| json!({"id": who.principal.to_string()})).collect();
        json!({"properties": {
            "denyAssignmentName": "no values", "permissions": [{"dataActions": ["*/getSecret/action"]}],
            "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
            "excludePrincipals": excluded,
        }})
    };
    let own = ask(&gateway, admin, "PUT", &path, denial(&[])).await;
    assert_eq!((own.status, own.error().0.as_str()), (400, "InvalidDenyAssignment"), "{:?}", own.body);
    let made = ask(&gateway, admin, "PUT", &path, denial(&[admin])).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    assert_eq!(read(&gateway, reader, "app-db").await.status, 403);
    assert_eq!(read(&gateway, admin, "app-db").await.status, 200, "excluded");
    let listed = ask(&gateway, admin, "GET", &at(&vault, "denyAssignments", ""), Value::Null).await;
    assert_eq!(listed.json()["value"][0]["properties"]["denyAssignmentName"], "no values");
    assert!(matches!(ask(&gateway, admin, "DELETE", &path, Value::Null).await.status, 200 | 204));
    assert_eq!(read(&gateway, reader, "app-db").await.status, 200);
    let foreign = at(&gateway.setup.vault_id("other"), "denyAssignments", &guid());
    assert_eq!(ask(&gateway, admin, "PUT", &foreign, denial(&[admin])).await.status, 401, "another tenant's");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_stay_within_the_tenant() {
    let gateway = TestGateway::start().await;
    let (admin, reader) = (&gateway.setup.admin, &gateway.setup.reader);
    let token = gateway.token_for(admin, &gateway.management_scope()).await;
    let vault = gateway.setup.vault_id("kv1");
    let list = async |scope: &str, kind: &str, filter: &str| {
        let target = format!("{}?api-version={VERSION}&$filter={}", at(scope, kind, ""), filter.replace(' ', "%20"));
        let headers = vec![("authorization".to_owned(), format!("Bearer {token}"))];
        gateway
            .client
            .send(Sent { method: "GET", host: gateway.host("management"), target, headers, body: String::new() })
            .await
    };
    let count = |reply: &Reply| reply.json()["value"].as_array().unwrap().len();
    let of_reader = format!("principalId eq '{}'", reader.principal);
    assert_eq!(count(&list(&vault, "roleAssignments", &of_reader).await), 1);
    assert_eq!(count(&list(&vault, "roleAssignments", "atScope()").await), 3);
    let assigned = format!("atScope() and assignedTo('{}')", admin.principal);
    assert_eq!(count(&list(&vault, "roleAssignments", &assigned).await), 2);
    let named = list(&vault, "roleDefinitions", "roleName eq 'Key Vault Secrets User'").await;
    assert_eq!(named.json()["value"][0]["name"], SECRETS_USER);
    assert_eq!(count(&list(&vault, "roleDefinitions", "type eq 'BuiltInRole'").await), 18);
    assert_eq!(count(&list(&vault, "roleDefinitions", "type eq 'CustomRole'").await), 0);
    let odd = list(&vault, "roleAssignments", "principalId gt '1'").await;
    assert_eq!((odd.status, odd.error().0.as_str()), (400, "BadRequest"), "{:?}", odd.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demanded_revision_is_reached_or_refused() {
    let gateway = with_secrets().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let ask = async |revision: &str| {
        let mut call = gateway.call("kv1", "GET", "/secrets/other", Some(&token), &Value::Null);
        call.headers.push(("x-portcullis-min-revision".to_owned(), revision.to_owned()));
        gateway.client.send(call).await
    };
    let now: u64 = ask("0").await.header("x-portcullis-revision").parse().unwrap();
    let reached = ask(&now.to_string()).await;
    assert_eq!(reached.status, 200, "{:?}", reached.body);
    assert!(reached.header("x-portcullis-revision").parse::<u64>().unwrap() >= now);
    let behind = ask(&(now + 1_000_000).to_string()).await;
    assert_eq!((behind.status, behind.error().0.as_str()), (412, "RevisionNotReached"), "{:?}", behind.body);
    assert_eq!(ask("soon").await.status, 400);
}

/// Puts `kv1` under access policies, with these policies.
async fn permit(gateway: &TestGateway, who: &Application, secrets: &[&str]) {
    let vault = DeclaredVault {
        permission_model: Some(PermissionModel::AccessPolicies),
        ..gateway.setup.declared_vault("kv1")
    };
    let policy = DeclaredAccessPolicy {
        vault: "kv1".parse().unwrap(),
        principal: who.principal,
        application: None,
        permissions: AccessPolicyPermissions {
            secrets: secrets.iter().map(ToString::to_string).collect(),
            ..AccessPolicyPermissions::default()
        },
    };
    let declaration = Declaration { vaults: vec![vault], access_policies: vec![policy], ..Declaration::default() };
    gateway.running.gateway().management().declare(&declaration).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_permission_model_counts_and_the_other_does_not() {
    let gateway = with_secrets().await;
    let (admin, nobody) = (&gateway.setup.admin, &gateway.setup.nobody);
    permit(&gateway, nobody, &["all"]).await;
    assert_eq!(read(&gateway, nobody, "other").await.status, 200);
    let refused = read(&gateway, admin, "other").await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "AccessDenied"), "{:?}", refused.body);
    let token = gateway.token(nobody).await;
    assert_eq!(gateway.vault("kv1", "DELETE", "/secrets/other", &token, Value::Null).await.status, 200);
    let purge = gateway.vault("kv1", "DELETE", "/deletedsecrets/other", &token, Value::Null).await;
    assert_eq!((purge.status, purge.error().1.as_str()), (403, "ForbiddenByPolicy"), "all is not purge");
    permit(&gateway, nobody, &["all", "purge"]).await;
    assert_eq!(gateway.vault("kv1", "DELETE", "/deletedsecrets/other", &token, Value::Null).await.status, 204);
    let path = gateway.setup.vault_id("kv1");
    let management = gateway.token_for(nobody, &gateway.management_scope()).await;
    let vault = gateway.management("GET", &path, "2026-02-01", &management, Value::Null).await;
    assert_eq!(vault.status, 403, "access policies say nothing about the vault itself");
    let told = |reply: &Reply| reply.json()["properties"]["enableRbacAuthorization"].clone();
    let owner = gateway.token_for(admin, &gateway.management_scope()).await;
    let vault = gateway.management("GET", &path, "2026-02-01", &owner, Value::Null).await;
    assert_eq!((vault.status, told(&vault)), (200, json!(false)), "{:?}", vault.body);
    let switch = json!({"properties": {"enableRbacAuthorization": true}});
    let switched = gateway.management("PATCH", &path, "2026-02-01", &owner, switch).await;
    assert_eq!((switched.status, told(&switched)), (200, json!(true)), "{:?}", switched.body);
    assert_eq!(read(&gateway, nobody, "app-db").await.error().1, "ForbiddenByRbac", "policies count no more");
    assert_eq!(read(&gateway, admin, "app-db").await.status, 200);
}
