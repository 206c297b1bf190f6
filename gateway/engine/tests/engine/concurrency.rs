//! Many at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_engine::EngineError;
use portcullis_model::AttributeChanges;
use portcullis_model::secrets::{SecretCall, SecretOutcome};
use portcullis_model::{Listed, Page};
use tokio::task::JoinSet;

use crate::harness::{World, bundle, get, list, over_each_store, set, value, vault};

over_each_store![
    no_concurrent_set_is_lost,
    readers_see_whole_states_while_writers_write,
    one_of_many_deletes_and_recovers_wins,
    many_first_uses_of_a_vault_share_its_key,
];

async fn no_concurrent_set_is_lost(world: World) {
    let world = Arc::new(world);
    let mut tasks = JoinSet::new();
    for n in 0..32 {
        let world = Arc::clone(&world);
        tasks.spawn(async move { (world.set("a", &n.to_string()).await.version, n.to_string()) });
    }
    let made: Vec<_> = tasks.join_all().await;
    let current = bundle(world.call(get("a")).await);
    assert_eq!(made.iter().filter(|(version, _)| *version == current.version).count(), 1);
    for (version, expected) in &made {
        assert_eq!(world.get_version("a", version).await.unwrap(), *expected);
    }
    assert_eq!(made.iter().map(|(version, _)| version).collect::<HashSet<_>>().len(), 32);
    assert_eq!(world.records("e/v/").await.len(), 32);
    world.assert_whole().await;
}

async fn readers_see_whole_states_while_writers_write(world: World) {
    let world = Arc::new(world);
    let first = world.set("a", "0").await.version;
    let done = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for n in 0..3 {
        let (world, done, first) = (Arc::clone(&world), Arc::clone(&done), first.clone());
        readers.spawn(async move {
            let mut last = 0;
            while !done.load(Ordering::SeqCst) {
                match n {
                    0 => {
                        let read: u32 = world.get("a").await.unwrap().parse().unwrap();
                        assert!(read >= last, "a later read told an earlier state");
                        last = read;
                    }
                    1 => assert_eq!(world.get_version("a", &first).await.unwrap(), "0"),
                    _ => {
                        let page = Page { limit: 25, after: None };
                        let call = SecretCall::ListVersions { name: "a".parse().unwrap(), page };
                        let SecretOutcome::Versions(Listed { items, .. }) = world.call(call).await.unwrap() else {
                            panic!()
                        };
                        assert!(items.iter().any(|item| item.value.is_none()));
                    }
                }
                tokio::task::yield_now().await;
            }
        });
    }
    for n in 1..60 {
        world.set("a", &n.to_string()).await;
        let call = SecretCall::Update {
            name: "a".parse().unwrap(),
            version: Some(first.clone()),
            content_type: Some(n.to_string().parse().unwrap()),
            attributes: AttributeChanges::default(),
            tags: None,
        };
        world.call(call).await.unwrap();
        if n % 20 == 0 {
            world.backup("a").await;
        }
    }
    done.store(true, Ordering::SeqCst);
    readers.join_all().await;
}

async fn one_of_many_deletes_and_recovers_wins(world: World) {
    let world = Arc::new(world);
    world.set("a", "1").await;
    for turn in 0..4 {
        let mut tasks = JoinSet::new();
        for _ in 0..8 {
            let world = Arc::clone(&world);
            let name = "a".parse().unwrap();
            let call = if turn % 2 == 0 { SecretCall::Delete { name } } else { SecretCall::Recover { name } };
            tasks.spawn(async move { world.call(call).await });
        }
        let outcomes = tasks.join_all().await;
        let lost = |outcome: &Result<_, EngineError>| {
            matches!(outcome, Err(EngineError::NotFound { .. } | EngineError::DeletedNotFound { .. }))
        };
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| lost(outcome)).count(), 7);
        world.assert_whole().await;
    }
    assert_eq!(world.get("a").await.unwrap(), "1");
}

async fn many_first_uses_of_a_vault_share_its_key(world: World) {
    // Engines of their own, as of several processes.
    let worlds: Vec<_> = (0..4).map(|_| Arc::new(world.again(Arc::clone(&world.store)))).collect();
    let vault = vault("fresh");
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let (world, vault) = (Arc::clone(&worlds[n % 4]), vault.clone());
        tasks.spawn(async move {
            world.call_in(&vault, list(25, None)).await.unwrap();
            world.call_in(&vault, set(&format!("a{n}"), &n.to_string())).await.unwrap();
        });
    }
    tasks.join_all().await;
    assert_eq!(world.records("e/k/").await.len(), 1);
    for n in 0..16 {
        let got = bundle(worlds[0].call_in(&vault, get(&format!("a{n}"))).await);
        assert_eq!(value(&got), n.to_string());
    }
}

/// Purges and sets of one name run into each other; no version outlives its secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_on_one_name_leaves_a_whole_state() {
    let world = Arc::new(World::in_memory());
    world.set("seed", "1").await;
    let blob = {
        world.set("a", "restored").await;
        world.backup("a").await
    };
    let mut tasks = JoinSet::new();
    for n in 0..6_u32 {
        let (world, blob) = (Arc::clone(&world), blob.clone());
        tasks.spawn(async move {
            for turn in 0..60_u32 {
                let name = "a".parse().unwrap();
                let call = match (n * 7 + turn * 5) % 6 {
                    0 | 1 => set("a", "set"),
                    2 => SecretCall::Delete { name },
                    3 => SecretCall::Recover { name },
                    4 => SecretCall::Purge { name },
                    _ => SecretCall::Restore { blob: blob.clone() },
                };
                let outcome = world.call(call).await;
                let worse = matches!(
                    outcome,
                    Err(EngineError::Tampered { .. } | EngineError::Corrupt { .. } | EngineError::Store(_))
                );
                assert!(!worse, "a race was taken for something worse: {outcome:?}");
            }
        });
    }
    tasks.join_all().await;
    world.assert_whole().await;
    world.clock.advance(3600);
    world.run_due().await;
    assert!(world.records("e/g/").await.is_empty());
    world.assert_whole().await;
}
