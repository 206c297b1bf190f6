//! Someone writes to the store: nobody is told wrong data.

use portcullis_engine::EngineError;
use portcullis_model::AttributeChanges;
use portcullis_model::secrets::SecretCall;
use portcullis_store::{Batch, Entry};

use crate::harness::{DAY, World, assert_fails, bundle, get, list, set, value, vault};

/// Puts bytes under a key, past the engine.
async fn put(world: &World, key: &[u8], bytes: &[u8]) {
    world.store.commit(Batch::builder().put(key, bytes).build().unwrap()).await.unwrap();
}

async fn only(world: &World, prefix: &str) -> Entry {
    let mut records = world.records(prefix).await;
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn disable(name: &str) -> SecretCall {
    SecretCall::Update {
        name: name.parse().unwrap(),
        version: None,
        content_type: None,
        attributes: AttributeChanges { enabled: Some(false), nbf: None, exp: None },
        tags: None,
    }
}

#[tokio::test]
async fn any_two_records_exchanged_are_noticed() {
    let world = World::in_memory();
    for name in ["a", "b"] {
        world.set(name, name).await;
        world.set(name, name).await;
    }
    for prefix in ["e/h/", "e/v/"] {
        let records = world.records(prefix).await;
        for (n, first) in records.iter().enumerate() {
            for second in &records[..n] {
                put(&world, &first.key, &second.record.bytes).await;
                put(&world, &second.key, &first.record.bytes).await;
                let mut noticed = 0;
                for name in ["a", "b"] {
                    let call = SecretCall::ListVersions {
                        name: name.parse().unwrap(),
                        page: portcullis_model::Page { limit: 25, after: None },
                    };
                    noticed += usize::from(matches!(world.call(call).await, Err(EngineError::Tampered { .. })));
                    match world.get(name).await {
                        Ok(value) => assert_eq!(value, name),
                        Err(EngineError::Tampered { .. }) => noticed += 1,
                        other => panic!("{other:?}"),
                    }
                }
                assert!(noticed > 0);
                put(&world, &first.key, &first.record.bytes).await;
                put(&world, &second.key, &second.record.bytes).await;
            }
        }
    }
    assert_eq!(world.get("a").await.unwrap(), "a");
}

#[tokio::test]
async fn every_altered_byte_is_noticed() {
    let world = World::in_memory();
    world.set("a", "1").await;
    for record in [only(&world, "e/h/").await, only(&world, "e/v/").await] {
        let mut bytes = record.record.bytes.clone();
        for n in 0..bytes.len() {
            bytes[n] ^= 0x10;
            put(&world, &record.key, &bytes).await;
            assert_fails!(world.get("a").await, EngineError::Tampered { .. });
            bytes[n] ^= 0x10;
            put(&world, &record.key, &bytes[..n]).await;
            assert_fails!(world.get("a").await, EngineError::Tampered { .. });
        }
        put(&world, &record.key, &bytes).await;
        world.get("a").await.unwrap();
    }
}

#[tokio::test]
async fn the_current_version_rolled_back_alone_is_noticed() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let before = only(&world, "e/v/").await;
    world.call(disable("a")).await.unwrap();
    put(&world, &before.key, &before.record.bytes).await;
    assert_fails!(world.get("a").await, EngineError::Tampered { .. });
    assert_fails!(world.call(disable("a")).await, EngineError::Tampered { .. });
    assert_fails!(world.call(set("a", "2")).await, EngineError::Tampered { .. });
}

#[tokio::test]
async fn a_head_rolled_back_alone_is_noticed() {
    let world = World::in_memory();
    world.set("a", "compromised").await;
    let first = only(&world, "e/h/").await;
    world.set("a", "rotated").await;
    let second = only(&world, "e/h/").await;
    put(&world, &first.key, &first.record.bytes).await;
    assert_fails!(world.get("a").await, EngineError::Tampered { .. });
    assert_fails!(world.call(set("a", "3")).await, EngineError::Tampered { .. });
    put(&world, &second.key, &second.record.bytes).await;
    assert_eq!(world.get("a").await.unwrap(), "rotated");
}

