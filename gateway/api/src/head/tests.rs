use http::{HeaderMap, HeaderValue, Version};

use super::*;
use crate::testing::head;

fn with_hosts(target: &str, version: Version, hosts: &[&[u8]]) -> Parts {
    let mut parts = head("GET", target);
    parts.version = version;
    for host in hosts {
        parts.headers.append(header::HOST, HeaderValue::from_bytes(host).unwrap());
    }
    parts
}

#[test]
fn takes_the_one_host_that_is_named() {
    for (target, version, hosts) in [
        ("/", Version::HTTP_11, &[b"a.test".as_slice()][..]),
        ("https://a.test/", Version::HTTP_11, &[b"a.test"]),
        ("https://a.test/", Version::HTTP_11, &[b"A.TEST"]),
        ("https://a.test/", Version::HTTP_2, &[]),
        ("https://a.test/", Version::HTTP_2, &[b"a.test"]),
        ("/", Version::HTTP_2, &[b"a.test"]),
    ] {
        let parts = with_hosts(target, version, hosts);
        assert_eq!(authority(&parts).unwrap(), "a.test", "{target} {version:?} {hosts:?}");
    }
}

#[test]
fn refuses_hosts_that_are_missing_repeated_or_differ() {
    for (target, version, hosts) in [
        ("/", Version::HTTP_11, &[][..]),
        ("/", Version::HTTP_10, &[]),
        ("/", Version::HTTP_2, &[]),
        ("https://a.test/", Version::HTTP_11, &[]),
        ("/", Version::HTTP_11, &[b"a.test".as_slice(), b"a.test"]),
        ("/", Version::HTTP_11, &[b"a.test", b"b.test"]),
        ("/", Version::HTTP_11, &[b"a.test", b""]),
        ("https://a.test/", Version::HTTP_11, &[b"b.test"]),
        ("https://a.test/", Version::HTTP_11, &[b"a.test:443"]),
        ("https://user@a.test/", Version::HTTP_11, &[b"a.test"]),
        ("https://a.test/", Version::HTTP_2, &[b"b.test"]),
        ("https://a.test/", Version::HTTP_2, &[b"a.test", b"a.test"]),
        ("https://a.test/", Version::HTTP_2, &[b"a.test,b.test"]),
        ("/", Version::HTTP_11, &[b"d\xc3\xa9v.test"]),
    ] {
        let parts = with_hosts(target, version, hosts);
        assert_eq!(authority(&parts).unwrap_err().code(), ErrorCode::BadParameter, "{target} {version:?} {hosts:?}");
    }
}

#[test]
fn bounds_the_target_and_the_headers() {
    assert!(check_head(&head("GET", &format!("/{}", "a".repeat(MAX_URI_BYTES - 1)))).is_ok());
    for target in [
        format!("/{}", "a".repeat(MAX_URI_BYTES)),
        format!("/?{}", "a".repeat(MAX_URI_BYTES)),
        format!("/{}?{}", "a".repeat(5000), "b".repeat(5000)),
    ] {
        assert_eq!(check_head(&head("GET", &target)).unwrap_err().code(), ErrorCode::UriTooLong);
    }
    let mut parts = head("GET", "/");
    parts.headers.insert("x", HeaderValue::from_str(&"a".repeat(MAX_HEADER_BYTES - 1)).unwrap());
    assert!(check_head(&parts).is_ok());
    parts.headers.append("x", HeaderValue::from_static(""));
    assert_eq!(check_head(&parts).unwrap_err().code(), ErrorCode::HeadersTooLarge);
}

#[test]
fn echoes_a_client_request_id_only_when_it_is_one_harmless_value() {
    let id = |values: &[&[u8]]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CLIENT_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        client_request_id(&headers)
    };
    assert_eq!(id(&[b"9c4d-1"]).unwrap(), "9c4d-1");
    assert!(id(&["x".repeat(128).as_bytes()]).is_some());
    for refused in [&[][..], &[b"".as_slice()], &[b"a", b"b"], &[b"a", b"a"], &[b"\xff"], &[b"a\tb"]] {
        assert!(id(refused).is_none(), "{refused:?}");
    }
    assert!(id(&["x".repeat(129).as_bytes()]).is_none());
}
