//! Backup and restore.

use std::sync::Arc;

use portcullis_engine::{BadBackup, EngineError};
use portcullis_model::secrets::SecretCall;
use portcullis_model::{AttributeChanges, SecretText, SubscriptionId, UnixTime};

use crate::harness::{Vault, World, assert_fails, bundle, get, over_each_store, set, tags, value, vault, vault_with};

/// The greatest number of versions that a backup holds.
const MAX_BACKUP_VERSIONS: usize = 500;

over_each_store![brings_everything_back_in_another_vault, restores_many_versions];

async fn brings_everything_back_in_another_vault(world: World) {
    let call = |value: &str, enabled: bool| SecretCall::Set {
        name: "Name".parse().unwrap(),
        value: SecretText::new(value.to_owned()),
        content_type: Some(format!("type {value}").parse().unwrap()),
        attributes: AttributeChanges { enabled: Some(enabled), nbf: Some(UnixTime(1)), exp: Some(UnixTime(2)) },
        tags: tags([("t", value)]),
    };
    let first = bundle(world.call(call("1", true)).await);
    world.clock.advance(5);
    world.call(call("2", false)).await.unwrap();
    world.clock.advance(5);
    let third = bundle(world.call(call("3", true)).await);
    let original = world.versions("name").await;
    let blob = world.backup("name").await;

    world.clock.advance(100);
    let other = vault("other");
    let restored = bundle(world.restore_in(&other, &blob).await);
    assert!(restored.value.is_none());
    assert_eq!((restored.name.as_str(), &restored.version), ("Name", &third.version));
    assert_eq!(restored.attributes, third.attributes);
    let there = World { vault: other.clone(), ..world.again(Arc::clone(&world.store)) };
    assert_eq!(there.get("name").await.unwrap(), "3");
    assert_eq!(there.get_version("name", &first.version).await.unwrap(), "1");
    let copies = there.versions("name").await;
    assert_eq!(copies.len(), 3);
    for (copy, version) in copies.iter().zip(&original) {
        assert_eq!(copy.version, version.version);
        assert_eq!(copy.attributes, version.attributes);
        assert_eq!(copy.content_type, version.content_type);
        assert_eq!(copy.tags, version.tags);
    }
    // The copy goes its own way.
    there.set("name", "4").await;
    assert_eq!(world.get("name").await.unwrap(), "3");
    world.delete("name").await;
    world.purge("name").await.unwrap();
    assert_eq!(there.get("name").await.unwrap(), "4");
    world.restore_in(&world.vault, &blob).await.unwrap();
    assert_eq!(world.get("name").await.unwrap(), "3");
    assert_eq!(world.get_version("name", &first.version).await.unwrap(), "1");
    world.assert_whole().await;
}

async fn restores_many_versions(world: World) {
    for n in 0..200 {
        world.set("a", &n.to_string()).await;
    }
    let blob = world.backup("a").await;
    let other = vault("other");
    world.restore_in(&other, &blob).await.unwrap();
    assert_eq!(value(&bundle(world.call_in(&other, get("a")).await)), "199");
    assert_eq!(world.records("e/v/").await.len(), 400);
    assert!(world.records("e/g/").await.is_empty());
    world.assert_whole().await;
}

#[tokio::test]
async fn holds_so_many_versions_and_no_more() {
    let world = World::in_memory();
    for n in 0..MAX_BACKUP_VERSIONS {
        world.set("a", &n.to_string()).await;
    }
    let blob = world.backup("a").await;
    world.restore_in(&vault("other"), &blob).await.unwrap();
    world.set("a", "one more").await;
    assert_fails!(
        world.call(SecretCall::Backup { name: "a".parse().unwrap() }).await,
        EngineError::TooManyVersions { limit: MAX_BACKUP_VERSIONS, .. }
    );
}

#[tokio::test]
async fn refuses_a_name_that_is_taken() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let blob = world.backup("a").await;
    world.set("a", "2").await;
    assert_fails!(world.restore_in(&world.vault, &blob).await, EngineError::AlreadyExists { .. });
    world.delete("a").await;
    assert_fails!(world.restore_in(&world.vault, &blob).await, EngineError::DeletedButRecoverable { .. });
    world.recover("a").await.unwrap();
    assert_eq!(world.get("a").await.unwrap(), "2");
    assert!(world.records("e/g/").await.is_empty());
}

#[tokio::test]
async fn refuses_another_subscription_geography_and_installation() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let blob = world.backup("a").await;
    let elsewhere: [(Vault, BadBackup); 3] = [
        (vault_with("other", |facts| facts.tenant = portcullis_model::TenantId::random()), BadBackup::OtherTenant),
        (vault_with("other", |facts| facts.path.subscription = SubscriptionId::random()), BadBackup::OtherSubscription),
        (vault_with("other", |facts| facts.location = "northeurope".to_owned()), BadBackup::OtherGeography),
    ];
    for (vault, expected) in elsewhere {
        assert_fails!(
            world.restore_in(&vault, &blob).await,
            EngineError::BadBackup(bad) if bad == expected
        );
    }
    let spelled = vault_with("other", |facts| facts.location = "WestEurope".to_owned());
    world.restore_in(&spelled, &blob).await.unwrap();
    let stranger = World::in_memory();
    assert_fails!(stranger.restore_in(&world.vault, &blob).await, EngineError::BadBackup(BadBackup::NotAuthentic));
    assert!(stranger.records("").await.is_empty());
}

#[tokio::test]
async fn refuses_every_altered_cut_or_longer_backup() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.set("a", "2").await;
    let mut blob = world.backup("a").await;
    let other = vault("other");
    for n in 0..blob.len() {
        for bit in [0x01, 0x80] {
            blob[n] ^= bit;
            let outcome = world.restore_in(&other, &blob).await;
            // Whatever was altered, nothing is said of what the header claims.
            assert_fails!(outcome, EngineError::BadBackup(BadBackup::NotBackup | BadBackup::NotAuthentic));
            blob[n] ^= bit;
        }
        assert_fails!(world.restore_in(&other, &blob[..n]).await, EngineError::BadBackup(_));
    }
    blob.push(0);
    assert_fails!(world.restore_in(&other, &blob).await, EngineError::BadBackup(BadBackup::NotAuthentic));
    blob.pop();
    world.restore_in(&other, &blob).await.unwrap();
}

/// The sealed key of one backup does not open the body of another.
#[tokio::test]
async fn refuses_parts_of_two_backups() {
    let world = World::in_memory();
    world.set("a", "1").await;
    let (first, second) = (world.backup("a").await, world.backup("a").await);
    assert_eq!(first.len(), second.len());
    let body = first.len() - 60;
    let mixed = [&first[..body], &second[body..]].concat();
    assert_fails!(world.restore_in(&vault("other"), &mixed).await, EngineError::BadBackup(BadBackup::NotAuthentic));
}

#[tokio::test]
async fn survives_the_vault_that_it_was_made_in() {
    let world = World::in_memory();
    world.call(set("a", "1")).await.unwrap();
    let blob = world.backup("a").await;
    for entry in world.records("e/").await {
        let batch = portcullis_store::Batch::builder().delete(entry.key).build().unwrap();
        world.store.commit(batch).await.unwrap();
    }
    let later = world.again(Arc::clone(&world.store));
    later.restore_in(&vault("other"), &blob).await.unwrap();
}
