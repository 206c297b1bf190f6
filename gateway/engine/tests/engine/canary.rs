//! Nothing that is secret reaches the store, an error or a debug text.

use portcullis_model::secrets::SecretCall;
use portcullis_model::{AttributeChanges, SecretText};
use portcullis_store::Batch;

use crate::harness::{World, get, tags, vault};

const CANARIES: [&str; 4] = ["canary-value", "canary-type", "canary-tag", "canary-text"];

fn set(name: &str) -> SecretCall {
    SecretCall::Set {
        name: name.parse().unwrap(),
        value: SecretText::new(CANARIES[0].to_owned()),
        content_type: Some(CANARIES[1].parse().unwrap()),
        attributes: AttributeChanges::default(),
        tags: tags([(CANARIES[2], CANARIES[3])]),
    }
}

fn assert_silent(bytes: &[u8], place: &str) {
    for canary in CANARIES {
        let found = bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "{canary} in {place}");
    }
}

#[tokio::test]
async fn no_record_and_no_backup_shows_what_is_sealed() {
    let world = World::in_memory();
    for name in ["a", "b", "c"] {
        world.call(set(name)).await.unwrap();
        world.call(set(name)).await.unwrap();
    }
    let blob = world.backup("a").await;
    assert_silent(&blob, "a backup");
    world.restore_in(&vault("other"), &blob).await.unwrap();
    world.delete("b").await;
    world.delete("c").await;
    world.recover("c").await.unwrap();
    for entry in world.records("").await {
        assert_silent(&entry.key, "a key");
        assert_silent(&entry.record.bytes, &format!("{entry:?}"));
    }
}

#[tokio::test]
async fn no_error_and_no_debug_text_shows_what_is_sealed() {
    let world = World::in_memory();
    let told = world.call(set("a")).await.unwrap();
    assert!(!format!("{told:?}").contains(CANARIES[0]));
    let calls = |name: &str| {
        let name = || name.parse().unwrap();
        [set("a"), get("a"), SecretCall::Purge { name: name() }, SecretCall::Recover { name: name() }]
    };
    let mut said = format!("{world:?}");
    for record in world.records("e/").await {
        let mut bytes = record.record.bytes.clone();
        bytes[0] ^= 1;
        let put = |bytes| Batch::builder().put(record.key.clone(), bytes).build().unwrap();
        world.store.commit(put(bytes)).await.unwrap();
        for call in calls("a") {
            if let Err(error) = world.again(world.store.clone()).call(call).await {
                said += &format!("{error:?} {error}");
            }
        }
        world.store.commit(put(record.record.bytes.clone())).await.unwrap();
    }
    assert!(said.contains("Tampered"));
    assert_silent(said.as_bytes(), "an error");
}
