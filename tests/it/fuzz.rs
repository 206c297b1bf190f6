//! The seeds of the fuzz targets as an ordinary test: no parser fails on them, and none has become empty.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_crypto::SeededRandom;
use portcullis_engine::fuzzing::{read_contents, sample};
use portcullis_identity::{ClientCredentials, Restrictions, attenuate};
use portcullis_model::{ObjectKind, Operation, SecretText};

use self::targets::{APPLICATION, BACKUPS, TARGETS, TENANT, TOKENS, Target};

#[path = "../fuzz/src/targets.rs"]
#[expect(unreachable_pub, reason = "the fuzzer's programs use it")]
mod targets;

#[test]
fn every_fuzz_target_takes_its_seeds() {
    for Target { name, run } in TARGETS {
        let seeds: Vec<_> = fs::read_dir(folder(name)).expect(name).map(|entry| entry.unwrap().path()).collect();
        assert!(!seeds.is_empty(), "{name}");
        for seed in seeds {
            run(&fs::read(&seed).unwrap());
        }
    }
}

/// A seed that is refused at the first byte teaches the fuzzer nothing.
#[test]
fn the_seeds_of_our_own_formats_are_valid() {
    for (kind, choice) in KINDS {
        let blob = fs::read(folder("backup").join(kind.noun())).unwrap();
        assert!(blob[0] == choice && BACKUPS.read(kind, &blob[1..]), "{kind:?}");
        let contents = fs::read(folder("backup_contents").join(kind.noun())).unwrap();
        assert!(contents[0] == choice && read_contents(kind, &contents[1..]), "{kind:?}");
    }
    for name in ["issued", "narrowed"] {
        let token = fs::read(folder("token").join(name)).unwrap();
        assert_eq!(TOKENS.check(&token), Ok(()), "{name}");
    }
}

/// Makes the seeds of formats that are ours: `cargo test -p portcullis-tests --test it makes_the_seeds -- --ignored`,
/// after a change of one of them.
#[test]
#[ignore = "it writes to the source"]
fn makes_the_seeds_of_our_own_formats() {
    let random = SeededRandom::new(9);
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(folder(target)).unwrap();
        fs::write(folder(target).join(name), bytes).unwrap();
    };
    for (kind, choice) in KINDS {
        let contents = sample(kind, &random);
        write("backup_contents", kind.noun(), &[&[choice], contents.as_slice()].concat());
        write("backup", kind.noun(), &[&[choice], BACKUPS.seal(kind, &contents).as_slice()].concat());
    }
    let secret = SecretText::new("secret".to_owned());
    let credentials = ClientCredentials {
        tenant: TENANT,
        client_id: APPLICATION,
        client_secret: &secret,
        audience: "https://vault.portcullis.test",
        continuous_access: true,
    };
    let issued = TOKENS.issuer.issue(&credentials, &TOKENS.directory, &TOKENS.audiences).unwrap().access_token;
    let restrictions = Restrictions { operations: vec![Operation::SecretGet], ..Restrictions::default() };
    let narrowed = attenuate(issued.expose(), &restrictions, &random).unwrap();
    for (name, token) in [("issued", issued.expose()), ("narrowed", &narrowed)] {
        write("token", name, &URL_SAFE_NO_PAD.decode(token.trim_end_matches('=')).unwrap());
    }
}

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

const KINDS: [(ObjectKind, u8); 3] = [(ObjectKind::Secret, 0), (ObjectKind::Key, 1), (ObjectKind::Certificate, 2)];
