//! Delete, recover, purge, and what becomes due.

use portcullis_engine::EngineError;
use portcullis_model::RecoveryLevel;
use portcullis_model::secrets::{SecretCall, SecretOutcome};
use portcullis_model::{Listed, Page};

use crate::harness::{
    DAY, START, World, assert_fails, bundle, changed, deleted, get, list, over_each_store, set, vault_with,
};

over_each_store![
    a_deleted_secret_is_known_and_can_be_recovered,
    the_name_of_a_deleted_secret_is_taken,
    a_purged_secret_is_gone_and_its_name_free,
    purges_on_schedule,
    a_large_secret_is_collected_in_portions,
];

async fn a_deleted_secret_is_known_and_can_be_recovered(world: World) {
    let first = world.set("A", "1").await;
    let second = world.set("a", "2").await;
    world.clock.advance(60);
    let told = world.delete("a").await;
    assert_eq!((told.deleted, told.scheduled_purge), (START.plus(60), START.plus(60 + 90 * DAY)));
    assert_eq!((told.bundle.name.as_str(), &told.bundle.version), ("A", &second.version));
    assert!(told.bundle.value.is_none());

    let known = deleted(world.call(SecretCall::GetDeleted { name: "a".parse().unwrap() }).await);
    assert_eq!((known.deleted, known.scheduled_purge), (told.deleted, told.scheduled_purge));
    assert_eq!(known.bundle.version, second.version);
    let page = Page { limit: 25, after: None };
    let listed = world.call(SecretCall::ListDeleted { page }).await.unwrap();
    assert!(matches!(listed, SecretOutcome::DeletedList(Listed { items, next: None }) if items.len() == 1));
    let SecretOutcome::List(Listed { items, .. }) = world.call(list(25, None)).await.unwrap() else { panic!() };
    assert!(items.is_empty());
    assert_fails!(world.get("a").await, EngineError::NotFound { .. });
    assert_fails!(world.get_version("a", &first.version).await, EngineError::NotFound { .. });
    assert!(world.versions("a").await.is_empty());
    world.assert_whole().await;

    assert_eq!(bundle(world.recover("a").await).version, second.version);
    assert_eq!(world.get("a").await.unwrap(), "2");
    assert_eq!(world.get_version("a", &first.version).await.unwrap(), "1");
    assert_fails!(world.recover("a").await, EngineError::DeletedNotFound { .. });
    assert_fails!(world.purge("a").await, EngineError::DeletedNotFound { .. });
    world.assert_whole().await;
    // The schedule is forgotten with the deletion.
    world.clock.advance(91 * DAY);
    assert_eq!(world.run_due().await.purged, 0);
    assert_eq!(world.get("a").await.unwrap(), "2");
}

async fn the_name_of_a_deleted_secret_is_taken(world: World) {
    world.set("a", "1").await;
    let blob = world.backup("a").await;
    world.delete("a").await;
    assert_fails!(world.call(set("A", "2")).await, EngineError::DeletedButRecoverable { .. });
    assert_fails!(world.restore_in(&world.vault, &blob).await, EngineError::DeletedButRecoverable { .. });
    let name = "a".parse().unwrap();
    assert_fails!(world.call(SecretCall::Delete { name }).await, EngineError::NotFound { .. });
}

async fn a_purged_secret_is_gone_and_its_name_free(world: World) {
    let old = world.set("a", "old").await;
    world.delete("a").await;
    assert!(matches!(world.purge("a").await, Ok(SecretOutcome::Purged)));
    assert!(world.records("e/v/").await.is_empty());
    assert!(world.records("e/g/").await.is_empty());
    assert_fails!(world.recover("a").await, EngineError::DeletedNotFound { .. });
    world.set("a", "new").await;
    assert_fails!(world.get_version("a", &old.version).await, EngineError::NotFound { .. });
    assert_eq!(world.versions("a").await.len(), 1);
    world.assert_whole().await;
}

async fn purges_on_schedule(world: World) {
    let vault = changed(&world.vault, |facts| facts.recovery = RecoveryLevel { days: 7, purge_protected: true });
    for name in ["a", "b", "stays"] {
        world.call_in(&vault, set(name, "1")).await.unwrap();
    }
    for name in ["a", "b"] {
        world.call_in(&vault, SecretCall::Delete { name: name.parse().unwrap() }).await.unwrap();
        world.clock.advance(1);
    }
    world.clock.advance(7 * DAY - 3);
    assert_eq!(world.run_due().await.purged, 0);
    // Protection keeps everybody from purging before the time, and not the service at the time.
    world.clock.advance(1);
    assert_eq!(world.run_due().await.purged, 1);
    let known = |name: &str| SecretCall::GetDeleted { name: name.parse().unwrap() };
    assert_fails!(world.call_in(&vault, known("a")).await, EngineError::DeletedNotFound { .. });
    assert!(world.call_in(&vault, known("b")).await.is_ok());
    world.clock.advance(1);
    let due = world.run_due().await;
    assert_eq!((due.purged, due.collected), (1, 1));
    assert_eq!(world.run_due().await, portcullis_engine::Due::default());
    assert_eq!(world.records("e/v/").await.len(), 1);
    assert!(world.records("e/q/").await.is_empty() && world.records("e/g/").await.is_empty());
    world.assert_whole().await;
}

