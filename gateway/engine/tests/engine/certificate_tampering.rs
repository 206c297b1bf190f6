//! Someone writes to the store, or reads it: nobody is told wrong certificates, and no private key is seen.

use portcullis_engine::EngineError;
use portcullis_model::certificates::{CertificateCall, CertificateOutcome, Contact};
use portcullis_store::{Batch, Entry};

use crate::certificate_calls::{begun, create_as, delete, enable, issuer, merge, pending, policy, recover, told};
use crate::harness::{World, assert_fails, vault};
use crate::key_calls::{latest, name};

async fn put(world: &World, key: &[u8], bytes: &[u8]) {
    world.store.commit(Batch::builder().put(key, bytes).build().unwrap()).await.unwrap();
}

async fn only(world: &World, prefix: &str) -> Entry {
    let mut records = world.records(prefix).await;
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn contacts() -> CertificateCall {
    CertificateCall::ContactsSet {
        contacts: vec![Contact { email: Some("a@one.example".to_owned()), ..Contact::default() }],
    }
}

/// A vault with something of everything that is kept for certificates alone.
async fn furnished() -> World {
    let world = World::in_memory();
    world.certificate_call(contacts()).await.unwrap();
    world.certificate_call(issuer("ours", "Portcullis", "canary-password")).await.unwrap();
    begun(world.certificate_call(create_as("c", policy("ours"))).await);
    begun(world.certificate_call(create_as("c", policy("Unknown"))).await);
    world
}

#[tokio::test]
async fn every_altered_byte_is_noticed() {
    let world = furnished().await;
    type Ask = fn() -> CertificateCall;
    let calls: [(&str, Ask); 4] = [
        ("e/p/", || pending("c")),
        ("e/i/", || CertificateCall::IssuerGet { name: name("ours") }),
        ("e/o/", || CertificateCall::ContactsGet),
        ("e/a/", || create_as("d", policy("ours"))),
    ];
    for (prefix, call) in calls {
        let record = only(&world, prefix).await;
        let mut bytes = record.record.bytes.clone();
        for n in 0..bytes.len() {
            bytes[n] ^= 0x10;
            put(&world, &record.key, &bytes).await;
            assert_fails!(world.certificate_call(call()).await, EngineError::Tampered { .. });
            bytes[n] ^= 0x10;
        }
        put(&world, &record.key, &bytes[..bytes.len() - 1]).await;
        assert_fails!(world.certificate_call(call()).await, EngineError::Tampered { .. });
        put(&world, &record.key, &bytes).await;
        world.certificate_call(call()).await.unwrap();
    }
}

#[tokio::test]
async fn a_record_moved_to_another_name_or_vault_is_noticed() {
    let world = furnished().await;
    let other = World { vault: vault("other"), ..world.again(world.store.clone()) };
    other.certificate_call(contacts()).await.unwrap();
    other.certificate_call(issuer("ours", "Portcullis", "unused")).await.unwrap();
    begun(other.certificate_call(create_as("c", policy("ours"))).await);
    begun(other.certificate_call(create_as("c", policy("Unknown"))).await);
    for prefix in ["e/p/", "e/i/", "e/o/", "e/a/"] {
        let [one, two] = world.records(prefix).await.try_into().unwrap();
        let (one, two): (Entry, Entry) = (one, two);
        put(&world, &one.key, &two.record.bytes).await;
        put(&world, &two.key, &one.record.bytes).await;
        for world in [&world, &other] {
            let call = match prefix {
                "e/p/" => pending("c"),
                "e/i/" => CertificateCall::IssuerGet { name: name("ours") },
                "e/o/" => CertificateCall::ContactsGet,
                _ => create_as("d", policy("ours")),
            };
            assert_fails!(world.certificate_call(call).await, EngineError::Tampered { .. });
        }
        put(&world, &one.key, &one.record.bytes).await;
        put(&world, &two.key, &two.record.bytes).await;
    }
    // One issuer in another's place would sign, or be told, under its name.
    world.certificate_call(issuer("theirs", "DigiCert", "unused")).await.unwrap();
    let issuers = world.records("e/i/").await;
    let ours =
        issuers.iter().find(|entry| entry.key.ends_with(b"ours") && entry.key.len() == issuers[0].key.len()).unwrap();
    let theirs = issuers.iter().find(|entry| entry.key.ends_with(b"theirs")).unwrap();
    put(&world, &theirs.key, &ours.record.bytes).await;
    assert_fails!(
        world.certificate_call(CertificateCall::IssuerGet { name: name("theirs") }).await,
        EngineError::Tampered { .. }
    );
}

/// The records of one of the three in place of those of another: the same name, the same version, another kind.
#[tokio::test]
async fn one_of_the_three_in_place_of_another_is_noticed() {
    let world = World::in_memory();
    world.make_certificate("c").await;
    let heads = world.records("e/h/").await;
    assert_eq!(heads.len(), 3);
    for prefix in ["e/h/", "e/v/"] {
        let records = world.records(prefix).await;
        for (at, first) in records.iter().enumerate() {
            for second in &records[..at] {
                put(&world, &first.key, &second.record.bytes).await;
                let mut noticed = matches!(world.certificate("c").await, Err(EngineError::Tampered { .. }));
                noticed |= matches!(world.get("c").await, Err(EngineError::Tampered { .. }));
                noticed |= matches!(world.works(&latest("c")).await, Err(EngineError::Tampered { .. }));
                assert!(noticed, "{first:?} {second:?}");
                put(&world, &first.key, &first.record.bytes).await;
            }
        }
    }
    world.certificate("c").await.unwrap();
}

/// A certificate that was disabled stays so: neither its state nor those of its key and secret can be put back alone.
#[tokio::test]
async fn a_state_put_back_alone_is_noticed() {
    let world = World::in_memory();
    world.make_certificate("c").await;
    let before = [world.records("e/h/").await, world.records("e/v/").await].concat();
    told(world.certificate_call(enable("c", None, false)).await);
    for record in before {
        let after = world.store.get(&record.key).await.unwrap().unwrap();
        put(&world, &record.key, &record.record.bytes).await;
        let (certificate, key, secret) =
            (world.certificate("c").await, world.works(&latest("c")).await, world.get("c").await);
        let tampered = |error: Option<EngineError>| matches!(error, Some(EngineError::Tampered { .. }));
        assert!(tampered(certificate.err()) || tampered(key.err()) || tampered(secret.err()), "{record:?}");
        put(&world, &record.key, &after.bytes).await;
    }
    assert_fails!(world.get("c").await, EngineError::Disabled { .. });
}

/// A deletion whose secret was put back past the engine is noticed before anything comes of it.
#[tokio::test]
async fn a_deletion_undone_in_part_is_noticed() {
    let world = World::in_memory();
    world.make_certificate("c").await;
    let heads = world.records("e/h/").await;
    world.certificate_call(delete("c")).await.unwrap();
    for head in heads {
        put(&world, &head.key, &head.record.bytes).await;
        assert!(world.certificate_call(recover("c")).await.is_err());
        assert!(
            world.get("c").await.is_err() && world.key("c").await.is_err() && world.certificate("c").await.is_err()
        );
        world.store.commit(Batch::builder().delete(head.key).build().unwrap()).await.unwrap();
    }
    world.certificate_call(recover("c")).await.unwrap();
    world.get("c").await.unwrap();
}

/// Nothing in the store shows a private key or a password: not of certificates, makings, the authority, issuers.
#[tokio::test]
async fn no_record_and_no_backup_shows_what_is_sealed() {
    let world = furnished().await;
    let making = begun(world.certificate_call(pending("c")).await);
    let mut hidden = vec![b"canary-password".to_vec(), b"engine.example".to_vec(), b"a@one.example".to_vec()];
    // What begins every private key of an elliptic curve in PKCS #8 (RFC 5958, RFC 5915).
    hidden.push(b"\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20".to_vec());
    let silent = |bytes: &[u8], place: &str| {
        for canary in &hidden {
            assert!(!bytes.windows(canary.len()).any(|window| window == canary), "in {place}");
        }
    };
    silent(&world.certificate_backup("c").await, "a backup");
    for round in 0..2 {
        for entry in world.records("").await {
            silent(&entry.record.bytes, &format!("{entry:?}"));
        }
        if round == 0 {
            told(world.certificate_call(merge("c", world.sign_outside(&making))).await);
        }
    }
    let told = world.certificate_call(CertificateCall::IssuerGet { name: name("ours") }).await.unwrap();
    assert!(matches!(told, CertificateOutcome::Issuer(_)));
    for text in [format!("{told:?}"), format!("{world:?}"), format!("{making:?}")] {
        assert!(!text.contains("canary"));
    }
}
