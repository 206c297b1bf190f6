//! Narrowed tokens.

use std::net::IpAddr;

use ipnet::IpNet;
use portcullis_crypto::SeededRandom;
use portcullis_identity::{AttenuateError, AttenuationRefusal, Restrictions, TokenLimits, TokenRequest, attenuate};
use portcullis_model::{ObjectKind, ObjectName, Operation, UnixTime, VaultName};
use proptest::prelude::*;

use crate::world::{NOW, World, append, authority, sign};

/// What is asked; each test changes one thing.
#[derive(Debug, Clone)]
struct Ask {
    operation: Operation,
    vault: Option<VaultName>,
    object: Option<ObjectName>,
    source: IpAddr,
    now: UnixTime,
}

fn ask() -> Ask {
    Ask {
        operation: Operation::SecretGet,
        vault: Some("dev".parse().unwrap()),
        object: Some("Db-Password".parse().unwrap()),
        source: "10.1.2.3".parse().unwrap(),
        now: NOW,
    }
}

fn permits(world: &World, token: &str, ask: &Ask) -> Result<(), AttenuationRefusal> {
    let caller = world.authenticate(token).unwrap();
    let attenuation = caller.attenuation().expect("the token was narrowed");
    attenuation.permits(&TokenRequest {
        operation: ask.operation,
        vault: ask.vault.as_ref(),
        object: ask.object.as_ref().map(|name| (ObjectKind::Secret, name)),
        source: ask.source,
        now: ask.now,
    })
}

fn narrow(token: &str, restrictions: &Restrictions) -> String {
    attenuate(token, restrictions, &SeededRandom::new(3)).unwrap()
}

fn networks(texts: &[&str]) -> Restrictions {
    Restrictions { sources: texts.iter().map(|text| text.parse().unwrap()).collect(), ..Restrictions::default() }
}

fn objects(names: &[&str]) -> Restrictions {
    let objects = names.iter().map(|name| (ObjectKind::Secret, name.parse().unwrap())).collect();
    Restrictions { objects, ..Restrictions::default() }
}

#[test]
fn operations_are_restricted() {
    let world = World::new();
    let operations = vec![Operation::SecretGet, Operation::SecretList];
    let token = narrow(&world.token(), &Restrictions { operations: operations.clone(), ..Restrictions::default() });
    for operation in Operation::ALL {
        let permitted = permits(&world, &token, &Ask { operation: *operation, ..ask() }).is_ok();
        assert_eq!(permitted, operations.contains(operation), "{operation:?}");
    }
}

#[test]
fn vaults_are_restricted() {
    let world = World::new();
    let vaults = vec!["dev".parse().unwrap(), "test".parse().unwrap()];
    let token = narrow(&world.token(), &Restrictions { vaults, ..Restrictions::default() });
    for (vault, permitted) in [("dev", true), ("DEV", true), ("test", true), ("prod", false), ("dev2", false)] {
        let vault = Some(vault.parse().unwrap());
        assert_eq!(permits(&world, &token, &Ask { vault: vault.clone(), ..ask() }).is_ok(), permitted, "{vault:?}");
    }
    assert!(permits(&world, &token, &Ask { vault: None, ..ask() }).is_err());
}

#[test]
fn objects_are_restricted_without_case_and_lists_are_refused() {
    let world = World::new();
    let token = narrow(&world.token(), &objects(&["dB-pASSWORD", "other"]));
    for (object, permitted) in [("db-password", true), ("OTHER", true), ("db-password2", false), ("db", false)] {
        let object = Some(object.parse().unwrap());
        assert_eq!(permits(&world, &token, &Ask { object: object.clone(), ..ask() }).is_ok(), permitted, "{object:?}");
    }
    let list = Ask { operation: Operation::SecretList, object: None, ..ask() };
    let refusal = permits(&world, &token, &list).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        r#"the token forbids this request: check if object("secrets", "db-password") or object("secrets", "other")"#
    );
}

