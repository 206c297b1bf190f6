//! The store dies between any two commits of an operation, and another engine starts.

use std::sync::Arc;

use portcullis_engine::EngineError;
use portcullis_model::secrets::{SecretCall, SecretOutcome};
use portcullis_model::{Listed, Page};
use portcullis_store::{MemoryStore, Store};

use crate::harness::{DAY, World, set, vault};
use crate::stores::{Last, Mortal};

/// Does something over a store that dies after each number of commits in turn, until it lives long enough. After each
/// death another engine does the background work, and the check is made.
pub(crate) async fn die_everywhere(
    prepare: impl AsyncFn(&World),
    operation: impl AsyncFn(&World) -> Result<(), EngineError>,
    check: impl AsyncFn(&World),
) -> usize {
    for commits in 0.. {
        let mut survived = false;
        for last in [Last::Lost, Last::CarriedOut] {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let before = World::over(Arc::clone(&store));
            prepare(&before).await;
            let dying = before.again(Arc::new(Mortal::dying_after(&store, commits, last)));
            survived |= operation(&dying).await.is_ok() && dying.store.get(b"alive").await.is_ok();
            let after = dying.again(store);
            after.assert_whole().await;
            // Longer than a restore may take, less than a deleted secret is kept.
            after.clock.advance(2 * 3600);
            after.run_due().await;
            after.assert_whole().await;
            assert!(after.records("e/g/").await.is_empty(), "garbage was left");
            check(&after).await;
        }
        if survived {
            return commits;
        }
    }
    unreachable!("the operation ends")
}

async fn with_versions(world: &World, count: usize) {
    for n in 0..count {
        world.set("a", &n.to_string()).await;
    }
}

async fn versions_of(world: &World) -> usize {
    world.records("e/v/").await.len()
}

#[tokio::test]
async fn a_purge_converges() {
    let deaths = die_everywhere(
        async |world| {
            with_versions(world, 100).await;
            world.delete("a").await;
        },
        async |world| world.purge("a").await.map(|_| ()),
        async |world| {
            let known = world.call(SecretCall::GetDeleted { name: "a".parse().unwrap() }).await;
            match known {
                Ok(_) => {
                    assert_eq!(versions_of(world).await, 100);
                    world.recover("a").await.unwrap();
                    assert_eq!(world.get("a").await.unwrap(), "99");
                }
                Err(EngineError::DeletedNotFound { .. }) => {
                    assert_eq!(versions_of(world).await, 0);
                    world.set("a", "new").await;
                    assert_eq!(world.versions("a").await.len(), 1);
                }
                other => panic!("{other:?}"),
            }
        },
    )
    .await;
    assert!(deaths > 3, "the versions are collected in several commits");
}

#[tokio::test]
async fn a_restore_converges() {
    let source = World::in_memory();
    with_versions(&source, 200).await;
    let blob = source.backup("a").await;
    let deaths = die_everywhere(
        async |world| drop(world.call(set("other", "1")).await.unwrap()),
        async |world| {
            // The installation is the source's, so that the backup opens.
            let store = Arc::clone(&world.store);
            let world = World { vault: world.vault.clone(), ..source.again(store) };
            let vault = vault("target");
            world.restore_in(&vault, &blob).await.map(|_| ())
        },
        async |world| {
            let count = versions_of(world).await;
            assert!(count == 1 || count == 201, "{count} versions");
            assert_eq!(world.records("e/h/").await.len(), if count == 1 { 1 } else { 2 });
        },
    )
    .await;
    assert!(deaths > 3, "the versions are written in several commits");
}

#[tokio::test]
async fn changes_happen_wholly_or_not_at_all() {
    let name = || "a".parse().unwrap();
    let calls: [fn(portcullis_model::ObjectName) -> SecretCall; 3] = [
        |_| set("a", "new"),
        |name| SecretCall::Delete { name },
        |name| SecretCall::Update {
            name,
            version: None,
            content_type: Some("new".parse().unwrap()),
            attributes: portcullis_model::AttributeChanges::default(),
            tags: None,
        },
    ];
    for call in calls {
        let deaths = die_everywhere(
            async |world| with_versions(world, 2).await,
            async |world| world.call(call(name())).await.map(|_| ()),
            async |world| {
                let page = Page { limit: 25, after: None };
                match world.call(SecretCall::ListDeleted { page }).await {
                    Ok(SecretOutcome::DeletedList(Listed { items, .. })) if items.len() == 1 => {
                        world.recover("a").await.unwrap();
                    }
                    Ok(_) => {}
                    other => panic!("{other:?}"),
                }
                let count = world.versions("a").await.len();
                let expected = if count == 3 { "new" } else { "1" };
                assert_eq!(world.get("a").await.unwrap(), expected);
            },
        )
        .await;
        assert_eq!(deaths, 1, "one commit does it");
    }
}

#[tokio::test]
async fn a_scheduled_purge_converges() {
    die_everywhere(
        async |world| {
            with_versions(world, 70).await;
            world.delete("a").await;
            world.clock.advance(90 * DAY);
        },
        async |world| {
            let now = portcullis_model::Clock::now(&*world.clock);
            world.engine.run_due(now).await.map(|_| ())
        },
        async |world| assert!(world.records("e/").await.iter().all(|entry| entry.key.starts_with(b"e/k/"))),
    )
    .await;
}

#[tokio::test]
async fn a_restore_has_an_hour_before_it_is_collected() {
    let world = World::in_memory();
    with_versions(&world, 200).await;
    let blob = world.backup("a").await;
    let slow = Arc::new(world.again(Arc::new(Mortal::dying_after(&world.store, 2, Last::Lost))));
    let target = vault("target");
    slow.restore_in(&target, &blob).await.unwrap_err();
    assert_eq!(world.records("e/g/").await.len(), 1);
    world.clock.advance(3599);
    world.run_due().await;
    assert_eq!(world.records("e/g/").await.len(), 1, "a restore has an hour");
    world.clock.advance(1);
    assert!(world.run_due().await.collected > 0);
    assert!(world.records("e/g/").await.is_empty());
    assert_eq!(versions_of(&world).await, 200);
    world.restore_in(&target, &blob).await.unwrap();
}
