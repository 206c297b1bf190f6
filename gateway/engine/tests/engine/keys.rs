//! Keys over each store: versions, lifecycle, backup, use.

use std::sync::Arc;

use portcullis_engine::{BadBackup, BadKey, EngineError, KeyUnusable};
use portcullis_model::keys::{KeyCall, KeyChanges, KeyChoice, KeyOutcome, KeyProperties, PrivateBytes, PrivateJwk};
use portcullis_model::secrets::SecretCall;
use portcullis_model::{
    AttributeChanges, Curve, KeyOperation, KeyOperations, KeySpec, OctSize, Page, ReleasePolicy, RsaSize,
    SubscriptionId, UnixTime,
};
use zeroize::Zeroizing;

use crate::harness::{DAY, START, World, assert_fails, over_each_store, tags, vault, vault_with};
use crate::key_calls::{create, latest, name, public, sign, told};

over_each_store![
    every_kind_of_key_is_kept_and_told_again,
    each_version_is_another_key_and_stays_usable,
    changes_are_of_one_version,
    a_deleted_key_rests_until_it_is_recovered_or_purged,
    a_backup_brings_every_version_back_in_another_vault,
    keys_and_secrets_of_one_name_are_apart,
    a_backup_is_of_its_kind_and_its_subscription,
    many_versions_are_listed_and_restored,
    writers_at_once_lose_no_version,
];

async fn every_kind_of_key_is_kept_and_told_again(world: World) {
    let curves = Curve::ALL.iter().map(|curve| KeySpec::Ec(*curve));
    let sizes = OctSize::ALL.iter().map(|size| KeySpec::Oct(*size));
    for (at, spec) in curves.chain(sizes).chain([KeySpec::Rsa(RsaSize::Rsa2048)]).enumerate() {
        let text = format!("k{at}");
        let properties = KeyProperties { tags: tags([("kind", "any")]), ..KeyProperties::default() };
        let made = told(world.key_call(KeyCall::Create { name: name(&text), spec, properties }).await);
        // Another engine knows nothing but what is kept.
        let read = world.again(Arc::clone(&world.store)).key(&text).await.unwrap();
        assert_eq!(format!("{made:?}"), format!("{read:?}"), "{spec:?}");
        assert_eq!(read.operations, KeyOperations::defaults(spec.key_type()));
        assert!(!read.managed);
    }
}

async fn each_version_is_another_key_and_stays_usable(world: World) {
    let first = world.make_key("Key").await;
    world.clock.advance(10);
    let second = world.make_key("key").await;
    assert_ne!(public(&first), public(&second));
    assert_eq!(second.name.as_str(), "Key", "the first spelling stays");
    assert_eq!(world.works(&latest("key")).await.unwrap(), second.version);
    let old = KeyChoice { name: name("key"), version: Some(first.version.clone()) };
    assert_eq!(world.works(&old).await.unwrap(), first.version);
    let rotated = told(world.key_call(KeyCall::Rotate { name: name("key") }).await);
    assert_ne!(public(&second), public(&rotated));
    assert_eq!((rotated.operations, &rotated.tags), (second.operations, &second.tags));
    assert_eq!(world.key_versions("key").await.len(), 3);
    assert_fails!(world.key_call(KeyCall::Rotate { name: name("none") }).await, EngineError::NotFound { .. });
}

