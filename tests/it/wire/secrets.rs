//! The operations on secrets, one after another, as the wire contract has them.

use portcullis_model::Clock as _;
use portcullis_tests::{Setup, TestGateway};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_set_read_updated_and_versioned() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let body = json!({"value": "one", "contentType": "text/plain", "tags": {"a": "b"}, "attributes": {"exp": 4_102_444_800_i64}});
    let set = gateway.vault("kv1", "PUT", "/secrets/Db-Password", &token, body).await;
    assert_eq!(set.status, 200, "{:?}", set.body);
    let first = set.json();
    assert_eq!(first["value"], "one");
    assert_eq!(first["attributes"]["exp"], 4_102_444_800_i64);
    assert_eq!(first["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
    let id = first["id"].as_str().unwrap();
    let base = format!("https://{}/secrets/Db-Password/", gateway.host("kv1.vault"));
    assert!(id.starts_with(&base), "{id}");
    let version = id.strip_prefix(&base).unwrap().to_owned();
    assert_eq!(version.len(), 32);

    let second = gateway.vault("kv1", "PUT", "/secrets/db-password", &token, json!({"value": "two"})).await.json();
    assert_eq!(second["id"].as_str().unwrap().rsplit('/').nth(1), Some("Db-Password"), "the first spelling stays");
    for path in ["/secrets/db-password", "/secrets/DB-PASSWORD/"] {
        let latest = gateway.vault("kv1", "GET", path, &token, Value::Null).await;
        assert_eq!(latest.json()["value"], "two", "{path}");
        assert_eq!(latest.header("cache-control"), "no-cache");
    }
    let old = gateway.vault("kv1", "GET", &format!("/secrets/db-password/{version}"), &token, Value::Null).await;
    assert_eq!(old.json()["value"], "one");

    let patch = json!({"attributes": {"enabled": false}, "tags": {"c": "d"}});
    let updated = gateway.vault("kv1", "PATCH", &format!("/secrets/db-password/{version}"), &token, patch).await;
    assert_eq!(updated.status, 200);
    assert_eq!(updated.json()["value"], Value::Null, "update tells no value");
    assert_eq!(updated.json()["tags"], json!({"c": "d"}));
    assert_eq!(updated.json()["contentType"], "text/plain");
    let disabled = gateway.vault("kv1", "GET", &format!("/secrets/db-password/{version}"), &token, Value::Null).await;
    assert_eq!((disabled.status, disabled.error().1.as_str()), (403, "SecretDisabled"));
    assert_eq!(disabled.message(), "Operation get is not allowed on a disabled secret.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_secret_is_kept_recovered_and_purged() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    let deleted = gateway.vault("kv1", "DELETE", "/secrets/s", &token, Value::Null).await;
    assert_eq!(deleted.status, 200);
    let json = deleted.json();
    assert_eq!(json["value"], Value::Null);
    assert_eq!(json["recoveryId"], format!("https://{}/deletedsecrets/s", gateway.host("kv1.vault")));
    let days = json["scheduledPurgeDate"].as_i64().unwrap() - json["deletedDate"].as_i64().unwrap();
    assert_eq!(days, 90 * 86_400);

    let get = gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await;
    assert_eq!((get.status, get.error().0.as_str()), (404, "SecretNotFound"));
    let set = gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "w"})).await;
    assert_eq!((set.status, set.error().1.as_str()), (409, "ObjectIsDeletedButRecoverable"));
    assert_eq!(gateway.vault("kv1", "GET", "/deletedsecrets/s", &token, Value::Null).await.status, 200);
    assert_eq!(gateway.vault("kv1", "POST", "/deletedsecrets/s/recover", &token, Value::Null).await.status, 200);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await.json()["value"], "v");

    gateway.vault("kv1", "DELETE", "/secrets/s", &token, Value::Null).await;
    let purge = gateway.vault("kv1", "DELETE", "/deletedsecrets/s", &token, Value::Null).await;
    assert_eq!((purge.status, purge.body.len()), (204, 0));
    assert_eq!(gateway.vault("kv1", "GET", "/deletedsecrets/s", &token, Value::Null).await.status, 404);
    assert_eq!(gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "new"})).await.status, 200);
    let versions = gateway.vault("kv1", "GET", "/secrets/s/versions", &token, Value::Null).await.json();
    assert_eq!(versions["value"].as_array().unwrap().len(), 1, "the purged life is not seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn purge_protection_refuses_a_purge_until_the_service_makes_it() {
    let gateway = TestGateway::with(Setup { purge_protection: true, ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    gateway.vault("kv1", "DELETE", "/secrets/s", &token, Value::Null).await;
    let purge = gateway.vault("kv1", "DELETE", "/deletedsecrets/s", &token, Value::Null).await;
    assert_eq!((purge.status, purge.error().1.as_str()), (403, "ForbiddenByPurgeProtection"));
    let message = purge.message();
    let lines: Vec<&str> = message.split("\r\n").collect();
    assert_eq!(lines[0], "Operation \"purge\" is not allowed because purge protection is enabled for this vault.");
    assert!(lines.contains(&"Vault: kv1;location=local"), "{message}");
    assert!(lines.contains(&"Decision: engine/purge-protection"), "{message}");
    assert_eq!(gateway.records().pop().unwrap()["portcullis"]["deniedBy"], "purge-protection");
    gateway.clock.advance(90 * 86_400 - 1);
    gateway.running.gateway().engine().run_due(gateway.clock.now()).await.unwrap();
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "GET", "/deletedsecrets/s", &token, Value::Null).await.status, 200);
    gateway.clock.advance(2);
    // The gateway itself looks for due work every few seconds.
    let purged = async {
        while gateway.vault("kv1", "GET", "/deletedsecrets/s", &token, Value::Null).await.status != 404 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), purged).await.expect("the service purges what is due");
    assert_eq!(gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "new"})).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_in_another_vault_of_the_subscription() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for value in ["one", "two"] {
        gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": value, "tags": {"t": value}})).await;
    }
    let backup = gateway.vault("kv1", "POST", "/secrets/s/backup", &token, Value::Null).await.json();
    let same = gateway.vault("kv1", "POST", "/secrets/restore", &token, backup.clone()).await;
    assert_eq!((same.status, same.error().0.as_str()), (409, "Conflict"));
    let restored = gateway.vault("kv2", "POST", "/secrets/restore", &token, backup.clone()).await;
    assert_eq!(restored.status, 200, "{:?}", restored.body);
    assert_eq!(gateway.vault("kv2", "GET", "/secrets/s", &token, Value::Null).await.json()["value"], "two");
    let mut tampered = backup["value"].as_str().unwrap().to_owned();
    let last = if tampered.pop() == Some('A') { 'B' } else { 'A' };
    tampered.insert(tampered.len() / 2, last);
    let refused = gateway.vault("kv2", "POST", "/secrets/restore", &token, json!({"value": tampered})).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (400, "BadParameter"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_are_enforced_at_the_bound() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let tags = |count: usize| (0..count).map(|i| (format!("t{i}"), json!("v"))).collect::<serde_json::Map<_, _>>();
    let cases = [
        (json!({"value": "x".repeat(25_600)}), 200),
        (json!({"value": "x".repeat(25_601)}), 400),
        (json!({"value": "v", "contentType": "x".repeat(255)}), 200),
        (json!({"value": "v", "contentType": "x".repeat(256)}), 400),
        (json!({"value": "v", "tags": tags(15)}), 200),
        (json!({"value": "v", "tags": tags(16)}), 400),
        (json!({"value": "v", "tags": {"t": "x".repeat(513)}}), 400),
        (json!({"value": 5}), 400),
        (json!({"contentType": "a"}), 400),
        (json!([]), 400),
        (json!({"value": "v", "attributes": {}, "unknown": {"x": 1}}), 200),
        (json!({"value": "x".repeat(300 * 1024)}), 413),
    ];
    for (body, status) in cases {
        let reply = gateway.vault("kv1", "PUT", "/secrets/s", &token, body).await;
        let shown: String = String::from_utf8_lossy(&reply.body).chars().take(200).collect();
        assert_eq!(reply.status, status, "{shown}");
        assert!(status == 200 || !reply.message().is_empty());
    }
    for name in ["a_b", &"x".repeat(128)] {
        let reply = gateway.vault("kv1", "PUT", &format!("/secrets/{name}"), &token, json!({"value": "v"})).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{name}");
    }
    let mut broken = gateway.call("kv1", "PUT", "/secrets/s", Some(&token), &Value::Null);
    broken.body = "{\"value\": \"v\"".to_owned();
    assert_eq!(gateway.client.send(broken).await.error().0, "BadParameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_version_is_demanded_and_its_name_may_be_encoded() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    for (query, status) in [
        ("?api%2Dversion=2025-07-01", 200),
        ("?API-VERSION=2016-10-01", 200),
        ("?api-version=7.6-preview.2", 200),
        ("?api-version=2026-04-01", 200),
        ("", 400),
        ("?api-version=", 400),
        ("?api-version=7.9", 400),
        ("?api-version=2020-01-01", 400),
        ("?api-version=7.6&api-version=7.5", 400),
    ] {
        let mut sent = gateway.call("kv1", "GET", "/secrets/s", Some(&token), &Value::Null);
        sent.target = format!("/secrets/s{query}");
        assert_eq!(gateway.client.send(sent).await.status, status, "{query}");
    }
}
