//! Classes 8 to 10 and 14: one record for each request, before the response leaves, without any secret.

use portcullis_audit::StrangerLimits;
use portcullis_model::Operation;
use portcullis_tests::{Reply, Sent, Setup, TestGateway};
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
    assert_eq!(record["identity"]["claim"]["idtyp"], "app");
    let issuer = format!("https://sts.windows.net/{}/", gateway.setup.tenant);
    assert_eq!(record["identity"]["claim"]["iss"], issuer);
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
    assert_eq!(plugins, ["conditional-access", "azure-rbac", "access-policy"]);
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
        "Decision: authorization; azure-rbac; default-deny: the caller has no role assignment",
        "role-assignments = none",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["stage"], "authorization", "{record}");
    assert_eq!(record["portcullis"]["deniedBy"], "azure-rbac");
    assert_eq!(record["properties"]["isRbacAuthorized"], false);
    assert!(record["resultDescription"].as_str().unwrap().contains("default-deny"), "{record}");
    let decision = &record["portcullis"]["decision"][1];
    assert_eq!((&decision["plugin"], &decision["opinion"]), (&json!("azure-rbac"), &json!("abstain")), "{record}");
    assert!(decision["reason"].as_str().unwrap().starts_with("the caller has no role assignment"), "{record}");
    for (question, answer) in [
        ("data-plane", "yes"),
        ("action", "Microsoft.KeyVault/vaults/secrets/getSecret/action"),
        ("role-assignments", "none"),
    ] {
        let fact = json!({"question": question, "answer": answer});
        assert!(decision["trace"].as_array().unwrap().contains(&fact), "{question}: {record}");
    }
}

/// What an answer says that the record must say too: the request's id and the status.
#[derive(Debug, PartialEq, Eq)]
struct Answered(String, u16);

impl Answered {
    fn of(reply: &Reply) -> Self {
        Self(reply.header("x-ms-request-id").to_owned(), reply.status)
    }

    fn raw(reply: &str) -> Self {
        let id = reply.lines().find_map(|line| line.strip_prefix("x-ms-request-id: ")).unwrap_or_default();
        Self(id.to_owned(), reply.get(9..12).unwrap_or_default().parse().unwrap_or_default())
    }

    fn recorded(record: &Value) -> Self {
        let status = record["properties"]["httpStatusCode"].as_u64().unwrap();
        Self(record["portcullis"]["requestId"].as_str().unwrap().to_owned(), u16::try_from(status).unwrap())
    }
}

/// Each request, whatever comes of it, leaves one record with the request's own id.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_leaves_exactly_one_record() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let management = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let before = gateway.records().len();
    let call =
        |method, path: &str, token: Option<&str>| gateway.call("kv1", method, path, token, &json!({"value": "v"}));
    let mut misdirected = call("GET", "/secrets", Some(&token));
    misdirected.host = gateway.host("kv2.vault");
    let mut unknown_version = call("GET", "/secrets", Some(&token));
    unknown_version.target = "/secrets?api-version=1".into();
    let mut long = call("GET", "/secrets", Some(&token));
    long.target = format!("/secrets?api-version=7.6&x={}", "y".repeat(9_000));
    let mut many = call("GET", "/secrets", Some(&token));
    many.headers.extend((0..110).map(|i| (format!("x-{i}"), "x".to_owned())));
    let mut large = call("PUT", "/secrets/s", Some(&token));
    large.body = json!({"value": "x".repeat(300 * 1024)}).to_string();
    let all: Vec<(Sent, u16)> = vec![
        (call("PUT", "/secrets/s", Some(&token)), 200),
        (call("GET", "/secrets/s", None), 401),
        (call("GET", "/secrets/s", Some("forged")), 401),
        (call("GET", "/nothing", Some(&token)), 404),
        (call("POST", "/secrets/s", Some(&token)), 405),
        (call("GET", "/secrets/none", Some(&token)), 404),
        (call("PUT", "/secrets/a_b", Some(&token)), 400),
        (misdirected, 421),
        (unknown_version, 400),
        (long, 414),
        (many, 431),
        (large, 413),
    ];
    let mut answered = Vec::new();
    for (sent, status) in all {
        let reply = gateway.client.send_with_sni("kv1.vault.portcullis.test", sent).await;
        assert_eq!(reply.status, status, "{:?}", reply.body);
        answered.push(Answered::of(&reply));
    }
    let host = gateway.host("kv1.vault");
    let slow = format!(
        "PUT /secrets/s?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{"
    );
    let two_hosts =
        format!("GET /secrets?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for (request, status) in [(slow, 408), (two_hosts, 400)] {
        let reply = gateway.client.raw("kv1.vault.portcullis.test", request.as_bytes()).await;
        assert_eq!(Answered::raw(&reply).1, status, "{reply}");
        answered.push(Answered::raw(&reply));
    }
    let deny = json!({"properties": {"publicNetworkAccess": "Disabled"}});
    let patch = gateway.management("PATCH", &gateway.setup.vault_id("kv2"), "2026-02-01", &management, deny).await;
    assert_eq!(patch.status, 200, "{:?}", patch.body);
    let shut_out = gateway.vault("kv2", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(shut_out.error().1, "ForbiddenByConnection");
    let login = gateway.token_reply(&gateway.setup.admin, "wrong-secret", &gateway.vault_scope()).await;
    assert_eq!(login.status, 401);
    answered.extend([patch, shut_out, login].iter().map(Answered::of));
    let recorded: Vec<_> = gateway.records()[before..].iter().map(Answered::recorded).collect();
    assert_eq!(recorded, answered);
}

