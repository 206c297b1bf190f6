//! What the service does with certificates by itself when their time has come, on a clock that is moved.

use std::collections::BTreeSet;

use portcullis_model::Clock as _;
use portcullis_tests::TestGateway;
use serde_json::{Value, json};

use super::own_work::{pass, told, told_at_last};

const DAY: i64 = 86_400;

async fn ask(gateway: &TestGateway, method: &'static str, path: &str, body: Value) -> Value {
    // A new token each time: the clock moves past the ends of old ones.
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", method, path, &token, body).await;
    assert!(matches!(reply.status, 200 | 202), "{method} {path}: {:?}", reply.body);
    reply.json()
}

/// A certificate of twelve months, with a policy of which some members are chosen.
async fn with_policy(gateway: &TestGateway, name: &str, actions: Value, members: Value) -> Value {
    let mut policy = json!({
        "issuer": {"name": "Self"},
        "x509_props": {"subject": "CN=renewed.example", "validity_months": 12},
        "key_props": {"kty": "EC", "reuse_key": false},
        "lifetime_actions": actions,
    });
    for (member, value) in members.as_object().unwrap() {
        policy[member] = value.clone();
    }
    let body = json!({"policy": policy, "tags": {"a": "b"}});
    ask(gateway, "POST", &format!("/certificates/{name}/create"), body).await;
    latest(gateway, name).await
}

fn action(kind: &str, trigger: &Value) -> Value {
    json!({"trigger": trigger, "action": {"action_type": kind}})
}

fn renewed_at(percentage: u8) -> Value {
    json!([action("AutoRenew", &json!({"lifetime_percentage": percentage}))])
}

async fn latest(gateway: &TestGateway, name: &str) -> Value {
    ask(gateway, "GET", &format!("/certificates/{name}"), Value::Null).await
}

