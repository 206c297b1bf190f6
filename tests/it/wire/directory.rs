//! The directory: users, groups, applications and service principals, in the manner of Microsoft Graph.

use portcullis_management::{Declaration, DeclaredAssignment};
use portcullis_tests::{Application, Reply, Setup, TestGateway};
use serde_json::{Value, json};

/// A gateway where one application administers the directory, and its token.
async fn administered() -> (TestGateway, String) {
    let mut setup = Setup::default();
    let principal = setup.admin.principal;
    let role = "User Access Administrator".to_owned();
    setup.assignments.push(DeclaredAssignment { principal, role, scope: "/".to_owned() });
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.graph_scope()).await;
    (gateway, token)
}

fn id(reply: &Reply) -> String {
    assert!(matches!(reply.status, 200 | 201), "{:?}", reply.body);
    reply.json()["id"].as_str().expect("an id").to_owned()
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.error().0)
}

fn user(name: &str) -> Value {
    json!({"accountEnabled": true, "displayName": "Ada", "mailNickname": "ada", "userPrincipalName": name,
        "passwordProfile": {"forceChangePasswordNextSignIn": false, "password": "correct horse battery"}})
}

/// An application with a service principal and a secret, made over the wire.
async fn application(gateway: &TestGateway, token: &str) -> (Application, String) {
    let made = gateway.graph("POST", "/applications", token, json!({"displayName": "worker"})).await;
    let object = id(&made);
    let client = made.json()["appId"].as_str().unwrap().to_owned();
    let principal = gateway.graph("POST", "/servicePrincipals", token, json!({"appId": client})).await;
    let password = gateway.graph("POST", &format!("/applications/{object}/addPassword"), token, json!({})).await;
    let application = Application {
        principal: id(&principal).parse().unwrap(),
        id: client.parse().unwrap(),
        tenant: gateway.setup.tenant,
        secret: password.json()["secretText"].as_str().expect("a secret").to_owned(),
    };
    (application, object)
}

