//! What the service does with keys by itself: once, whoever does it and whatever fails.

use std::sync::Arc;

use portcullis_engine::{EngineError, Notice};
use portcullis_model::keys::{KeyCall, KeyChanges};
use portcullis_model::{AttributeChanges, RotationPolicy};

use crate::crash::die_everywhere;
use crate::harness::{DAY, START, World, assert_fails, over_each_store};
use crate::key_calls::{create_expiring, latest, name, rotate_after, told};
use crate::stores::{Last, Mortal};

over_each_store![
    a_key_is_rotated_at_its_time_and_once,
    a_notice_is_given_at_its_time_and_once,
    many_due_keys_are_done_in_portions,
    a_deleted_key_is_left_alone,
    a_key_is_in_the_row_once_whatever_its_times_become,
];

fn rotated(text: &str) -> (String, Notice) {
    (text.to_owned(), Notice::Rotated)
}

/// What was told until nothing more is due.
async fn all_due(world: &World) -> Vec<(String, Notice)> {
    let mut all = Vec::new();
    loop {
        let (told, done) = world.attend_due().await;
        all.extend(told);
        if !done.unwrap() {
            return all;
        }
    }
}

async fn a_key_is_rotated_at_its_time_and_once(world: World) {
    world.make_key("k").await;
    world.key_call(rotate_after("k", 30)).await.unwrap();
    world.clock.advance(30 * DAY - 1);
    assert_eq!(all_due(&world).await, []);
    world.clock.advance(1);
    assert_eq!(all_due(&world).await, [rotated("k")]);
    assert_eq!(all_due(&world).await, []);
    assert_eq!(world.key_versions("k").await.len(), 2);
    assert_eq!(world.again(Arc::clone(&world.store)).attend_due().await.0, []);
    world.clock.advance(30 * DAY);
    assert_eq!(all_due(&world).await, [rotated("k")]);
    world.works(&latest("k")).await.unwrap();
}

async fn a_notice_is_given_at_its_time_and_once(world: World) {
    told(world.key_call(create_expiring("k", START.plus(60 * DAY))).await);
    world.clock.advance(30 * DAY - 1);
    assert_eq!(all_due(&world).await, []);
    world.clock.advance(1);
    assert_eq!(all_due(&world).await, [("k".to_owned(), Notice::NearExpiry)]);
    // A change of the version does not make it news.
    let attributes = AttributeChanges { exp: Some(START.plus(50 * DAY)), ..AttributeChanges::default() };
    let changes = KeyChanges { attributes, ..KeyChanges::default() };
    world.key_call(KeyCall::Update { key: latest("k"), changes }).await.unwrap();
    assert_eq!(all_due(&world).await, []);
    assert_eq!(world.key_versions("k").await.len(), 1);
}

async fn many_due_keys_are_done_in_portions(world: World) {
    for at in 0..40 {
        let text = format!("k{at}");
        world.make_key(&text).await;
        world.key_call(rotate_after(&text, 30)).await.unwrap();
    }
    world.clock.advance(31 * DAY);
    let (first, more) = world.attend_due().await;
    assert!(more.unwrap() && first.len() < 40, "{} at once", first.len());
    assert_eq!(first.len() + all_due(&world).await.len(), 40);
    assert_eq!(all_due(&world).await, []);
}

async fn a_deleted_key_is_left_alone(world: World) {
    for text in ["recovered", "purged"] {
        world.make_key(text).await;
        world.key_call(rotate_after(text, 30)).await.unwrap();
        world.key_call(KeyCall::Delete { name: name(text) }).await.unwrap();
    }
    world.clock.advance(31 * DAY);
    assert_eq!(all_due(&world).await, []);
    world.key_call(KeyCall::Recover { name: name("recovered") }).await.unwrap();
    world.key_call(KeyCall::Purge { name: name("purged") }).await.unwrap();
    world.make_key("purged").await;
    assert_eq!(all_due(&world).await, [rotated("recovered")]);
    world.clock.advance(31 * DAY);
    assert_eq!(all_due(&world).await, [rotated("recovered")], "a new life has no policy");
}

#[tokio::test]
async fn an_emptied_policy_ends_it() {
    let world = World::in_memory();
    world.make_key("k").await;
    world.key_call(rotate_after("k", 30)).await.unwrap();
    let policy = RotationPolicy::default();
    world.key_call(KeyCall::RotationPolicySet { name: name("k"), policy }).await.unwrap();
    world.clock.advance(100 * DAY);
    assert_eq!(all_due(&world).await, []);
}

