//! All of a batch or nothing of it.

use super::{commit, conflict, revision, value};
use crate::{Batch, MAX_OPERATIONS, Store};

pub(super) async fn run<S: Store>(factory: &impl AsyncFn() -> S) {
    gives_every_key_of_a_batch_one_revision(&factory().await).await;
    writes_nothing_after_a_conflict(&factory().await).await;
    carries_out_the_greatest_batch(&factory().await).await;
}

async fn gives_every_key_of_a_batch_one_revision(store: &impl Store) {
    commit(store, Batch::builder().put("b", "0")).await;
    let revision = commit(store, Batch::builder().put("a", "1").delete("b").put("c", "3")).await;
    for key in [b"a", b"c"] {
        let record = store.get(key).await.expect("the store answers").expect("the record is there");
        assert_eq!(record.revision, revision);
    }
    assert_eq!(value(store, b"b").await, None);
}

async fn writes_nothing_after_a_conflict(store: &impl Store) {
    commit(store, Batch::builder().put("kept", "1")).await;
    let before = revision(store).await;
    let batch = Batch::builder().exists("kept").absent("kept").put("a", "1").put("kept", "2").delete("kept2");
    conflict(store, batch, b"kept").await;
    assert_eq!(value(store, b"a").await, None);
    assert_eq!(value(store, b"kept").await.as_deref(), Some(b"1".as_slice()));
    assert_eq!(revision(store).await, before, "a conflict makes no revision");
}

async fn carries_out_the_greatest_batch(store: &impl Store) {
    let batch = (0..MAX_OPERATIONS).fold(Batch::builder(), |batch, n| batch.put(format!("{n:03}"), vec![0; 8000]));
    let revision = commit(store, batch).await;
    let entries = store.scan(b"", None, MAX_OPERATIONS + 1).await.expect("the store answers");
    assert_eq!(entries.len(), MAX_OPERATIONS);
    assert!(entries.iter().all(|entry| entry.record.revision == revision && entry.record.bytes.len() == 8000));
}
