//! A disk without room, or with errors, costs the commits of that time and nothing else.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see that their helpers are part of them"
)]

mod small_disk;

use std::path::Path;

use portcullis_store::{Batch, Store, StoreError};
use portcullis_store_redb::{OpenError, RedbStore};

use small_disk::{Room, SmallDisk};

fn open(disk: &SmallDisk) -> Result<RedbStore, OpenError> {
    let disk = disk.clone();
    RedbStore::with_backend(Path::new("disk"), move || Ok(disk.clone()))
}

fn put(n: u32) -> Batch {
    Batch::builder().put(n.to_be_bytes(), vec![1; 20_000]).build().unwrap()
}

async fn assert_all_there(store: &RedbStore, acknowledged: u32) {
    for n in 0..acknowledged {
        assert!(store.get(&n.to_be_bytes()).await.unwrap().is_some(), "{n} of {acknowledged} is lost");
    }
}

#[tokio::test]
async fn recovers_when_there_is_room_again() {
    let disk = SmallDisk::new(Room::Bytes(2 * 1024 * 1024));
    let store = open(&disk).unwrap();
    let mut acknowledged = 0;
    for room in [2, 6, 9] {
        disk.set(Room::Bytes(room * 1024 * 1024));
        let error = loop {
            match store.commit(put(acknowledged)).await {
                Ok(_) => acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        assert_all_there(&store, acknowledged).await;
        assert!(matches!(store.commit(put(acknowledged)).await, Err(StoreError::Full { .. })));
        // What needs no room may still be done.
        assert_all_there(&store, acknowledged).await;
    }
    assert!(acknowledged > 50);
    disk.set(Room::Bytes(u64::MAX));
    store.commit(put(acknowledged)).await.unwrap();
    drop(store);
    assert_all_there(&open(&disk).unwrap(), acknowledged + 1).await;
}

#[tokio::test]
async fn recovers_from_a_disk_that_takes_no_writes_at_all() {
    for (room, full) in [(Room::None, true), (Room::Broken, false)] {
        let disk = SmallDisk::new(Room::Bytes(u64::MAX));
        let store = open(&disk).unwrap();
        let mut watch = store.watch(b"");
        for n in 0..5 {
            store.commit(put(n)).await.unwrap();
        }
        disk.set(room);
        for _ in 0..3 {
            let error = store.commit(put(5)).await.unwrap_err();
            assert_eq!(matches!(error, StoreError::Full { .. }), full, "{error:?}");
            assert_eq!(matches!(error, StoreError::Unavailable { .. }), !full, "{error:?}");
        }
        disk.set(Room::Bytes(u64::MAX));
        let revision = store.commit(put(5)).await.unwrap();
        assert_all_there(&store, 6).await;
        assert_eq!(store.revision().await.unwrap(), revision);
        assert_eq!(watch.changed().await.unwrap(), revision, "watches go on after a failure");
    }
}

#[tokio::test]
async fn reads_recover_without_a_commit() {
    let disk = SmallDisk::new(Room::Bytes(u64::MAX));
    let store = open(&disk).unwrap();
    store.commit(put(0)).await.unwrap();
    disk.set(Room::Broken);
    store.commit(put(1)).await.unwrap_err();
    disk.set(Room::Bytes(u64::MAX));
    for _ in 0..10_000 {
        if store.get(&0_u32.to_be_bytes()).await.is_ok_and(|found| found.is_some()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("reads do not recover");
}

#[tokio::test]
async fn says_that_there_is_no_room_for_a_new_store() {
    for room in [Room::Bytes(1000), Room::None] {
        assert!(matches!(open(&SmallDisk::new(room)), Err(OpenError::Full { .. })));
    }
}
