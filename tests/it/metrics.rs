//! What the port of operators tells.

use portcullis_policy::Mode;
use portcullis_server::config::{PluginConfig, PluginSource};
use portcullis_tests::{Setup, TestGateway};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::plugins::{Installed, obeys};

/// Sends a request line to the port of metrics, and gives the whole answer.
async fn ask(gateway: &TestGateway, line: &str) -> String {
    let mut stream = TcpStream::connect(gateway.running.metrics_address().unwrap()).await.unwrap();
    stream.write_all(format!("{line} HTTP/1.1\r\nhost: metrics\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The value of the series that has this name and all these labels.
fn value(text: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    let series = text.lines().filter(|line| line.starts_with(&format!("portcullis_{name}{{")));
    let mut fitting = series.filter(|line| labels.iter().all(|label| line.contains(label.as_str())));
    let line = fitting.next()?;
    assert_eq!(fitting.next(), None, "more than one series of {name} {labels:?}");
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_decisions_and_the_memo_are_counted_and_nothing_that_callers_chose_is_told() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let put = gateway.vault("kv1", "PUT", "/secrets/canary-name", &token, json!({"value": "canary-value"})).await;
    assert_eq!(put.status, 200, "{:?}", put.body);
    for _ in 0..3 {
        gateway.vault("kv1", "GET", "/secrets/canary-name", &token, Value::Null).await;
    }
    gateway.vault("kv1", "GET", "/canary-path?canary=query", &token, Value::Null).await;
    gateway.vault("kv1", "GET", "/secrets/canary-name", "canary-token", Value::Null).await;
    gateway.vault("canary-vault", "GET", "/secrets/canary-name", &token, Value::Null).await;

    let text = ask(&gateway, "GET /metrics").await;
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("openmetrics-text") && text.ends_with("# EOF\n"));
    let read = [("activity_type", "secret"), ("activity_name", "secretget"), ("status_code", "200")];
    assert_eq!(value(&text, "service_api_result_total", &read), Some(3.0), "{text}");
    let slow = [("activity_name", "secretget"), ("status_code_class", "2xx")];
    assert_eq!(value(&text, "service_api_latency_seconds_count", &slow), Some(3.0), "{text}");
    let hits = [("plugin", "azure-rbac"), ("decision", "allow"), ("memo", "hit")];
    assert!(value(&text, "plugin_evaluations_total", &hits) >= Some(2.0), "{text}");
    let entries = value(&text, "plugin_memo_entries", &[("plugin", "azure-rbac"), ("hook", "authorization")]);
    let capacity = value(&text, "plugin_memo_capacity", &[("plugin", "azure-rbac")]);
    assert!(entries > Some(0.0) && entries < capacity, "{text}");
    assert!(text.contains("portcullis_control_revision "), "{text}");
    assert!(!text.to_lowercase().contains("canary"), "{text}");
}

/// The memo of what the management plane installed is told as that of the configuration's plugins, as long as it is
/// installed; under one name at two places, in one sum.
#[tokio::test(flavor = "multi_thread")]
async fn the_memo_of_installed_plugins_is_told_while_they_are_installed() {
    let it = Installed::start().await;
    assert_eq!(it.bring("", obeys(), &it.management).await.status, 201);
    let vault = it.gateway.setup.vault_id("kv1");
    assert_eq!(it.bring(&vault, obeys(), &it.management).await.status, 201);
    let of = |text: &str, name: &str| value(text, name, &[("plugin", "obeys")]);
    assert_eq!(it.install("", "obeys", "abstain", "enforce").await.status, 201);
    for _ in 0..2 {
        assert_eq!(it.list_secrets("kv1").await.status, 200);
    }
    let text = ask(&it.gateway, "GET /metrics").await;
    assert!(of(&text, "plugin_memo_entries") > Some(0.0), "{text}");
    let of_one = of(&text, "plugin_memo_capacity").unwrap();
    assert!(of_one > 0.0, "{text}");
    assert_eq!(it.install(&vault, "obeys", "abstain", "reportOnly").await.status, 201);
    let text = ask(&it.gateway, "GET /metrics").await;
    assert_eq!(of(&text, "plugin_memo_capacity"), Some(2.0 * of_one), "{text}");
    for scope in ["", &vault] {
        assert_eq!(it.at("DELETE", scope, "/obeys", Value::Null).await.status, 200);
    }
    let text = ask(&it.gateway, "GET /metrics").await;
    assert_eq!(of(&text, "plugin_memo_capacity"), None, "{text}");
}

/// Every bound of the sandbox has a reason of its own, so that an operator sees which one to raise or whom to ask.
#[tokio::test(flavor = "multi_thread")]
async fn every_bound_of_the_sandbox_is_a_metric_of_its_own() {
    const BOUNDS: [(&str, &str); 10] = [
        ("loops_forever", "time"),
        ("takes_memory", "memory"),
        ("asks_forever", "questions"),
        ("asks_much", "text"),
        ("recurses", "stack"),
        ("aborts", "trap"),
        ("answers_at_length", "bytes at once"),
        ("answers_a_little_too_long", "bytes in a reason"),
        ("demands_nonsense", "nonsense"),
        ("exits", "trap"),
    ];
    let folder = TempDir::new().unwrap();
    let plugin = |guest: &str| {
        let path = folder.path().join(guest);
        std::fs::write(&path, portcullis_guests::component(guest)).unwrap();
        // In report-only mode, so that all are asked.
        let (name, source) = (guest.replace('_', "-"), PluginSource::File(path));
        PluginConfig { name, source, mode: Mode::ReportOnly, settings: "{}".to_owned(), data: Vec::new() }
    };
    let plugins = BOUNDS.iter().map(|(guest, _)| plugin(guest)).collect();
    let gateway = TestGateway::with(Setup { plugins, ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    let text = ask(&gateway, "GET /metrics").await;
    for (guest, reason) in BOUNDS {
        let name = guest.replace('_', "-");
        let labels = [("plugin", name.as_str()), ("reason", reason)];
        assert_eq!(value(&text, "plugin_failures_total", &labels), Some(1.0), "{guest}: {text}");
        let labels = [("plugin", name.as_str())];
        assert_eq!(value(&text, "plugin_would_deny_total", &labels), Some(1.0), "{guest}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_of_metrics_answers_nothing_else() {
    let gateway = TestGateway::start().await;
    for (line, status) in [
        ("GET /healthz", "200"),
        ("POST /metrics", "405"),
        ("GET /secrets", "404"),
        ("GET /metrics/../secrets", "404"),
        ("nonsense", "400"),
    ] {
        let answer = ask(&gateway, line).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
    }
}
