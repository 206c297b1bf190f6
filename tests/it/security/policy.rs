//! Conditional access and hostile plugins, end to end.

use std::collections::HashMap;

use portcullis_management::DeclaredAssignment;
use portcullis_model::RoleAssignmentId;
use portcullis_policy::{Mode, NamedLocation};
use portcullis_server::config::{PluginConfig, PluginSource};
use portcullis_tests::{Setup, TestGateway};
use serde_json::{Value, json};

fn location(prefix: &str) -> HashMap<String, NamedLocation> {
    HashMap::from([("here".to_owned(), NamedLocation { prefixes: vec![prefix.parse().unwrap()] })])
}

fn block(principals: &Value, operations: &Value, locations: &Value) -> Value {
    json!({"policies": [{
        "id": "p1", "displayName": "No purge from here", "state": "enabled",
        "conditions": {"principals": principals, "operations": operations, "locations": locations},
        "grantControls": {"builtInControls": ["block"]}
    }]})
}

#[tokio::test(flavor = "multi_thread")]
async fn conditional_access_blocks_by_location_principal_and_operation() {
    let mut setup = Setup { locations: location("127.0.0.0/8"), ..Setup::default() };
    setup.conditional_access = block(
        &json!({"include": [setup.admin.principal.to_string()], "exclude": []}),
        &json!({"include": ["SecretPurge"], "exclude": []}),
        &json!({"include": ["here"], "exclude": []}),
    );
    let (principal, scope) = (setup.nobody.principal, setup.vault_id("kv1"));
    setup.assignments = vec![DeclaredAssignment { principal, role: "Key Vault Administrator".to_owned(), scope }];
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    let delete = gateway.vault("kv1", "DELETE", "/secrets/s", &token, Value::Null).await;
    assert_eq!(delete.status, 200, "another operation passes");
    let reply = gateway.vault("kv1", "DELETE", "/deletedsecrets/s", &token, Value::Null).await;
    assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByConditionalAccess"), "{:?}", reply.body);
    for part in ["conditional-access", "p1", "No purge from here", "named-location here = yes"] {
        assert!(reply.message().contains(part), "{part} in {}", reply.message());
    }
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["deniedBy"], "conditional-access", "{record}");
    assert_eq!(record["portcullis"]["stage"], "conditional-access", "{record}");
    assert_eq!(record["properties"]["isRbacAuthorized"], Value::Null, "nobody asked for roles: {record}");
    let [decision] = record["portcullis"]["decision"].as_array().unwrap().as_slice() else { panic!("{record}") };
    assert_eq!((&decision["opinion"], &decision["rule"]), (&json!("block"), &json!("p1")), "{record}");
    for question in [
        "operation-in SecretPurge".to_owned(),
        format!("principal-is {}", gateway.setup.admin.principal),
        "named-location here".to_owned(),
    ] {
        let asked = json!({"question": question, "answer": "yes"});
        assert!(decision["trace"].as_array().unwrap().contains(&asked), "{question}: {record}");
    }
    let another = gateway.token(&gateway.setup.nobody).await;
    let reply = gateway.vault("kv1", "DELETE", "/deletedsecrets/s", &another, Value::Null).await;
    assert_eq!(reply.status, 204, "another principal passes: {:?}", reply.body);
}