async fn give(gateway: &TestGateway, principal: portcullis_model::PrincipalId, role: &str) {
    let assignment = DeclaredAssignment { principal, role: role.to_owned(), scope: gateway.setup.vault_id("kv1") };
    let declaration = Declaration { assignments: vec![assignment], ..Declaration::default() };
    gateway.running.gateway().management().declare(&declaration).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_made_found_changed_and_removed() {
    let (gateway, token) = administered().await;
    let made = gateway.graph("POST", "/users", &token, user("Ada@Example.com")).await;
    let id = id(&made);
    assert_eq!((made.status, &made.json()["userPrincipalName"]), (201, &json!("ada@example.com")));
    assert!(!String::from_utf8_lossy(&made.body).contains("horse"));
    assert_eq!(code(&gateway.graph("POST", "/users", &token, user("ada@example.com")).await).0, 409);
    for name in ["ada@example.com", &id] {
        let found = gateway.graph("GET", &format!("/users/{name}"), &token, Value::Null).await;
        assert_eq!(found.json()["id"], id.as_str(), "{name}");
    }
    let listed =
        gateway.graph("GET", "/users?$filter=startswith(displayName,%27aD%27)", &token, Value::Null).await.json();
    assert_eq!(listed["value"][0]["id"], id.as_str());
    let changed = gateway.graph("PATCH", &format!("/users/{id}"), &token, json!({"displayName": "Countess"})).await;
    assert_eq!(changed.status, 204, "{:?}", changed.body);
    let found = gateway.graph("GET", &format!("/users/{id}"), &token, Value::Null).await.json();
    assert_eq!((&found["displayName"], &found["accountEnabled"]), (&json!("Countess"), &json!(true)));
    assert_eq!(gateway.graph("DELETE", &format!("/users/{id}"), &token, Value::Null).await.status, 204);
    let gone = gateway.graph("GET", &format!("/users/{id}"), &token, Value::Null).await;
    assert_eq!(code(&gone), (404, "Request_ResourceNotFound".to_owned()));
    for (property, body) in [
        ("userPrincipalName", json!({"accountEnabled": true, "displayName": "a", "userPrincipalName": "a"})),
        (
            "passwordProfile.password",
            json!({"accountEnabled": true, "displayName": "a", "userPrincipalName": "a@b.example", "passwordProfile": {"password": "short"}}),
        ),
    ] {
        let refused = gateway.graph("POST", "/users", &token, body).await;
        assert_eq!(code(&refused), (400, "Request_BadRequest".to_owned()));
        assert!(refused.message().contains(property) && !refused.message().contains("short"), "{}", refused.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_hold_members_and_never_themselves() {
    let (gateway, token) = administered().await;
    let group = async |name: &str| {
        id(&gateway.graph("POST", "/groups", &token, json!({"displayName": name, "mailNickname": name})).await)
    };
    let (outer, inner) = (group("outer").await, group("inner").await);
    let ada = id(&gateway.graph("POST", "/users", &token, user("ada@example.com")).await);
    let add = async |group: &str, member: &str| {
        let reference = json!({"@odata.id": format!("https://elsewhere.example/v1.0/directoryObjects/{member}")});
        gateway.graph("POST", &format!("/groups/{group}/members/$ref"), &token, reference).await
    };
    assert_eq!(add(&outer, &inner).await.status, 204);
    assert_eq!(add(&inner, &ada).await.status, 204);
    for (group, member) in [(&inner, &outer), (&inner, &inner), (&inner, &ada)] {
        assert_eq!(code(&add(group, member).await), (400, "Request_BadRequest".to_owned()), "{group} {member}");
    }
    let stranger = gateway.setup.foreigner.principal.to_string();
    assert_eq!(add(&inner, &stranger).await.status, 404, "of another tenant");
    let members = gateway.graph("GET", &format!("/groups/{outer}/members"), &token, Value::Null).await.json();
    assert_eq!(members["value"][0]["@odata.type"], "#microsoft.graph.group");
    let within = gateway.graph("POST", &format!("/users/{ada}/getMemberGroups"), &token, json!({})).await.json();
    assert_eq!(within["value"].as_array().unwrap().len(), 2);
    let direct = gateway.graph("GET", &format!("/users/{ada}/memberOf"), &token, Value::Null).await.json();
    assert_eq!((direct["value"].as_array().unwrap().len(), &direct["value"][0]["id"]), (1, &json!(inner)));
    let asked = json!({"groupIds": [outer]});
    let check = format!("/directoryObjects/{ada}/checkMemberGroups");
    assert_eq!(gateway.graph("POST", &check, &token, asked.clone()).await.json()["value"], json!([outer]));
    let by_ids = json!({"ids": [outer, ada, stranger], "types": ["user", "group", "directoryObjectPartnerReference"]});
    let found = gateway.graph("POST", "/directoryObjects/getByIds", &token, by_ids).await.json();
    assert_eq!(found["value"].as_array().unwrap().len(), 2, "{found}");
    assert_eq!(
        gateway.graph("DELETE", &format!("/groups/{inner}/members/{ada}/$ref"), &token, Value::Null).await.status,
        204
    );
    assert_eq!(gateway.graph("POST", &check, &token, asked).await.json()["value"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_signs_in_with_the_secret_that_it_was_shown_once() {
    let (gateway, token) = administered().await;
    let (worker, object) = application(&gateway, &token).await;
    give(&gateway, worker.principal, "Key Vault Administrator").await;
    let data = gateway.token(&worker).await;
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &data, Value::Null).await.status, 200);
    let told = gateway.graph("GET", &format!("/applications/{object}"), &token, Value::Null).await;
    assert!(!String::from_utf8_lossy(&told.body).contains(&worker.secret));
    let key = told.json()["passwordCredentials"][0]["keyId"].clone();
    let removed =
        gateway.graph("POST", &format!("/applications/{object}/removePassword"), &token, json!({"keyId": key})).await;
    assert_eq!(removed.status, 204);
    let refused = gateway.token_reply(&worker, &worker.secret, &gateway.vault_scope()).await;
    assert_eq!(refused.status, 401);
    let records = gateway.records();
    let text = serde_json::to_string(&records).unwrap();
    assert!(text.contains("DirectoryApplicationPasswordAdd") && !text.contains(&worker.secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() {
    let (gateway, token) = administered().await;
    for at in 0..5 {
        gateway.graph("POST", "/groups", &token, json!({"displayName": format!("g{at}")})).await;
    }
    let (mut path, mut seen) = ("/groups?$top=2&$filter=startswith(displayName,%27g%27)".to_owned(), Vec::new());
    loop {
        let page = gateway.graph("GET", &path, &token, Value::Null).await.json();
        let items = page["value"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["displayName"].as_str().unwrap().to_owned()));
        let Some(next) = page["@odata.nextLink"].as_str() else { break };
        path = next.split_once("/v1.0").unwrap().1.to_owned();
    }
    seen.sort();
    assert_eq!(seen, ["g0", "g1", "g2", "g3", "g4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_role_at_the_root_is_refused_and_learns_nothing_of_others() {
    let (gateway, token) = administered().await;
    let scope = gateway.graph_scope();
    // Owner of a vault, and nothing above it.
    give(&gateway, gateway.setup.nobody.principal, "Owner").await;
    let owner = gateway.token_for(&gateway.setup.nobody, &scope).await;
    for (method, path) in [("GET", "/users"), ("POST", "/groups"), ("GET", "/applications"), ("POST", "/users")] {
        let refused = gateway.graph(method, path, &owner, json!({"displayName": "mine"})).await;
        assert_eq!(code(&refused), (403, "Authorization_RequestDenied".to_owned()), "{method} {path}");
        assert!(refused.message().starts_with("Insufficient privileges"), "{}", refused.message());
    }
    let foreign = gateway.setup.foreigner.principal;
    for path in [format!("/servicePrincipals/{foreign}"), format!("/users/{foreign}")] {
        assert_eq!(gateway.graph("GET", &path, &token, Value::Null).await.status, 404, "{path}");
    }
    let all = gateway.graph("GET", "/servicePrincipals", &token, Value::Null).await;
    assert!(!String::from_utf8_lossy(&all.body).contains(&foreign.to_string()));
    let management = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    assert_eq!(gateway.graph("GET", "/users", &management, Value::Null).await.status, 401, "another audience");
    assert_eq!(gateway.management("GET", "/v1.0/users", "2022-04-01", &token, Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_configuration_declares_is_read_only() {
    let (gateway, token) = administered().await;
    let reader = gateway.setup.reader.principal;
    let path = format!("/servicePrincipals/{reader}");
    assert_eq!(gateway.graph("GET", &path, &token, Value::Null).await.json()["id"], reader.to_string());
    for (method, path, body) in [
        ("PATCH", path.clone(), json!({"accountEnabled": false})),
        ("DELETE", path.clone(), Value::Null),
        ("POST", format!("{path}/addPassword"), json!({})),
    ] {
        let refused = gateway.graph(method, &path, &token, body).await;
        assert_eq!(code(&refused), (403, "Authorization_RequestDenied".to_owned()), "{method} {path}");
        assert!(refused.message().contains("configuration"), "{}", refused.message());
    }
    let gone = gateway
        .graph("DELETE", &format!("/servicePrincipals/{}", gateway.setup.admin.principal), &token, Value::Null)
        .await;
    assert_eq!(gone.status, 403, "and nobody removes himself");
}

#[tokio::test(flavor = "multi_thread")]
async fn me_is_told_to_users_alone() {
    let (gateway, token) = administered().await;
    let me = gateway.graph("GET", "/me", &token, Value::Null).await;
    assert_eq!(code(&me), (400, "Request_BadRequest".to_owned()));
    assert_eq!(gateway.graph("GET", "/me", "nothing", Value::Null).await.status, 401);
}
