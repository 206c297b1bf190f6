//! Certificates over each store: each is three objects, which change together or not at all.

use std::sync::Arc;

use portcullis_crypto::x509::read_pkcs12;
use portcullis_engine::{CertificateState, EngineError, Notice};
use portcullis_model::certificates::{CertificateCall, CertificateOutcome, PendingStatus};
use portcullis_model::keys::KeyCall;
use portcullis_model::secrets::{SecretCall, SecretOutcome};
use portcullis_model::{Clock as _, Listed, ObjectVersion, Page, UnixTime};

use crate::certificate_calls::{
    begun, create, create_as, delete, enable, issuer, merge, pending, policy, purge, recover, renewing, told,
};
use crate::crash::die_everywhere;
use crate::harness::{DAY, World, assert_fails, over_each_store, vault};
use crate::key_calls::{latest, name};
use crate::stores::Interrupted;

over_each_store![
    the_three_have_their_versions_together,
    the_three_are_disabled_together,
    the_three_are_deleted_recovered_and_purged_together,
    the_three_are_backed_up_and_restored_together,
    a_making_waits_for_its_certificate,
    a_name_is_not_taken_from_a_key_or_a_secret,
    the_authority_of_a_vault_is_its_own,
    the_authority_is_replaced_long_before_its_end,
    a_renewal_changes_the_three,
    writers_at_once_lose_no_version,
];

/// What there is of a name: the versions of the certificate, if all three agree on them and on their state.
pub(crate) async fn three(world: &World, text: &str) -> Vec<ObjectVersion> {
    let sorted = |mut versions: Vec<ObjectVersion>| {
        versions.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        versions
    };
    let certificate = sorted(world.certificate_versions(text).await);
    let keys = sorted(world.key_versions(text).await);
    let secrets = sorted(world.versions(text).await.into_iter().map(|secret| secret.version).collect());
    assert_eq!((&keys, &secrets), (&certificate, &certificate), "the three have other versions");
    if let Ok(bundle) = world.certificate(text).await
        && bundle.made.is_some()
    {
        let key = world.key(text).await.unwrap();
        let SecretOutcome::List(Listed { items, .. }) = world.call(crate::harness::list(25, None)).await.unwrap()
        else {
            panic!("another outcome")
        };
        let secret = items.iter().find(|item| item.name.as_str() == text).unwrap();
        assert_eq!(key.version, bundle.version);
        let enabled = (key.attributes.set.enabled, secret.attributes.set.enabled);
        assert_eq!(enabled, (bundle.attributes.set.enabled, bundle.attributes.set.enabled));
        assert!(key.managed && secret.managed);
    }
    certificate
}

/// Whether the three are deleted; they agree on it and on when they are purged.
pub(crate) async fn deleted(world: &World, text: &str) -> bool {
    let certificate = world.certificate_call(CertificateCall::GetDeleted { name: name(text) }).await;
    let key = world.key_call(KeyCall::GetDeleted { name: name(text) }).await;
    let secret = world.call(SecretCall::GetDeleted { name: name(text) }).await;
    match (certificate, key, secret) {
        (Ok(CertificateOutcome::Deleted(certificate)), Ok(key), Ok(SecretOutcome::Deleted(secret))) => {
            let portcullis_model::keys::KeyOutcome::Deleted(key) = key else { panic!("another outcome") };
            let times = (certificate.deleted, certificate.scheduled_purge);
            assert_eq!(((key.deleted, key.scheduled_purge), (secret.deleted, secret.scheduled_purge)), (times, times));
            true
        }
        (Err(_), Err(_), Err(_)) => false,
        other => panic!("the three disagree: {other:?}"),
    }
}

