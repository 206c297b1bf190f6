use portcullis_crypto::SystemRandom;
use portcullis_crypto::jose::KeySet;
use portcullis_crypto::material::{KeyMaterial, PublicJwk};
use portcullis_model::{Curve, KeySpec, SignatureAlgorithm};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: UnixTime = UnixTime(1_795_000_000);

fn header() -> Value {
    json!({"alg": "ES256", "kid": "k", "typ": "JWT", "jku": "https://evil.example/keys"})
}

fn claims() -> Value {
    json!({"iss": "https://attest.example", "exp": NOW.0 + 60, "nbf": NOW.0 - 60, "c4n4ry": "c4n4ry"})
}

fn part(value: &str) -> String {
    base64url::encode(value.as_bytes())
}

fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}.{}", part(header), part(claims), part("signature"))
}

/// A key, and the set that names it `k`.
fn authority() -> (KeyMaterial, std::sync::Arc<VerificationKey>) {
    let key = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &SystemRandom::new()).unwrap();
    let PublicJwk::Ec { x, y, .. } = key.public() else { panic!("an EC key") };
    let jwk = json!({"kid": "k", "kty": "EC", "crv": "P-256", "x": base64url::encode(&x), "y": base64url::encode(&y)});
    let set = KeySet::parse(json!({"keys": [jwk]}).to_string().as_bytes()).unwrap();
    (key, set.find("k").unwrap())
}

fn signed(key: &KeyMaterial, claims: &Value) -> String {
    let text = format!("{}.{}", part(&header().to_string()), part(&claims.to_string()));
    let signature = key.sign(SignatureAlgorithm::Es256, &portcullis_crypto::sha256(text.as_bytes())).unwrap();
    format!("{text}.{}", base64url::encode(&signature))
}

fn with(mut value: Value, member: &str, new: Value) -> Value {
    value[member] = new;
    value
}

fn without(mut value: Value, member: &str) -> Value {
    value.as_object_mut().unwrap().remove(member);
    value
}

fn is_malformed(text: &str) -> bool {
    matches!(Token::parse(text), Err(NotReleased::Malformed))
}

#[test]
fn a_well_formed_token_tells_its_issuer_and_key() {
    let text = unsigned(&header().to_string(), &claims().to_string());
    let token = Token::parse(&text).unwrap();
    assert_eq!((token.issuer().as_str(), token.kid()), ("https://attest.example", "k"));
}

#[test]
fn headers_that_are_not_understood_are_refused() {
    for header in [
        with(header(), "alg", json!("none")),
        with(header(), "alg", json!("None")),
        with(header(), "alg", json!("")),
        with(header(), "alg", json!("HS256")),
        with(header(), "alg", json!("HS512")),
        with(header(), "alg", json!("ES256K")),
        with(header(), "alg", json!("RSNULL")),
        with(header(), "alg", json!("es256")),
        with(header(), "alg", json!(["ES256"])),
        without(header(), "alg"),
        without(header(), "kid"),
        with(header(), "kid", json!("")),
        with(header(), "kid", json!(["k"])),
        with(header(), "kid", json!(null)),
        with(header(), "crit", json!(["exp"])),
        with(header(), "crit", json!([])),
        with(header(), "crit", json!(null)),
        with(header(), "typ", json!("JWE")),
        with(header(), "typ", json!(1)),
    ] {
        assert!(is_malformed(&unsigned(&header.to_string(), &claims().to_string())), "{header}");
    }
}

#[test]
fn claims_that_are_missing_or_of_another_type_are_refused() {
    for claims in [
        without(claims(), "iss"),
        without(claims(), "exp"),
        with(claims(), "iss", json!(["https://attest.example"])),
        with(claims(), "iss", json!("http://attest.example")),
        with(claims(), "iss", json!(null)),
        with(claims(), "exp", json!("1795000060")),
        with(claims(), "exp", json!(1_795_000_060.5)),
        with(claims(), "exp", json!(-1)),
        with(claims(), "exp", json!(u64::MAX)),
        with(claims(), "exp", json!([1_795_000_060])),
        with(claims(), "nbf", json!("0")),
        with(claims(), "nbf", json!(null)),
    ] {
        assert!(is_malformed(&unsigned(&header().to_string(), &claims.to_string())), "{claims}");
    }
    assert!(!is_malformed(&unsigned(&header().to_string(), &without(claims(), "nbf").to_string())));
}