async fn changes_are_of_one_version(world: World) {
    let first = world.make_key("k").await;
    world.make_key("k").await;
    let old = || KeyChoice { name: name("k"), version: Some(first.version.clone()) };
    let changes = KeyChanges {
        operations: Some(KeyOperations::of(&[KeyOperation::Verify])),
        attributes: AttributeChanges { exp: Some(UnixTime(START.0 + DAY)), ..AttributeChanges::default() },
        ..KeyChanges::default()
    };
    let changed = told(world.key_call(KeyCall::Update { key: old(), changes }).await);
    assert_eq!(public(&changed), public(&first));
    assert_fails!(
        world.key_call(sign(old())).await,
        EngineError::KeyUnusable { why: KeyUnusable::OperationNotPermitted { .. } }
    );
    world.works(&latest("k")).await.unwrap();

    let disable = AttributeChanges { enabled: Some(false), ..AttributeChanges::default() };
    let changes = KeyChanges { attributes: disable, ..KeyChanges::default() };
    told(world.key_call(KeyCall::Update { key: latest("k"), changes }).await);
    let disabled = world.key_call(sign(latest("k"))).await;
    assert_fails!(disabled, EngineError::KeyUnusable { why: KeyUnusable::Disabled { .. } });

    let policy = ReleasePolicy { content_type: "application/json".to_owned(), data: vec![1], immutable: false };
    let changes = KeyChanges { release_policy: Some(policy), ..KeyChanges::default() };
    let refused = world.key_call(KeyCall::Update { key: latest("k"), changes }).await;
    assert_fails!(refused, EngineError::BadKey { why: BadKey::PolicyWithoutExportable });
    let encrypt = KeyChanges { operations: Some(KeyOperations::of(&[KeyOperation::Encrypt])), ..KeyChanges::default() };
    let refused = world.key_call(KeyCall::Update { key: latest("k"), changes: encrypt }).await;
    assert_fails!(refused, EngineError::BadKey { why: BadKey::OperationsOfOtherType });
}

async fn a_deleted_key_rests_until_it_is_recovered_or_purged(world: World) {
    let made = world.make_key("k").await;
    world.key_call(KeyCall::Delete { name: name("k") }).await.unwrap();
    assert_fails!(world.key_call(sign(latest("k"))).await, EngineError::NotFound { .. });
    assert_fails!(world.key_call(create("k")).await, EngineError::DeletedButRecoverable { .. });
    world.assert_whole().await;
    assert_eq!(public(&told(world.key_call(KeyCall::Recover { name: name("k") }).await)), public(&made));
    world.works(&latest("k")).await.unwrap();

    world.key_call(KeyCall::Delete { name: name("k") }).await.unwrap();
    world.clock.advance(90 * DAY);
    assert_eq!(world.run_due().await.purged, 1);
    world.assert_whole().await;
    assert!(world.records("e/v/").await.is_empty(), "the material is gone");
    let page = Page { limit: 25, after: None };
    let KeyOutcome::DeletedList(listed) = world.key_call(KeyCall::ListDeleted { page }).await.unwrap() else {
        panic!("another outcome")
    };
    assert!(listed.items.is_empty());
    let new = world.make_key("k").await;
    assert_ne!(public(&new), public(&made));
    assert_eq!(world.works(&latest("k")).await.unwrap(), new.version, "no key kept ready outlives its life");
}

async fn a_backup_brings_every_version_back_in_another_vault(world: World) {
    let first = world.make_key("Key").await;
    world.clock.advance(5);
    let second = world.make_key("key").await;
    let blob = world.key_backup("key").await;
    assert_fails!(world.key_call(KeyCall::Restore { blob: blob.clone() }).await, EngineError::AlreadyExists { .. });

    let other = vault("other");
    let restored = told(world.key_call_in(&other, KeyCall::Restore { blob: blob.clone() }).await);
    assert_eq!((restored.name.as_str(), &restored.version), ("Key", &second.version));
    let there = World { vault: other, ..world.again(Arc::clone(&world.store)) };
    assert_eq!(public(&there.key("key").await.unwrap()), public(&second));
    let old = KeyChoice { name: name("key"), version: Some(first.version.clone()) };
    assert_eq!(there.works(&old).await.unwrap(), first.version);
    // What one signs the other verifies: it is the same key.
    let KeyOutcome::Result(signed) = world.key_call(sign(latest("key"))).await.unwrap() else { panic!() };
    let verify = KeyCall::Verify {
        key: latest("key"),
        algorithm: portcullis_model::SignatureAlgorithm::Es256,
        digest: vec![7; 32],
        signature: signed.value.expose().to_vec(),
    };
    assert!(matches!(there.key_call(verify).await.unwrap(), KeyOutcome::Verified { valid: true, .. }));

    for cut in [0, 1, blob.len() / 2, blob.len() - 1] {
        let refused = there.key_call(KeyCall::Restore { blob: blob[..cut].to_vec() }).await;
        assert_fails!(refused, EngineError::BadBackup(_));
    }
}

