//! Certificate requests.

use portcullis_crypto::x509::certificate_request;

use super::openssl;
use super::{KEYS, key, leaf_spec};

#[test]
fn openssl_verifies_every_kind_of_key() {
    for (kind, _) in KEYS {
        let request = certificate_request(&leaf_spec(), &key(kind)).unwrap();
        openssl::run(&["req", "-inform", "DER", "-verify", "-noout"], request.as_bytes());
    }
}

#[test]
fn openssl_reads_what_was_asked_for() {
    let request = certificate_request(&leaf_spec(), &key("RSA 2048")).unwrap();
    let text = openssl::text(&["req", "-inform", "DER", "-noout", "-text"], request.as_bytes());
    for expected in [
        "Requested Extensions:",
        "X509v3 Key Usage: critical\n                    Digital Signature, Key Encipherment",
        "CA:FALSE",
        "TLS Web Server Authentication, TLS Web Client Authentication, 1.2.3.4",
        "DNS:example.com, DNS:*.example.com",
        "Version: 1",
        "OU = \"a, b\"",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}
