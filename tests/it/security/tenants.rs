//! Class 5: tenants, vaults and lives of a name are apart.

use portcullis_model::SubscriptionId;
use portcullis_tests::{Reply, TestGateway};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_tenant_gets_the_documented_refusal() {
    let gateway = TestGateway::start().await;
    let foreigner = gateway.token(&gateway.setup.foreigner).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &foreigner, Value::Null).await;
    assert_eq!(reply.status, 401);
    assert!(reply.message().starts_with("AKV10032: Invalid issuer."), "{}", reply.message());
    assert!(reply.header("www-authenticate").contains(&gateway.setup.tenant.to_string()));
    assert_eq!(gateway.vault("other", "GET", "/secrets", &foreigner, Value::Null).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_in_two_vaults_is_two_secrets_and_handles_do_not_cross() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token(&gateway.setup.admin).await;
    let foreigner = gateway.token(&gateway.setup.foreigner).await;
    for i in 0..3 {
        let path = format!("/secrets/s{i}");
        gateway.vault("kv1", "PUT", &path, &admin, json!({"value": "ours"})).await;
        gateway.vault("other", "PUT", &path, &foreigner, json!({"value": "theirs"})).await;
    }
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s0", &admin, Value::Null).await.json()["value"], "ours");
    assert_eq!(gateway.vault("kv2", "GET", "/secrets/s0", &admin, Value::Null).await.status, 404);

    let backup = gateway.vault("kv1", "POST", "/secrets/s0/backup", &admin, Value::Null).await.json();
    gateway.vault("other", "DELETE", "/secrets/s0", &foreigner, Value::Null).await;
    gateway.vault("other", "DELETE", "/deletedsecrets/s0", &foreigner, Value::Null).await;
    let restored = gateway.vault("other", "POST", "/secrets/restore", &foreigner, backup).await;
    assert_eq!((restored.status, restored.error().0.as_str()), (400, "BadParameter"), "a backup is of its tenant");
    assert_eq!(gateway.vault("other", "GET", "/secrets/s0", &foreigner, Value::Null).await.status, 404);

    let version = gateway.vault("kv1", "GET", "/secrets/s1", &admin, Value::Null).await.json()["id"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let crossed = gateway.vault("other", "GET", &format!("/secrets/s1/{version}"), &foreigner, Value::Null).await;
    assert_eq!(crossed.status, 404);

    let page = gateway.vault("kv1", "GET", "/secrets?maxresults=1", &admin, Value::Null).await.json();
    let link = page["nextLink"].as_str().unwrap();
    let (_, query) = link.split_once('?').unwrap();
    let mut sent = gateway.call("other", "GET", "/secrets", Some(&foreigner), &Value::Null);
    sent.target = format!("/secrets?{query}");
    let reply = gateway.client.send(sent).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{:?}", reply.body);
    assert!(reply.message().contains("$skiptoken"), "{}", reply.message());
}

/// A stranger cannot tell by the challenge which vaults exist: a name that is none names one of the tenants as well,
/// and always the same one.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_vaults_are_challenged_like_vaults_of_any_tenant() {
    let gateway = TestGateway::start().await;
    let challenge = async |vault: &str| {
        let reply = gateway.client.send(gateway.call(vault, "GET", "/secrets", None, &Value::Null)).await;
        reply.header("www-authenticate").to_owned()
    };
    let mut seen = std::collections::HashSet::new();
    for i in 0..20 {
        let name = format!("nothing{i}");
        let first = challenge(&name).await;
        assert_eq!(first, challenge(&name).await);
        seen.insert(first);
    }
    let known = [challenge("kv1").await, challenge("other").await];
    assert_eq!(seen, known.into_iter().collect(), "each tenant is named for some of them");
}

/// Whoever compared the challenges of both planes for a name, the management plane's under a subscription that does not
/// exist, could tell which vaults exist: theirs differed, in half of the cases with two tenants.
#[tokio::test(flavor = "multi_thread")]
async fn the_challenges_of_both_planes_agree_whether_a_vault_exists_or_not() {
    let gateway = TestGateway::start().await;
    let names = (0..10).map(|i| format!("nothing{i}")).chain(["kv1", "kv2", "other"].map(str::to_owned));
    for name in names {
        let data = gateway.client.send(gateway.call(&name, "GET", "/secrets", None, &Value::Null)).await;
        let at = format!(
            "/subscriptions/{}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/{name}",
            SubscriptionId::random()
        );
        let management = gateway.management("GET", &at, "2026-02-01", "", Value::Null).await;
        assert_eq!((data.status, management.status), (401, 401), "{name}");
        assert_eq!(tenant(&data), tenant(&management), "{name}");
    }
}

/// The tenant that a challenge names.
fn tenant(reply: &Reply) -> &str {
    let challenge = reply.header("www-authenticate");
    challenge.split('"').nth(1).and_then(|url| url.rsplit('/').next()).unwrap()
}
