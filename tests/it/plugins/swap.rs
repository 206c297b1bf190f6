//! Plugins are exchanged while requests are in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{Installed, obeys};

/// Every request is judged, and by one generation alone: it is allowed by the one or denied by the other, its audit record
/// names one of them, once, and none fails.
#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_or_is_judged_twice_while_plugins_are_exchanged() {
    let it = Installed::start().await;
    it.bring("", obeys(), &it.management).await;
    assert_eq!(it.install("", "obeys", "abstain", "enforce").await.status, 201);
    let (it, over) = (Arc::new(it), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (it, over) = (Arc::clone(&it), Arc::clone(&over));
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    statuses.push(it.list_secrets("kv1").await.status);
                }
                statuses
            })
        })
        .collect();
    for round in 0..20 {
        let say = if round % 2 == 0 { "deny" } else { "abstain" };
        let changed = it.install("", "obeys", say, "enforce").await;
        assert_eq!(changed.status, 200, "{:?}", changed.body);
        // A change is answered when it is in place.
        let expected = if round % 2 == 0 { 403 } else { 200 };
        assert_eq!(it.list_secrets("kv1").await.status, expected, "round {round}");
    }
    over.store(true, Ordering::Relaxed);
    let mut statuses = Vec::new();
    for client in clients {
        statuses.extend(client.await.unwrap());
    }
    assert!(statuses.len() > 20, "{}", statuses.len());
    assert!(statuses.iter().all(|status| [200, 403].contains(status)), "{statuses:?}");
    for record in it.gateway.records() {
        if record["operationName"] != "SecretList" {
            continue;
        }
        let decisions = record["portcullis"]["decision"].as_array().unwrap();
        let of_plugin: Vec<&Value> = decisions.iter().filter(|it| it["plugin"] == "obeys").collect();
        assert_eq!(of_plugin.len(), 1, "{record}");
        let denied = record["portcullis"]["deniedBy"] == "obeys";
        assert_eq!(of_plugin[0]["opinion"] == "deny", denied, "{record}");
    }
}
