//! Single records and their revisions.

use super::{commit, revision, value};
use crate::{Batch, MAX_KEY, MAX_VALUE, Record, Revision, Store};

pub(super) async fn run<S: Store>(factory: &impl AsyncFn() -> S) {
    begins_empty(&factory().await).await;
    gives_what_was_put(&factory().await).await;
    raises_the_revision_with_every_commit(&factory().await).await;
    forgets_what_was_deleted(&factory().await).await;
    keeps_keys_apart(&factory().await).await;
    takes_the_greatest_key_and_value(&factory().await).await;
}

async fn begins_empty(store: &impl Store) {
    assert_eq!(revision(store).await, Revision::ZERO);
    for key in [b"".as_slice(), b"a", b"\xff", &[b'a'; MAX_KEY + 1]] {
        assert_eq!(value(store, key).await, None, "an empty store has no record");
    }
}

async fn gives_what_was_put(store: &impl Store) {
    for bytes in [b"one".as_slice(), b"", b"\0\xff"] {
        let revision = commit(store, Batch::builder().put("a", bytes)).await;
        let record = store.get(b"a").await.expect("the store answers");
        assert_eq!(record, Some(Record { bytes: bytes.to_vec(), revision }));
    }
}

async fn raises_the_revision_with_every_commit(store: &impl Store) {
    let mut last = Revision::ZERO;
    let batches = [
        Batch::builder().put("a", "1"),
        Batch::builder().put("b", "1"),
        Batch::builder().put("a", "1"),
        Batch::builder().delete("b"),
        Batch::builder().delete("never put"),
    ];
    for batch in batches {
        let revision = commit(store, batch).await;
        assert!(revision > last, "a commit has a greater revision than those before it");
        assert_eq!(self::revision(store).await, revision);
        last = revision;
    }
    let a = store.get(b"a").await.expect("the store answers").expect("the record is there");
    assert!(a.revision < last, "a commit leaves the revision of keys that it does not write");
}

async fn forgets_what_was_deleted(store: &impl Store) {
    let created = commit(store, Batch::builder().put("a", "1")).await;
    commit(store, Batch::builder().delete("a")).await;
    assert_eq!(value(store, b"a").await, None);
    let recreated = commit(store, Batch::builder().absent("a").put("a", "2")).await;
    assert!(recreated > created, "a key that was created anew has a new revision");
    assert_eq!(value(store, b"a").await.as_deref(), Some(b"2".as_slice()));
}

async fn keeps_keys_apart(store: &impl Store) {
    let keys: [&[u8]; 6] = [b"a", b"a\0", b"a\xff", b"aa", b"A", b"\xff\xff"];
    let batch = keys.iter().fold(Batch::builder(), |batch, key| batch.put(*key, *key));
    commit(store, batch).await;
    for key in keys {
        assert_eq!(value(store, key).await.as_deref(), Some(key));
    }
}

async fn takes_the_greatest_key_and_value(store: &impl Store) {
    let (key, bytes) = (vec![0xff; MAX_KEY], vec![0xa5; MAX_VALUE]);
    commit(store, Batch::builder().put(key.clone(), bytes.clone())).await;
    assert_eq!(value(store, &key).await, Some(bytes));
}
