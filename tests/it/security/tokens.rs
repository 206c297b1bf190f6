//! Classes 13 to 15: what is not exactly a valid token of a present principal is refused, cached or not.

use portcullis_crypto::SystemRandom;
use portcullis_identity::{Restrictions, TokenLimits, attenuate, attenuate_beyond_bounds};
use portcullis_model::{Clock as _, ObjectKind, Operation};
use portcullis_tests::TestGateway;
use serde_json::{Value, json};

async fn status(gateway: &TestGateway, token: &str) -> u16 {
    gateway.vault("kv1", "GET", "/secrets", token, Value::Null).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_forged_tokens_are_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(status(&gateway, &token).await, 200);
    let forged = {
        let other = TestGateway::start().await;
        other.token(&other.setup.admin).await
    };
    let middle = token.len() / 2;
    let mut flipped = token.clone().into_bytes();
    flipped[middle] = if flipped[middle] == b'A' { b'B' } else { b'A' };
    let cases = [
        forged,
        String::from_utf8(flipped).unwrap(),
        token[..token.len() - 4].to_owned(),
        token[..middle].to_owned(),
        format!("{token}AAAA"),
        "x".to_owned(),
        "eyJhbGciOiJub25lIn0.eyJvaWQiOiJhZG1pbiJ9.".to_owned(),
        "A".repeat(9_000),
    ];
    for case in cases {
        let reply = gateway.vault("kv1", "GET", "/secrets", &case, Value::Null).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (401, "Unauthorized"), "{case}");
        assert!(reply.header("www-authenticate").starts_with("Bearer authorization="));
        assert!(
            reply.message().len() < 1_000 && !reply.message().contains(&case[..case.len().min(30)]) || case.len() < 4
        );
    }
    let mut basic = gateway.call("kv1", "GET", "/secrets", None, &Value::Null);
    basic.headers.push(("authorization".into(), format!("Basic {token}")));
    assert_eq!(gateway.client.send(basic).await.status, 401);
    let mut twice = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
    twice.headers.push(("authorization".into(), format!("Bearer {token}")));
    assert_eq!(gateway.client.send(twice).await.status, 401, "two authorization headers are none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_at_its_expiry_though_it_was_remembered() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.clock.advance(3_590);
    assert_eq!(status(&gateway, &token).await, 200);
    gateway.clock.advance(11);
    assert_eq!(status(&gateway, &token).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_principal_is_refused_at_once_and_lets_in_again() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(status(&gateway, &token).await, 200);
    gateway.set_enabled(&gateway.setup.admin, false).await;
    assert_eq!(status(&gateway, &token).await, 401);
    let issue = gateway.token_reply(&gateway.setup.admin, &gateway.setup.admin.secret, &gateway.vault_scope()).await;
    assert!(issue.status >= 400 && issue.json()["access_token"].is_null());
    gateway.set_enabled(&gateway.setup.admin, true).await;
    assert_eq!(status(&gateway, &token).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attenuated_token_does_what_it_was_narrowed_to_and_no_more() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for name in ["db", "other"] {
        gateway.vault("kv1", "PUT", &format!("/secrets/{name}"), &token, json!({"value": name})).await;
        gateway.vault("kv2", "PUT", &format!("/secrets/{name}"), &token, json!({"value": name})).await;
    }
    let narrow = |restrictions: Restrictions| attenuate(&token, &restrictions, &SystemRandom::new()).unwrap();
    let all = narrow(Restrictions {
        operations: vec![Operation::SecretGet],
        vaults: vec!["kv1".parse().unwrap()],
        objects: vec![(ObjectKind::Secret, "DB".parse().unwrap())],
        sources: vec!["127.0.0.0/8".parse().unwrap()],
        expires: Some(gateway.clock.now().plus(600)),
    });
    let get = async |vault: &'static str, name: &'static str, token: &str| {
        gateway.vault(vault, "GET", &format!("/secrets/{name}"), token, Value::Null).await
    };
    assert_eq!(get("kv1", "Db", &all).await.json()["value"], "db");
    for (vault, name) in [("kv1", "other"), ("kv2", "db")] {
        let reply = get(vault, name, &all).await;
        assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByToken"), "{vault} {name}");
        assert!(reply.message().contains("Decision: token"), "{}", reply.message());
    }
    for (method, path) in [("GET", "/secrets"), ("GET", "/secrets/db/versions"), ("DELETE", "/secrets/db")] {
        assert_eq!(gateway.vault("kv1", method, path, &all, Value::Null).await.error().1, "ForbiddenByToken", "{path}");
    }
    let elsewhere = narrow(Restrictions { sources: vec!["10.0.0.0/8".parse().unwrap()], ..Default::default() });
    assert_eq!(get("kv1", "db", &elsewhere).await.error().1, "ForbiddenByToken");
    // Narrowing once more does not widen.
    let twice = attenuate(
        &all,
        &Restrictions { operations: vec![Operation::SecretDelete], ..Default::default() },
        &SystemRandom::new(),
    )
    .unwrap();
    assert_eq!(gateway.vault("kv1", "DELETE", "/secrets/db", &twice, Value::Null).await.error().1, "ForbiddenByToken");
    assert_eq!(get("kv1", "db", &twice).await.error().1, "ForbiddenByToken");
    gateway.clock.advance(601);
    // Its own expiry has passed, not the one that it was issued with: 401 would send for a token that is not narrowed.
    let late = get("kv1", "db", &all).await;
    assert_eq!((late.status, late.error().1.as_str()), (403, "ForbiddenByToken"), "{:?}", late.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_another_audience_gets_the_documented_refusal() {
    let gateway = TestGateway::start().await;
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (401, "Unauthorized"));
    let (vault, management) = (gateway.host("vault"), gateway.host("management"));
    assert_eq!(
        reply.message(),
        format!("AKV10022: Invalid audience. Expected https://{vault}, found: https://{management}.")
    );
    assert!(reply.header("www-authenticate").starts_with("Bearer authorization="));
}

/// A token is of one registration of an application: what comes after it under the same id is somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_principal_is_another_by_now_is_refused() {
    let gateway = TestGateway::start().await;
    let admin = gateway.setup.admin.clone();
    let token = gateway.token(&admin).await;
    assert_eq!(status(&gateway, &token).await, 200);
    let management = gateway.running.gateway().management();
    let known = std::sync::Arc::clone(management.state().directory().principal(admin.principal).unwrap());
    let again = portcullis_identity::Principal {
        id: known.id,
        tenant: known.tenant,
        kind: known.kind,
        application: Some(portcullis_model::ApplicationId::random()),
        display_name: known.display_name.clone(),
        enabled: true,
        groups: known.groups.clone(),
        secrets: known.secrets.clone(),
    };
    management.put_principal(again).await.unwrap();
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (401, "Unauthorized"));
    assert_eq!(reply.message(), "the principal of the bearer token does not exist");
    assert!(reply.header("www-authenticate").starts_with("Bearer authorization="));
    let issue = gateway.token_reply(&admin, &admin.secret, &gateway.vault_scope()).await;
    assert_eq!(issue.json()["error"], "unauthorized_client", "{:?}", issue.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_too_many_blocks_is_refused() {
    let gateway = TestGateway::start().await;
    let restrictions = Restrictions { vaults: vec!["kv1".parse().unwrap()], ..Default::default() };
    let narrower = |token: &str| attenuate_beyond_bounds(token, &restrictions, &SystemRandom::new()).unwrap();
    let mut token = gateway.token(&gateway.setup.admin).await;
    for _ in 1..TokenLimits::default().token_blocks {
        token = narrower(&token);
    }
    assert_eq!(status(&gateway, &token).await, 200, "as many as are taken");
    assert!(attenuate(&token, &restrictions, &SystemRandom::new()).is_err(), "the command makes no more");
    let reply = gateway.vault("kv1", "GET", "/secrets", &narrower(&token), Value::Null).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (401, "Unauthorized"), "{:?}", reply.body);
    assert_eq!(reply.message(), "the bearer token is too large");
    assert!(reply.header("www-authenticate").starts_with("Bearer authorization="));
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["operationName"], "Authentication", "{record}");
    assert_eq!(record["portcullis"]["deniedBy"], "authentication", "{record}");
}
