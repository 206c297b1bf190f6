//! Class 1: a path is parsed once. Every odd spelling is refused, none is normalised into another resource.

use portcullis_tests::TestGateway;
use serde_json::json;

/// Spellings that must not reach a secret. `S` stands for the secret's path.
const REFUSED: &[&str] = &[
    "//secrets/s",
    "/secrets//s",
    "/secrets///s",
    "/secrets/s//",
    "/secrets/s///",
    "/./secrets/s",
    "/secrets/./s",
    "/secrets/../secrets/s",
    "/secrets/s/..",
    "/secrets/s/.",
    "/secrets/x/../s",
    "/%2e/secrets/s",
    "/secrets/%2e%2e/secrets/s",
    "/secrets%2fs",
    "/secrets%2Fs",
    "/secrets/%2fs",
    "/secrets/s%2f",
    "/secrets/s%00",
    "/secrets/%00s",
    "/secrets/s%20",
    "/secrets/%20s",
    "/secrets/s;x",
    "/secrets/s;",
    "/secrets;x/s",
    "/secrets/s%3bx",
    "/Secrets/s",
    "/SECRETS/s",
    "/secretS/s",
    "/%73ecrets/s",
    "/secrets/s%25",
    "/secrets/s%2525",
    "/secrets/s%",
    "/secrets/s%4",
    "/secrets/s%zz",
    "/secrets/s\\",
    "/secrets\\s",
    "/secrets/s%5c",
    "/secrets/s%0a",
    "/secrets/s%0d%0a",
    "/secrets/s%09",
    "/secrets/s%7f",
    "/secrets/s%c3%a9",
    "/secrets/%ef%bd%93",
    "/secrets/s%2b",
    "/secrets/s+",
    "/secrets/s*",
    "/secrets/s.",
    "/secrets/s..",
    "/secrets/.s",
    "/secrets/s/00000000000000000000000000000000/",
    "/secrets/s/00000000000000000000000000000000/x",
    "/secrets/s/versions/",
    "/secrets/s/Versions",
    "/secrets/s/%76ersions",
    "/secrets/%72estore",
    "/secrets/s/x",
    "/secrets/s/..%2f",
    "/secret/s",
    "/secrets/s/backup",
    "/secrets/s/recover",
    "/",
    "/*",
    "/secrets/s%23",
    "/secrets/s%3f",
    "/secrets/s%3fx",
    "/secrets/s&x",
    "/secrets/s=x",
    "/secrets/s@x",
    "/secrets/s:x",
    "/secrets/(s)",
    "/secrets/s'",
    "/secrets/s%22",
    "/secrets/s,",
    "/secrets/s|x",
    "/secrets/s~",
    "/secrets/s$",
    "/secrets/s!",
    "/keys/s",
    "/certificates/s",
    "/deletedsecrets/s/",
    "/x/secrets/s",
    "/secrets/s/%30",
    "/secrets/%2573",
];

#[tokio::test(flavor = "multi_thread")]
async fn odd_spellings_are_refused_or_mean_the_same() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "the-value"})).await;
    let host = gateway.host("kv1.vault");
    for path in REFUSED {
        // Written by hand: no client library shall tidy the path on its way.
        let request = format!(
            "GET {path}?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let reply = gateway.client.raw("kv1.vault.portcullis.test", request.as_bytes()).await;
        let status = reply.get(9..12).unwrap_or_default();
        assert!(matches!(status, "400" | "404" | "405"), "{path}: {reply}");
        assert!(!reply.contains("the-value"), "{path}");
    }
    for path in ["/secrets/s", "/secrets/s/", "/secrets/S", "/secrets/%73", "/secrets/%53/"] {
        let request = format!(
            "GET {path}?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        let reply = gateway.client.raw("kv1.vault.portcullis.test", request.as_bytes()).await;
        assert!(reply.contains("the-value"), "{path}: {reply}");
    }
    for record in gateway.records() {
        let name = record["operationName"].as_str().unwrap();
        assert!(!name.is_empty());
    }
}

/// The same spellings to a caller who may read only another secret: none of them is a way around.
#[tokio::test(flavor = "multi_thread")]
async fn odd_spellings_are_no_way_around_an_attenuation() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "the-value"})).await;
    let restrictions = portcullis_identity::Restrictions {
        objects: vec![(portcullis_model::ObjectKind::Secret, "x".parse().unwrap())],
        ..Default::default()
    };
    let narrowed =
        portcullis_identity::attenuate(&token, &restrictions, &portcullis_crypto::SystemRandom::new()).unwrap();
    let host = gateway.host("kv1.vault");
    for path in REFUSED.iter().chain(&["/secrets/s", "/secrets/s/", "/secrets/%73"]) {
        let request = format!(
            "GET {path}?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {narrowed}\r\nConnection: close\r\n\r\n"
        );
        let reply = gateway.client.raw("kv1.vault.portcullis.test", request.as_bytes()).await;
        assert!(!reply.contains("the-value"), "{path}: {reply}");
    }
}