#[test]
fn members_given_twice_are_refused_wherever_they_stand() {
    let (header, claims) = (header().to_string(), claims().to_string());
    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    for (header, claims) in [
        (twice(&header, r#""alg":"none""#), claims.clone()),
        (twice(&header, r#""kid":"other""#), claims.clone()),
        (header.clone(), twice(&claims, r#""iss":"https://other.example""#)),
        (header.clone(), twice(&claims, r#""i\u0073s":"https://other.example""#)),
        (header.clone(), twice(&claims, r#""x":{"a":1,"a":2}"#)),
        (header.clone(), twice(&claims, r#""x-ms-runtime":[{"keys":1,"keys":2}]"#)),
    ] {
        assert!(is_malformed(&unsigned(&header, &claims)), "{header} {claims}");
    }
}

#[test]
fn texts_of_another_form_are_refused() {
    let (head, body) = (part(&header().to_string()), part(&claims().to_string()));
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{head}.{body}"),
        format!("{head}.{body}.AAAA.AAAA"),
        format!("{head}.{body}.AAAA.AAAA.AAAA"),
        format!(" {head}.{body}.AAAA"),
        format!("{head}.{body}.AAAA\n"),
        format!("{head}.{body}.AAA="),
        format!("{head}.{body}.AB"),
        format!("{head}..AAAA"),
        format!("Bearer {head}.{body}.AAAA"),
        format!("{head}.{body}.{}", "A".repeat(MAX_RELEASE_TARGET_BYTES)),
    ] {
        assert!(is_malformed(&text), "{text}");
    }
}

#[test]
fn only_the_key_of_the_authority_verifies() {
    let ((key, public), (other, _)) = (authority(), authority());
    let verify = |text: &str| Token::parse(text).unwrap().verify(&public, NOW).map(drop);
    let text = signed(&key, &claims());
    assert!(verify(&text).is_ok());
    assert!(matches!(verify(&signed(&other, &claims())), Err(NotReleased::Unverified)));
    let forged = format!("{}.{}", part(&header().to_string()), part(&with(claims(), "x", json!(1)).to_string()));
    let forged = format!("{forged}.{}", text.rsplit('.').next().unwrap());
    assert!(matches!(verify(&forged), Err(NotReleased::Unverified)));
    let (start, _) = text.rsplit_once('.').unwrap();
    for signature in [vec![], vec![0; 64], vec![0; 63], vec![0xff; 64]] {
        let text = format!("{start}.{}", base64url::encode(&signature));
        assert!(matches!(verify(&text), Err(NotReleased::Unverified)));
    }
    let other_algorithm = header().to_string().replace("ES256", "RS256");
    let text = format!("{}.{}", part(&other_algorithm), text.split_once('.').unwrap().1);
    assert!(matches!(verify(&text), Err(NotReleased::Unverified)));
}

#[test]
fn times_hold_to_the_second() {
    let (key, public) = authority();
    for (nbf, exp, timely) in [
        (-60, 60, true),
        (0, 1, true),
        (-60, 0, false),
        (-60, -1, false),
        (299, 600, true),
        (300, 600, true),
        (301, 600, false),
    ] {
        let claims = with(with(claims(), "nbf", json!(NOW.0 + nbf)), "exp", json!(NOW.0 + exp));
        let text = signed(&key, &claims);
        let verified = Token::parse(&text).unwrap().verify(&public, NOW);
        assert_eq!(verified.is_ok(), timely, "{nbf} {exp}");
        assert!(timely || matches!(verified, Err(NotReleased::Untimely)));
    }
}

#[test]
fn the_first_rsa_key_for_encryption_is_taken_and_no_other() {
    let key = |more: Value| {
        let mut key = json!({"kty": "RSA", "n": base64url::encode(&[0xff; 256]), "e": "AQAB"});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    };
    let attest = |keys: Value| Attestation {
        issuer: "https://attest.example".parse().unwrap(),
        claims: json!({"x-ms-runtime": {"keys": keys}}).as_object().unwrap().clone(),
    };
    let name = |keys: Value| attest(keys).transport_key().map(|(_, kid)| kid).ok();
    let enc = key(json!({"kid": "enc", "key_use": "enc"}));
    let ops = key(json!({"kid": "ops", "key_ops": ["decrypt", "encrypt"]}));
    assert_eq!(name(json!([enc, ops])), Some(Some("enc".to_owned())));
    assert_eq!(
        name(json!([{"kty": "EC", "key_use": "enc"}, key(json!({"key_use": "sig"})), ops, enc])),
        Some(Some("ops".to_owned()))
    );
    assert_eq!(name(json!([key(json!({"key_use": "enc"}))])), Some(None));
    for keys in [
        json!([]),
        json!({}),
        json!(null),
        json!([1, "a"]),
        json!([key(json!({}))]),
        json!([key(json!({"key_ops": ["wrapKey"]}))]),
        json!([key(json!({"key_ops": "encrypt"}))]),
        json!([key(json!({"key_use": "enc", "e": "Aw"}))]),
        json!([key(json!({"key_use": "enc", "n": base64url::encode(&[0xff; 128])})), enc]),
        json!([key(json!({"key_use": "enc", "n": 5}))]),
    ] {
        assert_eq!(name(keys.clone()), None, "{keys}");
    }
    let nothing = Attestation { issuer: "https://attest.example".parse().unwrap(), claims: Map::new() };
    assert!(matches!(nothing.transport_key(), Err(NotReleased::NoTransportKey)));
}

#[test]
fn errors_say_nothing_of_the_token() {
    let text = unsigned(&header().to_string(), &without(claims(), "exp").to_string());
    let error = Token::parse(&text).map(drop).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("c4n4ry"));
}

proptest! {
    #[test]
    fn no_text_panics(text in "[A-Za-z0-9_.-]{0,80}", header: String, claims: String) {
        let _ = (Token::parse(&text), Token::parse(&unsigned(&header, &claims)));
    }
}