async fn keys_and_secrets_of_one_name_are_apart(world: World) {
    let key = world.make_key("same").await;
    world.set("same", "value").await;
    world.delete("same").await;
    assert_eq!(public(&world.key("same").await.unwrap()), public(&key));
    world.purge("same").await.unwrap();
    world.works(&latest("same")).await.unwrap();
    world.key_call(KeyCall::Delete { name: name("same") }).await.unwrap();
    world.set("same", "again").await;
    assert_eq!(world.get("same").await.unwrap(), "again");
    world.assert_whole().await;
}

async fn a_backup_is_of_its_kind_and_its_subscription(world: World) {
    world.make_key("k").await;
    world.set("s", "value").await;
    let (key, secret) = (world.key_backup("k").await, world.backup("s").await);
    let other = vault("other");
    let refused = world.call_in(&other, SecretCall::Restore { blob: key.clone() }).await;
    assert_fails!(refused, EngineError::BadBackup(_));
    let refused = world.key_call_in(&other, KeyCall::Restore { blob: secret }).await;
    assert_fails!(refused, EngineError::BadBackup(_));
    let foreign = vault_with("foreign", |vault| vault.path.subscription = SubscriptionId::random());
    let refused = world.key_call_in(&foreign, KeyCall::Restore { blob: key }).await;
    assert_fails!(refused, EngineError::BadBackup(BadBackup::OtherSubscription));
}

async fn many_versions_are_listed_and_restored(world: World) {
    for _ in 0..60 {
        world.make_key("k").await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = Page { limit: 25, after };
        let outcome = world.key_call(KeyCall::ListVersions { name: name("k"), page }).await.unwrap();
        let KeyOutcome::Versions(listed) = outcome else { panic!("another outcome") };
        seen.extend(listed.items.into_iter().map(|item| item.version.as_str().to_owned()));
        after = listed.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 60);
    let blob = world.key_backup("k").await;
    let other = vault("other");
    told(world.key_call_in(&other, KeyCall::Restore { blob }).await);
    let there = World { vault: other, ..world.again(Arc::clone(&world.store)) };
    there.works(&latest("k")).await.unwrap();
    there.assert_whole().await;
}

async fn writers_at_once_lose_no_version(world: World) {
    world.make_key("k").await;
    let world = Arc::new(world);
    let writers: Vec<_> = (0..8)
        .map(|at| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let call = if at % 2 == 0 { create("k") } else { KeyCall::Rotate { name: name("k") } };
                told(world.key_call(call).await).version
            })
        })
        .collect();
    for writer in writers {
        let version = writer.await.unwrap();
        world.works(&KeyChoice { name: name("k"), version: Some(version) }).await.unwrap();
    }
    assert_eq!(world.key_versions("k").await.len(), 9);
}

#[tokio::test]
async fn the_private_side_of_an_imported_key_is_in_no_record_and_no_text() {
    let world = World::in_memory();
    let canary = *b"canary-canary-canary-canary-32by";
    let key = PrivateJwk::Oct { k: PrivateBytes::new(Zeroizing::new(canary.to_vec())) };
    let import = KeyCall::Import { name: name("k"), key, properties: KeyProperties::default() };
    let mut said = format!("{import:?}").into_bytes();
    let outcome = world.key_call(import).await;
    said.extend(format!("{outcome:?} {world:?}").into_bytes());
    said.extend(world.key_backup("k").await);
    for entry in world.records("").await {
        said.extend(entry.record.bytes);
    }
    assert!(!said.windows(6).any(|window| window == b"canary"));
}
