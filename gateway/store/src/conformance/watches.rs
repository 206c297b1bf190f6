//! Notices of commits.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::{commit, conflict, value};
use crate::{Batch, Revision, Store, StoreError, Watch};

pub(super) async fn run<S: Store>(factory: &impl AsyncFn() -> S) {
    tells_of_puts_and_deletes_under_the_prefix(&factory().await).await;
    tells_every_watch(&factory().await).await;
    tells_the_last_of_many(&factory().await).await;
    tells_nothing_of_conflicts(&factory().await).await;
    tells_after_reads_can_see_it(&factory().await).await;
    ends_with_the_store(factory().await).await;
}

async fn tells_of_puts_and_deletes_under_the_prefix(store: &impl Store) {
    commit(store, Batch::builder().put("p/0", "1")).await;
    let mut watch = store.watch(b"p/");
    assert_eq!(pending(&mut watch).await, None, "a watch tells only of commits from now on");
    commit(store, Batch::builder().put("p", "1").put("q", "1")).await;
    assert_eq!(pending(&mut watch).await, None, "a watch tells only of its prefix");
    let put = commit(store, Batch::builder().put("p/1", "1").put("q", "1")).await;
    assert_eq!(pending(&mut watch).await, Some(put));
    assert_eq!(pending(&mut watch).await, None, "a watch tells of a commit once");
    let deleted = commit(store, Batch::builder().delete("p/1")).await;
    assert_eq!(pending(&mut watch).await, Some(deleted));
}

async fn tells_every_watch(store: &impl Store) {
    let (mut all, mut some, ended) = (store.watch(b""), store.watch(b"a"), store.watch(b"a"));
    drop(ended);
    let revision = commit(store, Batch::builder().put("a", "1")).await;
    assert_eq!(pending(&mut all).await, Some(revision));
    assert_eq!(pending(&mut some).await, Some(revision));
}

async fn tells_the_last_of_many(store: &impl Store) {
    let mut watch = store.watch(b"a");
    let mut last = Revision::ZERO;
    for n in 0..10_u8 {
        last = commit(store, Batch::builder().put("a", vec![n])).await;
    }
    while let Some(told) = pending(&mut watch).await {
        assert!(told <= last);
        if told == last {
            return;
        }
    }
    panic!("a watch loses the last commit");
}

async fn tells_nothing_of_conflicts(store: &impl Store) {
    let mut watch = store.watch(b"");
    conflict(store, Batch::builder().exists("a").put("a", "1"), b"a").await;
    assert_eq!(pending(&mut watch).await, None);
}

async fn tells_after_reads_can_see_it(store: &impl Store) {
    let mut watch = store.watch(b"");
    for n in 0..20_u8 {
        let (told, committed) = tokio::join!(async { (watch.changed().await, value(store, b"a").await) }, async {
            commit(store, Batch::builder().put("a", vec![n])).await
        });
        assert_eq!(told.0.expect("the store is open"), committed);
        assert_eq!(told.1, Some(vec![n]), "whoever is told of a commit can read it");
    }
}

async fn ends_with_the_store<S: Store>(store: S) {
    let mut watch = store.watch(b"");
    let last = commit(&store, Batch::builder().put("a", "1")).await;
    drop(store);
    assert_eq!(watch.changed().await.expect("what was committed is told"), last);
    assert!(matches!(watch.changed().await, Err(StoreError::Closed)));
}

/// The notice that is there without waiting: a commit is told of before it is acknowledged.
async fn pending(watch: &mut Watch) -> Option<Revision> {
    let mut changed = pin!(watch.changed());
    poll_fn(|context| match changed.as_mut().poll(context) {
        Poll::Ready(told) => Poll::Ready(Some(told.expect("the store is open"))),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
