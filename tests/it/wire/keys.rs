//! The operations on keys as the wire contract has them, where the SDKs cannot be made to send what is to be shown.

use portcullis_tests::{Reply, TestGateway};
use serde_json::{Value, json};

/// base64url of 32 zero bytes, a digest of SHA-256 for all that anyone knows.
const DIGEST: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn create(gateway: &TestGateway, token: &str, name: &str, body: Value) -> Value {
    let made = gateway.vault("kv1", "POST", &format!("/keys/{name}/create"), token, body).await;
    assert_eq!(made.status, 200, "{:?}", made.body);
    made.json()
}

fn version(bundle: &Value) -> String {
    bundle["key"]["kid"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Sends a request line as it is written: no client library shall tidy the path on its way.
async fn raw(gateway: &TestGateway, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
    let host = gateway.host("kv1.vault");
    let request = format!(
        "{method} {path}?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let reply = gateway.client.raw("kv1.vault.portcullis.test", request.as_bytes()).await;
    let status = reply.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, reply)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_read_updated_and_versioned() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let body = json!({"kty": "EC", "tags": {"a": "b"}, "attributes": {"exp": 4_102_444_800_i64}, "unknown": {"x": 1}});
    let first = create(&gateway, &token, "My-Key", body).await;
    let base = format!("https://{}/keys/My-Key/", gateway.host("kv1.vault"));
    assert_eq!(first["key"]["kid"], format!("{base}{}", version(&first)));
    assert_eq!(first["key"]["crv"], "P-256");
    assert_eq!(first["key"]["key_ops"], json!(["sign", "verify"]));
    assert_eq!(first["attributes"]["exp"], 4_102_444_800_i64);
    assert_eq!(first["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
    assert_eq!(first["managed"], Value::Null, "told of keys of certificates only");

    let second = create(&gateway, &token, "my-key", json!({"kty": "RSA"})).await;
    assert!(second["key"]["kid"].as_str().unwrap().starts_with(&base), "the first spelling stays");
    for path in ["/keys/my-key", "/keys/MY-KEY/", "/keys/%6dy-key", &format!("/keys/my-key/{}", version(&second))] {
        let read = gateway.vault("kv1", "GET", path, &token, Value::Null).await;
        assert_eq!(read.json(), second, "{path}");
        assert_eq!(read.header("cache-control"), "no-cache");
    }
    for path in ["/keys/my-key", "/keys/my-key/"] {
        let patch = json!({"tags": {"c": "d"}, "attributes": {}});
        let updated = gateway.vault("kv1", "PATCH", path, &token, patch).await;
        assert_eq!((updated.status, &updated.json()["tags"]), (200, &json!({"c": "d"})), "{path}");
    }
    let old = gateway.vault("kv1", "GET", &format!("/keys/my-key/{}", version(&first)), &token, Value::Null).await;
    assert_eq!(old.json(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_version_means_the_latest() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let old = create(&gateway, &token, "k", json!({"kty": "EC"})).await;
    let new = create(&gateway, &token, "k", json!({"kty": "EC"})).await;
    let body = json!({"alg": "ES256", "value": DIGEST}).to_string();
    for (path, expected) in [
        ("/keys/k/sign".to_owned(), &new),
        ("/keys/k//sign".to_owned(), &new),
        ("/keys/K//sign".to_owned(), &new),
        (format!("/keys/k/{}/sign", version(&old)), &old),
        (format!("/keys/k/{}/sign", version(&new)), &new),
    ] {
        let (status, reply) = raw(&gateway, "POST", &path, &token, &body).await;
        assert_eq!(status, 200, "{path}: {reply}");
        assert!(reply.contains(expected["key"]["kid"].as_str().unwrap()), "{path}: {reply}");
    }
    for operation in ["encrypt", "decrypt", "wrapkey", "unwrapkey", "verify"] {
        for path in [format!("/keys/k/{operation}"), format!("/keys/k//{operation}")] {
            let (status, reply) = raw(&gateway, "POST", &path, &token, "{}").await;
            assert_eq!(status, 400, "{path}: {reply}");
        }
    }
}

/// Every other spelling is refused; none of them reaches the key.
#[tokio::test(flavor = "multi_thread")]
async fn odd_spellings_of_operations_are_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let key = create(&gateway, &token, "k", json!({"kty": "EC"})).await;
    let version = version(&key);
    let body = json!({"alg": "ES256", "value": DIGEST}).to_string();
    for path in [
        "//keys/k/sign",
        "/keys//k/sign",
        "/keys/k///sign",
        "/keys/k/sign/",
        "/keys/k//sign/",
        "/keys/k/Sign",
        "/keys/k/s%69gn",
        "/keys/k/%2fsign",
        "/keys/k/./sign",
        "/keys/x/../k/sign",
        "/Keys/k/sign",
        "/keys/k/sign/sign",
        "/keys/k/0000/sign",
        "/keys/k/g0000000000000000000000000000000/sign",
        "/keys/k/restore/sign",
        "/keys/sign",
        "/secrets/k/sign",
        "/deletedkeys/k/sign",
        &format!("/keys/k/{version}//sign"),
        &format!("/keys/k//{version}/sign"),
        &format!("/keys/k/{version}/sign/"),
    ] {
        let (status, reply) = raw(&gateway, "POST", path, &token, &body).await;
        assert!(matches!(status, 400 | 404 | 405), "{path}: {reply}");
        assert!(!reply.contains("\"value\""), "{path}: {reply}");
    }
    for (method, path) in [
        ("GET", "/keys/k/sign"),
        ("PUT", "/keys/k/sign"),
        ("GET", "/keys/k/create"),
        ("GET", "/keys/k/rotate"),
        ("POST", "/keys/k"),
        ("POST", "/keys/k/rotationpolicy"),
        ("DELETE", "/keys/k/versions"),
        ("GET", "/rng"),
        ("POST", "/keys"),
        ("PATCH", "/deletedkeys/k"),
    ] {
        let (status, reply) = raw(&gateway, method, path, &token, "{}").await;
        assert!(matches!(status, 400 | 404 | 405), "{method} {path}: {reply}");
    }
    let unchanged = gateway.vault("kv1", "GET", "/keys/k", &token, Value::Null).await;
    assert_eq!(unchanged.json(), key);
}

/// The words of the interface in their places win over names and versions; elsewhere they are names.
#[tokio::test(flavor = "multi_thread")]
async fn reserved_words_are_names_where_no_operation_is() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for name in ["create", "versions", "rotate", "rotationpolicy", "sign", "backup"] {
        let made = create(&gateway, &token, name, json!({"kty": "EC"})).await;
        let read = gateway.vault("kv1", "GET", &format!("/keys/{name}/{}", version(&made)), &token, Value::Null).await;
        assert_eq!(read.json(), made, "{name}");
        let signed = gateway
            .vault("kv1", "POST", &format!("/keys/{name}/sign"), &token, json!({"alg": "ES256", "value": DIGEST}))
            .await;
        assert_eq!(signed.status, 200, "{name}");
    }
    // In the place of a name there is one such word, and no key can be called so.
    for path in ["/keys/restore/create", "/keys/RESTORE/create"] {
        let reserved = gateway.vault("kv1", "POST", path, &token, json!({"kty": "EC"})).await;
        assert_eq!((reserved.status, reserved.error().0.as_str()), (400, "BadParameter"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn purge_protection_refuses_a_purge_until_the_service_makes_it() {
    let setup = portcullis_tests::Setup { purge_protection: true, ..Default::default() };
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let key = create(&gateway, &token, "k", json!({"kty": "EC"})).await;
    assert_eq!(key["attributes"]["recoveryLevel"], "Recoverable");
    gateway.vault("kv1", "DELETE", "/keys/k", &token, Value::Null).await;
    let purge = gateway.vault("kv1", "DELETE", "/deletedkeys/k", &token, Value::Null).await;
    assert_eq!((purge.status, purge.error().1.as_str()), (403, "ForbiddenByPurgeProtection"));
    gateway.clock.advance(90 * 86_400 - 1);
    gateway.running.gateway().do_due_work().await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "GET", "/deletedkeys/k", &token, Value::Null).await.status, 200);
    gateway.clock.advance(2);
    gateway.running.gateway().do_due_work().await;
    assert_eq!(gateway.vault("kv1", "GET", "/deletedkeys/k", &token, Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restores_in_another_vault_of_the_subscription_only() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let key = create(&gateway, &token, "k", json!({"kty": "EC"})).await;
    let sign = json!({"alg": "ES256", "value": DIGEST});
    let signed = gateway.vault("kv1", "POST", "/keys/k/sign", &token, sign).await.json();
    let backup = gateway.vault("kv1", "POST", "/keys/k/backup", &token, Value::Null).await.json();
    let same = gateway.vault("kv1", "POST", "/keys/restore", &token, backup.clone()).await;
    assert_eq!((same.status, same.error().0.as_str()), (409, "Conflict"));
    let restored = gateway.vault("kv2", "POST", "/keys/restore", &token, backup.clone()).await;
    assert_eq!(restored.status, 200, "{:?}", restored.body);
    assert_eq!(restored.json()["key"]["x"], key["key"]["x"]);
    let verify = json!({"alg": "ES256", "digest": DIGEST, "value": signed["value"]});
    let verified = gateway.vault("kv2", "POST", "/keys/k/verify", &token, verify).await;
    assert_eq!(verified.json(), json!({"value": true}), "it is the same key");

    let as_secret = gateway.vault("kv2", "POST", "/secrets/restore", &token, backup.clone()).await;
    assert_eq!((as_secret.status, as_secret.error().0.as_str()), (400, "BadParameter"));
    let foreigner = gateway.token(&gateway.setup.foreigner).await;
    let foreign = gateway.vault("other", "POST", "/keys/restore", &foreigner, backup).await;
    assert_eq!((foreign.status, foreign.error().0.as_str()), (400, "BadParameter"));
    assert_eq!(gateway.vault("other", "GET", "/keys/k", &foreigner, Value::Null).await.status, 404);
}

/// Follows `nextLink` verbatim, as clients do, and gives the ids.
async fn all(gateway: &TestGateway, token: &str, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut sent = gateway.call("kv1", "GET", path, Some(token), &Value::Null);
    loop {
        let page: Reply = gateway.client.send(sent.clone()).await;
        assert_eq!(page.status, 200, "{:?}", page.body);
        let page = page.json();
        ids.extend(page["value"].as_array().unwrap().iter().map(|item| item["kid"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextLink"].as_str() else { return ids };
        let origin = format!("https://{}", gateway.host("kv1.vault"));
        sent.target = next.strip_prefix(&origin).expect("the link leads to the same host").to_owned();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_secrets_are_listed_apart_and_a_page_of_one_is_no_page_of_another() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for i in 0..5 {
        create(&gateway, &token, &format!("k{i}"), json!({"kty": "EC"})).await;
        gateway.vault("kv1", "PUT", &format!("/secrets/k{i}"), &token, json!({"value": "v"})).await;
    }
    let ids = all(&gateway, &token, "/keys?maxresults=2").await;
    let base = format!("https://{}/keys/k", gateway.host("kv1.vault"));
    assert_eq!(ids, (0..5).map(|i| format!("{base}{i}")).collect::<Vec<_>>(), "by name, and without versions");
    assert_eq!(all(&gateway, &token, "/keys/k0/versions").await.len(), 1);
    assert_eq!(all(&gateway, &token, "/keys/never-made/versions").await.len(), 0);

    let skiptoken = |page: &Reply| {
        let link = page.json()["nextLink"].as_str().unwrap().to_owned();
        link.split(['?', '&']).find(|part| part.contains("skiptoken")).unwrap().to_owned()
    };
    let mut links = Vec::new();
    for list in ["/keys", "/secrets"] {
        let page = gateway.vault("kv1", "GET", &format!("{list}?maxresults=2"), &token, Value::Null).await;
        links.push((list, skiptoken(&page)));
    }
    for (of, link) in &links {
        for list in ["/keys", "/secrets", "/deletedkeys", "/deletedsecrets", "/keys/k0/versions"] {
            let page = gateway.vault("kv1", "GET", &format!("{list}?{link}"), &token, Value::Null).await;
            let expected = if list == *of { 200 } else { 400 };
            assert_eq!(page.status, expected, "a page of {of} asked of {list}: {:?}", page.body);
        }
        let other = gateway.vault("kv2", "GET", &format!("{of}?{link}"), &token, Value::Null).await;
        assert_eq!((other.status, other.error().0.as_str()), (400, "BadParameter"));
    }
}
