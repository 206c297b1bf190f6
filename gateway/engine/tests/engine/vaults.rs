//! Vaults are apart from each other.

use portcullis_engine::EngineError;
use portcullis_model::Listed;
use portcullis_model::secrets::SecretOutcome;
use portcullis_store::Batch;

use crate::harness::{World, assert_fails, bundle, changed, get, list, set, value, vault};

/// The permit names the vault; the same names elsewhere are other secrets.
#[tokio::test]
async fn a_permit_reaches_its_own_vault_only() {
    let world = World::in_memory();
    let other = vault("other");
    world.set("a", "mine").await;
    assert_fails!(world.call_in(&other, get("a")).await, EngineError::NotFound { .. });
    let SecretOutcome::List(Listed { items, .. }) = world.call_in(&other, list(25, None)).await.unwrap() else {
        panic!()
    };
    assert!(items.is_empty());
    world.call_in(&other, set("a", "theirs")).await.unwrap();
    assert_eq!(world.get("a").await.unwrap(), "mine");
    assert_eq!(value(&bundle(world.call_in(&other, get("a")).await)), "theirs");
    world.delete("a").await;
    assert_eq!(value(&bundle(world.call_in(&other, get("a")).await)), "theirs");
}

/// A vault that is made again under its name has another id, and nothing of the one before.
#[tokio::test]
async fn another_life_of_a_vault_begins_empty() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let reborn = changed(&world.vault, |facts| facts.id = portcullis_model::VaultId::random());
    assert_fails!(world.call_in(&reborn, get("a")).await, EngineError::NotFound { .. });
}

#[tokio::test]
async fn reading_makes_no_key() {
    let world = World::in_memory();
    assert_fails!(world.get("a").await, EngineError::NotFound { .. });
    world.call(list(25, None)).await.unwrap();
    assert!(world.records("e/").await.is_empty());
}

/// A new key in place of a lost one would make every record of the vault unreadable for good.
#[tokio::test]
async fn a_lost_data_key_is_not_replaced() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let key = world.records("e/k/").await.remove(0);
    let batch = |batch: portcullis_store::BatchBuilder| batch.build().unwrap();
    world.store.commit(batch(Batch::builder().delete(key.key.clone()))).await.unwrap();
    let later = world.again(world.store.clone());
    let lost = |error: &EngineError| matches!(error, EngineError::Tampered { key: k } if *k == key.key);
    assert!(lost(&later.call(set("b", "2")).await.unwrap_err()));
    assert!(lost(&later.get("a").await.unwrap_err()));
    assert!(lost(&later.call(list(25, None)).await.unwrap_err()));
    world.store.commit(batch(Batch::builder().put(key.key.clone(), key.record.bytes.clone()))).await.unwrap();
    assert_eq!(later.get("a").await.unwrap(), "1");
}

#[tokio::test]
async fn forgets_keys_beyond_the_bound_and_finds_them_again() {
    let world = World::in_memory();
    let random = std::sync::Arc::new(portcullis_crypto::SystemRandom::new());
    let keys = portcullis_engine::VaultKeys::new(world.store.clone(), world.key.clone(), random.clone());
    let keys = std::sync::Arc::new(keys.remembering(2));
    let engine = portcullis_engine::Engine::new(world.store.clone(), keys, world.clock.clone(), random);
    let world = World { engine, ..world };
    let vaults: Vec<_> = (0..20).map(|n| vault(&format!("vault{n}"))).collect();
    for vault in &vaults {
        world.call_in(vault, set("a", vault.path.vault.as_str())).await.unwrap();
    }
    for vault in &vaults {
        assert_eq!(value(&bundle(world.call_in(vault, get("a")).await)), vault.path.vault.as_str());
    }
    assert_eq!(world.records("e/k/").await.len(), 20);
}

/// Opening the store under another key-encryption key gives an error, not other data.
#[tokio::test]
async fn another_installation_reads_nothing() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let stranger = World { vault: world.vault.clone(), ..World::over(world.store.clone()) };
    assert_fails!(stranger.get("a").await, EngineError::Tampered { .. });
    assert_fails!(stranger.call(set("b", "1")).await, EngineError::Tampered { .. });
}
