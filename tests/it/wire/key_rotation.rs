//! What the service does with keys by itself when their time has come, on a clock that is moved.

use std::collections::BTreeSet;

use portcullis_tests::TestGateway;
use serde_json::{Value, json};

use super::own_work::{pass, told, told_at_last};

const DAY: i64 = 86_400;

async fn ask(gateway: &TestGateway, method: &'static str, path: &str, body: Value) -> Value {
    // A new token each time: the clock moves past the ends of old ones.
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", method, path, &token, body).await;
    assert_eq!(reply.status, 200, "{method} {path}: {:?}", reply.body);
    reply.json()
}

/// A key with a policy that makes a new version every thirty days.
async fn with_policy(gateway: &TestGateway, name: &str, policy: Value) -> Value {
    let made = ask(gateway, "POST", &format!("/keys/{name}/create"), json!({"kty": "EC", "tags": {"a": "b"}})).await;
    ask(gateway, "PUT", &format!("/keys/{name}/rotationpolicy"), policy).await;
    made
}

fn every_thirty_days() -> Value {
    json!({"lifetimeActions": [{"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Rotate"}}], "attributes": {"expiryTime": "P90D"}})
}

async fn versions(gateway: &TestGateway, name: &str) -> BTreeSet<String> {
    let listed = ask(gateway, "GET", &format!("/keys/{name}/versions"), Value::Null).await;
    listed["value"].as_array().unwrap().iter().map(|item| item["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_rotated_when_it_is_due_and_once() {
    let gateway = TestGateway::start().await;
    let first = with_policy(&gateway, "k", every_thirty_days()).await;
    with_policy(&gateway, "other", json!({"attributes": {"expiryTime": "P90D"}})).await;
    pass(&gateway, 30 * DAY - 1).await;
    assert_eq!(versions(&gateway, "k").await.len(), 1, "not a second before its time");
    pass(&gateway, 1).await;
    let latest = ask(&gateway, "GET", "/keys/k", Value::Null).await;
    assert_ne!(latest["key"]["x"], first["key"]["x"]);
    assert_eq!(latest["tags"], json!({"a": "b"}));
    assert_eq!(latest["key"]["key_ops"], first["key"]["key_ops"]);
    let (created, expires) = (latest["attributes"]["created"].as_i64(), latest["attributes"]["exp"].as_i64());
    assert_eq!(expires.unwrap() - created.unwrap(), 90 * DAY);
    let rotations = told_at_last(&[&gateway], "keys/k", 1).await;
    assert_eq!(rotations[0], ("KeyRotateIfDue".to_owned(), latest["key"]["kid"].as_str().unwrap().to_owned()));
    pass(&gateway, 3600).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2);

    pass(&gateway, 30 * DAY).await;
    assert_eq!(versions(&gateway, "k").await.len(), 3, "the new version has its own time");
    assert_eq!(versions(&gateway, "other").await.len(), 1, "its policy does not rotate");
    told_at_last(&[&gateway], "keys/k", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_missed_makes_one_version_and_not_one_for_each_month() {
    let gateway = TestGateway::start().await;
    with_policy(&gateway, "k", every_thirty_days()).await;
    pass(&gateway, 365 * DAY).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2);
    told_at_last(&[&gateway], "keys/k", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_survives_a_restart_and_is_not_done_again() {
    let gateway = TestGateway::start().await;
    with_policy(&gateway, "k", every_thirty_days()).await;
    let (setup, folder) = gateway.stop().await;
    let gateway = TestGateway::within(setup.again(), folder).await;
    pass(&gateway, 31 * DAY).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2);
    told_at_last(&[&gateway], "keys/k", 1).await;

    let (setup, folder) = gateway.stop().await;
    let gateway = TestGateway::within(setup.again(), folder).await;
    pass(&gateway, 32 * DAY).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2);
    assert_eq!(told(&gateway, "keys/k"), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_on_one_store_rotate_once() {
    let gateway = TestGateway::start().await;
    let beside = gateway.beside().await;
    for i in 0..4 {
        with_policy(&gateway, &format!("k{i}"), every_thirty_days()).await;
    }
    gateway.clock.advance(31 * DAY);
    beside.clock.advance(31 * DAY);
    let work = |gateway: &TestGateway| {
        let gateway = std::sync::Arc::clone(gateway.running.gateway());
        tokio::spawn(async move { gateway.do_due_work().await })
    };
    let working: Vec<_> = [&gateway, &beside, &gateway, &beside].map(work).into();
    for done in working {
        done.await.unwrap();
    }
    for i in 0..4 {
        let name = format!("k{i}");
        told_at_last(&[&gateway, &beside], &format!("keys/{name}"), 1).await;
        assert_eq!(versions(&gateway, &name).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_told_once_of_a_version_that_is_about_to_expire() {
    let gateway = TestGateway::start().await;
    let exp = portcullis_model::Clock::now(&*gateway.clock).0 + 60 * DAY;
    let made = ask(&gateway, "POST", "/keys/k/create", json!({"kty": "EC", "attributes": {"exp": exp}})).await;
    pass(&gateway, 30 * DAY - 1).await;
    assert_eq!(told(&gateway, "keys/k"), [], "thirty days before, unless a policy says otherwise");
    pass(&gateway, 1).await;
    let notices = told_at_last(&[&gateway], "keys/k", 1).await;
    let kid = made["key"]["kid"].as_str().unwrap().to_owned();
    assert_eq!(notices[0], ("KeyNearExpiryEventGridNotification".to_owned(), kid));
    ask(&gateway, "PATCH", "/keys/k", json!({"tags": {"seen": "yes"}})).await;
    pass(&gateway, 10 * DAY).await;
    assert_eq!(told(&gateway, "keys/k").len(), 1);
    assert_eq!(versions(&gateway, "k").await.len(), 1, "a notice makes no version");

    // A new version has its own end, and its own notice.
    let exp = portcullis_model::Clock::now(&*gateway.clock).0 + 31 * DAY;
    ask(&gateway, "POST", "/keys/k/create", json!({"kty": "EC", "attributes": {"exp": exp}})).await;
    pass(&gateway, 2 * DAY).await;
    told_at_last(&[&gateway], "keys/k", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_says_when_the_owner_is_told() {
    let gateway = TestGateway::start().await;
    let notify = json!({"lifetimeActions": [{"trigger": {"timeBeforeExpiry": "P7D"}, "action": {"type": "Notify"}}], "attributes": {"expiryTime": "P30D"}});
    with_policy(&gateway, "k", notify).await;
    ask(&gateway, "POST", "/keys/k/rotate", Value::Null).await;
    pass(&gateway, 23 * DAY - 1).await;
    assert_eq!(told(&gateway, "keys/k"), []);
    pass(&gateway, 1).await;
    told_at_last(&[&gateway], "keys/k", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_rests_and_a_recovered_one_is_due_again() {
    let gateway = TestGateway::start().await;
    with_policy(&gateway, "k", every_thirty_days()).await;
    with_policy(&gateway, "purged", every_thirty_days()).await;
    ask(&gateway, "DELETE", "/keys/k", Value::Null).await;
    ask(&gateway, "DELETE", "/keys/purged", Value::Null).await;
    pass(&gateway, 31 * DAY).await;
    assert_eq!(told(&gateway, "keys/k"), []);
    ask(&gateway, "POST", "/deletedkeys/k/recover", Value::Null).await;
    pass(&gateway, 0).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2, "what it missed is made good");
    told_at_last(&[&gateway], "keys/k", 1).await;

    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "DELETE", "/deletedkeys/purged", &token, Value::Null).await.status, 204);
    let anew = ask(&gateway, "POST", "/keys/purged/create", json!({"kty": "EC"})).await;
    pass(&gateway, 60 * DAY).await;
    assert_eq!(versions(&gateway, "purged").await.len(), 1, "a new life has no policy: {anew}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_changed_or_emptied_counts_from_then_on() {
    let gateway = TestGateway::start().await;
    with_policy(&gateway, "later", every_thirty_days()).await;
    with_policy(&gateway, "never", every_thirty_days()).await;
    with_policy(&gateway, "at-once", every_thirty_days()).await;
    pass(&gateway, 20 * DAY).await;
    let after =
        |text: &str| json!({"lifetimeActions": [{"trigger": {"timeAfterCreate": text}, "action": {"type": "rotate"}}]});
    ask(&gateway, "PUT", "/keys/later/rotationpolicy", after("P60D")).await;
    ask(&gateway, "PUT", "/keys/never/rotationpolicy", json!({})).await;
    ask(&gateway, "PUT", "/keys/at-once/rotationpolicy", after("P10D")).await;
    pass(&gateway, 0).await;
    assert_eq!(versions(&gateway, "at-once").await.len(), 2, "it is older than its new policy lets it be");
    pass(&gateway, 30 * DAY).await;
    assert_eq!(versions(&gateway, "later").await.len(), 1);
    pass(&gateway, 11 * DAY).await;
    assert_eq!(versions(&gateway, "later").await.len(), 2);
    assert_eq!(versions(&gateway, "never").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_before_the_expiry_needs_one() {
    let gateway = TestGateway::start().await;
    let before = json!({"lifetimeActions": [{"trigger": {"timeBeforeExpiry": "P10D"}, "action": {"type": "Rotate"}}], "attributes": {"expiryTime": "P40D"}});
    let first = with_policy(&gateway, "k", before).await;
    assert_eq!(first["attributes"]["exp"], Value::Null);
    pass(&gateway, 100 * DAY).await;
    assert_eq!(versions(&gateway, "k").await.len(), 1, "it does not expire");
    ask(&gateway, "POST", "/keys/k/rotate", Value::Null).await;
    pass(&gateway, 30 * DAY - 1).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2);
    pass(&gateway, 1).await;
    assert_eq!(versions(&gateway, "k").await.len(), 3);
}

/// A backup carries the policy, and the restored key is rotated by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_key_is_rotated_by_its_policy() {
    let gateway = TestGateway::start().await;
    with_policy(&gateway, "k", every_thirty_days()).await;
    let blob = ask(&gateway, "POST", "/keys/k/backup", Value::Null).await;
    ask(&gateway, "DELETE", "/keys/k", Value::Null).await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "DELETE", "/deletedkeys/k", &token, Value::Null).await.status, 204);
    ask(&gateway, "POST", "/keys/restore", blob).await;
    pass(&gateway, 31 * DAY).await;
    assert_eq!(versions(&gateway, "k").await.len(), 2);
}