async fn the_three_have_their_versions_together(world: World) {
    let first = world.make_certificate("c").await;
    world.clock.advance(10);
    let second = world.make_certificate("C").await;
    assert_eq!(three(&world, "c").await.len(), 2);
    let bundle = world.certificate("C").await.unwrap();
    assert_eq!((bundle.name.as_str(), &bundle.version), ("c", &second), "the first spelling stays");
    world.works(&latest("c")).await.unwrap();
    let old = portcullis_model::keys::KeyChoice { name: name("c"), version: Some(first.clone()) };
    assert_eq!(world.works(&old).await.unwrap(), first);
    assert_ne!(world.get("c").await.unwrap(), world.get_version("c", &first).await.unwrap());
    // Another engine knows nothing but what is kept.
    let again = world.again(Arc::clone(&world.store)).certificate("c").await.unwrap();
    assert_eq!(format!("{again:?}"), format!("{bundle:?}"));
    world.assert_whole().await;
}

async fn the_three_are_disabled_together(world: World) {
    let first = world.make_certificate("c").await;
    let second = world.make_certificate("c").await;
    told(world.certificate_call(enable("c", Some(&first), false)).await);
    assert_fails!(world.get_version("c", &first).await, EngineError::Disabled { .. });
    world.get("c").await.unwrap();
    told(world.certificate_call(enable("c", None, false)).await);
    assert_fails!(world.get("c").await, EngineError::Disabled { .. });
    assert_fails!(world.works(&latest("c")).await, EngineError::KeyUnusable { .. });
    three(&world, "c").await;
    told(world.certificate_call(enable("c", Some(&second), true)).await);
    world.works(&latest("c")).await.unwrap();
    // Not alone.
    let disable = SecretCall::Update {
        name: name("c"),
        version: None,
        content_type: None,
        attributes: portcullis_model::AttributeChanges { enabled: Some(false), nbf: None, exp: None },
        tags: None,
    };
    assert_fails!(world.call(disable).await, EngineError::Managed { .. });
    assert_fails!(world.key_call(KeyCall::Rotate { name: name("c") }).await, EngineError::Managed { .. });
    assert_fails!(world.call(SecretCall::Delete { name: name("c") }).await, EngineError::Managed { .. });
    assert_fails!(world.key_call(KeyCall::Delete { name: name("c") }).await, EngineError::Managed { .. });
}

async fn the_three_are_deleted_recovered_and_purged_together(world: World) {
    for _ in 0..3 {
        world.make_certificate("c").await;
    }
    world.certificate_call(delete("c")).await.unwrap();
    assert!(deleted(&world, "c").await);
    assert_eq!(three(&world, "c").await.len(), 0);
    assert_fails!(world.certificate_call(create("c")).await, EngineError::DeletedButRecoverable { .. });
    assert_fails!(world.recover("c").await, EngineError::Managed { .. });
    assert_fails!(world.purge("c").await, EngineError::Managed { .. });
    world.certificate_call(recover("c")).await.unwrap();
    assert!(!deleted(&world, "c").await);
    assert_eq!(three(&world, "c").await.len(), 3);
    world.assert_whole().await;

    world.certificate_call(delete("c")).await.unwrap();
    world.certificate_call(purge("c")).await.unwrap();
    assert!(!deleted(&world, "c").await);
    assert!(world.records("e/v/").await.is_empty());
    world.make_certificate("c").await;
    world.certificate_call(delete("c")).await.unwrap();
    world.clock.advance(91 * DAY);
    assert_eq!(world.run_due().await.purged, 3);
    assert!(!deleted(&world, "c").await);
    assert!(world.records("e/v/").await.is_empty());
}

