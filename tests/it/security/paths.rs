//! Class 1: a path is parsed once. Every odd spelling is refused, none is normalised into another resource.

use portcullis_management::DeclaredAssignment;
use portcullis_tests::{Setup, TestGateway};
use serde_json::{Value, json};

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
    "/key/s",
    "/keys/s/%2f",
    "/certificate/s",
    "/deletedsecrets/s/",
    "/x/secrets/s",
    "/secrets/s/%30",
    "/secrets/%2573",
];

/// Sends a path that no client library shall tidy on its way, and gives the answer with the records it left.
async fn get(gateway: &TestGateway, token: &str, path: &str) -> (String, Vec<Value>) {
    let before = gateway.records().len();
    let host = gateway.host("kv1.vault");
    let request = format!(
        "GET {path}?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let reply = gateway.client.raw("kv1.vault.portcullis.test", request.as_bytes()).await;
    (reply, gateway.records().split_off(before))
}

fn refused(path: &str, reply: &str) {
    let status = reply.get(9..12).unwrap_or_default();
    assert!(matches!(status, "400" | "404" | "405"), "{path}: {reply}");
    assert!(!reply.contains("the-value"), "{path}");
}

/// What plugins decided, and on what; whether it was remembered is left out.
fn decisions(record: &Value) -> Value {
    let mut decisions = record["portcullis"]["decision"].clone();
    for decision in decisions.as_array_mut().unwrap() {
        decision.as_object_mut().unwrap().remove("memo");
    }
    decisions
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_spellings_are_refused_or_mean_the_same() {
    // A caller who may read this secret only, so that the decision asks which one it is.
    let mut setup = Setup::default();
    let scope = format!("{}/secrets/s", setup.vault_id("kv1"));
    let role = "Key Vault Secrets User".to_owned();
    setup.assignments = vec![DeclaredAssignment { principal: setup.nobody.principal, role, scope: scope.clone() }];
    let gateway = TestGateway::with(setup).await;
    let admin = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &admin, json!({"value": "the-value"})).await;
    let token = gateway.token(&gateway.setup.nobody).await;
    for path in REFUSED {
        let (reply, records) = get(&gateway, &token, path).await;
        refused(path, &reply);
        // What HTTP itself forbids never becomes a request: a bare answer, and no record.
        assert_eq!(records.len(), usize::from(!reply.ends_with("\r\n\r\n")), "{path}: {reply}");
        for record in records {
            assert_eq!(record["portcullis"]["decision"], json!([]), "{path}: {record}");
            assert_eq!(record["properties"]["id"], Value::Null, "{path}: {record}");
            assert_eq!(record["properties"]["isAddressAuthorized"], Value::Null, "{path}: {record}");
        }
    }
    let mut seen = Vec::new();
    for path in ["/secrets/s", "/secrets/s/", "/secrets/S", "/secrets/%73", "/secrets/%53/"] {
        let (reply, records) = get(&gateway, &token, path).await;
        assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("the-value"), "{path}: {reply}");
        let [record] = records.as_slice() else { panic!("{path}: {records:?}") };
        assert_eq!(record["operationName"], "SecretGet", "{path}");
        let properties = &record["properties"];
        let found = ["id", "appliedAssignmentId", "isAddressAuthorized"].map(|name| properties[name].clone());
        assert!(found.iter().all(|value| !value.is_null()), "{path}: {record}");
        seen.push((found, decisions(record)));
    }
    let asked = json!({"question": format!("within-scope {scope}"), "answer": "yes"});
    assert!(seen[0].1[1]["trace"].as_array().unwrap().contains(&asked), "{}", seen[0].1);
    assert!(seen.iter().all(|found| *found == seen[0]), "{seen:?}");
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
    for path in REFUSED {
        refused(path, &get(&gateway, &narrowed, path).await.0);
    }
    for path in ["/secrets/s", "/secrets/s/", "/secrets/%73"] {
        let (reply, _) = get(&gateway, &narrowed, path).await;
        assert!(reply.starts_with("HTTP/1.1 403 ") && reply.contains("\"ForbiddenByToken\""), "{path}: {reply}");
        assert!(!reply.contains("the-value"), "{path}");
    }
}

/// Over HTTP/2 a path is a field like any other: it may lack its slash or be a whole URL (gRPC-Go CVE-2026-33186).
#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_over_http2_are_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "the-value"})).await;
    let (authority, bearer) = (gateway.host("kv1.vault"), format!("Bearer {token}"));
    let get = async |path: &str| {
        let path = format!("{path}?api-version=7.6");
        let fields = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", authority.as_str()),
            (":path", path.as_str()),
            ("authorization", bearer.as_str()),
        ];
        gateway.client.raw_h2("kv1.vault.portcullis.test", &fields).await
    };
    let absolute = format!("https://{authority}/secrets/s");
    let other = format!("https://{}/secrets/s", gateway.host("kv2.vault"));
    let relative = ["secrets/s", "", "*", "?/secrets/s", "#/secrets/s", "http:/secrets/s", "kv1/../secrets/s"];
    let urls = [absolute.as_str(), other.as_str(), "//secrets/s", "//kv2.vault.portcullis.test/secrets/s"];
    for path in relative.iter().chain(&urls).chain(REFUSED) {
        let before = gateway.records().len();
        let came = get(path).await;
        assert!(came.refused || !matches!(came.status, Some(200)), "{path}: {came:?}");
        assert!(!String::from_utf8_lossy(&came.body).contains("the-value"), "{path}: {came:?}");
        for record in gateway.records().split_off(before) {
            assert_eq!(record["properties"]["id"], Value::Null, "{path}: {record}");
            assert_eq!(record["portcullis"]["decision"], json!([]), "{path}: {record}");
        }
    }
    let served = get("/secrets/s").await;
    assert_eq!(served.status, Some(200), "the same fields with a good path are served: {served:?}");
    assert!(String::from_utf8_lossy(&served.body).contains("the-value"), "{served:?}");
}

/// The absolute form of HTTP/1.1 names the same resource if its authority is the host, and none otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn the_absolute_form_means_the_same_or_is_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for vault in ["kv1", "kv2"] {
        gateway.vault(vault, "PUT", "/secrets/s", &token, json!({"value": vault})).await;
    }
    let (own, other) = (gateway.host("kv1.vault"), gateway.host("kv2.vault"));
    let (reply, records) = get(&gateway, &token, &format!("https://{own}/secrets/s")).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains("\"value\":\"kv1\""), "{reply}");
    assert_eq!(records[0]["operationName"], "SecretGet");
    for target in [
        format!("https://{other}/secrets/s"),
        format!("https://user@{own}/secrets/s"),
        format!("https://{own}//secrets/s"),
        format!("https://{own}/x/../secrets/s"),
        format!("https://{own}@{other}/secrets/s"),
    ] {
        let (reply, _) = get(&gateway, &token, &target).await;
        let status = reply.get(9..12).unwrap_or_default();
        assert!(matches!(status, "400" | "404" | "421"), "{target}: {reply}");
        assert!(!reply.contains("\"value\""), "{target}: {reply}");
    }
}