#[test]
fn sources_are_restricted() {
    let world = World::new();
    let cases: [(&[&str], &str, bool); 14] = [
        (&["10.0.0.0/8"], "10.255.0.1", true),
        (&["10.0.0.0/8"], "11.0.0.0", false),
        (&["10.0.0.0/8"], "::ffff:10.1.1.1", true),
        (&["10.0.0.0/8"], "::ffff:11.1.1.1", false),
        (&["::ffff:10.0.0.0/104"], "10.1.1.1", true),
        (&["::ffff:10.0.0.0/104"], "11.1.1.1", false),
        // Written with bits below the prefix.
        (&["10.1.2.3/8"], "10.9.9.9", true),
        (&["10.1.2.3/32"], "10.1.2.3", true),
        (&["10.1.2.3/32"], "10.1.2.4", false),
        (&["192.168.0.0/16", "10.0.0.0/8"], "10.1.1.1", true),
        (&["0.0.0.0/0"], "2001:db8::1", false),
        (&["::/0"], "10.1.1.1", false),
        (&["2001:DB8:0:0::/32"], "2001:db8::1", true),
        (&["2001:db8::/32"], "2001:db9::1", false),
    ];
    for (sources, source, permitted) in cases {
        let token = narrow(&world.token(), &networks(sources));
        let ask = Ask { source: source.parse().unwrap(), ..ask() };
        assert_eq!(permits(&world, &token, &ask).is_ok(), permitted, "{sources:?} {source}");
    }
}