#[tokio::test]
async fn a_policy_against_the_rules_is_not_kept() {
    let world = World::in_memory();
    world.make_key("k").await;
    assert_fails!(world.key_call(rotate_after("k", 6)).await, EngineError::BadKey { .. });
    world.clock.advance(100 * DAY);
    assert_eq!(all_due(&world).await, []);
}

/// The vault may be gone for a while, as when its configuration is: what is due waits.
#[tokio::test]
async fn a_key_of_a_vault_that_is_not_there_waits_an_hour() {
    let world = World::in_memory();
    world.make_key("k").await;
    world.key_call(rotate_after("k", 30)).await.unwrap();
    world.clock.advance(31 * DAY);
    let now = portcullis_model::Clock::now(&*world.clock);
    world.engine.attend_due(now, |_| None, |_| panic!("nothing is done")).await.unwrap();
    assert_eq!(all_due(&world).await, []);
    world.clock.advance(3600);
    assert_eq!(all_due(&world).await, [rotated("k")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_at_once_do_each_thing_once() {
    let world = Arc::new(World::in_memory());
    for at in 0..8 {
        let text = format!("k{at}");
        world.make_key(&text).await;
        world.key_call(rotate_after(&text, 30)).await.unwrap();
        told(world.key_call(create_expiring(&format!("e{at}"), START.plus(60 * DAY))).await);
    }
    world.clock.advance(31 * DAY);
    let others: Vec<_> = (0..4)
        .map(|_| {
            let other = world.again(Arc::clone(&world.store));
            tokio::spawn(async move { all_due(&other).await })
        })
        .collect();
    let mut said = Vec::new();
    for other in others {
        said.extend(other.await.unwrap());
    }
    said.sort_by(|a, b| a.0.cmp(&b.0));
    let mut expected: Vec<_> = (0..8).map(|at| (format!("e{at}"), Notice::NearExpiry)).collect();
    expected.extend((0..8).map(|at| rotated(&format!("k{at}"))));
    assert_eq!(said, expected);
    assert_eq!(all_due(&world).await, []);
    for at in 0..8 {
        assert_eq!(world.key_versions(&format!("k{at}")).await.len(), 2);
    }
}

#[tokio::test]
async fn a_rotation_converges() {
    die_everywhere(
        async |world| {
            told(world.key_call(crate::key_calls::create("k")).await);
            world.key_call(rotate_after("k", 30)).await.unwrap();
            world.clock.advance(31 * DAY);
        },
        async |world| world.attend_due().await.1.map(|_| ()),
        async |world| {
            all_due(world).await;
            assert_eq!(world.key_versions("k").await.len(), 2);
            world.works(&latest("k")).await.unwrap();
        },
    )
    .await;
}

/// A store that failed after a rotation once swallowed the news of it, and of all those before it in the same portion.
#[tokio::test]
async fn what_was_done_before_a_failure_is_told() {
    let world = World::in_memory();
    for text in ["a", "b", "c"] {
        world.make_key(text).await;
        world.key_call(rotate_after(text, 30)).await.unwrap();
    }
    world.clock.advance(31 * DAY);
    let mut all = Vec::new();
    for commits in 1..4 {
        let dying = world.again(Arc::new(Mortal::dying_after(&world.store, commits, Last::Lost)));
        let (said, failed) = dying.attend_due().await;
        assert!(failed.is_err() || commits > 2);
        assert!(!said.is_empty() || commits > 2, "after {commits} commits");
        all.extend(said);
    }
    all.extend(all_due(&world).await);
    all.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(all, [rotated("a"), rotated("b"), rotated("c")]);
    for text in ["a", "b", "c"] {
        assert_eq!(world.key_versions(text).await.len(), 2);
    }
}

/// Each change of the expiry left an entry behind until that time came.
async fn a_key_is_in_the_row_once_whatever_its_times_become(world: World) {
    told(world.key_call(create_expiring("k", START.plus(60 * DAY))).await);
    for days in 100..120 {
        let attributes = AttributeChanges { exp: Some(START.plus(days * DAY)), ..AttributeChanges::default() };
        let changes = KeyChanges { attributes, ..KeyChanges::default() };
        world.key_call(KeyCall::Update { key: latest("k"), changes }).await.unwrap();
    }
    assert_eq!(world.store.scan(b"e/t/", None, 100).await.unwrap().len(), 1);
    world.key_call(KeyCall::Delete { name: name("k") }).await.unwrap();
    assert_eq!(world.store.scan(b"e/t/", None, 100).await.unwrap().len(), 0);
    world.key_call(KeyCall::Recover { name: name("k") }).await.unwrap();
    assert_eq!(world.store.scan(b"e/t/", None, 100).await.unwrap().len(), 1);
}
