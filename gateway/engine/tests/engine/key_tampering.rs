//! Someone writes to the store: nobody signs with a key that was put there, or with one that was put back.

use std::sync::Arc;

use portcullis_engine::EngineError;
use portcullis_model::keys::{KeyCall, KeyChanges, KeyChoice};
use portcullis_model::{AttributeChanges, KeyOperation, KeyOperations};
use portcullis_store::{Batch, Entry};

use crate::crash::die_everywhere;
use crate::harness::{World, assert_fails, vault};
use crate::key_calls::{create, latest, name, public, rotate_after, told};

async fn put(world: &World, key: &[u8], bytes: &[u8]) {
    world.store.commit(Batch::builder().put(key, bytes).build().unwrap()).await.unwrap();
}

async fn only(world: &World, prefix: &str) -> Entry {
    let mut records = world.records(prefix).await;
    assert_eq!(records.len(), 1);
    records.remove(0)
}

#[tokio::test]
async fn every_altered_byte_of_a_key_is_noticed() {
    let world = World::in_memory();
    world.make_key("k").await;
    world.key_call(rotate_after("k", 30)).await.unwrap();
    // It is kept ready: the records are read all the same.
    world.works(&latest("k")).await.unwrap();
    for record in [only(&world, "e/h/").await, only(&world, "e/v/").await] {
        let mut bytes = record.record.bytes.clone();
        for n in 0..bytes.len() {
            bytes[n] ^= 0x10;
            put(&world, &record.key, &bytes).await;
            assert_fails!(world.works(&latest("k")).await, EngineError::Tampered { .. });
            bytes[n] ^= 0x10;
        }
        put(&world, &record.key, &bytes[..bytes.len() - 1]).await;
        assert_fails!(world.key("k").await, EngineError::Tampered { .. });
        put(&world, &record.key, &bytes).await;
        world.works(&latest("k")).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_put_in_place_of_another_is_noticed() {
    let world = World::in_memory();
    for text in ["mine", "theirs"] {
        world.make_key(text).await;
    }
    for prefix in ["e/h/", "e/v/"] {
        let records = world.records(prefix).await;
        put(&world, &records[0].key, &records[1].record.bytes).await;
        let mut noticed = 0;
        for text in ["mine", "theirs"] {
            noticed += usize::from(matches!(world.works(&latest(text)).await, Err(EngineError::Tampered { .. })));
        }
        assert_eq!(noticed, 1, "{prefix}");
        put(&world, &records[0].key, &records[0].record.bytes).await;
    }
}

/// A secret's records under a key's name: the same vault and the same data key, and yet another place.
#[tokio::test]
async fn a_secret_put_in_place_of_a_key_is_noticed() {
    let world = World::in_memory();
    world.set("same", "value").await;
    let secret = only(&world, "e/h/").await;
    world.make_key("same").await;
    let heads = world.records("e/h/").await;
    let key = heads.iter().find(|head| head.key != secret.key).unwrap();
    put(&world, &key.key, &secret.record.bytes).await;
    assert_fails!(world.key("same").await, EngineError::Tampered { .. });
    put(&world, &secret.key, &key.record.bytes).await;
    assert_fails!(world.get("same").await, EngineError::Tampered { .. });
}

/// Disabling a key and narrowing what it is for cannot be undone by putting back what was there before.
#[tokio::test]
async fn a_restriction_undone_past_the_engine_is_noticed() {
    let world = World::in_memory();
    world.make_key("k").await;
    let (head, version) = (only(&world, "e/h/").await, only(&world, "e/v/").await);
    let changes = KeyChanges {
        operations: Some(KeyOperations::of(&[KeyOperation::Verify])),
        attributes: AttributeChanges { enabled: Some(false), ..AttributeChanges::default() },
        ..KeyChanges::default()
    };
    told(world.key_call(KeyCall::Update { key: latest("k"), changes }).await);
    let after = only(&world, "e/v/").await;
    put(&world, &version.key, &version.record.bytes).await;
    assert_fails!(world.works(&latest("k")).await, EngineError::Tampered { .. });
    put(&world, &after.key, &after.record.bytes).await;
    put(&world, &head.key, &head.record.bytes).await;
    assert_fails!(world.works(&latest("k")).await, EngineError::Tampered { .. });
}

/// A compromised key that was rotated away does not come back as the latest one.
#[tokio::test]
async fn a_rotation_undone_past_the_engine_is_noticed() {
    let world = World::in_memory();
    let first = world.make_key("k").await;
    let (head, version) = (only(&world, "e/h/").await, only(&world, "e/v/").await);
    let rotated = told(world.key_call(KeyCall::Rotate { name: name("k") }).await);
    let after = only(&world, "e/h/").await;
    put(&world, &head.key, &head.record.bytes).await;
    assert_fails!(world.works(&latest("k")).await, EngineError::Tampered { .. });
    put(&world, &after.key, &after.record.bytes).await;
    put(&world, &version.key, &version.record.bytes).await;
    let old = KeyChoice { name: name("k"), version: Some(first.version.clone()) };
    assert_fails!(world.works(&old).await, EngineError::Tampered { .. });
    assert_eq!(world.works(&latest("k")).await.unwrap(), rotated.version);
}

#[tokio::test]
async fn a_tampered_key_that_is_due_is_left_and_looked_at_again() {
    let world = World::in_memory();
    for text in ["a", "b"] {
        world.make_key(text).await;
        world.key_call(rotate_after(text, 30)).await.unwrap();
    }
    let head = world.records("e/h/").await.into_iter().find(|head| head.key.ends_with(b"a")).unwrap();
    let mut bytes = head.record.bytes.clone();
    bytes[20] ^= 1;
    put(&world, &head.key, &bytes).await;
    world.clock.advance(31 * crate::harness::DAY);
    let (said, done) = world.attend_due().await;
    done.unwrap();
    assert_eq!(said.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["b"], "it keeps nobody else from it");
    put(&world, &head.key, &head.record.bytes).await;
    world.clock.advance(3600);
    assert_eq!(world.attend_due().await.0.len(), 1);
}

#[tokio::test]
async fn changes_of_keys_happen_wholly_or_not_at_all() {
    let calls: [fn() -> KeyCall; 4] = [
        || create("k"),
        || KeyCall::Rotate { name: name("k") },
        || KeyCall::Delete { name: name("k") },
        || rotate_after("k", 30),
    ];
    for call in calls {
        let deaths = die_everywhere(
            async |world| drop(world.make_key("k").await),
            async |world| world.key_call(call()).await.map(|_| ()),
            async |world| {
                if world.key("k").await.is_err() {
                    world.key_call(KeyCall::Recover { name: name("k") }).await.unwrap();
                }
                for version in world.key_versions("k").await {
                    world.works(&KeyChoice { name: name("k"), version: Some(version) }).await.unwrap();
                }
            },
        )
        .await;
        assert_eq!(deaths, 1, "one commit does it");
    }
}

#[tokio::test]
async fn a_restore_of_a_key_converges() {
    let source = World::in_memory();
    for _ in 0..100 {
        source.make_key("k").await;
    }
    let made = source.key("k").await.unwrap();
    let blob = source.key_backup("k").await;
    let target = vault("target");
    die_everywhere(
        async |world| drop(world.make_key("other").await),
        async |world| {
            // The installation is the source's, so that the backup opens.
            let world = World { vault: world.vault.clone(), ..source.again(Arc::clone(&world.store)) };
            world.key_call_in(&target, KeyCall::Restore { blob: blob.clone() }).await.map(|_| ())
        },
        async |world| {
            let there = World { vault: target.clone(), ..source.again(Arc::clone(&world.store)) };
            match there.key("k").await {
                Ok(restored) => {
                    assert_eq!(public(&restored), public(&made));
                    assert_eq!(world.records("e/v/").await.len(), 101);
                }
                Err(EngineError::NotFound { .. }) => assert_eq!(world.records("e/v/").await.len(), 1),
                Err(error) => panic!("{error}"),
            }
        },
    )
    .await;
}