/// The first request of every client has no token; its record says so by its name (behaviour, section 7.1).
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_end_in_401_are_recorded_as_authentication() {
    let gateway = TestGateway::start().await;
    let foreign = gateway.token(&gateway.setup.foreigner).await;
    for (token, denied_by) in
        [(None, None), (Some("forged"), Some("authentication")), (Some(&*foreign), Some("authentication"))]
    {
        let reply = gateway.client.send(gateway.call("kv1", "GET", "/secrets/s", token, &Value::Null)).await;
        assert_eq!(reply.status, 401);
        let record = gateway.records().pop().unwrap();
        assert_eq!(record["operationName"], "Authentication", "{record}");
        assert_eq!((&record["resultType"], &record["resultSignature"]), (&json!("Failed"), &json!("Unauthorized")));
        assert_eq!(record["portcullis"]["stage"], "authentication", "{record}");
        assert_eq!(record["portcullis"]["deniedBy"].as_str(), denied_by, "{record}");
        assert_eq!(record["identity"]["claim"], json!({}), "nothing that a token claims is taken over: {record}");
        assert!(!record["resultDescription"].as_str().unwrap().is_empty(), "{record}");
    }
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
            Operation::KeyCreate
                | Operation::KeyRotate
                | Operation::KeyDecrypt
                | Operation::KeyUnwrap
                | Operation::KeyRelease
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

/// A change was made, and only its answer withheld, while the log could not be written.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/kept", &token, json!({"value": "v"})).await;
    let owner = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let vault = gateway.setup.vault_id("kv1");
    let closed = json!({"properties": {"networkAcls": {"defaultAction": "Deny", "bypass": "None"}}});

    gateway.audit.fail(true);
    for (method, path, body) in [
        ("PUT", "/secrets/new", json!({"value": "v"})),
        ("PATCH", "/secrets/kept", json!({"attributes": {"enabled": false}})),
        ("DELETE", "/secrets/kept", Value::Null),
    ] {
        let reply = gateway.vault("kv1", method, path, &token, body).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (503, "ServiceUnavailable"), "{method} {path}");
        assert!(reply.message().contains("nothing was changed"), "{}", reply.message());
    }
    assert_eq!(gateway.management("PATCH", &vault, "2026-02-01", &owner, closed).await.status, 503);
    gateway.audit.fail(false);

    let get = async |path| gateway.vault("kv1", "GET", path, &token, Value::Null).await;
    assert_eq!(get("/secrets/new").await.status, 404);
    let kept = get("/secrets/kept").await;
    assert_eq!((kept.status, &kept.json()["value"]), (200, &json!("v")), "neither deleted, disabled nor fenced off");
}

/// When the log fails between the two records of a change, the first one is there to be found.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_announced_before_it_is_made() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.audit.fail_after(1);
    let reply = gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    assert_eq!(reply.status, 503);
    assert!(reply.message().contains("a later read shows"), "{}", reply.message());
    gateway.audit.fail(false);
    let intent = gateway.audit.intents().pop().unwrap();
    assert_eq!(intent["portcullis"]["requestId"], reply.header("x-ms-request-id"));
    assert_eq!(intent["operationName"], "SecretSet");
    assert_eq!(intent["identity"]["claim"]["oid"], gateway.setup.admin.principal.to_string());
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await.status, 200);
    assert_eq!(gateway.audit.intents().len(), 1, "a read needs none");
}

/// Class 11: who has no token cannot fill the disk with records of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_without_tokens_is_summed() {
    let strangers = StrangerLimits { per_client: 4, total: 100 };
    let gateway = TestGateway::with(Setup { strangers, ..Setup::default() }).await;
    let path = format!("/secrets/{}", "x".repeat(7_000));
    let calls = (0..40).map(|_| gateway.call("kv1", "GET", &path, None, &Value::Null)).collect();
    for reply in gateway.client.send_all("kv1.vault.portcullis.test", calls).await {
        assert_eq!(reply.status, 400, "{:?}", reply.body);
    }
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    let audit = gateway.audit.clone();
    gateway.stop().await;

    let events = audit.events();
    let strangers: Vec<_> = events.iter().filter(|event| event["properties"]["httpStatusCode"] == 400).collect();
    assert!(strangers.len() < 40, "{}", strangers.len());
    assert!(strangers.iter().all(|event| event["properties"]["requestUri"].as_str().unwrap().len() < 600));
    assert_eq!(events.len(), strangers.len() + 2, "who is known has each request recorded");
    let lines = audit.lines();
    let sums = lines.iter().filter(|line| line.contains("PortcullisUnauthenticated"));
    let summed = sums.map(|line| serde_json::from_str::<Value>(line).unwrap()["count"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(summed + u64::try_from(strangers.len()).unwrap(), 40);
}

/// Whoever names an application is not therefore that application.
#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_a_claim_once_it_has_shown_its_secret() {
    let gateway = TestGateway::start().await;
    let admin = &gateway.setup.admin;
    gateway.token_reply(admin, "a-wrong-secret-of-more-than-32-characters", &gateway.vault_scope()).await;
    let failed = gateway.records().pop().unwrap();
    assert_eq!(failed["properties"]["claimedAppId"], admin.id.to_string());
    assert_eq!(failed["identity"]["claim"], json!({}), "{failed}");
    gateway.token(admin).await;
    let issued = gateway.records().pop().unwrap();
    assert_eq!(issued["identity"]["claim"]["appid"], admin.id.to_string());
    assert_eq!(issued["identity"]["claim"]["oid"], admin.principal.to_string());
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
