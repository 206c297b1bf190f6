//! Others act just before a commit, after all that it rests on was read.

use std::sync::Arc;

use portcullis_engine::EngineError;
use portcullis_model::secrets::SecretCall;
use portcullis_model::{AttributeChanges, Clock, ContentType, ObjectVersion};

use crate::harness::{World, assert_fails, bundle, set, tags, vault};
use crate::stores::{Interrupted, Last, Mortal};

fn update(version: Option<&ObjectVersion>, content_type: Option<&str>, tag: Option<&str>) -> SecretCall {
    SecretCall::Update {
        name: "a".parse().unwrap(),
        version: version.cloned(),
        content_type: content_type.map(|text| text.parse().unwrap()),
        attributes: AttributeChanges::default(),
        tags: tag.map(|tag| tags([(tag, "")])),
    }
}

/// A call over a store on which another engine carries out other calls just before the first commit.
async fn interrupted(
    world: &World,
    call: SecretCall,
    others: Vec<SecretCall>,
) -> Result<portcullis_model::secrets::SecretOutcome, EngineError> {
    let other = world.again(Arc::clone(&world.store));
    let store = Interrupted::after(
        &world.store,
        0,
        Box::pin(async move {
            for call in others {
                other.call(call).await.unwrap();
            }
        }),
    );
    let outcome = world.again(store.clone()).call(call).await;
    assert!(store.happened());
    outcome
}

#[tokio::test]
async fn two_changes_of_one_version_are_both_made() {
    let world = World::in_memory();
    let first = world.set("a", "1").await.version;
    for superseded in [false, true] {
        if superseded {
            world.set("a", "2").await;
        }
        let others = vec![update(Some(&first), None, Some("theirs"))];
        interrupted(&world, update(Some(&first), Some("mine"), None), others).await.unwrap();
        let read = bundle(
            world
                .call(SecretCall::Get { name: "a".parse().unwrap(), version: Some(first.clone()), convert: None })
                .await,
        );
        assert_eq!(read.content_type.as_ref().map(ContentType::as_str), Some("mine"));
        assert_eq!(read.tags, tags([("theirs", "")]));
        world.call(update(Some(&first), Some(""), Some("neither"))).await.unwrap();
    }
}

#[tokio::test]
async fn a_version_superseded_meanwhile_is_changed_all_the_same() {
    let world = World::in_memory();
    let first = world.set("a", "1").await.version;
    interrupted(&world, update(Some(&first), Some("mine"), None), vec![set("a", "2")]).await.unwrap();
    assert_eq!(world.get("a").await.unwrap(), "2");
    assert_eq!(world.get_version("a", &first).await.unwrap(), "1");
    // Without a version, it is the latest at the time of the commit.
    interrupted(&world, update(None, None, Some("t")), vec![set("a", "3")]).await.unwrap();
    let latest = bundle(world.call(crate::harness::get("a")).await);
    assert_eq!(latest.tags, tags([("t", "")]));
}

#[tokio::test]
async fn nothing_is_changed_of_what_was_deleted_or_purged_meanwhile() {
    let name = || "a".parse().unwrap();
    for purged in [false, true] {
        for call in ["old", "latest", "set", "delete"] {
            let world = World::in_memory();
            let first = world.set("a", "1").await.version;
            world.set("a", "2").await;
            let mut others = vec![SecretCall::Delete { name: name() }];
            if purged {
                others.push(SecretCall::Purge { name: name() });
            }
            let outcome = match call {
                "old" => interrupted(&world, update(Some(&first), Some("t"), None), others).await,
                "latest" => interrupted(&world, update(None, Some("t"), None), others).await,
                "set" => interrupted(&world, set("a", "3"), others).await,
                _ => interrupted(&world, SecretCall::Delete { name: name() }, others).await,
            };
            match call {
                "set" if purged => {
                    outcome.unwrap();
                    assert_eq!(world.versions("a").await.len(), 1);
                }
                "set" => assert_fails!(outcome, EngineError::DeletedButRecoverable { .. }),
                _ => assert_fails!(outcome, EngineError::NotFound { .. }),
            }
            world.assert_whole().await;
        }
    }
}

#[tokio::test]
async fn what_was_recovered_meanwhile_is_not_purged() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.delete("a").await;
    let name = || "a".parse().unwrap();
    let purge = SecretCall::Purge { name: name() };
    let outcome = interrupted(&world, purge, vec![SecretCall::Recover { name: name() }]).await;
    assert_fails!(outcome, EngineError::DeletedNotFound { .. });
    assert_eq!(world.get("a").await.unwrap(), "1");
}

#[tokio::test]
async fn a_restore_gives_way_to_a_name_that_was_taken_meanwhile() {
    let world = World::in_memory();
    for n in 0..150 {
        world.set("a", &n.to_string()).await;
    }
    let blob = world.backup("a").await;
    world.delete("a").await;
    world.purge("a").await.unwrap();
    let name = || "a".parse().unwrap();
    let restore = || SecretCall::Restore { blob: blob.clone() };
    assert_fails!(interrupted(&world, restore(), vec![set("a", "new")]).await, EngineError::AlreadyExists { .. });
    world.delete("a").await;
    world.purge("a").await.unwrap();
    let others = vec![set("a", "new"), SecretCall::Delete { name: name() }];
    assert_fails!(interrupted(&world, restore(), others).await, EngineError::DeletedButRecoverable { .. });
    assert_eq!(world.records("e/v/").await.len(), 1);
    assert!(world.records("e/g/").await.is_empty());
    world.assert_whole().await;
}

/// The collection may begin when the restore's hour is over, and die at any commit; the restore may go on after that.
/// It shows the whole secret, or nothing, and nothing is left of it.
#[tokio::test]
async fn a_restore_whose_time_is_up_shows_everything_or_nothing() {
    let world = World::in_memory();
    for n in 0..200 {
        world.set("a", &n.to_string()).await;
    }
    let blob = world.backup("a").await;
    let (mut shown, mut refused) = (0, 0);
    // The data key, three parts, and the last part with the head.
    for commits in 0..5 {
        for collected in 0..7 {
            let target = vault("target");
            let collector = world.again(Arc::new(Mortal::dying_after(&world.store, collected, Last::Lost)));
            let interruption = Box::pin(async move {
                collector.clock.advance(3601);
                // Dies, or finishes before.
                let _ = collector.engine.run_due(collector.clock.now()).await;
            });
            let store = Interrupted::after(&world.store, commits, interruption);
            let restoring = world.again(store.clone());
            let outcome = restoring.restore_in(&target, &blob).await;
            assert!(store.happened());
            let there = World { vault: target, ..world.again(Arc::clone(&world.store)) };
            match outcome {
                Ok(_) => {
                    shown += 1;
                    there.backup("a").await;
                    assert_eq!(there.records("e/v/").await.len(), 400);
                    there.delete("a").await;
                    there.purge("a").await.unwrap();
                }
                Err(EngineError::Busy { .. }) => refused += 1,
                other => panic!("{other:?}"),
            }
            world.clock.advance(3601);
            world.run_due().await;
            world.assert_whole().await;
            assert_eq!(world.records("e/v/").await.len(), 200, "versions were left behind");
            assert!(world.records("e/g/").await.is_empty());
        }
    }
    assert!(shown > 0 && refused > 0, "{shown} shown, {refused} refused");
}