/// A check that is not ours sees every network that the address is in.
#[test]
fn every_network_of_the_client_is_a_fact() {
    let world = World::new();
    for (address, length) in [("10.1.2.3", 32_u8), ("2001:db8::1", 128)] {
        let ask = Ask { source: address.parse().unwrap(), ..ask() };
        for prefix in 0..=length {
            let network = IpNet::new(address.parse().unwrap(), prefix).unwrap().trunc();
            let named = append(&world.token(), &format!(r#"check if source_in("{network}")"#));
            assert!(permits(&world, &named, &ask).is_ok(), "{network}");
        }
        let suffix = format!("/{length}");
        let any = append(&world.token(), &format!(r#"check if source_in($n), $n.ends_with("{suffix}")"#));
        assert!(permits(&world, &any, &ask).is_ok());
        let every = append(&world.token(), r#"check all source_in($n), $n != "10.0.0.0/8" && $n != "2001::/16""#);
        assert!(permits(&world, &every, &ask).is_err());
        let reject = append(
            &world.token(),
            r#"reject if source_in($n), $n.starts_with("2001:db8::/") || $n.starts_with("10.1.")"#,
        );
        assert!(permits(&world, &reject, &ask).is_err());
    }
    let not_canonical = append(&world.token(), r#"check if source_in("10.1.2.3/8")"#);
    assert!(permits(&world, &not_canonical, &ask()).is_err());
    let rejected = append(&world.token(), r#"reject if source_in("10.0.0.0/8")"#);
    assert!(permits(&world, &rejected, &ask()).is_err());
    assert!(permits(&world, &rejected, &Ask { source: "11.0.0.1".parse().unwrap(), ..ask() }).is_ok());
}

#[test]
fn an_earlier_end_ends_earlier_and_a_later_one_changes_nothing() {
    let world = World::new();
    let until = |seconds| Restrictions { expires: Some(NOW.plus(seconds)), ..Restrictions::default() };
    let short = narrow(&world.token(), &until(600));
    let long = narrow(&short, &until(86_400));
    for token in [short, long] {
        assert!(permits(&world, &token, &Ask { now: NOW.plus(599), ..ask() }).is_ok());
        assert!(permits(&world, &token, &Ask { now: NOW.plus(600), ..ask() }).is_err());
    }
    let never = narrow(&world.token(), &until(-NOW.0 - 5));
    assert!(permits(&world, &never, &ask()).is_err());
    // The issuer's own check holds as well, should the clock move on after authentication.
    let late = narrow(&world.token(), &until(86_400));
    assert!(permits(&world, &late, &Ask { now: NOW.plus(3600), ..ask() }).is_err());
    world.clock.advance(3600);
    assert!(world.authenticate(&late).is_err());
}

#[test]
fn all_dimensions_hold_together() {
    let world = World::new();
    let restrictions = Restrictions {
        operations: vec![Operation::SecretGet],
        vaults: vec!["dev".parse().unwrap()],
        expires: Some(NOW.plus(600)),
        ..objects(&["db-password"])
    };
    let token = narrow(&world.token(), &Restrictions { sources: networks(&["10.0.0.0/8"]).sources, ..restrictions });
    assert_eq!(permits(&world, &token, &ask()), Ok(()));
    let others = [
        Ask { operation: Operation::SecretSet, ..ask() },
        Ask { vault: Some("prod".parse().unwrap()), ..ask() },
        Ask { object: Some("other".parse().unwrap()), ..ask() },
        Ask { source: "192.0.2.1".parse().unwrap(), ..ask() },
        Ask { now: NOW.plus(600), ..ask() },
    ];
    for other in &others {
        let Err(AttenuationRefusal::CheckFailed { checks }) = permits(&world, &token, other) else {
            panic!("{other:?}")
        };
        assert_eq!(checks.len(), 1, "{other:?} {checks:?}");
    }
    let nothing_right = Ask { vault: None, object: None, source: "::1".parse().unwrap(), ..others[0].clone() };
    let Err(AttenuationRefusal::CheckFailed { checks }) = permits(&world, &token, &nothing_right) else { panic!() };
    assert_eq!(checks.len(), 4, "{checks:?}");
}

/// What a later block says of the world or of the caller has no effect on earlier blocks, nor on who calls.
#[test]
fn claims_of_later_blocks_have_no_effect() {
    let world = World::new();
    let plain = world.authenticate(&sign(&authority())).unwrap();
    let narrowed = narrow(&sign(&authority()), &objects(&["other"]));
    for claim in [
        r#"principal("09090909-0909-0909-0909-090909090909")"#,
        r#"tenant("02020202-0202-0202-0202-020202020202")"#,
        r#"application("09090909-0909-0909-0909-090909090909")"#,
        r#"audience("https://management.portcullis.test")"#,
        r#"expires(2037-01-01T00:00:00Z)"#,
        r#"issued_at(2017-01-01T00:00:00Z)"#,
        r#"idtyp("user")"#,
        r#"capability("cp1")"#,
        r#"token_id("ff")"#,
        r#"portcullis_token(2)"#,
        r#"object("secrets", "other")"#,
        r#"operation("SecretGet")"#,
        r#"time(2017-01-01T00:00:00Z)"#,
    ] {
        let token = append(&narrowed, &format!("{claim};"));
        let caller = world.authenticate(&token).unwrap();
        assert_eq!(caller.principal().id, plain.principal().id, "{claim}");
        assert_eq!(caller.tenant(), plain.tenant(), "{claim}");
        assert_eq!(caller.application(), plain.application(), "{claim}");
        assert_eq!(caller.expires(), plain.expires(), "{claim}");
        assert_eq!(caller.issued_at(), plain.issued_at(), "{claim}");
        assert_eq!(caller.token_id(), plain.token_id(), "{claim}");
        assert!(!caller.handles_claims_challenges(), "{claim}");
        assert!(permits(&world, &token, &ask()).is_err(), "{claim}");
    }
}

#[test]
fn widening_attempts_do_not_widen() {
    let world = World::new();
    let narrowed = narrow(&world.token(), &objects(&["other"]));
    let wider = narrow(&narrowed, &objects(&["other", "db-password"]));
    assert!(permits(&world, &wider, &ask()).is_err());
    for block in [
        "check if true;",
        r#"check if object("secrets", "db-password");"#,
        r#"object("secrets", "other"); check if object("secrets", "other");"#,
        "trusting previous; check if true;",
    ] {
        assert!(permits(&world, &append(&narrowed, block), &ask()).is_err(), "{block}");
    }
}

/// A block signed by somebody else is one block more, and what it says counts as little.
#[test]
fn blocks_of_third_parties_only_narrow() {
    let world = World::new();
    let third = biscuit_auth::KeyPair::new();
    let narrowed = narrow(&world.token(), &objects(&["other"]));
    for (block, permitted_other) in [
        (r#"object("secrets", "other"); object("secrets", "db-password"); principal("*");"#, true),
        (r#"check if vault("prod");"#, false),
    ] {
        let token = biscuit_auth::UnverifiedBiscuit::from_base64(&narrowed).unwrap();
        let block = biscuit_auth::BlockBuilder::new().code(block).unwrap();
        let block = token.third_party_request().unwrap().create_block(&third.private(), block).unwrap();
        let token = token.append_third_party(&block.serialize().unwrap()).unwrap().to_base64().unwrap();
        assert!(permits(&world, &token, &ask()).is_err());
        let other = Ask { object: Some("other".parse().unwrap()), ..ask() };
        assert_eq!(permits(&world, &token, &other).is_ok(), permitted_other);
    }
}

#[test]
fn a_sealed_token_is_accepted_and_not_narrowed() {
    let world = World::new();
    let narrowed = narrow(&world.token(), &objects(&["db-password"]));
    let sealed = biscuit_auth::UnverifiedBiscuit::from_base64(&narrowed).unwrap().seal().unwrap().to_base64().unwrap();
    assert!(permits(&world, &sealed, &ask()).is_ok());
    assert!(matches!(attenuate(&sealed, &objects(&["x"]), &SeededRandom::new(1)), Err(AttenuateError::Sealed)));
}

#[test]
fn refuses_to_narrow_by_nothing_and_what_is_no_token() {
    let world = World::new();
    let random = SeededRandom::new(1);
    let token = world.token();
    assert!(matches!(attenuate(&token, &Restrictions::default(), &random), Err(AttenuateError::NoRestriction)));
    for text in ["", "x.y.z", "AAAA", "t\u{f6}ken"] {
        assert!(matches!(attenuate(text, &objects(&["x"]), &random), Err(AttenuateError::Malformed(_))), "{text}");
    }
    let long = "A".repeat(8 * 1024 + 1);
    assert!(matches!(attenuate(&long, &objects(&["x"]), &random), Err(AttenuateError::TooLarge)));
    let many: Vec<String> = (0..200).map(|n| format!("{n:0>100}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(matches!(attenuate(&token, &objects(&many), &random), Err(AttenuateError::TooLarge)));
}

/// What `attenuate` makes is accepted, at each bound.
#[test]
fn whatever_is_made_is_accepted() {
    let world = World::new();
    let mut token = world.token();
    for block in 1..8 {
        let names: Vec<String> = (0..6).map(|n| format!("secret-{block}-{n}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.push("db-password");
        token = narrow(&token, &objects(&names));
        assert!(permits(&world, &token, &ask()).is_ok());
    }
    assert!(matches!(attenuate(&token, &objects(&["x"]), &SeededRandom::new(1)), Err(AttenuateError::TooManyBlocks)));
    let many: Vec<String> = (0..120).map(|n| format!("10.{}.{}.0/24", n / 100, n % 100)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let token = narrow(&world.token(), &networks(&many));
    assert!(permits(&world, &token, &Ask { source: "10.1.19.9".parse().unwrap(), ..ask() }).is_ok());
    assert!(permits(&world, &token, &Ask { source: "10.1.20.9".parse().unwrap(), ..ask() }).is_err());
}

/// The first revocation id is that of the token that was narrowed.
#[test]
fn revocation_ids_follow_the_blocks() {
    let world = World::new();
    let token = world.token();
    let first = world.authenticate(&token).unwrap();
    let narrowed = world.authenticate(&narrow(&token, &objects(&["x"]))).unwrap();
    assert_eq!(narrowed.revocation_ids().len(), 2);
    assert_eq!(narrowed.revocation_ids()[0], first.revocation_ids()[0]);
}

#[test]
fn time_running_out_is_not_a_refusal_of_the_token() {
    let limits = TokenLimits { check_time: std::time::Duration::ZERO, ..TokenLimits::default() };
    let world = World::with_limits(limits);
    let token = narrow(&world.token(), &objects(&["db-password"]));
    assert_eq!(permits(&world, &token, &ask()), Err(AttenuationRefusal::Exhausted));
}

fn restrictions() -> impl Strategy<Value = Restrictions> {
    let operations = proptest::sample::subsequence(Operation::ALL.to_vec(), 0..4);
    let vaults = proptest::sample::subsequence(vec!["dev", "test", "prod"], 0..3);
    let names = proptest::sample::subsequence(vec!["Db-Password", "other", "third"], 0..3);
    let sources = proptest::sample::subsequence(vec!["10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32", "::/0"], 0..3);
    let expires = proptest::option::of(-5_i64..5);
    (operations, vaults, names, sources, expires).prop_filter_map(
        "something is restricted",
        |(operations, vaults, names, sources, expires)| {
            let restrictions = Restrictions {
                operations,
                vaults: vaults.iter().map(|name| name.parse().unwrap()).collect(),
                expires: expires.map(|seconds| NOW.plus(seconds)),
                sources: networks(&sources).sources,
                ..objects(&names)
            };
            (restrictions != Restrictions::default()).then_some(restrictions)
        },
    )
}

fn asks() -> impl Strategy<Value = Ask> {
    (
        proptest::sample::select(Operation::ALL.to_vec()),
        proptest::option::of(proptest::sample::select(vec!["dev", "test", "prod"])),
        proptest::option::of(proptest::sample::select(vec!["db-password", "OTHER", "third"])),
        proptest::sample::select(vec!["10.1.2.3", "::ffff:192.168.1.1", "2001:db8::1", "11.0.0.1"]),
        -5_i64..5,
    )
        .prop_map(|(operation, vault, object, source, seconds)| Ask {
            operation,
            vault: vault.map(|name| name.parse().unwrap()),
            object: object.map(|name| name.parse().unwrap()),
            source: source.parse().unwrap(),
            now: NOW.plus(seconds),
        })
}

/// What restrictions mean, written out without any datalog.
fn allows(restrictions: &Restrictions, ask: &Ask) -> bool {
    let source = ask.source.to_canonical();
    (restrictions.operations.is_empty() || restrictions.operations.contains(&ask.operation))
        && (restrictions.vaults.is_empty()
            || ask.vault.as_ref().is_some_and(|vault| restrictions.vaults.contains(vault)))
        && (restrictions.objects.is_empty()
            || ask.object.as_ref().is_some_and(|name| restrictions.objects.iter().any(|(_, known)| known == name)))
        && (restrictions.sources.is_empty() || restrictions.sources.iter().any(|network| network.contains(&source)))
        && restrictions.expires.is_none_or(|expires| ask.now < expires)
}

proptest! {
    /// A token narrowed several times permits exactly what every step allows.
    #[test]
    fn a_token_permits_what_every_block_allows(
        steps in proptest::collection::vec(restrictions(), 1..4),
        asks in proptest::collection::vec(asks(), 1..8),
    ) {
        let world = World::new();
        let token = steps.iter().fold(world.token(), |token, step| narrow(&token, step));
        for ask in asks {
            let expected = steps.iter().all(|step| allows(step, &ask));
            prop_assert_eq!(permits(&world, &token, &ask).is_ok(), expected, "{:?}", ask);
        }
    }
}
