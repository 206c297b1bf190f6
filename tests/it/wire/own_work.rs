//! What the service does by itself when its time has come, and what it records of it.

use portcullis_tests::TestGateway;
use serde_json::Value;

/// What the service recorded of itself about an object, `keys/NAME` or `certificates/NAME`, as operation and object.
pub(super) fn told(gateway: &TestGateway, object: &str) -> Vec<(String, String)> {
    let of_service = |line: String| {
        let record: Value = serde_json::from_str(&line).unwrap();
        let (operation, id) = (record["operationName"].as_str()?, record["id"].as_str()?);
        let ours = record["category"] == "PortcullisService" && id.contains(&format!("/{object}/"));
        ours.then(|| (operation.to_owned(), id.to_owned()))
    };
    gateway.audit.lines().into_iter().filter_map(of_service).collect()
}

/// The gateway's own job may be at it as well; what it has done it records a moment later.
pub(super) async fn told_at_last(gateways: &[&TestGateway], object: &str, count: usize) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for _ in 0..200 {
        all = gateways.iter().flat_map(|gateway| told(gateway, object)).collect();
        if all.len() >= count {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(all.len(), count, "{all:?}");
    all
}

/// Moves the clock and lets the gateway do what is due.
pub(super) async fn pass(gateway: &TestGateway, seconds: i64) {
    gateway.clock.advance(seconds);
    for _ in 0..3 {
        gateway.running.gateway().do_due_work().await;
    }
}
