use portcullis_crypto::jose::base64url;
use portcullis_model::SecretText;
use serde_json::json;

use super::*;

const KEY: &str = "a-key-that-the-proxy-shares-with-the-gateway";
const NOW: UnixTime = UnixTime(1_800_000_000);

fn sources() -> SignalSources {
    let source = |prefix: &str, key: &str| SignalSourceConfig {
        name: prefix.to_owned(),
        prefixes: vec![prefix.parse().unwrap()],
        key: SecretText::new(key.to_owned()),
    };
    SignalSources::new(vec![source("10.0.9.0/24", KEY), source("10.0.8.0/24", "the-key-of-the-other-proxy-elsewhere")])
}

fn caller() -> PrincipalId {
    PrincipalId::from_bytes([7; 16])
}

fn signed(claims: &Value, key: &str) -> String {
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256"})), part(claims));
    let tag = base64url::encode(&Mac::with_secret(key.as_bytes()).tag(signed.as_bytes()));
    format!("{signed}.{tag}")
}

fn claims() -> Value {
    json!({"sub": caller().to_string(), "iat": NOW.0, "exp": NOW.0 + 60, "risk": {"sign-in": "high"},
        "device": {"compliant": true, "systemLabels": ["a", "b"]}, "network": {"asn": 64_496}})
}

fn read(headers: &[&str], from: &str) -> Result<Arc<Signals>, BadSignals> {
    let mut request = http::Request::builder();
    for header in headers {
        request = request.header(HEADER, *header);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    sources().read(&head, from.parse().unwrap(), caller(), NOW)
}

#[test]
fn a_source_tells_of_device_risk_and_network() {
    let signals = read(&[&signed(&claims(), KEY)], "10.0.9.1").unwrap();
    let of = |signal: &Signal, name: &str| signal.get(name).map(ToString::to_string);
    assert_eq!(of(&signals.device, "compliant").as_deref(), Some("true"));
    assert_eq!(of(&signals.device, "systemLabels").as_deref(), Some(r#"["a","b"]"#));
    assert_eq!(of(&signals.risk, "sign-in").as_deref(), Some("high"));
    assert_eq!(of(&signals.network, "asn").as_deref(), Some("64496"));
}

#[test]
fn what_comes_from_elsewhere_never_counts() {
    for from in ["192.0.2.1", "10.0.7.1", "2001:db8::1"] {
        let signals = read(&[&signed(&claims(), KEY)], from).unwrap();
        assert!(signals.device.is_empty() && signals.risk.is_empty() && signals.network.is_empty(), "{from}");
        assert!(read(&["nonsense", "twice"], from).is_ok(), "{from}");
    }
    assert!(read(&[], "10.0.9.1").unwrap().device.is_empty());
}

#[test]
fn what_a_source_did_not_sign_now_and_about_the_caller_refuses() {
    let good = signed(&claims(), KEY);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        signed(&claims, KEY)
    };
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        signed(&claims, KEY)
    };
    let (start, _) = good.rsplit_once('.').unwrap();
    let unsigned = format!("{}.{}.", base64url::encode(br#"{"alg":"none"}"#), good.split('.').nth(1).unwrap());
    for (header, expected) in [
        (String::new(), BadSignals::Unsigned),
        ("nonsense".to_owned(), BadSignals::Unsigned),
        (unsigned, BadSignals::Unsigned),
        (format!("{start}."), BadSignals::Unsigned),
        (format!("{start}.AAAA"), BadSignals::Unsigned),
        (signed(&claims(), "a-key-that-somebody-else-has"), BadSignals::Unsigned),
        (signed(&claims(), "the-key-of-the-other-proxy-elsewhere"), BadSignals::Unsigned),
        (format!("{good}{}", "A".repeat(BYTES)), BadSignals::Unsigned),
        (with("sub", json!(PrincipalId::from_bytes([8; 16]).to_string())), BadSignals::OtherCaller),
        (with("sub", json!(null)), BadSignals::OtherCaller),
        (without("sub"), BadSignals::Malformed),
        (without("iat"), BadSignals::Malformed),
        (without("exp"), BadSignals::Malformed),
        (with("exp", json!(NOW.0)), BadSignals::Untimely),
        (with("exp", json!(NOW.0 + 301)), BadSignals::Untimely),
        (with("iat", json!(NOW.0 + 61)), BadSignals::Untimely),
        (with("iat", json!(NOW.0 - 300)), BadSignals::Untimely),
        (with("iat", json!("now")), BadSignals::Malformed),
        (with("devices", json!({})), BadSignals::Malformed),
        (with("device", json!([])), BadSignals::Malformed),
        (with("device", json!({"compliant": null})), BadSignals::Malformed),
        (with("device", json!({"": "x"})), BadSignals::Malformed),
        (with("device", json!({"compliant": "true\n"})), BadSignals::Malformed),
        (with("device", json!({"model": "x".repeat(VALUE + 1)})), BadSignals::Malformed),
        (with("device", (0..=ENTRIES).map(|at| (at.to_string(), json!(true))).collect()), BadSignals::Malformed),
    ] {
        assert_eq!(read(&[&header], "10.0.9.1").unwrap_err(), expected, "{header}");
    }
    assert_eq!(read(&[&good, &good], "10.0.9.1").unwrap_err(), BadSignals::Several);
}
