//! Class 25 and the host rules: a connection opened for one name carries requests for that name only.

use portcullis_tests::{Sent, TestGateway};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn sni_and_host_must_agree() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    for (sni, host, status) in [
        ("kv1.vault.portcullis.test", "kv1.vault", 200),
        ("KV1.vault.portcullis.test", "Kv1.Vault", 200),
        ("kv1.vault.portcullis.test", "kv2.vault", 421),
        ("login.portcullis.test", "kv1.vault", 421),
        ("kv1.vault.portcullis.test", "login", 421),
        ("kv1.vault.portcullis.test", "management", 421),
    ] {
        let mut sent = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
        sent.host = gateway.host(host);
        let reply = gateway.client.send_with_sni(sni, sent).await;
        assert_eq!(reply.status, status, "{sni} {host}: {:?}", reply.body);
        assert!(status == 200 || reply.error().0 == "MisdirectedRequest");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_must_be_one_and_ours() {
    let gateway = TestGateway::start().await;
    let sni = "kv1.vault.portcullis.test";
    let port = gateway.port;
    for (host, status) in [
        ("Host: kv1.vault.portcullis.test\r\n".to_owned(), "421"),
        (format!("Host: kv1.vault.portcullis.test:{}\r\n", port.wrapping_add(1)), "421"),
        (format!("Host: kv1.vault.portcullis.test:{port}\r\nHost: kv1.vault.portcullis.test:{port}\r\n"), "400"),
        (format!("Host: kv1.vault.portcullis.test.:{port}\r\n"), "400"),
        (format!("Host: user@kv1.vault.portcullis.test:{port}\r\n"), "400"),
        (format!("Host: 127.0.0.1:{port}\r\n"), "421"),
        (format!("Host: evil.example:{port}\r\n"), "421"),
        (String::new(), "400"),
    ] {
        let request = format!("GET /secrets?api-version=7.6 HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        let reply = gateway.client.raw(sni, request.as_bytes()).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{host:?}: {reply}");
        assert!(reply.contains("{\"error\":{\"code\":"), "{host:?}: {reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_of_a_kept_alive_connection_is_judged_by_itself() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token(&gateway.setup.admin).await;
    let nobody = gateway.token(&gateway.setup.nobody).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &admin, json!({"value": "v"})).await;
    let get = |token: Option<&str>| gateway.call("kv1", "GET", "/secrets/s", token, &Value::Null);
    let all = vec![get(Some(&admin)), get(None), get(Some(&nobody)), get(Some("forged")), get(Some(&admin))];
    let replies = gateway.client.send_all("kv1.vault.portcullis.test", all).await;
    assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200, 401, 403, 401, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_does_not_exist_looks_like_one_that_does_until_authentication() {
    let gateway = TestGateway::start().await;
    let real = gateway.client.send(gateway.call("kv1", "GET", "/secrets", None, &Value::Null)).await;
    let none = gateway.client.send(gateway.call("nothere", "GET", "/secrets", None, &Value::Null)).await;
    assert_eq!((none.status, none.error()), (real.status, real.error()));
    assert!(none.header("www-authenticate").starts_with("Bearer authorization="));
    assert_eq!(none.body.len(), real.body.len());
    // Whoever is of the tenant that the challenge names learns that there is no such vault; others, that the tenant is
    // not theirs, as of any vault of that tenant.
    let mut statuses = Vec::new();
    for who in [&gateway.setup.admin, &gateway.setup.foreigner] {
        let token = gateway.token(who).await;
        statuses.push(gateway.vault("nothere", "GET", "/secrets", &token, Value::Null).await.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [401, 404]);
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_served_like_http1() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    let reply = gateway.client.send_h2(gateway.call("kv1", "GET", "/secrets/s", Some(&token), &Value::Null)).await;
    assert_eq!(reply.json()["value"], "v");
    let unauthorized = gateway.client.send_h2(gateway.call("kv1", "GET", "/secrets/s", None, &Value::Null)).await;
    assert_eq!(unauthorized.status, 401);
}

/// Class 25: a client may put requests for several hosts on one connection of HTTP/2.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_http2_carries_requests_for_its_own_host_only() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let list = |vault: &str| gateway.call(vault, "GET", "/secrets", Some(&token), &Value::Null);
    let mut login = list("kv1");
    login.host = gateway.host("login");
    let all = vec![list("kv1"), list("kv2"), login, list("other"), list("kv1")];
    let replies = gateway.client.send_all_h2("kv1.vault.portcullis.test", all).await;
    assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200, 421, 421, 421, 200]);
    assert!(replies[1..4].iter().all(|reply| reply.error().0 == "MisdirectedRequest"));
    let own = gateway.client.send_all_h2("kv2.vault.portcullis.test", vec![list("kv2")]).await;
    assert_eq!(own[0].status, 200, "a connection of its own is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn healthstatus_needs_no_token_and_shows_the_address() {
    let gateway = TestGateway::start().await;
    let sent = Sent {
        method: "GET",
        host: gateway.host("kv1.vault"),
        target: "/healthstatus".into(),
        headers: vec![],
        body: String::new(),
    };
    // Whether records can be written is nothing that a probe should fail on: it leaves none.
    gateway.audit.fail(true);
    let reply = gateway.client.send(sent).await;
    assert_eq!(reply.status, 200);
    gateway.audit.fail(false);
    assert_eq!(gateway.records(), Vec::<Value>::new());
    assert_eq!(reply.header("x-ms-keyvault-network-info"), "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;");
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_headers_and_targets_get_a_shaped_error() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let mut large = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
    large.headers.extend((0..18).map(|i| (format!("x-{i}"), "x".repeat(4_000))));
    let reply = gateway.client.send(large).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (431, "RequestHeaderFieldsTooLarge"));
    let mut many = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
    many.headers.extend((0..110).map(|i| (format!("x-{i}"), "x".to_owned())));
    for reply in [gateway.client.send(many.clone()).await, gateway.client.send_h2(many).await] {
        assert_eq!((reply.status, reply.error().0.as_str()), (431, "RequestHeaderFieldsTooLarge"));
    }
    let mut long = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
    long.target = format!("/secrets?api-version=7.6&x={}", "y".repeat(9_000));
    let reply = gateway.client.send(long).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (414, "UriTooLong"));
    assert_eq!(gateway.records().iter().filter(|record| record["properties"]["httpStatusCode"] == 431).count(), 3);
}
