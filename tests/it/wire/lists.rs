//! Lists page by page.

use std::collections::BTreeSet;

use portcullis_tests::TestGateway;
use serde_json::{Value, json};

/// Follows `nextLink` verbatim, as clients do, and gives the ids.
async fn all(gateway: &TestGateway, token: &str, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut sent = gateway.call("kv1", "GET", path, Some(token), &Value::Null);
    loop {
        let page = gateway.client.send(sent.clone()).await;
        assert_eq!(page.status, 200, "{:?}", page.body);
        let page = page.json();
        ids.extend(page["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextLink"].as_str() else { return ids };
        let origin = format!("https://{}", gateway.host("kv1.vault"));
        sent.target = next.strip_prefix(&origin).expect("the link leads to the same host").to_owned();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_versions_and_deleted_secrets_are_listed_over_pages() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for i in 0..30 {
        gateway.vault("kv1", "PUT", &format!("/secrets/s{i:02}"), &token, json!({"value": "v"})).await;
    }
    for _ in 0..7 {
        gateway.vault("kv1", "PUT", "/secrets/s00", &token, json!({"value": "v"})).await;
    }
    for path in ["/secrets", "/secrets?maxresults=7", "/secrets?maxresults=1"] {
        let ids = all(&gateway, &token, path).await;
        assert_eq!(ids.len(), 30, "{path}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 30, "{path}: no item twice");
        assert!(ids.iter().all(|id| id.matches('/').count() == 4), "{path}: ids of lists have no version: {ids:?}");
    }
    let versions = all(&gateway, &token, "/secrets/s00/versions?maxresults=3").await;
    assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), 8);
    assert!(versions.iter().all(|id| id.matches('/').count() == 5));
    for i in 0..5 {
        gateway.vault("kv1", "DELETE", &format!("/secrets/s{i:02}"), &token, Value::Null).await;
    }
    assert_eq!(all(&gateway, &token, "/deletedsecrets?maxresults=2").await.len(), 5);
    assert_eq!(all(&gateway, &token, "/secrets").await.len(), 25);
    assert_eq!(all(&gateway, &token, "/secrets/never-made/versions").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_pages_are_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let nobody = gateway.token(&gateway.setup.nobody).await;
    for query in [
        "maxresults=0",
        "maxresults=26",
        "maxresults=x",
        "maxresults=",
        "maxresults=1&maxresults=2",
        "$skiptoken=%ff",
        "$skiptoken=abc",
    ] {
        let reply = gateway.vault("kv1", "GET", &format!("/secrets?{query}"), &token, Value::Null).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{query}");
        // An argument is judged when it is known who asks; what cannot be read in one way is refused before.
        let (stranger, unauthorised) =
            if query.contains('&') || query.contains("%ff") { (400, 400) } else { (401, 403) };
        let path = format!("/secrets?{query}");
        let asked = gateway.client.send(gateway.call("kv1", "GET", &path, None, &Value::Null)).await;
        assert_eq!(asked.status, stranger, "{query}");
        assert_eq!(gateway.vault("kv1", "GET", &path, &nobody, Value::Null).await.status, unauthorised, "{query}");
    }
}
