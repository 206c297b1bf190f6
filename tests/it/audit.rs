//! Classes 8 to 10 and 14: one record for each request, before the response leaves, without any secret.

use portcullis_model::Operation;
use portcullis_tests::{Sent, TestGateway};
use serde_json::{Value, json};

use crate::bodies;

#[tokio::test(flavor = "multi_thread")]
async fn a_record_has_the_members_of_the_schema() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let mut sent = gateway.call(
        "kv1",
        "PUT",
        "/secrets/db",
        Some(&token),
        &json!({"value": "v", "attributes": {"exp": 4_102_444_800_i64}}),
    );
    sent.headers.push(("x-ms-client-request-id".into(), "my-id".into()));
    sent.headers.push(("user-agent".into(), "a-client/1.0".into()));
    let reply = gateway.client.send(sent).await;
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["operationName"], "SecretSet");
    assert_eq!(record["operationVersion"], "7.6");
    assert_eq!(record["resultType"], "Success");
    assert_eq!(record["resultSignature"], "OK");
    assert_eq!(record["callerIpAddress"], "127.0.0.1");
    assert_eq!(record["correlationId"], "my-id");
    assert_eq!(record["resourceId"], gateway.setup.vault_id("kv1").to_uppercase());
    assert!(record["durationMs"].is_string() && record["time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(record["identity"]["claim"]["oid"], gateway.setup.admin.principal.to_string());
    assert_eq!(record["identity"]["claim"]["appid"], gateway.setup.admin.id.to_string());
    let properties = &record["properties"];
    assert_eq!(properties["id"], reply.json()["id"]);
    assert_eq!(properties["httpStatusCode"], 200);
    assert_eq!(properties["clientInfo"], "a-client/1.0");
    assert_eq!(properties["isRbacAuthorized"], true);
    assert_eq!(properties["isAddressAuthorized"], true);
    assert_eq!(properties["addrAuthType"], "PublicIP");
    assert_eq!(properties["tlsVersion"], "TLS1_3");
    assert_eq!(properties["secretProperties"]["attributes"]["exp"], 4_102_444_800_i64);
    let ours = &record["portcullis"];
    assert_eq!(ours["requestId"], reply.header("x-ms-request-id"));
    assert_eq!(ours["revision"].to_string(), reply.header("x-portcullis-revision"));
    let plugins: Vec<_> =
        ours["decision"].as_array().unwrap().iter().map(|d| d["plugin"].as_str().unwrap().to_owned()).collect();
    assert_eq!(plugins, ["conditional-access", "azure-rbac"]);
    assert!(!ours["decision"][1]["trace"].as_array().unwrap().is_empty(), "{ours}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_names_stage_plugin_rule_and_facts() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.nobody).await;
    let reply = gateway.vault("kv1", "GET", "/secrets/db", &token, Value::Null).await;
    let message = reply.message();
    assert!(message.starts_with("Caller is not authorized to perform action on resource.\r\n"), "{message}");
    for part in [
        "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
        "DecisionReason: 'DeniedWithNoValidRBAC'",
        "azure-rbac",
        "authorization",
        "role-assignments = none",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["stage"], "authorization", "{record}");
    assert_eq!(record["portcullis"]["deniedBy"], "azure-rbac");
    assert_eq!(record["properties"]["isRbacAuthorized"], false);
}

/// Each request, whatever comes of it, leaves one record with the request's own id.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_leaves_exactly_one_record() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let before = gateway.records().len();
    let call =
        |method, path: &str, token: Option<&str>| gateway.call("kv1", method, path, token, &json!({"value": "v"}));
    let mut misdirected = call("GET", "/secrets", Some(&token));
    misdirected.host = gateway.host("kv2.vault");
    let mut unknown_version = call("GET", "/secrets", Some(&token));
    unknown_version.target = "/secrets?api-version=1".into();
    let all: Vec<Sent> = vec![
        call("PUT", "/secrets/s", Some(&token)),
        call("GET", "/secrets/s", None),
        call("GET", "/secrets/s", Some("forged")),
        call("GET", "/nothing", Some(&token)),
        call("POST", "/secrets/s", Some(&token)),
        call("GET", "/secrets/none", Some(&token)),
        call("PUT", "/secrets/a_b", Some(&token)),
        misdirected,
        unknown_version,
    ];
    let mut ids = Vec::new();
    for sent in all {
        let reply = gateway.client.send_with_sni("kv1.vault.portcullis.test", sent).await;
        ids.push(reply.header("x-ms-request-id").to_owned());
    }
    let records = gateway.records();
    let recorded: Vec<_> =
        records[before..].iter().map(|r| r["portcullis"]["requestId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(recorded, ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_names_the_version_of_the_key_that_was_used() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for _ in 0..2 {
        gateway.vault("kv1", "POST", "/keys/k/create", &token, json!({"kty": "RSA", "attributes": {"nbf": 7}})).await;
    }
    let latest = gateway.vault("kv1", "GET", "/keys/k", &token, Value::Null).await.json()["key"]["kid"].clone();
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["operationName"], "KeyGet");
    assert_eq!(record["properties"]["id"], latest);
    assert_eq!(record["properties"]["keyProperties"]["attributes"]["nbf"], 7);
    for operation in Operation::ALL.iter().filter(|operation| operation.row().paths[0].starts_with("/keys/{name}/")) {
        if matches!(
            operation,
            Operation::KeyCreate | Operation::KeyRotate | Operation::KeyDecrypt | Operation::KeyUnwrap
        ) {
            continue;
        }
        let row = operation.row();
        let path = row.paths[0].replace("{name}", "k");
        let reply = gateway.vault("kv1", row.method.as_str(), &path, &token, bodies::data(*operation)).await;
        assert_eq!(reply.status, 200, "{operation:?}: {:?}", reply.body);
        let record = gateway.records().pop().unwrap();
        assert_eq!(record["operationName"], row.name);
        let used = matches!(row.name, "KeyEncrypt" | "KeyWrap" | "KeySign" | "KeyVerify");
        assert!(!used || record["properties"]["id"] == latest, "{record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_recorded_fails() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "the-value"})).await;
    gateway.audit.fail(true);
    let reply = gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "ServiceUnavailable"));
    assert!(!String::from_utf8_lossy(&reply.body).contains("the-value"));
    gateway.audit.fail(false);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn canaries_appear_nowhere_but_in_the_answers_that_tell_them() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let canary = "canary-4f1d9a";
    let body = json!({"value": canary, "contentType": "text/plain"});
    for operation in Operation::ALL.iter().filter(|o| o.row().object.is_some()) {
        let path = operation.row().paths[0].replace("{name}", "canary-carrier");
        gateway.vault("kv1", operation.row().method.as_str(), &path, &token, body.clone()).await;
    }
    // Where a value stands in the wrong place, the error names the place and never the value.
    for wrong in [
        json!({"value": {"x": canary}}),
        json!({"value": "v", "tags": {"t": [canary]}}),
        json!({"value": "v", "contentType": [canary]}),
        json!({"value": "v", "attributes": {"exp": canary}}),
        json!({"value": "v", "attributes": {"enabled": canary}}),
    ] {
        let reply = gateway.vault("kv1", "PUT", "/secrets/x", &token, wrong).await;
        assert_eq!(reply.status, 400);
        assert!(!String::from_utf8_lossy(&reply.body).contains(canary), "{:?}", reply.body);
    }
    for wrong in [
        json!({"key": {"kty": "oct", "k": [canary]}}),
        json!({"key": {"kty": "oct", "k": format!("{canary}!")}}),
        json!({"key": {"kty": "EC", "crv": canary, "d": canary}}),
        json!({"key": {"kty": "RSA", "n": canary, "e": "AQAB", "d": canary, "p": canary, "q": canary, "dp": canary, "dq": canary, "qi": canary}}),
        json!({"key": {"kty": canary}}),
        json!({"key": {"kty": "RSA", "key_hsm": canary}}),
    ] {
        let reply = gateway.vault("kv1", "PUT", "/keys/x", &token, wrong).await;
        assert_eq!(reply.status, 400);
        assert!(!String::from_utf8_lossy(&reply.body).contains(canary), "{:?}", reply.body);
    }
    let mut leaking = gateway.call(
        "kv1",
        "GET",
        "/secrets/x?access_token=canary-4f1d9a&sig=canary-4f1d9a",
        Some(&token),
        &Value::Null,
    );
    leaking.headers.push(("cookie".into(), canary.into()));
    gateway.client.send(leaking).await;
    gateway.token_reply(&gateway.setup.admin, canary, &gateway.vault_scope()).await;
    let log = String::from_utf8(gateway.audit.bytes()).unwrap();
    assert!(!log.contains(canary), "{}", log.lines().find(|line| line.contains(canary)).unwrap_or_default());
    for secret in [&token, &gateway.setup.admin.secret] {
        assert!(!log.contains(secret.as_str()));
    }
}
