//! Many writers at once.

use std::sync::Arc;

use super::{commit, revision};
use crate::{Batch, Revision, Store, StoreError};

pub(super) async fn run<S: Store>(factory: &impl AsyncFn() -> S) {
    loses_no_update(factory().await).await;
    gives_a_contended_key_to_one_writer(factory().await).await;
    a_conflict_disturbs_no_other_writer(factory().await).await;
}

async fn loses_no_update<S: Store>(store: S) {
    const WRITERS: u64 = 8;
    const INCREMENTS: u64 = 20;
    commit(&store, Batch::builder().put("counter", 0_u64.to_le_bytes())).await;
    let store = Arc::new(store);
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut revisions = Vec::new();
                for _ in 0..INCREMENTS {
                    revisions.push(increment(&*store).await);
                }
                revisions
            })
        })
        .collect();
    let mut revisions = Vec::new();
    for writer in writers {
        revisions.extend(writer.await.expect("the writer does not panic"));
    }
    assert_eq!(counter(&*store).await.0, WRITERS * INCREMENTS, "an acknowledged update was lost");
    revisions.sort_unstable();
    revisions.dedup();
    assert_eq!(revisions.len() as u64, WRITERS * INCREMENTS, "two commits have one revision");
    assert_eq!(revisions.last().copied(), Some(revision(&*store).await));
}

async fn gives_a_contended_key_to_one_writer<S: Store>(store: S) {
    let store = Arc::new(store);
    for round in 0..10_u8 {
        let writers: Vec<_> = (0..8_u8)
            .map(|writer| {
                let store = Arc::clone(&store);
                let batch = Batch::builder().absent([round]).put([round], [writer]).build();
                tokio::spawn(async move { store.commit(batch.expect("within the bounds")).await })
            })
            .collect();
        let mut won = 0;
        for writer in writers {
            match writer.await.expect("the writer does not panic") {
                Ok(_) => won += 1,
                Err(StoreError::Conflict { .. }) => {}
                Err(other) => panic!("expected success or a conflict, found {other:?}"),
            }
        }
        assert_eq!(won, 1, "a key was created more than once");
    }
}

async fn a_conflict_disturbs_no_other_writer<S: Store>(store: S) {
    let store = Arc::new(store);
    commit(&*store, Batch::builder().put("there", "1")).await;
    let writers: Vec<_> = (0..32_u8)
        .map(|n| {
            let store = Arc::clone(&store);
            let batch = Batch::builder().put([n], [n]);
            let batch = if n % 2 == 0 { batch } else { batch.absent("there") };
            tokio::spawn(async move { store.commit(batch.build().expect("within the bounds")).await })
        })
        .collect();
    for (n, writer) in (0..32_u8).zip(writers) {
        let committed = writer.await.expect("the writer does not panic").is_ok();
        assert_eq!(committed, n % 2 == 0);
        let found = store.get(&[n]).await.expect("the store answers").is_some();
        assert_eq!(found, committed, "what was refused is not written, what was not refused is");
    }
}

/// Adds one to the counter, again and again until nobody interferes.
async fn increment(store: &impl Store) -> Revision {
    loop {
        let (count, revision) = counter(store).await;
        let batch = Batch::builder().unchanged("counter", revision).put("counter", (count + 1).to_le_bytes());
        match store.commit(batch.build().expect("within the bounds")).await {
            Ok(revision) => return revision,
            Err(StoreError::Conflict { .. }) => {}
            Err(other) => panic!("expected success or a conflict, found {other:?}"),
        }
    }
}

async fn counter(store: &impl Store) -> (u64, Revision) {
    let record = store.get(b"counter").await.expect("the store answers").expect("the counter is there");
    let bytes = record.bytes.try_into().expect("the counter has eight bytes");
    (u64::from_le_bytes(bytes), record.revision)
}
