//! What is refused about keys, with which codes, and that no refusal repeats what was sent.

use portcullis_tests::TestGateway;
use serde_json::{Value, json};

const DIGEST: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const CANARY: &str = "canary-4f1d9a";

async fn ask(gateway: &TestGateway, method: &'static str, path: &str, body: Value) -> (u16, String, String, String) {
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", method, path, &token, body).await;
    if reply.status == 200 {
        return (200, String::new(), String::new(), String::new());
    }
    let (code, inner) = reply.error();
    (reply.status, code, inner, reply.message())
}

/// Each member of each body with a value of another type, which must be named and not repeated.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_wrong_types_are_refused_by_name() {
    let gateway = TestGateway::start().await;
    ask(&gateway, "POST", "/keys/k/create", json!({"kty": "RSA"})).await;
    let wrong = || [json!({"x": CANARY}), json!([CANARY]), json!(true), json!(1.5)];
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": DIGEST, "y": DIGEST, "d": DIGEST});
    let rsa = json!({"kty": "RSA", "n": DIGEST, "e": "AQAB", "d": DIGEST});
    let cases: Vec<(&'static str, &str, Value, &[&str])> = vec![
        (
            "POST",
            "/keys/k/create",
            json!({"kty": "RSA"}),
            &[
                "kty",
                "key_size",
                "key_ops",
                "attributes.exp",
                "attributes.exportable",
                "tags",
                "release_policy",
                "public_exponent",
            ],
        ),
        ("POST", "/keys/k/create", json!({"kty": "EC"}), &["crv"]),
        (
            "PUT",
            "/keys/k",
            json!({"key": jwk}),
            &["key.kty", "key.crv", "key.x", "key.y", "key.d", "key.key_ops", "tags"],
        ),
        ("PUT", "/keys/k", json!({"key": rsa}), &["key.n", "key.e", "key.d", "key.p", "key.qi", "key.key_hsm"]),
        ("PUT", "/keys/k", json!({"key": {"kty": "oct", "k": DIGEST}}), &["key", "key.k"]),
        ("PATCH", "/keys/k", json!({}), &["key_ops", "attributes", "attributes.nbf", "tags", "release_policy"]),
        ("POST", "/keys/k/sign", json!({"alg": "RS256", "value": DIGEST}), &["alg", "value"]),
        (
            "POST",
            "/keys/k/verify",
            json!({"alg": "RS256", "digest": DIGEST, "value": DIGEST}),
            &["alg", "value", "digest"],
        ),
        ("POST", "/keys/k/encrypt", json!({"alg": "RSA-OAEP", "value": DIGEST}), &["alg", "value", "iv", "aad"]),
        ("POST", "/keys/k/decrypt", json!({"alg": "RSA-OAEP", "value": DIGEST}), &["alg", "value", "iv", "aad", "tag"]),
        ("POST", "/keys/k/wrapkey", json!({"alg": "RSA-OAEP", "value": DIGEST}), &["alg", "value"]),
        ("POST", "/keys/k/unwrapkey", json!({"alg": "RSA-OAEP", "value": DIGEST}), &["alg", "value"]),
        ("POST", "/keys/restore", json!({}), &["value"]),
        (
            "PUT",
            "/keys/k/rotationpolicy",
            json!({"attributes": {}}),
            &["lifetimeActions", "attributes", "attributes.expiryTime"],
        ),
        ("POST", "/rng", json!({}), &["count"]),
    ];
    for (method, path, body, members) in cases {
        for member in members {
            for value in wrong() {
                if fits(member, &value) {
                    continue;
                }
                let mut body = body.clone();
                let mut place = &mut body;
                for part in member.split('.') {
                    place = &mut place[part];
                }
                *place = value.clone();
                let (status, code, inner, message) = ask(&gateway, method, path, body).await;
                let shown = format!("{method} {path} {member} = {value}: {message}");
                assert_eq!((status, code.as_str(), inner.as_str()), (400, "BadParameter", ""), "{shown}");
                assert!(message.contains(member.rsplit('.').next().unwrap()), "{shown}");
                assert!(!message.contains(CANARY), "{shown}");
            }
        }
    }
}

