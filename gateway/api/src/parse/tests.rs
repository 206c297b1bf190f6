use http::Method;
use portcullis_model::Page;
use portcullis_model::UnixTime;
use portcullis_model::secrets::MAX_VALUE_BYTES;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::route;
use crate::testing::{OpenSeal, head, vault};

/// A text that no message may repeat (threat class 23).
const CANARY: &str = "c4n4ry";

fn routed(method: &Method, path: &str) -> Routed {
    route(&head(method.as_str(), &format!("{path}?api-version=7.4")), &vault(), &OpenSeal).unwrap()
}

fn set(body: &[u8]) -> Result<Call, ApiError> {
    routed(&Method::PUT, "/secrets/db").parse(body)
}

fn update(body: &[u8]) -> Result<Call, ApiError> {
    routed(&Method::PATCH, "/secrets/db/").parse(body)
}

fn restore(body: &[u8]) -> Result<Call, ApiError> {
    routed(&Method::POST, "/secrets/restore").parse(body)
}

#[test]
fn set_takes_all_its_members() {
    let body = json!({
        "value": "a\n\u{e9}", "contentType": "text/plain", "tags": { "file-encoding": "utf-8" },
        "attributes": { "enabled": false, "nbf": 1, "exp": 253_402_300_799_i64, "created": "ignored" },
        "kid": 7, "unknown": [{ "x": null }],
    });
    let Call::Secret(SecretCall::Set { name, value, content_type, attributes, tags }) =
        set(body.to_string().as_bytes()).unwrap()
    else {
        panic!("another call")
    };
    assert_eq!((name.as_str(), value.expose()), ("db", "a\n\u{e9}"));
    assert_eq!(content_type.unwrap().as_str(), "text/plain");
    assert_eq!(attributes.enabled, Some(false));
    assert_eq!((attributes.nbf, attributes.exp), (Some(UnixTime(1)), Some(UnixTime(253_402_300_799))));
    assert_eq!(tags.get("file-encoding"), Some("utf-8"));
}

#[test]
fn empty_objects_and_nulls_mean_defaults() {
    for body in [
        r#"{"value":"v"}"#,
        r#"{"value":"v","attributes":{},"tags":{}}"#,
        r#"{"value":"v","attributes":null,"tags":null,"contentType":null}"#,
        r#"{"value":"v","attributes":{"enabled":null,"nbf":null,"exp":null}}"#,
    ] {
        let Ok(Call::Secret(SecretCall::Set { content_type, attributes, tags, .. })) = set(body.as_bytes()) else {
            panic!("{body}")
        };
        assert!(content_type.is_none() && tags.is_empty(), "{body}");
        assert_eq!(attributes, portcullis_model::AttributeChanges::default(), "{body}");
    }
}

