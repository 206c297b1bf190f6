//! What is acknowledged survives a crash at every operation of the disk, and the rest is there wholly or not at all.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see that their helpers are part of them"
)]

mod disk;

use std::path::Path;

use portcullis_store::{Batch, Revision, Store};
use portcullis_store_redb::RedbStore;

use disk::{Disk, Survives};

const BATCHES: u32 = 14;

#[tokio::test]
async fn keeps_what_it_acknowledged_whenever_the_power_is_lost() {
    let empty = empty_store().await;
    let disk = Disk::with(empty.clone());
    let store = open(&disk);
    let before = disk.operations();
    assert_eq!(write(&store).await, BATCHES);
    let operations = disk.operations() - before;
    drop(store);
    assert!(operations > 2 * u64::from(BATCHES), "the medium sees writes and syncs");

    for n in 1..=operations {
        let disk = Disk::with(empty.clone());
        let store = open(&disk);
        disk.lose_power_in(n);
        let acknowledged = write(&store).await;
        drop(store);
        let survivals = [Survives::Nothing, Survives::Everything, Survives::Some(n), Survives::Some(n + 1_000_000)];
        for survives in survivals {
            let disk = Disk::with(disk.image(survives));
            check(&open(&disk), acknowledged, &format!("power lost at {n}, {survives:?}")).await;
        }
    }
}

/// The repair after a crash can itself be interrupted.
#[tokio::test]
async fn keeps_what_it_acknowledged_when_the_power_is_lost_again() {
    let disk = Disk::with(empty_store().await);
    let store = open(&disk);
    disk.lose_power_in(45);
    let acknowledged = write(&store).await;
    assert!(acknowledged > 0);
    drop(store);
    let crashed = disk.image(Survives::Some(7));
    for n in 1.. {
        let disk = Disk::with(crashed.clone());
        disk.lose_power_in(n);
        let opened = RedbStore::with_backend(Path::new("disk"), {
            let disk = disk.clone();
            move || Ok(disk.clone())
        });
        let repaired = opened.is_ok();
        drop(opened);
        for survives in [Survives::Nothing, Survives::Everything, Survives::Some(n)] {
            let disk = Disk::with(disk.image(survives));
            check(&open(&disk), acknowledged, &format!("power lost again at {n}, {survives:?}")).await;
        }
        if repaired && n > 30 {
            break;
        }
    }
}

async fn empty_store() -> Vec<u8> {
    let disk = Disk::default();
    drop(open(&disk));
    disk.image(Survives::Everything)
}

fn open(disk: &Disk) -> RedbStore {
    let disk = disk.clone();
    RedbStore::with_backend(Path::new("disk"), move || Ok(disk.clone())).unwrap()
}

/// Commits batches until one fails, and gives how many were acknowledged.
async fn write(store: &RedbStore) -> u32 {
    for n in 0..BATCHES {
        if store.commit(batch(n)).await.is_err() {
            return n;
        }
    }
    BATCHES
}

/// Each batch puts two keys, replaces one and removes one; some make the file grow.
fn batch(n: u32) -> Batch {
    let size = if n % 5 == 4 { 200_000 } else { 300 };
    let batch = Batch::builder().put(format!("a{n:03}"), filled(n, size)).put(format!("b{n:03}"), filled(n, 40));
    let batch = batch.put("last", n.to_le_bytes());
    let batch = if n == 0 { batch } else { batch.delete(format!("b{:03}", n - 1)) };
    batch.build().unwrap()
}

fn filled(n: u32, size: usize) -> Vec<u8> {
    vec![u8::try_from(n % 250).unwrap() + 1; size]
}

async fn check(store: &RedbStore, acknowledged: u32, case: &str) {
    let found = store.revision().await.unwrap();
    assert!(found >= Revision(acknowledged.into()), "{case}: {found} of {acknowledged} acknowledged commits are there");
    assert!(found <= Revision(u64::from(acknowledged) + 1), "{case}: a commit that was never begun is there");
    let count = u32::try_from(found.0).unwrap();
    for n in 0..count {
        let size = if n % 5 == 4 { 200_000 } else { 300 };
        let record = store.get(format!("a{n:03}").as_bytes()).await.unwrap().unwrap();
        assert_eq!((record.bytes, record.revision), (filled(n, size), Revision(u64::from(n) + 1)), "{case}");
    }
    let last = count.checked_sub(1).map(|last| last.to_le_bytes().to_vec());
    assert_eq!(store.get(b"last").await.unwrap().map(|record| record.bytes), last, "{case}");
    let expected = if count == 0 { 0 } else { count as usize + 2 };
    assert_eq!(store.scan(b"", None, 1000).await.unwrap().len(), expected, "{case}: nothing else is there");
    // And it goes on from there.
    assert_eq!(store.commit(batch(count)).await.unwrap(), found.next(), "{case}");
}