/// Whether a value is of the type that a member has.
fn fits(member: &str, value: &Value) -> bool {
    matches!((member, value), ("tags" | "attributes", Value::Object(_)) | ("attributes.exportable", Value::Bool(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_objects_are_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    ask(&gateway, "POST", "/keys/k/create", json!({"kty": "EC"})).await;
    for (method, path) in [
        ("POST", "/keys/k/create"),
        ("PUT", "/keys/k"),
        ("PATCH", "/keys/k"),
        ("POST", "/keys/k/sign"),
        ("POST", "/keys/k/verify"),
        ("POST", "/keys/k/encrypt"),
        ("POST", "/keys/k/decrypt"),
        ("POST", "/keys/k/wrapkey"),
        ("POST", "/keys/k/unwrapkey"),
        ("POST", "/keys/restore"),
        ("PUT", "/keys/k/rotationpolicy"),
        ("POST", "/rng"),
    ] {
        for body in ["", "[]", "null", "1", "\"canary-4f1d9a\"", "{", "{\"kty\": \"RSA\"", "{\"alg\": \u{1}}"] {
            let mut sent = gateway.call("kv1", method, path, Some(&token), &json!({}));
            sent.body = body.to_owned();
            let reply = gateway.client.send(sent).await;
            assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{method} {path} {body}");
            assert!(!reply.message().contains(CANARY), "{}", reply.message());
        }
        let mut sent = gateway.call("kv1", method, path, Some(&token), &json!({}));
        sent.body = json!({"value": "x".repeat(600 * 1024)}).to_string();
        let reply = gateway.client.send(sent).await;
        assert!(matches!(reply.status, 400 | 413), "{method} {path}: {}", reply.status);
    }
}

/// The rows of the wire contract, section 7, that speak of keys.
#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_status_and_its_codes() {
    let gateway = TestGateway::start().await;
    let now = portcullis_model::Clock::now(&*gateway.clock).0;
    let key = |name: &str, body: Value| (format!("/keys/{name}/create"), body);
    for (path, body) in [
        key("ec", json!({"kty": "EC"})),
        key("rsa", json!({"kty": "RSA"})),
        key("oct", json!({"kty": "oct", "key_size": 128})),
        key("off", json!({"kty": "EC", "attributes": {"enabled": false}})),
        key("early", json!({"kty": "RSA", "attributes": {"nbf": now + 3600}})),
        key("late", json!({"kty": "RSA", "attributes": {"exp": now - 1}})),
        key("mute", json!({"kty": "EC", "key_ops": ["verify"]})),
        key("gone", json!({"kty": "EC"})),
    ] {
        assert_eq!(ask(&gateway, "POST", &path, body).await.0, 200);
    }
    assert_eq!(ask(&gateway, "DELETE", "/keys/gone", Value::Null).await.0, 200);
    let es256 = || json!({"alg": "ES256", "value": DIGEST});
    let oaep = || json!({"alg": "RSA-OAEP", "value": DIGEST});
    let zero = "0".repeat(32);
    let cases: Vec<(&'static str, String, Value, u16, &str, &str, &str)> = vec![
        ("GET", "/keys/none".into(), Value::Null, 404, "KeyNotFound", "", "A key with (name/id) none was not found"),
        ("GET", format!("/keys/ec/{zero}"), Value::Null, 404, "KeyNotFound", "", "A key with (name/id)"),
        ("GET", "/keys/gone".into(), Value::Null, 404, "KeyNotFound", "", "A key with (name/id) gone"),
        ("POST", "/keys/none/sign".into(), es256(), 404, "KeyNotFound", "", "none"),
        ("PATCH", "/keys/none".into(), json!({"tags": {}}), 404, "KeyNotFound", "", "none"),
        ("DELETE", "/keys/none".into(), Value::Null, 404, "KeyNotFound", "", "none"),
        ("POST", "/keys/none/rotate".into(), Value::Null, 404, "KeyNotFound", "", "none"),
        ("POST", "/keys/none/backup".into(), Value::Null, 404, "KeyNotFound", "", "none"),
        ("GET", "/keys/none/rotationpolicy".into(), Value::Null, 404, "KeyNotFound", "", "none"),
        ("PUT", "/keys/none/rotationpolicy".into(), json!({}), 404, "KeyNotFound", "", "none"),
        ("GET", "/deletedkeys/ec".into(), Value::Null, 404, "KeyNotFound", "", "Deleted Key not found: ec"),
        ("POST", "/deletedkeys/ec/recover".into(), Value::Null, 404, "KeyNotFound", "", "Deleted Key not found: ec"),
        ("DELETE", "/deletedkeys/ec".into(), Value::Null, 404, "KeyNotFound", "", "Deleted Key not found: ec"),
        (
            "POST",
            "/keys/gone/create".into(),
            json!({"kty": "EC"}),
            409,
            "Conflict",
            "ObjectIsDeletedButRecoverable",
            "Key gone is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.",
        ),
        (
            "PUT",
            "/keys/gone".into(),
            json!({"key": {"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA"}}),
            409,
            "Conflict",
            "ObjectIsDeletedButRecoverable",
            "Key gone",
        ),
        (
            "POST",
            "/keys/off/sign".into(),
            es256(),
            403,
            "Forbidden",
            "KeyDisabled",
            "Operation sign is not allowed on a disabled key.",
        ),
        (
            "POST",
            "/keys/early/encrypt".into(),
            oaep(),
            403,
            "Forbidden",
            "KeyNotYetValidOrExpired",
            "Operation encrypt",
        ),
        ("POST", "/keys/late/wrapkey".into(), oaep(), 403, "Forbidden", "KeyNotYetValidOrExpired", "Operation wrapKey"),
        (
            "POST",
            "/keys/mute/sign".into(),
            es256(),
            403,
            "Forbidden",
            "KeyOperationForbidden",
            "Operation sign is not permitted on this key.",
        ),
        (
            "POST",
            "/keys/ec/encrypt".into(),
            oaep(),
            403,
            "Forbidden",
            "KeyOperationForbidden",
            "Operation encrypt is not permitted on this key.",
        ),
        (
            "POST",
            "/keys/ec/sign".into(),
            json!({"alg": "RS256", "value": DIGEST}),
            400,
            "BadParameter",
            "",
            "Property alg has invalid value",
        ),
        (
            "POST",
            "/keys/rsa/sign".into(),
            json!({"alg": "RSNULL", "value": DIGEST}),
            400,
            "BadParameter",
            "",
            "the algorithm is not supported",
        ),
        (
            "POST",
            "/keys/ec/sign".into(),
            json!({"alg": "none", "value": DIGEST}),
            400,
            "BadParameter",
            "",
            "Property alg has invalid value",
        ),
        (
            "POST",
            "/keys/ec/sign".into(),
            json!({"alg": "es256", "value": DIGEST}),
            400,
            "BadParameter",
            "",
            "Property alg has invalid value",
        ),
        ("POST", "/keys/ec/sign".into(), json!({"alg": "ES256", "value": "AAAA"}), 400, "BadParameter", "", "32 bytes"),
        (
            "POST",
            "/keys/ec/sign".into(),
            json!({"alg": "ES256", "value": "not base64url!"}),
            400,
            "BadParameter",
            "",
            "Property value has invalid value",
        ),
        (
            "POST",
            "/keys/ec/sign".into(),
            json!({"alg": "ES256"}),
            400,
            "BadParameter",
            "",
            "Property value is required",
        ),
        ("POST", "/keys/ec/sign".into(), json!({"value": DIGEST}), 400, "BadParameter", "", "Property alg is required"),
        ("POST", "/keys/ec/verify".into(), es256(), 400, "BadParameter", "", "Property digest is required"),
        ("POST", "/keys/rsa/decrypt".into(), oaep(), 400, "BadParameter", "", ""),
        (
            "POST",
            "/keys/rsa/encrypt".into(),
            json!({"alg": "RSA-OAEP", "value": "A".repeat(1024)}),
            400,
            "BadParameter",
            "",
            "at most 214 bytes",
        ),
        (
            "POST",
            "/keys/rsa/encrypt".into(),
            json!({"alg": "RSA-OAEP", "value": DIGEST, "iv": "AAAA"}),
            400,
            "BadParameter",
            "",
            "`iv`",
        ),
        (
            "POST",
            "/keys/oct/encrypt".into(),
            json!({"alg": "A128GCM", "value": DIGEST, "iv": "AAAAAAAAAAAAAAAA"}),
            400,
            "BadParameter",
            "",
            "`iv`",
        ),
        (
            "POST",
            "/keys/oct/encrypt".into(),
            json!({"alg": "A128CBC", "value": DIGEST}),
            400,
            "BadParameter",
            "",
            "`iv`",
        ),
        (
            "POST",
            "/keys/oct/encrypt".into(),
            json!({"alg": "A256GCM", "value": DIGEST}),
            400,
            "BadParameter",
            "",
            "Property alg",
        ),
        (
            "POST",
            "/keys/oct/decrypt".into(),
            json!({"alg": "A128GCM", "value": DIGEST, "iv": "AAAAAAAAAAAAAAAA"}),
            400,
            "BadParameter",
            "",
            "`tag`",
        ),
        (
            "POST",
            "/keys/x/create".into(),
            json!({"kty": "RSA", "attributes": {"exportable": true}}),
            400,
            "BadParameter",
            "",
            "release",
        ),
        (
            "POST",
            "/keys/x/create".into(),
            json!({"kty": "EC-HSM"}),
            400,
            "BadParameter",
            "",
            "Property kty has invalid value: keys of an HSM need one",
        ),
        (
            "PUT",
            "/keys/x".into(),
            json!({"key": {"kty": "RSA-HSM", "key_hsm": "AAAA"}}),
            400,
            "BadParameter",
            "",
            "HSM",
        ),
        ("PUT", "/keys/x".into(), json!({"key": {"kty": "RSA", "key_hsm": "AAAA"}}), 400, "BadParameter", "", "HSM"),
        (
            "PUT",
            "/keys/x".into(),
            json!({"Hsm": true, "key": {"kty": "oct", "k": DIGEST}}),
            400,
            "BadParameter",
            "",
            "HSM",
        ),
        ("POST", "/keys/a_b/create".into(), json!({"kty": "EC"}), 400, "BadParameter", "", ""),
        ("POST", "/keys/restore".into(), json!({"value": "AAAA"}), 400, "BadParameter", "", "backup"),
        (
            "POST",
            "/rng".into(),
            json!({"count": 129}),
            400,
            "BadParameter",
            "",
            "GetRandomBytesRequest: count cannot be greater than 128 or less than 1",
        ),
        ("GET", "/keys?maxresults=26".into(), Value::Null, 400, "BadParameter", "", "maxresults"),
        ("GET", "/keys?$skiptoken=invented".into(), Value::Null, 400, "BadParameter", "", "skiptoken"),
    ];
    for (method, path, body, status, code, inner, words) in cases {
        let shown = format!("{method} {path} {body}");
        let (is_status, is_code, is_inner, message) = ask(&gateway, method, &path, body).await;
        assert_eq!((is_status, is_code.as_str(), is_inner.as_str()), (status, code, inner), "{shown}: {message}");
        assert!(message.contains(words), "{shown}: {message}");
    }
    // Decrypting, unwrapping and verifying are for any time (wire contract, section 10.3).
    let verify = json!({"alg": "RS256", "digest": DIGEST, "value": DIGEST});
    for name in ["early", "late"] {
        assert_eq!(ask(&gateway, "POST", &format!("/keys/{name}/verify"), verify.clone()).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn release_policies_are_kept_and_an_immutable_one_stays() {
    const ONE: &str = "eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9hLmV4YW1wbGUiLCJhbGxPZiI6W3siY2xhaW0iOiJ4IiwiZXF1YWxzIjoiMSJ9XX1dfQ";
    const OTHER: &str = "eyJ2ZXJzaW9uIjoiMS4wLjAiLCJhbnlPZiI6W3siYXV0aG9yaXR5IjoiaHR0cHM6Ly9iLmV4YW1wbGUiLCJhbGxPZiI6W3siY2xhaW0iOiJ4IiwiZXF1YWxzIjoiMSJ9XX1dfQ";
    let gateway = TestGateway::start().await;
    let policy = |data: &str, immutable: bool| json!({"data": data, "immutable": immutable});
    let exportable = |policy: Value| json!({"kty": "EC", "attributes": {"exportable": true}, "release_policy": policy});
    let refused = |reply: (u16, String, String, String)| {
        assert_eq!((reply.0, reply.1.as_str()), (400, "BadParameter"), "{}", reply.3);
    };
    refused(ask(&gateway, "POST", "/keys/k/create", json!({"kty": "EC", "release_policy": policy(ONE, false)})).await);
    refused(ask(&gateway, "POST", "/keys/k/create", exportable(json!({}))).await);
    assert_eq!(ask(&gateway, "POST", "/keys/k/create", exportable(policy(ONE, false))).await.0, 200);
    assert_eq!(ask(&gateway, "PATCH", "/keys/k", json!({"release_policy": policy(ONE, true)})).await.0, 200);
    refused(ask(&gateway, "PATCH", "/keys/k", json!({"release_policy": policy(OTHER, true)})).await);
    refused(ask(&gateway, "PATCH", "/keys/k", json!({"release_policy": policy(ONE, false)})).await);
    let token = gateway.token(&gateway.setup.admin).await;
    let read = gateway.vault("kv1", "GET", "/keys/k", &token, Value::Null).await.json();
    assert_eq!(read["release_policy"]["data"], ONE);
    assert_eq!(read["release_policy"]["immutable"], true);
    assert_eq!(read["attributes"]["exportable"], true);
}
