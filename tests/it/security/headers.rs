//! Class 2: a header that is there twice, is empty, or holds bytes that are no text has one reading, and never a
//! lenient one.

use portcullis_tests::TestGateway;
use serde_json::json;

const SNI: &str = "kv1.vault.portcullis.test";
const LARGE: usize = 60 * 1024;

/// Sends header lines as bytes. `Host` is added unless the lines have one.
async fn get(gateway: &TestGateway, lines: &[Vec<u8>]) -> String {
    let mut request = b"GET /secrets/s?api-version=7.6 HTTP/1.1\r\nConnection: close\r\n".to_vec();
    if !lines.iter().any(|line| line.starts_with(b"Host")) {
        request.extend(format!("Host: {}\r\n", gateway.host("kv1.vault")).into_bytes());
    }
    for line in lines {
        request.extend(line);
        request.extend(b"\r\n");
    }
    request.extend(b"\r\n");
    gateway.client.raw(SNI, &request).await
}

fn line(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b": ", value].concat()
}

fn assert_status(reply: &str, expected: &[&str], what: &str) {
    let status = reply.get(9..12).unwrap_or_default();
    assert!(expected.contains(&status), "{what}: {reply}");
    assert_eq!(reply.contains("the-value"), expected == ["200"], "{what}: {reply}");
}

async fn with_a_secret() -> (TestGateway, String) {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "the-value"})).await;
    (gateway, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_authorization_header_is_no_token() {
    let (gateway, token) = with_a_secret().await;
    let bearer = format!("Bearer {token}");
    let own = |value: &[u8]| vec![line("Authorization", value)];
    let with = |parts: &[&[u8]]| own(&parts.concat());
    assert_status(&get(&gateway, &own(bearer.as_bytes())).await, &["200"], "the token itself");
    for (what, lines, expected) in [
        ("twice the same", [own(bearer.as_bytes()), own(bearer.as_bytes())].concat(), "401"),
        ("a good one, then a bad one", [own(bearer.as_bytes()), own(b"Bearer x")].concat(), "401"),
        ("a bad one, then a good one", [own(b"Bearer x"), own(bearer.as_bytes())].concat(), "401"),
        ("an empty one first", [own(b""), own(bearer.as_bytes())].concat(), "401"),
        ("joined by a comma", with(&[bearer.as_bytes(), b", ", bearer.as_bytes()]), "401"),
        ("empty", own(b""), "401"),
        ("a scheme alone", own(b"Bearer"), "401"),
        ("a scheme and a space", own(b"Bearer "), "401"),
        ("another scheme", with(&[b"PoP ", token.as_bytes()]), "401"),
        ("no scheme", own(token.as_bytes()), "401"),
        ("a byte of the upper half at its end", with(&[bearer.as_bytes(), b"\xff"]), "401"),
        ("a byte of the upper half in its scheme", with(&[b"B\xe9arer ", token.as_bytes()]), "401"),
        ("a tab in its midst", with(&[bearer.as_bytes(), b"\tx"]), "401"),
        ("a space in its midst", with(&[bearer.as_bytes(), b" x"]), "401"),
        ("large", with(&[b"Bearer ", "A".repeat(LARGE).as_bytes()]), "401"),
        ("larger than headers may be", with(&[b"Bearer ", "A".repeat(64 * 1024).as_bytes()]), "431"),
        ("NUL", with(&[bearer.as_bytes(), b"\0"]), "400"),
        ("a line end in it", with(&[b"Bearer x\rAuthorization: ", bearer.as_bytes()]), "400"),
    ] {
        assert_status(&get(&gateway, &lines).await, &[expected], what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_host_header_names_no_vault() {
    let (gateway, token) = with_a_secret().await;
    let (own, other) = (gateway.host("kv1.vault"), gateway.host("kv2.vault"));
    let bearer = line("Authorization", format!("Bearer {token}").as_bytes());
    let host = |value: &[u8]| line("Host", value);
    let large = "a".repeat(LARGE);
    assert_status(&get(&gateway, &[host(own.as_bytes()), bearer.clone()]).await, &["200"], "the host itself");
    let cases: [(&str, Vec<Vec<u8>>); 10] = [
        ("twice the same", vec![host(own.as_bytes()), host(own.as_bytes())]),
        ("two of them", vec![host(own.as_bytes()), host(other.as_bytes())]),
        ("an empty one first", vec![host(b""), host(own.as_bytes())]),
        ("joined by a comma", vec![host(format!("{own}, {other}").as_bytes())]),
        ("empty", vec![host(b"")]),
        ("bytes of the upper half", vec![host(&[b"kv1\xff", own.as_bytes()].concat())]),
        ("a look-alike", vec![host(own.replace("kv1", "k\u{ff56}1").as_bytes())]),
        ("a space within", vec![host(own.replace("kv1.", "kv1 .").as_bytes())]),
        ("large", vec![host(format!("{large}.vault.portcullis.test:{}", gateway.port).as_bytes())]),
        ("NUL", vec![host(&[own.as_bytes(), b"\0"].concat())]),
    ];
    for (what, mut lines) in cases {
        lines.push(bearer.clone());
        assert_status(&get(&gateway, &lines).await, &["400", "421"], what);
    }
}

/// Nothing is decided by it, so it may be as it likes; the record stays one bounded line.
#[tokio::test(flavor = "multi_thread")]
async fn an_odd_user_agent_changes_nothing_but_what_is_recorded() {
    let (gateway, token) = with_a_secret().await;
    let bearer = line("Authorization", format!("Bearer {token}").as_bytes());
    let agent = |value: &[u8]| line("User-Agent", value);
    for (what, agents, recorded) in [
        ("twice", vec![agent(b"a/1"), agent(b"b/2")], "a/1".to_owned()),
        ("empty", vec![agent(b"")], String::new()),
        ("bytes of the upper half", vec![agent(b"a\xff\xfe")], "a\u{fffd}\u{fffd}".to_owned()),
        (
            "another record",
            vec![agent(br#"x","portcullis":{"stage":"done"}}"#)],
            r#"x","portcullis":{"stage":"done"}}"#.to_owned(),
        ),
        ("a tab", vec![agent(b"a\tb")], "a\tb".to_owned()),
        ("large", vec![agent("x".repeat(LARGE - 4096).as_bytes())], "x".repeat(1024)),
    ] {
        let before = gateway.audit.lines().len();
        let lines = [agents, vec![bearer.clone()]].concat();
        assert_status(&get(&gateway, &lines).await, &["200"], what);
        let written = gateway.audit.lines().split_off(before);
        let [record] = written.as_slice() else { panic!("{what}: {written:?}") };
        assert!(record.len() < 16 * 1024, "{what}: {}", record.len());
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        assert_eq!(record["properties"]["clientInfo"], recorded, "{what}");
    }
}