async fn versions(gateway: &TestGateway, name: &str) -> BTreeSet<String> {
    let listed = ask(gateway, "GET", &format!("/certificates/{name}/versions"), Value::Null).await;
    listed["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn public_key(gateway: &TestGateway, name: &str) -> Value {
    ask(gateway, "GET", &format!("/keys/{name}"), Value::Null).await["key"]["x"].clone()
}

fn times(certificate: &Value) -> (i64, i64) {
    let time = |member: &str| certificate["attributes"][member].as_i64().unwrap();
    (time("nbf"), time("exp"))
}

/// When so many hundredths of a certificate's lifetime are over.
fn at(certificate: &Value, percentage: i64) -> i64 {
    let (begin, end) = times(certificate);
    begin + (end - begin) / 100 * percentage
}

/// Moves the clock to a time and lets the gateway do what is due.
async fn pass_to(gateway: &TestGateway, time: i64) {
    pass(gateway, time - gateway.clock.now().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_with_its_key_and_secret_when_it_is_due_and_once() {
    let gateway = TestGateway::start().await;
    let first = with_policy(&gateway, "c", renewed_at(80), json!({})).await;
    let key = public_key(&gateway, "c").await;
    pass_to(&gateway, at(&first, 80) - 1).await;
    assert_eq!(versions(&gateway, "c").await.len(), 1, "not a second before its time");
    pass_to(&gateway, at(&first, 80)).await;
    let second = latest(&gateway, "c").await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    assert_ne!(second["cer"], first["cer"]);
    assert_eq!(second["tags"], json!({"a": "b"}));
    assert_eq!(times(&second).0, gateway.clock.now().0 - 600);
    assert_ne!(public_key(&gateway, "c").await, key, "a renewal makes a new key");
    let version = second["id"].as_str().unwrap().rsplit('/').next().unwrap();
    for (kind, id) in [("keys", "kid"), ("secrets", "sid")] {
        let companion = ask(&gateway, "GET", &format!("/{kind}/c"), Value::Null).await;
        let told = if kind == "keys" { &companion["key"]["kid"] } else { &companion["id"] };
        assert_eq!(told, &second[id]);
        assert!(told.as_str().unwrap().ends_with(version));
        assert_eq!(companion["attributes"]["exp"], second["attributes"]["exp"]);
    }
    let renewals = told_at_last(&[&gateway], "certificates/c", 1).await;
    assert_eq!(renewals[0], ("CertificateRenew".to_owned(), second["id"].as_str().unwrap().to_owned()));

    pass_to(&gateway, at(&first, 99)).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    pass_to(&gateway, at(&second, 80)).await;
    assert_eq!(versions(&gateway, "c").await.len(), 3, "the new version has its own time");
    told_at_last(&[&gateway], "certificates/c", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_days_before_its_end() {
    let gateway = TestGateway::start().await;
    let actions = json!([action("AutoRenew", &json!({"days_before_expiry": 30}))]);
    let first = with_policy(&gateway, "c", actions, json!({})).await;
    let due = times(&first).1 - 30 * DAY;
    pass_to(&gateway, due - 1).await;
    assert_eq!(versions(&gateway, "c").await.len(), 1);
    pass_to(&gateway, due).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_missed_makes_one_version() {
    let gateway = TestGateway::start().await;
    let first = with_policy(&gateway, "c", renewed_at(1), json!({})).await;
    pass_to(&gateway, times(&first).1 + 1000 * DAY).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    told_at_last(&[&gateway], "certificates/c", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_kept_where_the_policy_says_so() {
    let gateway = TestGateway::start().await;
    let key = json!({"key_props": {"kty": "EC", "reuse_key": true}});
    let first = with_policy(&gateway, "c", renewed_at(50), key).await;
    let before = public_key(&gateway, "c").await;
    pass_to(&gateway, at(&first, 50)).await;
    let second = latest(&gateway, "c").await;
    assert_ne!(second["id"], first["id"]);
    assert_ne!(second["x5t"], first["x5t"]);
    assert_eq!(public_key(&gateway, "c").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_survives_a_restart_and_is_not_done_again() {
    let gateway = TestGateway::start().await;
    let first = with_policy(&gateway, "c", renewed_at(80), json!({})).await;
    let notice = json!([action("EmailContacts", &json!({"lifetime_percentage": 80}))]);
    with_policy(&gateway, "n", notice, json!({})).await;
    let (setup, folder) = gateway.stop().await;
    let gateway = TestGateway::within(setup.again(), folder).await;
    pass_to(&gateway, at(&first, 80) + DAY).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    told_at_last(&[&gateway], "certificates/c", 1).await;
    told_at_last(&[&gateway], "certificates/n", 1).await;

    let (setup, folder) = gateway.stop().await;
    let gateway = TestGateway::within(setup.again(), folder).await;
    pass_to(&gateway, at(&first, 80) + 2 * DAY).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    assert_eq!((told(&gateway, "certificates/c"), told(&gateway, "certificates/n")), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_on_one_store_renew_once() {
    let gateway = TestGateway::start().await;
    let beside = gateway.beside().await;
    let mut due = 0;
    for i in 0..4 {
        due = at(&with_policy(&gateway, &format!("c{i}"), renewed_at(80), json!({})).await, 80);
    }
    for one in [&gateway, &beside] {
        one.clock.advance(due + DAY - one.clock.now().0);
    }
    let work = |gateway: &TestGateway| {
        let gateway = std::sync::Arc::clone(gateway.running.gateway());
        tokio::spawn(async move { gateway.do_due_work().await })
    };
    let working: Vec<_> = [&gateway, &beside, &gateway, &beside].map(work).into();
    for done in working {
        done.await.unwrap();
    }
    for i in 0..4 {
        let name = format!("c{i}");
        told_at_last(&[&gateway, &beside], &format!("certificates/{name}"), 1).await;
        assert_eq!(versions(&gateway, &name).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contacts_are_told_of_each_version_once() {
    let gateway = TestGateway::start().await;
    let actions = json!([
        action("EmailContacts", &json!({"lifetime_percentage": 60})),
        action("AutoRenew", &json!({"lifetime_percentage": 80})),
    ]);
    let first = with_policy(&gateway, "c", actions, json!({})).await;
    pass_to(&gateway, at(&first, 60) - 1).await;
    assert_eq!(told(&gateway, "certificates/c"), []);
    pass_to(&gateway, at(&first, 60)).await;
    let notice = |certificate: &Value| {
        ("CertificateNearExpiryEventGridNotification".to_owned(), certificate["id"].as_str().unwrap().to_owned())
    };
    assert_eq!(told_at_last(&[&gateway], "certificates/c", 1).await, [notice(&first)]);
    // A change of the certificate does not have it said again.
    ask(&gateway, "PATCH", "/certificates/c", json!({"tags": {"b": "c"}})).await;
    ask(&gateway, "PATCH", "/certificates/c/policy", json!({"secret_props": {}, "key_props": {}})).await;
    pass_to(&gateway, at(&first, 70)).await;
    assert_eq!(told(&gateway, "certificates/c").len(), 1);
    pass_to(&gateway, at(&first, 80)).await;
    let second = latest(&gateway, "c").await;
    let renewal = ("CertificateRenew".to_owned(), second["id"].as_str().unwrap().to_owned());
    assert_eq!(told_at_last(&[&gateway], "certificates/c", 2).await, [notice(&first), renewal.clone()]);
    pass_to(&gateway, at(&second, 60)).await;
    assert_eq!(told_at_last(&[&gateway], "certificates/c", 3).await, [notice(&first), renewal, notice(&second)]);
}

/// The policy is what it is when its time comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_changed_counts_from_then_on() {
    let gateway = TestGateway::start().await;
    let first = with_policy(&gateway, "c", renewed_at(80), json!({})).await;
    let change = json!({
        "lifetime_actions": renewed_at(30),
        "x509_props": {"subject": "CN=renamed.example", "validity_months": 24},
        "key_props": {"kty": "RSA", "key_size": 2048},
    });
    ask(&gateway, "PATCH", "/certificates/c/policy", change).await;
    pass_to(&gateway, at(&first, 30)).await;
    let second = latest(&gateway, "c").await;
    let (begin, end) = times(&second);
    assert!((730..=732).contains(&((end - begin) / DAY)), "{second}");
    assert_eq!(ask(&gateway, "GET", "/keys/c", Value::Null).await["key"]["kty"], "RSA");
    assert_eq!(versions(&gateway, "c").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_disabled_or_deleted_is_not_renewed() {
    let gateway = TestGateway::start().await;
    let first = with_policy(&gateway, "disabled", renewed_at(80), json!({})).await;
    with_policy(&gateway, "policy", renewed_at(80), json!({"attributes": {"enabled": false}})).await;
    with_policy(&gateway, "deleted", renewed_at(80), json!({})).await;
    with_policy(&gateway, "none", json!([]), json!({})).await;
    ask(&gateway, "PATCH", "/certificates/disabled", json!({"attributes": {"enabled": false}})).await;
    pass_to(&gateway, at(&first, 80) - 30 * DAY).await;
    ask(&gateway, "DELETE", "/certificates/deleted", Value::Null).await;
    pass_to(&gateway, at(&first, 80)).await;
    for name in ["disabled", "policy", "none"] {
        assert_eq!(versions(&gateway, name).await.len(), 1, "{name}");
    }
    // Once it is back it is due.
    ask(&gateway, "POST", "/deletedcertificates/deleted/recover", Value::Null).await;
    ask(&gateway, "PATCH", "/certificates/disabled", json!({"attributes": {"enabled": true}})).await;
    pass_to(&gateway, at(&first, 80) + 1).await;
    for name in ["disabled", "deleted"] {
        assert_eq!(versions(&gateway, name).await.len(), 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vaults_authority_renews_and_an_issuer_that_is_gone_is_waited_for() {
    let gateway = TestGateway::start().await;
    ask(&gateway, "PUT", "/certificates/issuers/ours", json!({"provider": "Portcullis"})).await;
    let first = with_policy(&gateway, "c", renewed_at(80), json!({"issuer": {"name": "ours"}})).await;
    ask(&gateway, "DELETE", "/certificates/issuers/ours", Value::Null).await;
    pass_to(&gateway, at(&first, 80)).await;
    assert_eq!(versions(&gateway, "c").await.len(), 1);
    ask(&gateway, "PUT", "/certificates/issuers/ours", json!({"provider": "Portcullis"})).await;
    pass_to(&gateway, at(&first, 80) + 3600).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    told_at_last(&[&gateway], "certificates/c", 1).await;
}

/// The vault's authority lives for ten years, so a certificate that shall be renewed 88 years before its end is due as
/// soon as it is made. It was renewed over and over, and kept everything else from being done.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_always_due_is_renewed_once_a_day() {
    let gateway = TestGateway::start().await;
    ask(&gateway, "PUT", "/certificates/issuers/own", json!({"provider": "Portcullis"})).await;
    let actions = json!([action("AutoRenew", &json!({"days_before_expiry": 32_400}))]);
    let x509 = json!({"subject": "CN=renewed.example", "validity_months": 1200});
    let members = json!({"issuer": {"name": "own"}, "x509_props": x509});
    let first = with_policy(&gateway, "c", actions, members).await;
    let made = first["attributes"]["created"].as_i64().unwrap();
    pass_to(&gateway, made + DAY - 1).await;
    assert_eq!(versions(&gateway, "c").await.len(), 1);
    pass_to(&gateway, made + DAY).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
    pass_to(&gateway, made + 2 * DAY - 1).await;
    assert_eq!(versions(&gateway, "c").await.len(), 2);
}

/// A key that its policy kept in the vault left it with the next version, whose policy was another and kept the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_leave_does_not_leave_with_a_later_version() {
    let gateway = TestGateway::start().await;
    let kept = |exportable: bool| json!({"key_props": {"kty": "EC", "reuse_key": true, "exportable": exportable}});
    let first = with_policy(&gateway, "made", json!([]), kept(false)).await;
    let key = public_key(&gateway, "made").await;
    with_policy(&gateway, "made", json!([]), kept(false)).await;
    assert_eq!(public_key(&gateway, "made").await, key, "a key that stays is kept");
    with_policy(&gateway, "made", json!([]), kept(true)).await;
    assert_ne!(public_key(&gateway, "made").await, key, "one that shall leave is another");
    assert_ne!(latest(&gateway, "made").await["cer"], first["cer"]);

    let first = with_policy(&gateway, "renewed", renewed_at(50), kept(false)).await;
    let key = public_key(&gateway, "renewed").await;
    ask(&gateway, "PATCH", "/certificates/renewed/policy", kept(true)).await;
    pass_to(&gateway, at(&first, 50)).await;
    assert_eq!(versions(&gateway, "renewed").await.len(), 2);
    assert_ne!(public_key(&gateway, "renewed").await, key);

    let first = with_policy(&gateway, "free", renewed_at(50), kept(true)).await;
    let key = public_key(&gateway, "free").await;
    pass_to(&gateway, at(&first, 50)).await;
    assert_eq!(public_key(&gateway, "free").await, key, "one that could leave all the time is kept");
}