async fn a_large_secret_is_collected_in_portions(world: World) {
    for n in 0..100 {
        world.set("a", &n.to_string()).await;
    }
    world.delete("a").await;
    world.purge("a").await.unwrap();
    assert!(world.records("e/v/").await.is_empty());
    assert!(world.records("e/g/").await.is_empty());
}

#[tokio::test]
async fn purge_protection_holds_until_the_purge_is_due() {
    let world = World::in_memory();
    let vault = vault_with("protected", |facts| facts.recovery = RecoveryLevel { days: 7, purge_protected: true });
    world.call_in(&vault, set("a", "1")).await.unwrap();
    world.call_in(&vault, SecretCall::Delete { name: "a".parse().unwrap() }).await.unwrap();
    let purge = || SecretCall::Purge { name: "a".parse().unwrap() };
    let scheduled = START.plus(7 * DAY);
    assert_fails!(
        world.call_in(&vault, purge()).await,
        EngineError::PurgeProtected { scheduled_purge, .. } if scheduled_purge == scheduled
    );
    world.clock.advance(7 * DAY - 1);
    assert_fails!(world.call_in(&vault, purge()).await, EngineError::PurgeProtected { .. });
    world.clock.advance(1);
    assert!(matches!(world.call_in(&vault, purge()).await, Ok(SecretOutcome::Purged)));
}

#[tokio::test]
async fn protection_that_came_after_the_deletion_counts() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.delete("a").await;
    let vault = changed(&world.vault, |facts| facts.recovery.purge_protected = true);
    let purge = SecretCall::Purge { name: "a".parse().unwrap() };
    assert_fails!(world.call_in(&vault, purge).await, EngineError::PurgeProtected { .. });
}

#[tokio::test]
async fn a_second_deletion_has_a_schedule_of_its_own() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.delete("a").await;
    world.recover("a").await.unwrap();
    world.clock.advance(10 * DAY);
    assert_eq!(world.delete("a").await.scheduled_purge, START.plus(100 * DAY));
    world.clock.advance(80 * DAY);
    assert_eq!(world.run_due().await.purged, 0);
    world.clock.advance(10 * DAY);
    assert_eq!(world.run_due().await.purged, 1);
    world.assert_whole().await;
}

#[tokio::test]
async fn many_purges_come_due_at_once() {
    let world = World::in_memory();
    for n in 0..150 {
        world.set(&format!("a{n}"), "1").await;
        world.delete(&format!("a{n}")).await;
    }
    world.clock.advance(90 * DAY);
    let first = world.engine.run_due(START.plus(90 * DAY)).await.unwrap();
    assert!(first.purged < 150 && first.more);
    let rest = world.run_due().await;
    assert_eq!(first.purged + rest.purged, 150);
    assert_eq!(first.collected + rest.collected, 150);
    assert!(world.records("e/").await.iter().all(|entry| entry.key.starts_with(b"e/k/")));
}

/// A forged or stale entry of the queue must not purge what is not due, and must not stay for ever.
#[tokio::test]
async fn an_entry_of_the_queue_alone_purges_nothing() {
    let world = World::in_memory();
    world.set("active", "1").await;
    world.set("deleted", "1").await;
    world.delete("deleted").await;
    let own = world.records("e/q/").await.remove(0).key;
    for name in ["active", "deleted", "neither"] {
        let forged = [b"e/q/".as_slice(), &[0; 8], world.vault.id.as_bytes(), b"s", name.as_bytes()].concat();
        let batch = portcullis_store::Batch::builder().put(forged, []).put(b"e/q/rubbish".to_vec(), []).build();
        world.store.commit(batch.unwrap()).await.unwrap();
    }
    assert_eq!(world.run_due().await.purged, 0);
    world.call(get("active")).await.unwrap();
    world.recover("deleted").await.unwrap();
    // The rubbish has letters for a time, and comes when that time comes.
    assert!(world.records("e/q/").await.iter().all(|entry| entry.key == b"e/q/rubbish" || entry.key == own));
}

/// A deleted object that cannot be opened neither stops the work on others nor is it destroyed.
#[tokio::test]
async fn what_cannot_be_opened_is_put_off() {
    let world = World::in_memory();
    for name in ["a", "b"] {
        world.set(name, "1").await;
        world.delete(name).await;
    }
    let head = world.records("e/x/").await.remove(0);
    let mut broken = head.record.bytes.clone();
    *broken.last_mut().unwrap() ^= 1;
    let put = |bytes: Vec<u8>| portcullis_store::Batch::builder().put(head.key.clone(), bytes).build().unwrap();
    world.store.commit(put(broken)).await.unwrap();
    world.clock.advance(90 * DAY);
    assert_eq!(world.run_due().await.purged, 1);
    assert_eq!(world.records("e/x/").await.len(), 1);
    world.assert_whole().await;
    // Once it is mended, it goes like the others.
    world.store.commit(put(head.record.bytes.clone())).await.unwrap();
    assert_eq!(world.run_due().await.purged, 0);
    world.clock.advance(DAY);
    assert_eq!(world.run_due().await.purged, 1);
    assert!(world.records("e/x/").await.is_empty() && world.records("e/q/").await.is_empty());
}
