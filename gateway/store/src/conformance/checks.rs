//! Preconditions of batches.

use super::{commit, conflict};
use crate::{Batch, Revision, Store};

pub(super) async fn run<S: Store>(factory: &impl AsyncFn() -> S) {
    checks_absence(&factory().await).await;
    checks_existence(&factory().await).await;
    checks_revisions(&factory().await).await;
    refuses_the_revision_of_a_record_deleted_since(&factory().await).await;
    checks_before_it_writes(&factory().await).await;
    checks_keys_that_it_does_not_write(&factory().await).await;
}

async fn checks_absence(store: &impl Store) {
    commit(store, Batch::builder().absent("a").put("a", "1")).await;
    conflict(store, Batch::builder().absent("a").put("a", "2"), b"a").await;
    commit(store, Batch::builder().delete("a")).await;
    commit(store, Batch::builder().absent("a").put("a", "3")).await;
}

async fn checks_existence(store: &impl Store) {
    conflict(store, Batch::builder().exists("a").put("a", "1"), b"a").await;
    commit(store, Batch::builder().put("a", "")).await;
    commit(store, Batch::builder().exists("a").delete("a")).await;
    conflict(store, Batch::builder().exists("a").delete("a"), b"a").await;
}

async fn checks_revisions(store: &impl Store) {
    conflict(store, Batch::builder().unchanged("a", Revision::ZERO).put("a", "1"), b"a").await;
    let first = commit(store, Batch::builder().put("a", "1")).await;
    let other = commit(store, Batch::builder().put("b", "1")).await;
    conflict(store, Batch::builder().unchanged("a", other).put("a", "2"), b"a").await;
    let second = commit(store, Batch::builder().unchanged("a", first).put("a", "1")).await;
    conflict(store, Batch::builder().unchanged("a", first).put("a", "2"), b"a").await;
    commit(store, Batch::builder().unchanged("a", second).delete("a")).await;
}

async fn refuses_the_revision_of_a_record_deleted_since(store: &impl Store) {
    let created = commit(store, Batch::builder().put("a", "1")).await;
    commit(store, Batch::builder().delete("a")).await;
    conflict(store, Batch::builder().unchanged("a", created).put("a", "2"), b"a").await;
    commit(store, Batch::builder().put("a", "1")).await;
    conflict(store, Batch::builder().unchanged("a", created).put("a", "2"), b"a").await;
}

async fn checks_before_it_writes(store: &impl Store) {
    // The batch's own put must not be what its check finds.
    conflict(store, Batch::builder().put("a", "1").exists("a"), b"a").await;
    commit(store, Batch::builder().put("a", "1").absent("a")).await;
    commit(store, Batch::builder().delete("a").exists("a")).await;
}

async fn checks_keys_that_it_does_not_write(store: &impl Store) {
    let guard = commit(store, Batch::builder().put("guard", "1")).await;
    commit(store, Batch::builder().unchanged("guard", guard).put("a", "1")).await;
    commit(store, Batch::builder().put("guard", "2")).await;
    conflict(store, Batch::builder().unchanged("guard", guard).put("a", "2"), b"guard").await;
    let batch = Batch::builder().exists("guard").absent("a").unchanged("guard", guard).put("b", "1");
    conflict(store, batch, b"a").await;
}
