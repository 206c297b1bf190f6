//! Everything that must not open a key.

use portcullis_model::SignatureAlgorithm;
use serde_json::{Value, json};

use super::environment::{Authority, ISSUER, encode, policy};
use super::*;

const DENIED: (u16, &str, &str) = (403, "Forbidden", "ForbiddenByReleasePolicy");
const MALFORMED: (u16, &str, &str) = (400, "BadParameter", "");

/// Asks for a release that must be refused so, and that says nothing of the token or of the key.
async fn refused(world: &World, name: &str, target: &str, expected: (u16, &str, &str), why: &str) {
    let reply = world.release(name, json!({"target": target, "enc": "CKM_RSA_AES_KEY_WRAP"})).await;
    let (code, inner) = reply.error();
    assert_eq!((reply.status, code.as_str(), inner.as_str()), expected, "{why}: {:?}", reply.body);
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(!text.contains("c4n4ry") && !text.contains("key_hsm"), "{why}: {text}");
    for part in target.split('.').filter(|part| part.len() > 8) {
        assert!(!text.contains(part), "{why}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operator_that_is_not_fulfilled_denies() {
    let world = World::start().await;
    let claims = json!({"text": "c4n4ry", "yes": true, "five": 5, "deep": {"er": "c4n4ry"}, "null": null});
    let target = world.attest(&claims);
    for (at, condition) in [
        json!({"claim": "text", "equals": "other"}),
        json!({"claim": "yes", "equals": false}),
        json!({"claim": "five", "equals": "5"}),
        json!({"claim": "text", "notEquals": "c4n4ry"}),
        json!({"claim": "five", "less": 5}),
        json!({"claim": "five", "lessOrEquals": 4}),
        json!({"claim": "five", "greater": 5}),
        json!({"claim": "five", "greaterOrEquals": 6}),
        json!({"claim": "text", "exists": false}),
        json!({"claim": "absent", "exists": true}),
        json!({"claim": "absent", "equals": "c4n4ry"}),
        json!({"claim": "absent", "notEquals": "c4n4ry"}),
        json!({"claim": "absent", "less": 5}),
        json!({"claim": "absent", "greater": 5}),
        json!({"claim": "null", "exists": true}),
        json!({"claim": "deep.er", "equals": "other"}),
        json!({"claim": "deep.absent", "equals": "c4n4ry"}),
        json!({"claim": "er", "equals": "c4n4ry"}),
        json!({"anyOf": [{"claim": "five", "equals": 6}, {"claim": "yes", "equals": false}]}),
        json!({"allOf": [{"claim": "five", "equals": 5}, {"claim": "yes", "equals": false}]}),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("k{at}");
        world.create(&name, json!({"kty": "EC"}), &policy(&json!([condition]))).await;
        refused(&world, &name, &target, DENIED, &condition.to_string()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_no_trusted_authority_vouches_for_are_refused() {
    let first = Authority::ec("k1");
    let second = Authority::ec("k2");
    let rsa = Authority::rsa("rsa", SignatureAlgorithm::Rs256);
    let attestation = vec![
        (ISSUER.to_owned(), json!({"keys": [first.jwk(), rsa.jwk()]})),
        ("https://second.example".to_owned(), second.jwks()),
    ];
    let gateway = TestGateway::with(Setup { attestation, ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let world = World { gateway, token, authority: first, enclave: Enclave::new() };
    world.create("k", json!({"kty": "EC"}), &policy(&json!([{"claim": "yes", "equals": true}]))).await;
    let claims = |more: Value| world.enclave.claims(&world.gateway.clock, &more);
    let good = claims(json!({"yes": true}));
    let now = good["nbf"].as_i64().unwrap();
    let with = |member: &str, value: Value| claims(json!({"yes": true, member: value}));
    let first = &world.authority;
    let other = Authority::ec("k1");
    let header = |member: &str, value: Value| {
        let mut header = first.header();
        header[member] = value;
        header
    };
    let named_k1 = Authority::ec("k1");

    assert_eq!(world.release("k", json!({"target": first.token(&good)})).await.status, 200);
    assert_eq!(world.release("k", json!({"target": rsa.token(&good)})).await.status, 200);

    for (why, target) in [
        ("an issuer that the policy does not name", second.token(&with("iss", json!("https://second.example")))),
        ("an issuer that nobody trusts", other.token(&with("iss", json!("https://evil.example")))),
        ("the key of another authority under the first one's name", second.token(&good)),
        ("the key of nobody under the name of the first one's key", named_k1.token(&good)),
        ("a key that the authority has not", first.sign(&header("kid", json!("k3")), &good)),
        ("a path as the name of a key", first.sign(&header("kid", json!("../0.jwks")), &good)),
        ("another algorithm than the key's", first.sign(&header("alg", json!("RS256")), &good)),
        ("a curve's algorithm on the key of RSA", {
            let header = json!({"alg": "ES256", "kid": "rsa", "typ": "JWT"});
            first.sign(&header, &good)
        }),
        ("expired", first.token(&with("exp", json!(now)))),
        ("long expired", first.token(&with("exp", json!(1)))),
        ("of the future", first.token(&with("nbf", json!(now + 301)))),
        ("other claims under a good signature", {
            let denied = first.token(&claims(json!({"yes": false})));
            let (head, signature) = (denied.split('.').next().unwrap(), denied.rsplit('.').next().unwrap());
            format!("{head}.{}.{signature}", encode(good.to_string().as_bytes()))
        }),
    ] {
        refused(&world, "k", &target, DENIED, why).await;
    }
    let part = |value: &Value| encode(value.to_string().as_bytes());
    let keys = |keys: Value| first.token(&with("x-ms-runtime", json!({"keys": keys})));
    let weak = json!({"kty": "RSA", "key_use": "enc", "n": encode(&[0xff; 128]), "e": "AQAB"});
    let twice = {
        let text = good.to_string().replacen('{', r#"{"yes":false,"#, 1);
        format!("{}.{}.AAAA", part(&first.header()), encode(text.as_bytes()))
    };
    for (why, target) in [
        ("no algorithm", format!("{}.{}.", part(&header("alg", json!("none"))), part(&good))),
        ("no algorithm, signed", first.sign(&header("alg", json!("none")), &good)),
        ("a symmetric algorithm", first.sign(&header("alg", json!("HS256")), &good)),
        ("a list of algorithms", first.sign(&header("alg", json!(["ES256"])), &good)),
        ("critical extensions", first.sign(&header("crit", json!(["exp"])), &good)),
        ("no name of a key", first.sign(&header("kid", Value::Null), &good)),
        ("a list of issuers", first.token(&with("iss", json!([ISSUER])))),
        ("no issuer", first.token(&with("iss", Value::Null))),
        ("no expiry", first.token(&with("exp", Value::Null))),
        ("an expiry in text", first.token(&with("exp", json!("9999999999")))),
        ("a member given twice", twice),
        ("no key of its own", keys(json!([]))),
        ("no RSA key for encryption", keys(json!([{"kty": "EC", "key_use": "enc"}]))),
        ("an RSA key for signatures only", keys(json!([{"kty": "RSA", "key_use": "sig", "n": "AQAB", "e": "AQAB"}]))),
        ("a weak RSA key before a good one", keys(json!([weak, world.enclave.jwk()]))),
        ("no token", "c4n4ry-c4n4ry".to_owned()),
    ] {
        refused(&world, "k", &target, MALFORMED, why).await;
    }
    // The record says by what the release was denied, and nothing of the token.
    let records: Vec<String> = world.gateway.records().iter().map(ToString::to_string).collect();
    let denied = |record: &&String| record.contains("KeyRelease") && record.contains("release-policy");
    assert_eq!(records.iter().filter(denied).count(), 12);
    assert!(!records.iter().any(|record| record.contains("c4n4ry")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_key_decides_before_the_token_is_read() {
    let world = World::start().await;
    let yes = policy(&json!([{"claim": "yes", "equals": true}]));
    world.create("disabled", json!({"kty": "EC"}), &yes).await;
    let off = json!({"attributes": {"enabled": false}});
    world.gateway.vault("kv1", "PATCH", "/keys/disabled", &world.token, off).await;
    world.gateway.vault("kv1", "POST", "/keys/plain/create", &world.token, json!({"kty": "EC"})).await;
    let good = world.attest(&json!({"yes": true}));
    for target in [&*good, "nonsense"] {
        refused(&world, "disabled", target, (403, "Forbidden", "KeyDisabled"), "disabled").await;
        refused(&world, "plain", target, (403, "Forbidden", "KeyOperationForbidden"), "not exportable").await;
        refused(&world, "absent", target, (404, "KeyNotFound", ""), "absent").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_released_where_no_authority_is_configured() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let world = World { gateway, token, authority: Authority::ec("k1"), enclave: Enclave::new() };
    world.create("k", json!({"kty": "EC"}), &policy(&json!([{"claim": "yes", "equals": true}]))).await;
    refused(&world, "k", &world.attest(&json!({"yes": true})), DENIED, "no authority").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_out_of_bounds_are_refused() {
    let world = World::start().await;
    world.create("k", json!({"kty": "EC"}), &policy(&json!([{"claim": "yes", "equals": true}]))).await;
    let good = world.attest(&json!({"yes": true}));
    let rows = [
        (json!({"target": good, "nonce": "n".repeat(1024)}), 200, ""),
        (json!({"target": good, "nonce": "n".repeat(1025)}), 400, "nonce"),
        (json!({"target": good, "nonce": "a\u{7f}"}), 400, "nonce"),
        (json!({"target": good, "nonce": "a\nb"}), 400, "nonce"),
        (json!({"target": good, "nonce": "\u{e4}"}), 400, "nonce"),
        (json!({"target": good, "nonce": 1}), 400, "nonce"),
        (json!({"target": good, "enc": "RSA_AES_KEY_WRAP_384"}), 200, ""),
        (json!({"target": good, "enc": "rsa_aes_key_wrap_256"}), 400, "enc"),
        (json!({"target": good, "enc": "RSA1_5"}), 400, "enc"),
        (json!({"target": "a".repeat(64 * 1024 + 1)}), 400, "target"),
        (json!({"target": ""}), 400, "target"),
        (json!({"target": [good]}), 400, "target"),
        (json!({}), 400, "target"),
    ];
    for (body, status, member) in rows {
        let reply = world.release("k", body).await;
        assert_eq!(reply.status, status, "{member}: {:?}", reply.body);
        assert!(status == 200 || reply.message().contains(&format!("Property {member}")), "{}", reply.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_out_of_the_grammar_are_refused_wherever_they_are_set() {
    let world = World::start().await;
    let sent = |policy: &Value| json!({"data": encode(policy.to_string().as_bytes())});
    let good = policy(&json!([{"claim": "yes", "equals": true}]));
    world.create("k", json!({"kty": "EC"}), &good).await;
    for (bad, message) in [
        (json!({"version": "2.0.0", "anyOf": good["anyOf"]}), "version"),
        (policy(&json!([{"claim": "c4n4ry", "like": "c4n4ry*"}])), "a condition must have claim and one of"),
        (policy(&json!([])), "allOf must be a list"),
        (json!("c4n4ry"), "JSON object"),
    ] {
        let create = json!({"kty": "EC", "attributes": {"exportable": true}, "release_policy": sent(&bad)});
        let import = json!({
            "key": {"kty": "oct", "k": encode(&[1; 32])},
            "attributes": {"exportable": true},
            "release_policy": sent(&bad),
        });
        let update = json!({"release_policy": sent(&bad)});
        for (method, path, body) in
            [("POST", "/keys/new/create", create), ("PUT", "/keys/new", import), ("PATCH", "/keys/k", update)]
        {
            let reply = world.gateway.vault("kv1", method, path, &world.token, body).await;
            assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{method} {bad}");
            let text = reply.message();
            assert!(text.contains("release_policy") && text.contains(message) && !text.contains("c4n4ry"), "{text}");
        }
    }
    assert_eq!(world.gateway.vault("kv1", "GET", "/keys/new", &world.token, Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_immutable_policy_stays_and_another_can_be_changed() {
    let world = World::start().await;
    let sent = |value: i64, immutable: bool| {
        let policy = policy(&json!([{"claim": "n", "equals": value}]));
        json!({"release_policy": {"data": encode(policy.to_string().as_bytes()), "immutable": immutable}})
    };
    world.create("k", json!({"kty": "EC"}), &policy(&json!([{"claim": "n", "equals": 1}]))).await;
    let patch = async |body: Value| world.gateway.vault("kv1", "PATCH", "/keys/k", &world.token, body).await;
    let two = world.attest(&json!({"n": 2}));
    refused(&world, "k", &two, DENIED, "before the change").await;
    assert_eq!(patch(sent(2, true)).await.status, 200);
    assert_eq!(world.release("k", json!({"target": two})).await.status, 200);
    for body in [sent(3, true), sent(3, false), sent(2, false)] {
        let reply = patch(body).await;
        assert_eq!((reply.status, reply.message()), (400, "the release policy is immutable".to_owned()));
    }
    assert_eq!(patch(sent(2, true)).await.status, 200, "the same once more changes nothing");
    refused(&world, "k", &world.attest(&json!({"n": 3})), DENIED, "the refused policy").await;
}