async fn the_three_are_backed_up_and_restored_together(world: World) {
    for _ in 0..40 {
        world.make_certificate("c").await;
    }
    let before = world.certificate("c").await.unwrap();
    let secret = world.get("c").await.unwrap();
    let blob = world.certificate_backup("c").await;
    let other = World { vault: vault("other"), ..world.again(Arc::clone(&world.store)) };
    let restored = told(other.certificate_call(CertificateCall::Restore { blob: blob.clone() }).await);
    assert_eq!(restored.made, before.made);
    assert_eq!(other.get("c").await.unwrap(), secret);
    other.works(&latest("c")).await.unwrap();
    other.make_certificate("c").await;
    assert_fails!(
        other.certificate_call(CertificateCall::Restore { blob: blob.clone() }).await,
        EngineError::AlreadyExists { .. }
    );
    // Nor as a key or a secret.
    assert_fails!(other.key_call(KeyCall::Restore { blob: blob.clone() }).await, EngineError::BadBackup(_));
    assert_fails!(other.call(SecretCall::Restore { blob }).await, EngineError::BadBackup(_));
    for part in [
        world.key_call(KeyCall::Backup { name: name("c") }).await.is_ok(),
        world.call(SecretCall::Backup { name: name("c") }).await.is_ok(),
    ] {
        assert!(!part, "a part alone is not backed up");
    }
    world.assert_whole().await;
}

async fn a_making_waits_for_its_certificate(world: World) {
    let making = begun(world.certificate_call(create_as("c", policy("Unknown"))).await);
    assert_eq!(making.status, PendingStatus::InProgress);
    let unfinished = world.certificate("c").await.unwrap();
    assert_eq!((unfinished.version, unfinished.made, unfinished.pending), (making.id.clone(), None, true));
    assert!(!unfinished.attributes.set.enabled);
    assert_eq!(three(&world, "c").await.len(), 0);
    // Over a restart.
    let before = world;
    let world = before.again(Arc::clone(&before.store));
    let again = begun(world.certificate_call(create_as("d", policy("Unknown"))).await);
    assert_fails!(
        world.certificate_call(create("c")).await,
        EngineError::CertificateState(CertificateState::InProgress { .. })
    );
    let wrong = world.sign_outside(&again);
    assert_fails!(world.certificate_call(merge("c", wrong)).await, EngineError::BadCertificate { .. });
    let chain = world.sign_outside(&making);
    let merged = told(world.certificate_call(merge("c", chain.clone())).await);
    assert_eq!((&merged.version, &merged.made.unwrap().der), (&making.id, &chain[0]));
    assert_eq!(three(&world, "c").await, [making.id]);
    world.works(&latest("c")).await.unwrap();
    assert_eq!(begun(world.certificate_call(pending("c")).await).status, PendingStatus::Completed);
    assert_fails!(
        world.certificate_call(merge("c", chain)).await,
        EngineError::CertificateState(CertificateState::NoPending { .. })
    );
}

async fn a_name_is_not_taken_from_a_key_or_a_secret(world: World) {
    world.make_key("key").await;
    world.set("secret", "value").await;
    for text in ["key", "secret"] {
        for issuer in ["Self", "Unknown"] {
            let refused = world.certificate_call(create_as(text, policy(issuer))).await;
            assert_fails!(refused, EngineError::AlreadyExists { .. });
        }
        assert_fails!(
            world.certificate_call(pending(text)).await,
            EngineError::CertificateState(CertificateState::NoPending { .. })
        );
    }
    // One that came while the certificate was signed stays.
    let making = begun(world.certificate_call(create_as("late", policy("Unknown"))).await);
    world.set("late", "value").await;
    let chain = world.sign_outside(&making);
    assert_fails!(world.certificate_call(merge("late", chain)).await, EngineError::AlreadyExists { .. });
    assert_eq!(world.get("late").await.unwrap(), "value");
    assert!(world.certificate_versions("late").await.is_empty() && world.key_versions("late").await.is_empty());
    world.assert_whole().await;
}

async fn the_authority_of_a_vault_is_its_own(world: World) {
    let other = World { vault: vault("other"), ..world.again(Arc::clone(&world.store)) };
    let mut roots = Vec::new();
    for one in [&world, &other] {
        one.certificate_call(issuer("ours", "Portcullis", "unused")).await.unwrap();
        for text in ["a", "b"] {
            begun(one.certificate_call(create_as(text, policy("ours"))).await);
            assert_eq!(three(one, text).await.len(), 1);
        }
        roots.push(root(one, "c").await);
    }
    assert_ne!(roots[0], roots[1]);
    assert_eq!(world.records("e/a/").await.len(), 2);
}

