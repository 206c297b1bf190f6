//! Ranges of records.

use super::commit;
use crate::{Batch, MAX_OPERATIONS, MAX_SCAN, Store};

pub(super) async fn run<S: Store>(factory: &impl AsyncFn() -> S) {
    gives_keys_in_the_order_of_bytes(&factory().await).await;
    keeps_within_the_prefix(&factory().await).await;
    begins_strictly_after(&factory().await).await;
    gives_records_with_their_revisions(&factory().await).await;
    bounds_the_limit(&factory().await).await;
}

async fn gives_keys_in_the_order_of_bytes(store: &impl Store) {
    let keys: [&[u8]; 9] = [b"\xff", b"a", b"B", b"\0", b"a\0", b"\xff\xff", b"aa", b"\x7f", b"\x80"];
    fill(store, &keys).await;
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    assert_eq!(scan(store, b"", None, 100).await, sorted);
}

async fn keeps_within_the_prefix(store: &impl Store) {
    fill(
        store,
        &[b"a", b"b", b"b\0", b"b/1", b"b\xff", b"b\xff\xff", b"c", b"\xff", b"\xff\0", b"\xff\xff", b"\xff\xff\x01"],
    )
    .await;
    assert_eq!(scan(store, b"b", None, 100).await, [b"b".as_slice(), b"b\0", b"b/1", b"b\xff", b"b\xff\xff"]);
    assert_eq!(scan(store, b"b\xff", None, 100).await, [b"b\xff".as_slice(), b"b\xff\xff"]);
    // No key is a border above these prefixes.
    assert_eq!(scan(store, b"\xff", None, 100).await, [b"\xff".as_slice(), b"\xff\0", b"\xff\xff", b"\xff\xff\x01"]);
    assert_eq!(scan(store, b"\xff\xff", None, 100).await, [b"\xff\xff".as_slice(), b"\xff\xff\x01"]);
    assert!(scan(store, b"\xff\xff\xff", None, 100).await.is_empty());
    assert!(scan(store, b"bb", None, 100).await.is_empty());
}

async fn begins_strictly_after(store: &impl Store) {
    fill(store, &[b"a", b"p/1", b"p/2", b"p/3", b"q"]).await;
    assert_eq!(scan(store, b"p/", Some(b"p/1"), 100).await, [b"p/2", b"p/3"]);
    assert_eq!(scan(store, b"p/", Some(b"p/1\0"), 100).await, [b"p/2", b"p/3"]);
    assert_eq!(scan(store, b"p/", Some(b"p/"), 100).await, [b"p/1", b"p/2", b"p/3"]);
    assert!(scan(store, b"p/", Some(b"p/3"), 100).await.is_empty());
    // Positions outside the prefix are before or after all of it.
    assert_eq!(scan(store, b"p/", Some(b"a"), 100).await, [b"p/1", b"p/2", b"p/3"]);
    assert_eq!(scan(store, b"p/", Some(b""), 100).await, [b"p/1", b"p/2", b"p/3"]);
    assert!(scan(store, b"p/", Some(b"q"), 100).await.is_empty());
    assert_eq!(scan(store, b"", Some(b"p/3"), 100).await, [b"q"]);
}

async fn gives_records_with_their_revisions(store: &impl Store) {
    let first = commit(store, Batch::builder().put("a", "1").put("b", "1")).await;
    let second = commit(store, Batch::builder().put("a", "2")).await;
    let entries = store.scan(b"", None, 10).await.expect("the store answers");
    let found: Vec<_> = entries.iter().map(|entry| (entry.record.bytes.as_slice(), entry.record.revision)).collect();
    assert_eq!(found, [(b"2".as_slice(), second), (b"1".as_slice(), first)]);
}

async fn bounds_the_limit(store: &impl Store) {
    let keys: Vec<Vec<u8>> = (0..MAX_SCAN + 1).map(|n| format!("{n:05}").into_bytes()).collect();
    for some in keys.chunks(MAX_OPERATIONS) {
        fill(store, &some.iter().map(Vec::as_slice).collect::<Vec<_>>()).await;
    }
    assert!(scan(store, b"", None, 0).await.is_empty());
    assert_eq!(scan(store, b"", None, 1).await, keys[..1]);
    assert_eq!(scan(store, b"", Some(&keys[4]), 3).await, keys[5..8]);
    for limit in [MAX_SCAN, MAX_SCAN + 1, usize::MAX] {
        assert_eq!(scan(store, b"", None, limit).await, keys[..MAX_SCAN]);
    }
    assert_eq!(scan(store, b"", Some(&keys[MAX_SCAN - 1]), MAX_SCAN).await, keys[MAX_SCAN..]);
}

async fn fill(store: &impl Store, keys: &[&[u8]]) {
    commit(store, keys.iter().fold(Batch::builder(), |batch, key| batch.put(*key, "x"))).await;
}

async fn scan(store: &impl Store, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<Vec<u8>> {
    let entries = store.scan(prefix, after, limit).await.expect("the store answers");
    entries.into_iter().map(|entry| entry.key).collect()
}