#[tokio::test]
async fn a_version_from_before_it_was_superseded_is_noticed() {
    let world = World::in_memory();
    let first = world.set("a", "1").await;
    let before = only(&world, "e/v/").await;
    world.set("a", "2").await;
    put(&world, &before.key, &before.record.bytes).await;
    assert_fails!(world.get_version("a", &first.version).await, EngineError::Tampered { .. });
    // The current version has nothing to do with it.
    assert_eq!(world.get("a").await.unwrap(), "2");
}

#[tokio::test]
async fn a_deletion_undone_past_the_engine_is_noticed() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let head = only(&world, "e/h/").await;
    world.delete("a").await;
    put(&world, &head.key, &head.record.bytes).await;
    assert_fails!(world.get("a").await, EngineError::Tampered { .. });
    assert_fails!(world.recover("a").await, EngineError::Busy { .. });
}

#[tokio::test]
async fn a_recovery_undone_past_the_engine_is_noticed() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.delete("a").await;
    let head = only(&world, "e/x/").await;
    world.recover("a").await.unwrap();
    put(&world, &head.key, &head.record.bytes).await;
    assert_eq!(world.get("a").await.unwrap(), "1");
    assert_fails!(world.recover("a").await, EngineError::Tampered { .. });
}

#[tokio::test]
async fn a_record_moved_to_another_name_or_vault_is_noticed() {
    let world = World::in_memory();
    let other = vault("other");
    world.set("a", "mine").await;
    world.call_in(&other, set("b", "theirs")).await.unwrap();
    let heads = world.records("e/h/").await;
    let of = |name: u8| heads.iter().find(|head| head.key.last() == Some(&name)).unwrap();
    let moved = |name: &[u8], to: &Entry| {
        let (head, _) = to.key.split_at(to.key.len() - 1);
        [head, name].concat()
    };
    // Under another name of the same vault, and under its own name in another vault.
    for key in [moved(b"c", of(b'a')), moved(b"a", of(b'b'))] {
        put(&world, &key, &of(b'a').record.bytes).await;
    }
    assert_fails!(world.get("c").await, EngineError::Tampered { .. });
    assert_fails!(world.call_in(&other, get("a")).await, EngineError::Tampered { .. });
    assert_fails!(world.call_in(&other, list(25, None)).await, EngineError::Tampered { .. });
    assert_eq!(value(&bundle(world.call_in(&other, get("b")).await)), "theirs");
}

#[tokio::test]
async fn the_data_keys_of_two_vaults_exchanged_are_noticed() {
    let world = World::in_memory();
    let other = vault("other");
    world.set("a", "mine").await;
    world.call_in(&other, set("a", "theirs")).await.unwrap();
    let keys = world.records("e/k/").await;
    put(&world, &keys[0].key, &keys[1].record.bytes).await;
    put(&world, &keys[1].key, &keys[0].record.bytes).await;
    let later = world.again(world.store.clone());
    assert_fails!(later.get("a").await, EngineError::Tampered { .. });
    assert_fails!(later.call_in(&other, get("a")).await, EngineError::Tampered { .. });
}

#[tokio::test]
async fn a_version_that_was_removed_is_noticed() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let version = only(&world, "e/v/").await;
    world.store.commit(Batch::builder().delete(version.key).build().unwrap()).await.unwrap();
    assert_fails!(world.get("a").await, EngineError::Tampered { .. });
}

/// A head of a life before, put back after a purge, finds no versions.
#[tokio::test]
async fn a_purge_undone_past_the_engine_gives_nothing_back() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.delete("a").await;
    let head = only(&world, "e/x/").await;
    world.purge("a").await.unwrap();
    put(&world, &head.key, &head.record.bytes).await;
    assert_fails!(world.recover("a").await, EngineError::Tampered { .. });
    world.clock.advance(90 * DAY);
    world.purge("a").await.unwrap();
}