/// The certificate of the vault's authority, as the secret of a certificate has it.
async fn root(world: &World, text: &str) -> Vec<u8> {
    begun(world.certificate_call(create_as(text, policy("ours"))).await);
    let file = read_pkcs12(&decoded(&world.get(text).await.unwrap()), "").unwrap();
    file.certificates.last().unwrap().as_bytes().to_vec()
}

/// It ended once after ten years, and with it all that was to be renewed.
async fn the_authority_is_replaced_long_before_its_end(world: World) {
    world.certificate_call(issuer("ours", "Portcullis", "unused")).await.unwrap();
    let first = root(&world, "a").await;
    world.clock.advance(4 * 365 * DAY);
    assert_eq!(root(&world, "b").await, first);
    world.clock.advance(2 * 365 * DAY);
    let second = root(&world, "c").await;
    assert_ne!(second, first);
    assert_eq!(root(&world, "d").await, second);
    world.clock.advance(20 * 365 * DAY);
    assert_ne!(root(&world, "e").await, second);
    assert_eq!(world.records("e/a/").await.len(), 1);
    let bundle = world.certificate("e").await.unwrap();
    assert!(bundle.attributes.set.exp.unwrap() > world.clock.now().plus(364 * DAY), "it is not cut short");
}

fn decoded(base64: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in base64.bytes().filter(|letter| *letter != b'=') {
        let value = alphabet.iter().position(|known| *known == letter).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

async fn a_renewal_changes_the_three(world: World) {
    begun(world.certificate_call(create_as("c", renewing())).await);
    let bundle = world.certificate("c").await.unwrap();
    let times = bundle.attributes.set;
    let (UnixTime(begin), UnixTime(end)) = (times.nbf.unwrap(), times.exp.unwrap());
    world.clock.advance((end - begin) / 2);
    let (said, done) = world.attend_due().await;
    done.unwrap();
    assert_eq!(said, [("c".to_owned(), Notice::Rotated)]);
    assert_eq!(three(&world, "c").await.len(), 2);
    assert_eq!(world.attend_due().await.0, []);
    world.works(&latest("c")).await.unwrap();
    world.assert_whole().await;
}

async fn writers_at_once_lose_no_version(world: World) {
    let world = Arc::new(world);
    let writers: Vec<_> = (0..6)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { world.certificate_call(create("c")).await })
        })
        .collect();
    let mut made = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(_) => made += 1,
            Err(EngineError::Busy { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(made > 0);
    assert_eq!(three(&world, "c").await.len(), made);
    world.assert_whole().await;
}

/// Each change is one commit, so that a crash leaves the three as they were or as they shall be.
#[tokio::test]
async fn changes_happen_to_all_three_or_to_none() {
    type Operation = fn() -> CertificateCall;
    let operations: [(usize, Operation); 4] = [
        (2, || create("c")),
        (2, || enable("c", None, false)),
        (2, || delete("c")),
        (2, || CertificateCall::Update {
            certificate: portcullis_model::certificates::CertificateChoice { name: name("c"), version: None },
            policy: Some(renewing()),
            marks: portcullis_model::certificates::CertificateMarks {
                attributes: portcullis_model::AttributeChanges { enabled: Some(false), nbf: None, exp: None },
                ..Default::default()
            },
        }),
    ];
    for (versions, operation) in operations {
        let deaths = die_everywhere(
            async |world| {
                for _ in 0..versions {
                    world.make_certificate("c").await;
                }
            },
            async |world| world.certificate_call(operation()).await.map(|_| ()),
            async |world| {
                if deleted(world, "c").await {
                    world.certificate_call(recover("c")).await.unwrap();
                }
                let count = three(world, "c").await.len();
                assert!((versions..=versions + 1).contains(&count), "{count}");
                if let Ok(bundle) = world.certificate("c").await {
                    let policy = bundle.policy.unwrap();
                    let renewing = *policy.actions == *renewing().actions.unwrap();
                    assert!(!renewing || !bundle.attributes.set.enabled, "the policy and the state change together");
                }
            },
        )
        .await;
        assert_eq!(deaths, 1, "one commit does it");
    }
}

#[tokio::test]
async fn recoveries_and_purges_happen_to_all_three_or_to_none() {
    for purging in [false, true] {
        die_everywhere(
            async |world| {
                world.make_certificate("c").await;
                world.certificate_call(delete("c")).await.unwrap();
            },
            async |world| {
                let call = if purging { purge("c") } else { recover("c") };
                world.certificate_call(call).await.map(|_| ())
            },
            async |world| {
                let (gone, versions) = (!deleted(world, "c").await, three(world, "c").await.len());
                match (purging, gone, versions) {
                    (false, true, 1) | (_, false, 0) => {}
                    (true, true, 0) => assert!(world.records("e/v/").await.is_empty()),
                    other => panic!("{other:?}"),
                }
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_restore_shows_all_three_or_none() {
    let source = World::in_memory();
    for _ in 0..60 {
        source.make_certificate("c").await;
    }
    let blob = source.certificate_backup("c").await;
    let deaths = die_everywhere(
        async |world| drop(world.set("other", "1").await),
        async |world| {
            // The installation is the source's, so that the backup opens.
            let world = World { vault: vault("target"), ..source.again(Arc::clone(&world.store)) };
            world.certificate_call(CertificateCall::Restore { blob: blob.clone() }).await.map(|_| ())
        },
        async |world| {
            let (heads, versions) = (world.records("e/h/").await.len(), world.records("e/v/").await.len());
            assert!(matches!((heads, versions), (1, 1) | (4, 181)), "{heads} heads, {versions} versions");
        },
    )
    .await;
    assert!(deaths > 1, "the versions are written in several commits");
}

#[tokio::test]
async fn a_merge_and_a_renewal_happen_to_all_three_or_to_none() {
    die_everywhere(
        async |world| drop(begun(world.certificate_call(create_as("c", policy("Unknown"))).await)),
        async |world| {
            let making = begun(world.certificate_call(pending("c")).await);
            world.certificate_call(merge("c", world.sign_outside(&making))).await.map(|_| ())
        },
        async |world| {
            let status = begun(world.certificate_call(pending("c")).await).status;
            let expected = usize::from(status == PendingStatus::Completed);
            assert_eq!(three(world, "c").await.len(), expected, "{status:?}");
        },
    )
    .await;
    die_everywhere(
        async |world| {
            begun(world.certificate_call(create_as("c", renewing())).await);
            world.clock.advance(200 * DAY);
        },
        async |world| world.attend_due().await.1.map(|_| ()),
        async |world| {
            world.attend_due().await.1.unwrap();
            assert_eq!(three(world, "c").await.len(), 2);
        },
    )
    .await;
}

/// A call over a store on which another engine carries out other calls just before the first commit.
async fn interrupted(
    world: &World,
    call: CertificateCall,
    others: Vec<CertificateCall>,
) -> Result<CertificateOutcome, EngineError> {
    let other = world.again(Arc::clone(&world.store));
    let interruption = Box::pin(async move {
        for call in others {
            other.certificate_call(call).await.unwrap();
        }
    });
    let store = Interrupted::after(&world.store, 0, interruption);
    let outcome = world.again(store.clone()).certificate_call(call).await;
    assert!(store.happened());
    outcome
}

#[tokio::test]
async fn changes_that_meet_are_made_one_after_the_other() {
    let world = World::in_memory();
    let first = world.make_certificate("c").await;
    // A version that is superseded meanwhile is changed all the same.
    told(interrupted(&world, enable("c", Some(&first), false), vec![create("c")]).await);
    assert_eq!(three(&world, "c").await.len(), 2);
    assert_fails!(world.get_version("c", &first).await, EngineError::Disabled { .. });
    world.get("c").await.unwrap();
    for call in [enable("c", None, false), delete("c"), create("c")] {
        let outcome = interrupted(&world, call, vec![delete("c")]).await;
        match outcome {
            Err(
                EngineError::NotFound { .. } | EngineError::DeletedButRecoverable { .. } | EngineError::Busy { .. },
            ) => {}
            other => panic!("{other:?}"),
        }
        assert!(deleted(&world, "c").await);
        world.certificate_call(recover("c")).await.unwrap();
        assert_eq!(three(&world, "c").await.len(), 2);
    }
    world.certificate_call(delete("c")).await.unwrap();
    assert_fails!(interrupted(&world, purge("c"), vec![recover("c")]).await, EngineError::DeletedNotFound { .. });
    assert_eq!(three(&world, "c").await.len(), 2);
}

#[tokio::test]
async fn a_merge_that_meets_a_cancellation_makes_nothing() {
    for forgotten in [false, true] {
        let world = World::in_memory();
        let making = begun(world.certificate_call(create_as("c", policy("Unknown"))).await);
        let chain = world.sign_outside(&making);
        let other = if forgotten {
            CertificateCall::PendingDelete { name: name("c") }
        } else {
            CertificateCall::PendingCancel { name: name("c"), cancel: true }
        };
        assert_fails!(
            interrupted(&world, merge("c", chain.clone()), vec![other]).await,
            EngineError::CertificateState(CertificateState::NoPending { .. })
        );
        assert!(three(&world, "c").await.is_empty());
    }
    let world = World::in_memory();
    let making = begun(world.certificate_call(create_as("c", policy("Unknown"))).await);
    let chain = world.sign_outside(&making);
    let twice = interrupted(&world, merge("c", chain.clone()), vec![merge("c", chain)]).await;
    assert_fails!(twice, EngineError::CertificateState(CertificateState::NoPending { .. }));
    assert_eq!(three(&world, "c").await.len(), 1);
}

/// A policy that is changed while the certificate is renewed is not lost.
#[tokio::test]
async fn a_policy_changed_during_a_renewal_stays() {
    let world = World::in_memory();
    begun(world.certificate_call(create_as("c", renewing())).await);
    world.clock.advance(200 * DAY);
    let other = world.again(Arc::clone(&world.store));
    let change = CertificateCall::PolicyUpdate {
        name: name("c"),
        policy: Box::new(portcullis_model::PolicyChanges { validity_months: Some(7), ..Default::default() }),
    };
    let interruption = Box::pin(async move { drop(other.certificate_call(change).await.unwrap()) });
    let store = Interrupted::after(&world.store, 0, interruption);
    world.again(store.clone()).attend_due().await.1.unwrap();
    assert!(store.happened());
    world.attend_due().await.1.unwrap();
    assert_eq!(three(&world, "c").await.len(), 2);
    let policy = world.certificate("c").await.unwrap().policy.unwrap();
    assert_eq!(policy.properties.validity_months, 7);
}

#[tokio::test]
async fn issuers_and_makings_are_paged() {
    let world = World::in_memory();
    for at in 0..7 {
        world.certificate_call(issuer(&format!("i{at}"), "Portcullis", "unused")).await.unwrap();
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = Page { limit: 3, after: after.clone() };
        let CertificateOutcome::Issuers(listed) =
            world.certificate_call(CertificateCall::IssuerList { page }).await.unwrap()
        else {
            panic!("another outcome")
        };
        found.extend(listed.items.into_iter().map(|issuer| issuer.name.to_string()));
        after = listed.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["i0", "i1", "i2", "i3", "i4", "i5", "i6"]);
}
