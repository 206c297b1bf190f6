//! Room for requests: of a vault, of a caller, and bad tokens of an address (wire contract, section 17).

use portcullis_management::DeclaredAssignment;
use portcullis_server::config::ThrottlingConfig;
use portcullis_tests::{Reply, Setup, TestGateway};
use serde_json::{Value, json};

/// A gateway whose vaults take a few requests in ten seconds.
async fn with(throttling: ThrottlingConfig) -> TestGateway {
    TestGateway::with(Setup { throttling: Some(throttling), ..Setup::default() }).await
}

fn few() -> ThrottlingConfig {
    ThrottlingConfig { other: 3, secret_creation: 3, bad_tokens: 3, ..ThrottlingConfig::default() }
}

async fn list(gateway: &TestGateway, vault: &str, token: &str) -> Reply {
    gateway.vault(vault, "GET", "/secrets", token, Value::Null).await
}

/// Statuses of a few lists, one after another.
async fn lists<const N: usize>(gateway: &TestGateway, vault: &str, token: &str) -> [u16; N] {
    let mut statuses = [0; N];
    for status in &mut statuses {
        *status = list(gateway, vault, token).await.status;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_has_room_for_its_limit_and_again_when_the_window_has_passed() {
    let gateway = with(few()).await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(lists(&gateway, "kv1", &token).await, [200, 200, 200, 429]);
    gateway.clock.advance(3);
    let refused = list(&gateway, "kv1", &token).await;
    assert_eq!(refused.error(), ("Throttled".to_owned(), String::new()));
    assert_eq!((refused.header("retry-after"), refused.header("x-ms-retry-after-ms")), ("7", "7000"));
    let message = refused.message();
    for part in [
        "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
        &gateway.setup.admin.principal.to_string(),
        "Vault: kv1;location=local",
        "throttling; vault",
        "other request, at most 3 in 10 s; there is room in 7 s",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(lists(&gateway, "kv2", &token).await, [200], "the other vault has a budget of its own");
    gateway.clock.advance(6);
    assert_eq!(list(&gateway, "kv1", &token).await.header("retry-after"), "1");
    gateway.clock.advance(1);
    assert_eq!(lists(&gateway, "kv1", &token).await, [200, 200, 200, 429], "none of the refused ones was counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_want_of_room_is_in_the_audit_log() {
    let gateway = with(few()).await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(lists(&gateway, "kv1", &token).await, [200, 200, 200, 429]);
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["operationName"], "SecretList", "{record}");
    assert_eq!(record["portcullis"]["stage"], "throttling", "{record}");
    assert_eq!(record["portcullis"]["deniedBy"], "throttling", "{record}");
    assert_eq!(record["properties"]["httpStatusCode"], 429, "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_each_class_take_their_part_of_one_budget() {
    let gateway = with(ThrottlingConfig {
        key_creation: 4,
        rsa_2048: 8,
        rsa_4096: 2,
        ec: 8,
        other: 8,
        secret_creation: 4,
        ..ThrottlingConfig::default()
    })
    .await;
    let token = gateway.token(&gateway.setup.admin).await;
    // In eighths: two for each key.
    for (name, key) in
        [("two", json!({"kty": "RSA", "key_size": 2048})), ("four", json!({"kty": "RSA", "key_size": 4096}))]
    {
        let made = gateway.vault("kv1", "POST", &format!("/keys/{name}/create"), &token, key).await;
        assert_eq!(made.status, 200, "{:?}", made.body);
    }
    gateway.clock.advance(10);
    let sign = async |name: &str| {
        let body = json!({"alg": "RS256", "value": "A".repeat(42) + "A"});
        gateway.vault("kv1", "POST", &format!("/keys/{name}/sign"), &token, body).await
    };
    let set = async || gateway.vault("kv1", "PUT", "/secrets/a", &token, json!({"value": "v"})).await.status;
    // Four eighths, two, one: one is left.
    assert_eq!(sign("four").await.status, 200);
    assert_eq!(set().await, 200);
    assert_eq!(sign("two").await.status, 200);
    let refused = sign("four").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "10"), "{:?}", refused.body);
    assert!(refused.message().contains("use of an RSA key of 4096 bits, at most 2 in 10 s"), "{}", refused.message());
    assert_eq!(set().await, 429);
    // What was begun for the large key was taken back.
    assert_eq!(sign("two").await.status, 200);
    assert_eq!(sign("two").await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_has_a_limit_of_their_own() {
    let gateway = with(ThrottlingConfig { other: 4, secret_creation: 4, caller_percent: 50, ..few() }).await;
    let [admin, reader] = [gateway.token(&gateway.setup.admin).await, gateway.token(&gateway.setup.reader).await];
    let set = gateway.vault("kv1", "PUT", "/secrets/a", &admin, json!({"value": "v"})).await;
    assert_eq!(set.status, 200, "{:?}", set.body);
    assert_eq!(lists(&gateway, "kv2", &admin).await, [200, 429], "over all vaults");
    let refused = list(&gateway, "kv1", &admin).await;
    assert!(refused.message().contains("Reason: CallerRequestTypeLimitReached"), "{}", refused.message());
    assert!(refused.message().contains("other request, at most 2 in 10 s"), "{}", refused.message());
    let get = async || gateway.vault("kv1", "GET", "/secrets/a", &reader, Value::Null).await.status;
    assert_eq!([get().await, get().await, get().await], [200, 200, 429], "another caller is not concerned");
}

/// Class 11: what costs nobody anything must not cost a vault its budget.
#[tokio::test(flavor = "multi_thread")]
async fn outsiders_do_not_touch_the_budget_of_a_vault() {
    let gateway = with(ThrottlingConfig { bad_tokens: 1_000, ..few() }).await;
    let [admin, nobody] = [gateway.token(&gateway.setup.admin).await, gateway.token(&gateway.setup.nobody).await];
    let foreigner = gateway.token(&gateway.setup.foreigner).await;
    for _ in 0..20 {
        let missing = gateway.client.send(gateway.call("kv1", "GET", "/secrets", None, &Value::Null)).await;
        assert_eq!(missing.status, 401);
        assert_eq!(lists(&gateway, "kv1", "x").await, [401]);
        assert_eq!(lists(&gateway, "kv1", &foreigner).await, [401]);
        assert_eq!(lists(&gateway, "kv1", &nobody).await, [403]);
    }
    assert_eq!(lists(&gateway, "kv1", &admin).await, [200, 200, 200, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_show_so_many_bad_tokens_and_no_more() {
    let gateway = with(few()).await;
    let (admin, reader) = (gateway.token(&gateway.setup.admin).await, gateway.token(&gateway.setup.reader).await);
    assert_eq!(lists(&gateway, "kv1", &admin).await, [200]);
    // Whoever has no token is told where to get one, however often.
    for _ in 0..10 {
        let missing = gateway.client.send(gateway.call("kv1", "GET", "/secrets", None, &Value::Null)).await;
        assert_eq!((missing.status, missing.header("retry-after")), (401, ""));
    }
    assert_eq!(lists(&gateway, "kv1", "x").await, [401, 401, 401, 429]);
    gateway.clock.advance(4);
    let refused = list(&gateway, "kv2", "y").await;
    assert_eq!((refused.status, refused.error().0.as_str()), (429, "Throttled"));
    assert_eq!((refused.header("retry-after"), refused.header("x-ms-retry-after-ms")), ("6", "6000"));
    assert!(refused.message().contains("too many bad tokens"), "{}", refused.message());
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["operationName"], "Authentication", "{record}");
    assert_eq!(record["portcullis"]["stage"], "throttling", "{record}");
    assert_eq!(record["resourceId"], "", "it is not said whether there is such a vault: {record}");
    assert_eq!(lists(&gateway, "nosuch", "z").await, [429], "nor by the answer");
    let management = gateway.management("GET", &gateway.setup.vault_id("kv1"), "2026-02-01", "x", Value::Null).await;
    assert_eq!(management.status, 429, "both planes have the same outsiders");
    // A token that is not known is not verified, good or not; one that was verified before costs nothing.
    assert_eq!(lists(&gateway, "kv1", &reader).await, [429]);
    assert_eq!(lists(&gateway, "kv1", &admin).await, [200]);
    gateway.clock.advance(6);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/none", &reader, Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_management_plane_and_a_gateway_without_limits_are_not_throttled() {
    let gateway = with(few()).await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    for _ in 0..5 {
        let path = gateway.setup.vault_id("kv1");
        assert_eq!(gateway.management("GET", &path, "2026-02-01", &token, Value::Null).await.status, 200);
    }
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(lists(&gateway, "kv1", &token).await, [200; 25]);
}

/// A role that was lost while the budget was used up is said first: who may not ask is not told about the vault.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_role_is_refused_for_that_and_not_for_want_of_room() {
    let setup = Setup::default();
    let (principal, scope) = (setup.nobody.principal, format!("{}/secrets/one", setup.vault_id("kv1")));
    let one = DeclaredAssignment { principal, role: "Key Vault Secrets User".to_owned(), scope };
    let gateway = TestGateway::with(Setup { throttling: Some(few()), assignments: vec![one], ..setup }).await;
    let [admin, nobody] = [gateway.token(&gateway.setup.admin).await, gateway.token(&gateway.setup.nobody).await];
    assert_eq!(lists(&gateway, "kv1", &admin).await, [200, 200, 200, 429]);
    let get =
        async |name: &str| gateway.vault("kv1", "GET", &format!("/secrets/{name}"), &nobody, Value::Null).await.status;
    assert_eq!(get("other").await, 403);
    assert_eq!(get("one").await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_client_secrets_are_counted_and_keep_nobody_out_who_showed_the_right_one() {
    let gateway = with(few()).await;
    let (admin, reader, scope) = (&gateway.setup.admin, &gateway.setup.reader, gateway.vault_scope());
    assert_eq!(gateway.token_reply(reader, &reader.secret, &scope).await.status, 200);
    for _ in 0..3 {
        assert_eq!(gateway.token_reply(admin, "wrong", &scope).await.status, 401);
    }
    let refused = gateway.token_reply(admin, &admin.secret, &scope).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "10"), "{:?}", refused.body);
    assert_eq!(gateway.token_reply(reader, &reader.secret, &scope).await.status, 200, "it was good before");
    gateway.clock.advance(10);
    assert_eq!(gateway.token_reply(admin, &admin.secret, &scope).await.status, 200);
}
