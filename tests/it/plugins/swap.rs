//! Plugins are exchanged while requests are in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::{Installed, digest, obeys};

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

/// As many requests as the gateway has threads wait for a plugin that spins, and another vault's request is answered
/// meanwhile: it does not wait for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_spins_does_not_hold_the_threads_of_others() {
    let it = Installed::start().await;
    let scope = it.gateway.setup.vault_id("kv1");
    let spins = portcullis_guests::component("loops_forever");
    assert_eq!(it.bring(&scope, spins, &it.management).await.status, 201);
    let body = json!({"properties": {
        "component": digest(spins), "mode": "enforce", "onFailure": "ignore", "limits": {"timeMilliseconds": 4_000},
    }});
    assert_eq!(it.at("PUT", &scope, "/spins", body).await.status, 201);
    let it = Arc::new(it);
    let (done, mut finished) = tokio::sync::mpsc::unbounded_channel();
    let spinning: Vec<_> = (0..4)
        .map(|_| {
            let (it, done) = (Arc::clone(&it), done.clone());
            tokio::spawn(async move {
                let status = it.list_secrets("kv1").await.status;
                let _ = done.send("spinning");
                status
            })
        })
        .collect();
    // They have arrived when the first of them is asked; one turn at a time, or few, is computed.
    for _ in 0..3 {
        assert_eq!(it.list_secrets("kv2").await.status, 200);
    }
    let _ = done.send("other");
    assert_eq!(finished.recv().await, Some("other"), "the other vault is served first");
    for request in spinning {
        assert_eq!(request.await.unwrap(), 200, "its failures are ignored");
    }
}
