//! What would come of requests that nobody makes.

use portcullis_management::{DeclaredAssignment, DeclaredUser};
use portcullis_model::{Bypass, DefaultAction, NetworkAcls, NetworkRules, Plane, PrincipalId, PublicNetworkAccess};
use portcullis_policy::Mode;
use portcullis_server::config::{PluginConfig, PluginSource};
use portcullis_tests::{Application, Reply, Setup, TestGateway};
use serde_json::{Value, json};

use crate::bodies;

async fn asked_by(gateway: &TestGateway, application: &Application, body: Value) -> Reply {
    let token = gateway.token_for(application, &gateway.management_scope()).await;
    let path = format!("{}/providers/Portcullis.Gateway/whatIf", gateway.setup.vault_id("kv1"));
    gateway.management("POST", &path, "2026-02-01", &token, body).await
}

async fn ask(gateway: &TestGateway, body: Value) -> Vec<Value> {
    let reply = asked_by(gateway, &gateway.setup.admin, body).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    reply.json()["value"].as_array().unwrap().clone()
}

/// What is told of a principal.
fn of<'a>(told: &'a [Value], application: &Application) -> &'a Value {
    let id = application.principal.to_string();
    told.iter().find(|item| item["principalId"] == id).unwrap_or_else(|| panic!("{id} in {told:?}"))
}

fn user(setup: &Setup, display_name: &str, enabled: bool) -> DeclaredUser {
    DeclaredUser {
        principal: PrincipalId::random(),
        tenant: setup.tenant,
        name: format!("{}@example.com", display_name.to_lowercase().replace(' ', "-")),
        display_name: display_name.to_owned(),
        enabled,
        password: None,
        totp: None,
    }
}

fn secret() -> Value {
    json!({"kind": "secrets", "name": "db"})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_could_read_a_secret() {
    let gateway = TestGateway::start().await;
    let Setup { admin, reader, nobody, foreigner, .. } = &gateway.setup;
    let all: Vec<String> = [admin, reader, nobody, foreigner].iter().map(|who| who.principal.to_string()).collect();
    let told = ask(&gateway, json!({"operations": ["SecretGet"], "object": secret(), "principals": all})).await;
    assert_eq!(told.len(), 3, "the principals of the tenant and nobody of another: {told:?}");
    let reader = of(&told, &gateway.setup.reader);
    assert_eq!((&reader["outcome"], &reader["stage"]), (&json!("allow"), &json!("authorization")), "{reader}");
    assert_eq!(of(&told, &gateway.setup.admin)["outcome"], "allow");
    let nobody = of(&told, &gateway.setup.nobody);
    assert_eq!((&nobody["outcome"], &nobody["plugin"]), (&json!("deny"), &json!("azure-rbac")), "{nobody}");
    assert!(nobody["reason"].as_str().is_some_and(|why| !why.is_empty()) && nobody["facts"][0].is_string(), "{nobody}");

    // Whoever names nobody is told of nobody but those who could: the directory is not his to list.
    let told = ask(&gateway, json!({"operations": ["SecretGet"], "object": secret()})).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|item| item["outcome"] == "allow"), "{told:?}");
    let question = json!({"operations": ["SecretGet"], "object": secret(), "principals": all, "onlyAllowed": true});
    assert_eq!(ask(&gateway, question).await, told);
}