/// A policy that named an operation of the management plane was accepted and never asked.
#[tokio::test(flavor = "multi_thread")]
async fn conditional_access_blocks_on_the_management_plane() {
    let conditional_access = block(
        &json!({"include": ["All"], "exclude": []}),
        &json!({"include": ["VaultPatch", "RoleAssignmentPut"], "exclude": []}),
        &json!({"include": ["here"], "exclude": []}),
    );
    let setup = Setup { conditional_access, locations: location("127.0.0.0/8"), ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let vault = gateway.setup.vault_id("kv1");
    let open = json!({"properties": {"networkAcls": {"defaultAction": "Allow", "bypass": "None"}}});
    let reply = gateway.management("PATCH", &vault, "2026-02-01", &token, open).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "RequestDisallowedByPolicy"), "{:?}", reply.body);
    for part in ["blocked by Conditional Access", "p1", "No purge from here", "named-location here = yes"] {
        assert!(reply.message().contains(part), "{part} in {}", reply.message());
    }
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["deniedBy"], "conditional-access", "{record}");
    assert_eq!(record["portcullis"]["stage"], "conditional-access", "{record}");

    let assignment =
        format!("{vault}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
    let body = json!({"properties": {"principalId": gateway.setup.nobody.principal.to_string(), "roleDefinitionId":
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"}});
    let reply = gateway.management("PUT", &assignment, "2022-04-01", &token, body).await;
    assert_eq!(reply.error().0, "RequestDisallowedByPolicy", "{:?}", reply.body);
    let reply = gateway.management("GET", &vault, "2026-02-01", &token, Value::Null).await;
    assert_eq!(reply.status, 200, "an operation that the policy does not name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_for_elsewhere_does_not_apply() {
    let conditional_access = block(
        &json!({"include": ["All"], "exclude": []}),
        &json!({"include": ["All"], "exclude": []}),
        &json!({"include": ["here"], "exclude": []}),
    );
    let setup = Setup { conditional_access, locations: location("10.0.0.0/8"), ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await.status, 200);
}

/// Class 16: a policy that was accepted and not understood would be one that never applies.
#[test]
fn settings_that_make_no_sense_are_refused_at_the_start() {
    for (settings, place) in [
        (json!({"policies": [{"id": "x"}]}), "/policies/0"),
        (json!({"policy": []}), "/policy"),
        (json!([]), "is no object"),
    ] {
        let refusal = TestGateway::refusal(Setup { conditional_access: settings, ..Setup::default() });
        assert!(refusal.contains("plugin `conditional-access`") && refusal.contains(place), "{refusal}");
    }
}

/// Class 16: a plugin that fails denies, says so, and disturbs no other request; in report-only mode it is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_traps_denies_unless_it_only_reports() {
    let folder = tempfile::TempDir::new().unwrap();
    let guest = portcullis_guests::ALL.iter().find(|(name, _)| *name == "aborts").unwrap().1;
    let path = folder.path().join("trap.wasm");
    std::fs::write(&path, guest).unwrap();
    for (mode, status) in [(Mode::Enforce, 403), (Mode::ReportOnly, 200)] {
        let plugin = PluginConfig {
            name: "trapping".to_owned(),
            source: PluginSource::File(path.clone()),
            mode,
            settings: "{}".to_owned(),
            data: Vec::new(),
        };
        let gateway = TestGateway::with(Setup { plugins: vec![plugin], ..Setup::default() }).await;
        let token = gateway.token(&gateway.setup.admin).await;
        let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
        assert_eq!(reply.status, status, "{mode:?}: {:?}", reply.body);
        let record = gateway.records().pop().unwrap();
        assert!(record.to_string().contains("trapping"), "{record}");
    }
}

/// What lies beside a plugin is answered, and stands in the trace like any other fact.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_asks_for_documents_that_lie_beside_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("asks.wasm");
    std::fs::write(&path, portcullis_guests::component("asks_everything")).unwrap();
    for (data, answers) in
        [(vec![("owners".to_owned(), r#"{"db":["ann"]}"#.to_owned())], ["\"ann\"", "yes"]), (vec![], ["none", "no"])]
    {
        let plugin = PluginConfig {
            name: "asking".to_owned(),
            source: PluginSource::File(path.clone()),
            mode: Mode::ReportOnly,
            settings: "{}".to_owned(),
            data,
        };
        let gateway = TestGateway::with(Setup { plugins: vec![plugin], ..Setup::default() }).await;
        let token = gateway.token(&gateway.setup.admin).await;
        gateway.vault("kv1", "GET", "/secrets/db", &token, Value::Null).await;
        let record = gateway.records().pop().unwrap();
        let decisions = record["portcullis"]["decision"].as_array().unwrap();
        let asked = decisions.iter().find(|decision| decision["plugin"] == "asking").unwrap();
        let trace = asked["trace"].as_array().unwrap();
        let told: Vec<_> = trace.iter().filter(|fact| fact["question"].as_str().unwrap().starts_with("data")).collect();
        let found: Vec<_> =
            told.iter().filter(|fact| fact["question"] != "data-plane").map(|fact| &fact["answer"]).collect();
        assert_eq!(found, answers, "{trace:?}");
    }
}

/// Wire contract, section 2.4: only a client that announces the capability could answer a challenge.
#[tokio::test(flavor = "multi_thread")]
async fn a_claims_challenge_is_a_401_for_clients_that_can_answer_it_and_a_403_for_others() {
    use base64::Engine as _;
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("fresh.wasm");
    std::fs::write(&path, portcullis_guests::component("demands_a_fresh_token")).unwrap();
    let plugin = PluginConfig {
        name: "fresh".to_owned(),
        source: PluginSource::File(path),
        mode: Mode::Enforce,
        settings: "{}".to_owned(),
        data: Vec::new(),
    };
    let gateway = TestGateway::with(Setup { plugins: vec![plugin], ..Setup::default() }).await;
    let admin = gateway.setup.admin.clone();
    let plain = gateway.token(&admin).await;
    let claims = "%7B%22access_token%22%3A%7B%22xms_cc%22%3A%7B%22values%22%3A%5B%22CP1%22%5D%7D%7D%7D";
    let scope = format!("{}&claims={claims}", gateway.vault_scope());
    let able = gateway.token_for(&admin, &scope).await;

    let refused = gateway.vault("kv1", "GET", "/secrets", &plain, Value::Null).await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "ForbiddenByConditionalAccess"));
    assert_eq!(refused.header("www-authenticate"), "");
    assert!(refused.message().contains("fresh; fresh: come back fresher"), "{}", refused.message());

    let challenged = gateway.vault("kv1", "GET", "/secrets", &able, Value::Null).await;
    assert_eq!((challenged.status, challenged.error().0.as_str()), (401, "Unauthorized"), "{:?}", challenged.body);
    let authority = format!("https://{}/common/oauth2/authorize", gateway.host("login"));
    let start = format!("Bearer realm=\"\", authorization_uri=\"{authority}\", client_id=");
    let header = challenged.header("www-authenticate");
    assert!(header.starts_with(&start) && header.contains(", error=\"insufficient_claims\", claims=\""), "{header}");
    let encoded = header.split("claims=\"").nth(1).unwrap().trim_end_matches('"');
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
    assert_eq!(decoded, br#"{"access_token":{"nbf":{"essential":true}}}"#);
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["deniedBy"], "fresh", "{record}");
    assert_eq!(record["portcullis"]["stage"], "conditional-access", "{record}");
    let opinions = record["portcullis"]["decision"].as_array().unwrap();
    assert!(opinions.iter().any(|decision| decision["opinion"] == "challenge"), "{record}");
}
