//! The headers that every answer carries (wire contract, section 6), errors included.

use portcullis_tests::{Reply, Sent, Setup, TestGateway};
use serde_json::{Value, json};

const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

async fn ask(gateway: &TestGateway, method: &'static str, path: &str, token: Option<&str>, body: &Value) -> Reply {
    let mut sent = gateway.call("kv1", method, path, token, body);
    sent.headers.push((CLIENT_REQUEST_ID.to_owned(), format!("{method} {path}")));
    gateway.client.send(sent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_a_vault_carries_the_standard_headers() {
    let gateway = TestGateway::with(Setup { location: "rack-7".to_owned(), ..Setup::default() }).await;
    let admin = gateway.token(&gateway.setup.admin).await;
    let nobody = gateway.token(&gateway.setup.nobody).await;
    gateway.vault("kv1", "PUT", "/secrets/gone", &admin, json!({"value": "v"})).await;
    gateway.vault("kv1", "DELETE", "/secrets/gone", &admin, Value::Null).await;
    let mut ids = std::collections::HashSet::new();
    for (method, path, token, status, region) in [
        ("PUT", "/secrets/s", Some(&admin), 200, "rack-7"),
        // Who is not authenticated is not told where the vault is, and so not whether there is one.
        ("GET", "/secrets/s", None, 401, "local"),
        ("GET", "/secrets/s", Some(&nobody), 403, "rack-7"),
        ("GET", "/secrets/none", Some(&admin), 404, "rack-7"),
        ("DELETE", "/deletedsecrets/gone", Some(&admin), 204, "rack-7"),
        ("PUT", "/secrets/a_b", Some(&admin), 400, "local"),
    ] {
        let reply = ask(&gateway, method, path, token.map(String::as_str), &json!({"value": "v"})).await;
        assert_eq!(reply.status, status, "{method} {path}: {:?}", reply.body);
        for (name, value) in [
            ("cache-control", "no-cache"),
            ("pragma", "no-cache"),
            ("expires", "-1"),
            ("x-ms-keyvault-region", region),
            (CLIENT_REQUEST_ID, &format!("{method} {path}")),
            ("x-ms-keyvault-service-version", "1.9.0.0"),
            ("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;"),
            ("strict-transport-security", "max-age=31536000;includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("content-type", if status == 204 { "" } else { "application/json; charset=utf-8" }),
        ] {
            assert_eq!(reply.header(name), value, "{name} of {method} {path}");
            assert!(reply.headers.get_all(name).iter().count() <= 1, "{name} of {method} {path} is there once");
        }
        assert_eq!(reply.header("x-ms-request-id").len(), 36, "{method} {path}");
        assert!(ids.insert(reply.header("x-ms-request-id").to_owned()), "each request has an id of its own");
        assert_eq!(reply.body.is_empty(), status == 204, "{method} {path}: {:?}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_request_id_is_echoed_only_if_it_is_one_harmless_value() {
    let gateway = TestGateway::start().await;
    let long = "x".repeat(129);
    for (ids, echo) in [(&["my-id"][..], "my-id"), (&["a", "b"], ""), (&[&long], ""), (&[], "")] {
        let mut sent = gateway.call("kv1", "GET", "/secrets", None, &Value::Null);
        sent.headers.extend(ids.iter().map(|id| (CLIENT_REQUEST_ID.to_owned(), (*id).to_owned())));
        assert_eq!(gateway.client.send(sent).await.header(CLIENT_REQUEST_ID), echo, "{ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_planes_say_nothing_of_vaults_and_tokens_are_not_stored() {
    let gateway = TestGateway::start().await;
    for (host, target, cache) in [
        ("login", format!("/{}/v2.0/.well-known/openid-configuration", gateway.setup.tenant), "no-store"),
        ("management", format!("{}?api-version=2026-02-01", gateway.setup.vault_id("kv1")), "no-cache"),
    ] {
        let headers = vec![(CLIENT_REQUEST_ID.to_owned(), "my-id".to_owned())];
        let sent = Sent { method: "GET", host: gateway.host(host), target, headers, body: String::new() };
        let reply = gateway.client.send(sent).await;
        assert_eq!(reply.header("cache-control"), cache, "{host}");
        assert_eq!(reply.header(CLIENT_REQUEST_ID), "my-id", "{host}");
        assert_eq!(reply.header("x-ms-keyvault-region"), "", "{host}");
        let correlation = if host == "management" { reply.header("x-ms-request-id") } else { "" };
        assert_eq!(reply.header("x-ms-correlation-request-id"), correlation, "{host}");
    }
}