/// For every operation of the data plane: what is supposed is what comes when it is done.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_supposed_is_what_comes() {
    let gateway = TestGateway::start().await;
    let mut tried = 0;
    for who in [&gateway.setup.reader, &gateway.setup.nobody] {
        let (id, token) = (who.principal.to_string(), gateway.token(who).await);
        for (kind, name) in [("secrets", "some-name"), ("keys", "some-name"), ("certificates", "some-name")] {
            let object = json!({"kind": kind, "name": name});
            for item in ask(&gateway, json!({"principals": [id], "object": object})).await {
                let operation = portcullis_model::Operation::from_name(item["operation"].as_str().unwrap()).unwrap();
                let row = operation.row();
                if row.plane == Plane::Management {
                    continue;
                }
                let path =
                    row.paths[0].replace("{name}", name).replace("{issuer}", "some-issuer").replace("{version}", "");
                let reply = gateway.vault("kv1", row.method.as_str(), &path, &token, bodies::data(operation)).await;
                let allowed = item["outcome"] == "allow";
                assert_eq!(allowed, reply.status != 403, "{}: {item} but {:?}", row.name, reply.body);
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_where_and_how_signed_in_is_supposed_too() {
    let acls = NetworkAcls {
        default_action: DefaultAction::Deny,
        ip_rules: vec!["10.0.0.0/8".parse().unwrap()],
        subnet_rules: Vec::new(),
        bypass: Bypass::None,
    };
    let network = NetworkRules { public_network_access: PublicNetworkAccess::Enabled, acls: Some(acls) };
    let conditional_access = json!({"policies": [{
        "id": "second-factor", "displayName": "Second factor", "state": "enabled",
        "conditions": {"principals": {"include": ["All"]}, "operations": {"include": ["SecretGet"]},
            "locations": {"include": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}
    }]});
    let mut setup = Setup { network, conditional_access, ..Setup::default() };
    let user = user(&setup, "Ada", true);
    let (principal, scope) = (user.principal, setup.vault_id("kv1"));
    setup.users.push(user);
    setup.assignments = vec![DeclaredAssignment { principal, role: "Key Vault Secrets User".to_owned(), scope }];
    let gateway = TestGateway::with(setup).await;
    let admin = gateway.setup.admin.principal;
    for (who, source, methods, expected) in [
        (principal, "203.0.113.9", json!(["mfa"]), ("deny", "network")),
        (principal, "10.1.2.3", json!([]), ("challenge", "conditional-access")),
        (principal, "10.1.2.3", json!(["pwd"]), ("challenge", "conditional-access")),
        (principal, "10.1.2.3", json!(["pwd", "mfa"]), ("allow", "authorization")),
        // An application has no second factor to be asked for.
        (admin, "10.1.2.3", json!([]), ("deny", "conditional-access")),
    ] {
        let question = json!({"operations": ["SecretGet"], "object": secret(), "principals": [who.to_string()],
            "sourceAddress": source, "authenticationMethods": methods});
        let told = ask(&gateway, question).await;
        let found = (told[0]["outcome"].as_str().unwrap(), told[0]["stage"].as_str().unwrap());
        assert_eq!(found, expected, "{who} {source} {methods}: {told:?}");
    }
    // Nobody asked from there, so the rules of the network are about him who asks.
    let told =
        ask(&gateway, json!({"operations": ["SecretGet"], "object": secret(), "principals": [admin.to_string()]}))
            .await;
    assert_eq!(told[0]["stage"], "network", "{told:?}");
}

/// A supposition counts for nobody: a caller could otherwise be shut out by questions about him.
#[tokio::test(flavor = "multi_thread")]
async fn supposing_uses_nothing_up() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("counts.wasm");
    std::fs::write(&path, portcullis_guests::component("counts_requests")).unwrap();
    let plugin = PluginConfig {
        name: "seldom".to_owned(),
        source: PluginSource::File(path),
        mode: Mode::Enforce,
        settings: "{}".to_owned(),
        data: Vec::new(),
    };
    let gateway = TestGateway::with(Setup { plugins: vec![plugin], ..Setup::default() }).await;
    let reader = gateway.setup.reader.principal.to_string();
    let question = json!({"operations": ["SecretList"], "principals": [reader]});
    for _ in 0..2 {
        // The questioner's own requests count, two a minute, so that no more of them fit in.
        let told = ask(&gateway, question.clone()).await;
        assert_eq!(told.len(), 1, "{told:?}");
    }
    let token = gateway.token(&gateway.setup.reader).await;
    for status in [200, 200, 403] {
        let reply = gateway.vault("kv1", "GET", "/secrets/none", &token, Value::Null).await;
        assert_eq!(if reply.status == 404 { 200 } else { reply.status }, status, "{:?}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_is_itself_under_authorization() {
    let gateway = TestGateway::start().await;
    let question = json!({"operations": ["SecretGet"], "object": secret()});
    for who in [&gateway.setup.reader, &gateway.setup.nobody] {
        let reply = asked_by(&gateway, who, question.clone()).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (403, "AuthorizationFailed"), "{:?}", reply.body);
    }
    let reply = asked_by(&gateway, &gateway.setup.foreigner, question).await;
    assert_eq!(reply.status, 401, "a token of another tenant: {:?}", reply.body);
    let record = gateway.records().into_iter().find(|record| record["operationName"] == "VaultWhatIf");
    assert!(record.is_some(), "it is in the audit log");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_principals_come_page_by_page() {
    let mut setup = Setup::default();
    for at in 0..40 {
        let user = user(&setup, &format!("User {at}"), at != 0);
        setup.users.push(user);
    }
    let applications = [&setup.admin, &setup.reader, &setup.nobody].map(|who| who.principal);
    let all: Vec<_> = setup.users.iter().map(|user| user.principal).chain(applications).collect();
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    let gateway = TestGateway::with(setup).await;
    let (mut seen, mut pages, mut after) = (Vec::new(), 0, Value::Null);
    loop {
        let mut question = json!({"object": secret(), "principals": all});
        if after.is_string() {
            question["after"] = after;
        }
        let reply = asked_by(&gateway, &gateway.setup.admin, question).await;
        let json = reply.json();
        let told = json["value"].as_array().unwrap();
        assert!(told.len() <= 1000, "{}", told.len());
        seen.extend(told.iter().map(|item| format!("{} {}", item["principalId"], item["operation"])));
        assert!(told.iter().all(|item| item["displayName"] != "User 0" || item["stage"] == "authentication"));
        pages += 1;
        after = json["next"].clone();
        if after.is_null() {
            break;
        }
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), all % 43), (all, 0), "each once: 40 users and 3 applications");
    assert!(pages > 1, "{pages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_is_refused_by_name() {
    let gateway = TestGateway::start().await;
    let many = vec![PrincipalId::random().to_string(); 101];
    for (body, expected) in [
        (json!({"operations": ["SecretGet"]}), "operations[0]: give the secret that SecretGet is about as object"),
        (json!({"operations": ["SecretGet"], "object": {"kind": "keys", "name": "k"}}), "operations[0]"),
        (json!({"operations": ["SecretList", "secretget"], "object": secret()}), "operations[1]"),
        (json!({"operations": ["GroupPut"]}), "operations[0]: GroupPut is not about a vault"),
        (json!({"operations": "SecretGet"}), "operations"),
        (json!({"object": {"kind": "things", "name": "k"}}), "object.kind must be secrets, keys or certificates"),
        (json!({"object": {"kind": "keys"}}), "object.name"),
        (json!({"object": {"kind": "keys", "name": "a b"}}), "object.name"),
        (json!({"principals": ["me"]}), "principals[0] is not the GUID of a principal"),
        (json!({"principals": many}), "principals has more than 100"),
        (json!({"sourceAddress": "10.0.0.0/8"}), "sourceAddress"),
        (json!({"authenticationMethods": [""]}), "authenticationMethods[0]"),
        (json!({"after": 5}), "after"),
        (json!([]), ""),
    ] {
        let reply = asked_by(&gateway, &gateway.setup.admin, body.clone()).await;
        assert_eq!(
            (reply.status, reply.error().0.as_str()),
            (400, "InvalidRequestContent"),
            "{body}: {:?}",
            reply.body
        );
        assert!(reply.message().contains(expected), "{body}: {}", reply.message());
    }
}