#[test]
fn update_tells_absent_tags_from_empty_ones() {
    let tags = |body: &str| match update(body.as_bytes()).unwrap() {
        Call::Secret(SecretCall::Update { tags, version: None, .. }) => tags,
        other => panic!("{other:?}"),
    };
    assert!(tags("{}").is_none());
    assert!(tags(r#"{"attributes":{}}"#).is_none());
    assert!(tags(r#"{"tags":{}}"#).unwrap().is_empty());
}

#[test]
fn restore_takes_base64url_with_and_without_padding() {
    for value in ["_-8", "_-8="] {
        let Call::Secret(SecretCall::Restore { blob }) =
            restore(json!({ "value": value }).to_string().as_bytes()).unwrap()
        else {
            panic!("another call")
        };
        assert_eq!(blob, [0xff, 0xef]);
    }
    for value in ["/+8=", "_-8==", "_-9", "a", "_-8\n"] {
        assert!(restore(json!({ "value": value }).to_string().as_bytes()).is_err(), "{value}");
    }
}

#[test]
fn operations_without_arguments_ignore_their_body() {
    for body in [&b""[..], b"{}", b"null", b"\xff\x00 anything"] {
        assert!(routed(&Method::GET, "/secrets/db").parse(body).is_ok());
        assert!(routed(&Method::POST, "/secrets/db/backup").parse(body).is_ok());
        assert!(routed(&Method::DELETE, "/deletedsecrets/db").parse(body).is_ok());
    }
}

#[test]
fn lists_carry_their_page() {
    let Call::Secret(SecretCall::List { page }) = routed(&Method::GET, "/secrets").parse(b"").unwrap() else {
        panic!("another call")
    };
    assert_eq!(page, Page { limit: 25, after: None });
}

#[test]
fn every_data_operation_parses_to_itself() {
    for operation in Operation::ALL.iter().filter(|operation| operation.row().plane == Plane::Data) {
        let row = operation.row();
        let path = row.paths[0].replace("{name}", "db").replace("{issuer}", "ca");
        let method = Method::from_bytes(row.method.as_str().as_bytes()).unwrap();
        let alg = if matches!(operation, Operation::KeySign | Operation::KeyVerify) { "RS256" } else { "RSA-OAEP" };
        let key = json!({"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA"});
        let body = json!({"value": "AAAA", "kty": "EC", "key": key, "alg": alg, "digest": "AAAA", "count": 1, "target": "t",
                "cancellation_requested": true, "x5c": ["AAAA"], "contacts": []});
        let call = routed(&method, &path).parse(body.to_string().as_bytes()).unwrap();
        assert_eq!(call.operation(), *operation);
    }
}

#[test]
fn a_member_of_the_wrong_type_is_named_and_its_value_is_not() {
    let cases = [
        ("value", json!({ "value": { "c4n4ry": "c4n4ry" } })),
        ("value", json!({ "value": ["c4n4ry"] })),
        ("value", json!({ "value": null, "contentType": "c4n4ry" })),
        ("value", json!({ "value": 17, "tags": { "c4n4ry": "c4n4ry" } })),
        ("value", json!({ "contentType": "c4n4ry" })),
        ("value", json!({ "value": "c4n4ry".repeat(10_000) })),
        ("contentType", json!({ "value": "c4n4ry", "contentType": 7 })),
        ("contentType", json!({ "value": "c4n4ry", "contentType": "c4n4ry".repeat(100) })),
        ("attributes", json!({ "value": "c4n4ry", "attributes": "c4n4ry" })),
        ("attributes", json!({ "value": "c4n4ry", "attributes": [true] })),
        ("attributes.enabled", json!({ "value": "c4n4ry", "attributes": { "enabled": "c4n4ry" } })),
        ("attributes.nbf", json!({ "value": "c4n4ry", "attributes": { "nbf": "c4n4ry" } })),
        ("attributes.nbf", json!({ "value": "c4n4ry", "attributes": { "nbf": -1 } })),
        ("attributes.exp", json!({ "value": "c4n4ry", "attributes": { "exp": 1.5 } })),
        ("attributes.exp", json!({ "value": "c4n4ry", "attributes": { "exp": u64::MAX } })),
        ("attributes.exp", json!({ "value": "c4n4ry", "attributes": { "exp": 253_402_300_800_i64 } })),
        ("tags", json!({ "value": "c4n4ry", "tags": ["c4n4ry"] })),
        ("tags", json!({ "value": "c4n4ry", "tags": { "c4n4ry": 1 } })),
        ("tags", json!({ "value": "c4n4ry", "tags": { "c4n4ry": null } })),
        ("tags", json!({ "value": "c4n4ry", "tags": { "": "c4n4ry" } })),
        ("tags", json!({ "value": "c4n4ry", "tags": { "c4n4ry": "c4n4ry".repeat(100) } })),
        ("tags", json!({ "value": "c4n4ry", "tags": { "c4n4ry".repeat(100): "" } })),
    ];
    for (member, body) in cases {
        let error = set(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadParameter, "{body}");
        assert!(error.message().contains(&format!("Property {member}")), "{body}: {error}");
        assert!(!format!("{error} {error:?}").contains(CANARY), "{body}: {error:?}");
    }
    let error = restore(br#"{"value":"c4n4ry!"}"#).unwrap_err();
    assert!(error.message().contains("Property value") && !format!("{error:?}").contains(CANARY));
}

#[test]
fn malformed_json_is_refused_without_repeating_it() {
    for body in [
        &b""[..],
        b"c4n4ry",
        b"null",
        b"[]",
        b"[\"c4n4ry\"]",
        b"\"c4n4ry\"",
        b"{\"value\":\"c4n4ry\"",
        b"{\"value\":\"c4n4ry\"} c4n4ry",
        b"{\"value\":\"c4n4ry\"}{\"value\":\"c4n4ry\"}",
        b"{\"value\":\"c4n4ry\",}",
        b"{\"value\":'c4n4ry'}",
        b"{\"value\":\"\xff\"}",
        b"\xef\xbb\xbf{\"value\":\"c4n4ry\"}",
        b"{\"value\":\"\\ud800\"}",
        b"{\"value\":\"a\x01\"}",
        b"{\"value\":1e999999}",
        b"{\"c4n4ry\":c4n4ry}",
    ] {
        let error = set(body).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadParameter, "{body:?}");
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error:?}");
    }
}

#[test]
fn a_known_member_given_twice_is_refused() {
    for body in [
        r#"{"value":"c4n4ry","value":"b"}"#,
        r#"{"value":"a","v\u0061lue":"b"}"#,
        r#"{"value":"a","attributes":{"enabled":true,"enabled":false}}"#,
        r#"{"value":"a","attributes":{},"attributes":{"enabled":false}}"#,
        r#"{"value":"a","tags":{"x":"1","x":"2"}}"#,
    ] {
        let error = set(body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BadParameter, "{body}");
        assert!(!error.message().contains(CANARY));
    }
    assert!(set(br#"{"value":"a","unknown":1,"unknown":2}"#).is_ok());
}

#[test]
fn nesting_is_bounded_wherever_it_stands() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for body in [
        deep("[", "]"),
        format!(r#"{{"value":"v","unknown":{}}}"#, deep("[", "]")),
        format!(r#"{{"value":{}"#, r#"{"value":"#.repeat(20_000)),
        format!(r#"{{"tags":{}}}"#, r#"{"a":"#.repeat(33)),
    ] {
        let error = set(body.as_bytes()).unwrap_err();
        assert_eq!(error.message(), "the request body is nested too deeply");
    }
    // Brackets within texts are no nesting.
    let value = "[{\\\"".repeat(500);
    assert!(set(format!(r#"{{"value":"{value}"}}"#).as_bytes()).is_ok());
}

#[test]
fn sizes_are_bounded_at_their_borders() {
    let value = |length: usize| set(json!({ "value": "x".repeat(length) }).to_string().as_bytes());
    assert!(value(MAX_VALUE_BYTES).is_ok());
    assert_eq!(value(MAX_VALUE_BYTES + 1).unwrap_err().code(), ErrorCode::BadParameter);
    // Bytes count, not characters.
    assert!(set(json!({ "value": "é".repeat(MAX_VALUE_BYTES / 2 + 1) }).to_string().as_bytes()).is_err());
    let tags = |count: usize| {
        let tags: serde_json::Map<_, _> = (0..count).map(|at| (at.to_string(), json!("v"))).collect();
        set(json!({ "value": "v", "tags": tags }).to_string().as_bytes())
    };
    assert!(tags(15).is_ok());
    assert!(tags(16).is_err());
    let content_type =
        |length: usize| set(json!({ "value": "v", "contentType": "x".repeat(length) }).to_string().as_bytes());
    assert!(content_type(255).is_ok());
    assert!(content_type(256).is_err());
}

#[test]
fn bodies_over_their_limit_are_too_large() {
    assert_eq!(set(&vec![b' '; MAX_BODY_BYTES + 1]).unwrap_err().code(), ErrorCode::PayloadTooLarge);
    assert_eq!(set(&vec![b' '; MAX_BODY_BYTES]).unwrap_err().code(), ErrorCode::BadParameter);
    let value = "A".repeat(MAX_BODY_BYTES);
    assert!(restore(json!({ "value": value }).to_string().as_bytes()).is_ok());
    assert_eq!(restore(&vec![b' '; MAX_RESTORE_BODY_BYTES + 1]).unwrap_err().code(), ErrorCode::PayloadTooLarge);
}

proptest! {
    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (set(&body), update(&body), restore(&body));
    }

    #[test]
    fn no_json_panics_or_is_repeated(
        value in "[a-z{}\\[\\]\":,0-9]{0,40}",
        member in prop::sample::select(vec!["value", "tags", "attributes", "contentType"]),
    ) {
        let body = format!(r#"{{"value":"c4n4ry","{member}":{value},"tags":{{"c4n4ry":"c4n4ry"}}}}"#);
        for error in [set(body.as_bytes()).err(), update(body.as_bytes()).err()].into_iter().flatten() {
            prop_assert!(!error.message().contains(CANARY));
        }
    }

    #[test]
    fn every_value_comes_through_as_it_was_sent(value in any::<String>()) {
        let Ok(Call::Secret(SecretCall::Set { value: parsed, .. })) = set(json!({ "value": value }).to_string().as_bytes()) else {
            panic!("another call")
        };
        prop_assert_eq!(parsed.expose(), value);
    }
}
