//! The authenticator: what it refuses, with an empty memory and with a full one.

use biscuit_auth::{Biscuit, KeyPair, UnverifiedBiscuit};
use portcullis_identity::{
    Audience, AuthenticateError, Directory, DirectoryParts, Expected, Group, Principal, PrincipalKind, TokenLimits,
};
use portcullis_model::{ApplicationId, PrincipalId};
use proptest::prelude::*;

use crate::world::{
    AT_VAULT, NOW, OTHER_TENANT, PRINCIPAL, TENANT, VAULT, World, append, authority, directory, principal, root, sign,
    sign_with,
};

#[test]
fn refuses_tokens_of_another_key() {
    let world = World::new();
    assert!(world.authenticate(&sign(&authority())).is_ok());
    let forged = sign_with(&authority(), &KeyPair::new());
    assert_eq!(world.authenticate(&forged).unwrap_err(), AuthenticateError::BadSignature);
}

#[test]
fn refuses_every_truncation() {
    let world = World::new();
    for token in [world.token(), append(&world.token(), r#"check if vault("dev")"#)] {
        let text = token.trim_end_matches('=');
        for length in 0..text.len() {
            let error = world.authenticate(&text[..length]).unwrap_err();
            assert!(
                matches!(error, AuthenticateError::Malformed | AuthenticateError::BadSignature),
                "{length} {error:?}"
            );
        }
    }
}

/// Whatever single bit of the text is changed, the token is refused, or it is another spelling of the same token.
#[test]
fn no_flipped_bit_changes_what_a_token_says() {
    let world = World::new();
    for token in [world.token(), append(&world.token(), r#"check if vault("dev")"#)] {
        let mut bytes = token.clone().into_bytes();
        let mut spellings = 0;
        for bit in 0..bytes.len() * 7 {
            let (byte, mask) = (bit / 7, 1 << (bit % 7));
            bytes[byte] ^= mask;
            let text = std::str::from_utf8(&bytes).unwrap();
            spellings += usize::from(is_refused_or_the_same(&world, text, &token) == Answer::Same);
            bytes[byte] ^= mask;
        }
        assert!(spellings < 20, "{spellings}");
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Refused,
    Same,
}

fn is_refused_or_the_same(world: &World, changed: &str, original: &str) -> Answer {
    let Ok(caller) = world.authenticate(changed) else { return Answer::Refused };
    let known = world.authenticate(original).unwrap();
    assert_eq!(caller.revocation_ids(), known.revocation_ids(), "{changed}");
    assert_eq!(caller.token_id(), known.token_id());
    assert_eq!(caller.expires(), known.expires());
    assert_eq!(caller.attenuation().is_some(), known.attenuation().is_some());
    Answer::Same
}

#[test]
fn refuses_what_is_no_token() {
    let world = World::new();
    let jwt = "eyJhbGciOiJub25lIn0.eyJvaWQiOiIwNDA0MDQwNC0wNDA0LTA0MDQtMDQwNC0wNDA0MDQwNDA0MDQifQ.";
    let padded = format!("{} ", world.token());
    let newline = format!("{}\n", world.token());
    for text in ["", "=", "====", ".", "Bearer", jwt, "t\u{f6}ken", "\u{1F511}", "\0", "a b", &padded, &newline] {
        let error = world.authenticate(text).unwrap_err();
        assert_eq!(error, AuthenticateError::Malformed, "{text:?}");
    }
    assert_eq!(world.authenticator.cached_tokens(), 0);
}

#[test]
fn bounds_the_text_and_the_blocks() {
    let world = World::new();
    assert_eq!(world.authenticate(&"A".repeat(8 * 1024)).unwrap_err(), AuthenticateError::Malformed);
    assert_eq!(world.authenticate(&"A".repeat(8 * 1024 + 1)).unwrap_err(), AuthenticateError::TooLarge);
    let mut token = world.token();
    for _ in 1..8 {
        token = append(&token, r#"check if vault("dev")"#);
        assert!(world.authenticate(&token).is_ok());
    }
    let ninth = append(&token, r#"check if vault("dev")"#);
    assert_eq!(world.authenticate(&ninth).unwrap_err(), AuthenticateError::TooLarge);
}

/// Each block costs a verification, and a text of the allowed length holds some sixty of them.
#[test]
fn counts_blocks_before_it_verifies_them() {
    let world = World::new();
    let mut token = world.token();
    for _ in 0..30 {
        token = append(&token, "");
    }
    let mut bytes = UnverifiedBiscuit::from_base64(&token).unwrap().to_vec().unwrap();
    // Behind the last block's signature stand only the 32 bytes of the next key, and their framing.
    let signature = bytes.len() - 32 - 40;
    bytes[signature] ^= 1;
    let forged = UnverifiedBiscuit::from(&bytes).unwrap().to_base64().unwrap();
    assert_ne!(forged, token);
    assert_eq!(world.authenticate(&forged).unwrap_err(), AuthenticateError::TooLarge);
}

#[test]
fn a_token_ends_with_its_last_second_and_begins_five_minutes_early() {
    let world = World::new();
    let token = world.token();
    for (seconds, expected) in [
        (-300, None),
        (-301, Some(AuthenticateError::NotYetValid)),
        (3599, None),
        (3600, Some(AuthenticateError::Expired)),
        (i64::MAX - NOW.0, Some(AuthenticateError::Expired)),
        (-NOW.0, Some(AuthenticateError::NotYetValid)),
    ] {
        world.clock.advance(seconds);
        assert_eq!(world.authenticate(&token).err(), expected, "{seconds}");
        world.clock.advance(-seconds);
    }
}

#[test]
fn a_token_is_for_one_audience() {
    let world = World::new();
    let at_management = Expected { audience: Audience::Management, tenant: Some(TENANT) };
    let error = world.authenticator.authenticate(&world.token(), at_management, &world.directory).unwrap_err();
    assert_eq!(
        error.to_string(),
        "AKV10022: Invalid audience. Expected https://management.portcullis.test, found: https://vault.portcullis.test."
    );
    for audience in ["", "https://vault.portcullis.test/", "https://vault.portcullis.test.evil", "vault"] {
        let token = sign(&authority().replace(VAULT, audience));
        assert!(matches!(world.authenticate(&token), Err(AuthenticateError::WrongAudience { .. })), "{audience}");
    }
}

#[test]
fn a_token_is_of_one_tenant() {
    let world = World::new();
    let token = world.token();
    let elsewhere = Expected { audience: Audience::Vault, tenant: Some(OTHER_TENANT) };
    let error = world.authenticator.authenticate(&token, elsewhere, &world.directory).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{OTHER_TENANT}/, found https://sts.windows.net/{TENANT}/."
        )
    );
    let anywhere = Expected { audience: Audience::Vault, tenant: None };
    assert!(world.authenticator.authenticate(&token, anywhere, &world.directory).is_ok());
}

/// A principal of one tenant does not become one of another by a token of that other tenant.
#[test]
fn the_tenant_of_the_token_must_be_the_principals() {
    let world = World::new();
    let token = sign(&authority().replace(&TENANT.to_string(), &OTHER_TENANT.to_string()));
    let anywhere = Expected { audience: Audience::Vault, tenant: None };
    for expected in [anywhere, Expected { tenant: Some(OTHER_TENANT), ..anywhere }] {
        let error = world.authenticator.authenticate(&token, expected, &world.directory).unwrap_err();
        assert_eq!(error, AuthenticateError::UnknownPrincipal);
    }
}

/// Each change takes effect with the next call, although the token is remembered.
#[test]
fn what_the_directory_says_counts_with_every_call() {
    for cached_tokens in [0, 4096] {
        let world = World::with_limits(TokenLimits { cached_tokens, ..TokenLimits::default() });
        let token = world.token();
        let ask = |directory: &Directory| world.authenticator.authenticate(&token, AT_VAULT, directory);
        assert!(ask(&world.directory).is_ok());
        let disabled = directory([Principal { enabled: false, ..principal() }]);
        assert_eq!(ask(&disabled).unwrap_err(), AuthenticateError::PrincipalDisabled);
        let successors = [
            directory([]),
            Directory::new([OTHER_TENANT], [principal()]).unwrap(),
            directory([Principal { tenant: OTHER_TENANT, ..principal() }]),
            directory([Principal { kind: PrincipalKind::User, ..principal() }]),
            directory([Principal { application: None, ..principal() }]),
            directory([Principal { application: Some(ApplicationId::from_bytes([9; 16])), ..principal() }]),
            directory([Principal { id: PrincipalId::from_bytes([9; 16]), ..principal() }]),
        ];
        for directory in successors {
            assert_eq!(ask(&directory).unwrap_err(), AuthenticateError::UnknownPrincipal, "{directory:?}");
        }
        assert!(ask(&world.directory).is_ok());
        world.clock.advance(3600);
        assert_eq!(ask(&world.directory).unwrap_err(), AuthenticateError::Expired);
    }
}

/// The caller shows the directory's principal of this call, not the one of the call that filled the memory.
#[test]
fn groups_are_those_of_the_present_directory() {
    let world = World::new();
    let token = world.token();
    assert!(world.authenticate(&token).unwrap().principal().groups.is_empty());
    let groups = vec![PrincipalId::from_bytes([8; 16])];
    let group = Group {
        id: groups[0],
        tenant: TENANT,
        display_name: "operators".to_owned(),
        description: None,
        nickname: None,
        members: vec![principal().id],
    };
    // What a record says beside the groups counts for nothing.
    let stale = Principal { groups: vec![PrincipalId::from_bytes([9; 16])], ..principal() };
    let parts =
        DirectoryParts { tenants: vec![TENANT], principals: vec![stale], groups: vec![group], ..Default::default() };
    let later = Directory::of(parts).unwrap();
    assert_eq!(world.authenticator.authenticate(&token, AT_VAULT, &later).unwrap().principal().groups, groups);
}

#[test]
fn remembers_a_bounded_number_of_tokens_and_refused_ones_not_at_all() {
    let world = World::with_limits(TokenLimits { cached_tokens: 10, ..TokenLimits::default() });
    for _ in 0..50 {
        assert!(world.authenticate(&world.token()).is_ok());
        assert!(world.authenticator.cached_tokens() <= 10);
    }
    assert!(world.authenticator.cached_tokens() > 0);
    let off = World::with_limits(TokenLimits { cached_tokens: 0, ..TokenLimits::default() });
    assert!(off.authenticate(&off.token()).is_ok());
    assert_eq!(off.authenticator.cached_tokens(), 0);
    let fresh = World::new();
    assert!(fresh.authenticate(&sign_with(&authority(), &KeyPair::new())).is_err());
    assert_eq!(fresh.authenticator.cached_tokens(), 0);
}

/// Signed with our key, and yet not what we issue: a token lacks a fact, has one twice or in another type.
#[test]
fn refuses_authority_blocks_of_another_form() {
    let world = World::new();
    let twice = |fact: &str| format!("{} {fact}", authority());
    let tokens = [
        authority().replace("portcullis_token(1);", ""),
        authority().replace("portcullis_token(1);", "portcullis_token(2);"),
        authority().replace("portcullis_token(1);", "portcullis_token(\"1\");"),
        authority().replace("idtyp(\"app\")", "idtyp(\"App\")"),
        authority().replace("token_id(\"00\");", ""),
        authority().replace("issued_at(", "not_issued_at("),
        authority().replace("expires(2027-01-15T09:00:00Z)", "expires(1800003600)"),
        authority().replace("audience(", "audience(\"x\", "),
        authority().replace(&format!("principal(\"{PRINCIPAL}\")"), "principal(\"04040404040404040404040404040404\")"),
        authority().replace(&format!("principal(\"{PRINCIPAL}\")"), "principal(\"*\")"),
        twice("tenant(\"02020202-0202-0202-0202-020202020202\");"),
        twice("principal(\"09090909-0909-0909-0909-090909090909\");"),
        twice("application(\"09090909-0909-0909-0909-090909090909\");"),
        twice("expires(2037-01-15T09:00:00Z);"),
        twice("idtyp(\"user\");"),
        "check if true;".to_owned(),
    ];
    for source in tokens {
        assert_eq!(world.authenticate(&sign(&source)).unwrap_err(), AuthenticateError::Malformed, "{source}");
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(World::new().authenticate(&text).is_err());
    }

    #[test]
    fn no_replaced_bytes_change_what_a_token_says(at in 0_usize..800, with in proptest::collection::vec(any::<u8>(), 1..8)) {
        let world = World::new();
        let token = append(&sign(&authority()), r#"check if vault("dev")"#);
        let mut bytes = Biscuit::from_base64(&token, root().public()).unwrap().to_vec().unwrap();
        for (byte, with) in bytes.iter_mut().skip(at).zip(with) {
            *byte = with;
        }
        is_refused_or_the_same(&world, &base64_url(&bytes), &token);
    }

    #[test]
    fn no_removed_or_added_bytes_change_what_a_token_says(at in 0_usize..800, with in proptest::collection::vec(any::<u8>(), 0..8), without in 0_usize..8) {
        let world = World::new();
        let token = append(&sign(&authority()), r#"check if vault("dev")"#);
        let mut bytes = Biscuit::from_base64(&token, root().public()).unwrap().to_vec().unwrap();
        let start = at.min(bytes.len());
        let end = (start + without).min(bytes.len());
        bytes.splice(start..end, with);
        is_refused_or_the_same(&world, &base64_url(&bytes), &token);
    }
}

fn base64_url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for letter in 0..=chunk.len() {
            text.push(char::from(LETTERS[(group >> (18 - 6 * letter) & 63) as usize]));
        }
    }
    text
}
