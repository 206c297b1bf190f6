//! Lists from which is left out what the caller may not read (`filter-list`).

use portcullis_identity::{Restrictions, attenuate};
use portcullis_management::DeclaredAssignment;
use portcullis_model::Operation;
use portcullis_policy::Mode;
use portcullis_server::config::{PluginConfig, PluginSource};
use portcullis_tests::{Reply, Setup, TestGateway};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::plugins;

/// A gateway without the guest, to make objects in.
async fn maker(setup: Setup) -> (TestGateway, String) {
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token(&gateway.setup.admin).await;
    (gateway, token)
}

async fn secrets(gateway: &TestGateway, token: &str, names: impl IntoIterator<Item = impl AsRef<str>>) {
    for name in names {
        let name = name.as_ref();
        let body = json!({"value": "v", "tags": {"team": name.trim_start_matches("tagged-")}});
        let reply = gateway.vault("kv1", "PUT", &format!("/secrets/{name}"), token, body).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
    }
}

/// The same gateway, started again with the guest.
async fn filtering(gateway: TestGateway, mode: Mode) -> (TestGateway, String) {
    let (mut setup, folder) = gateway.stop().await;
    setup.plugins = vec![plugin(&folder, mode)];
    let gateway = TestGateway::within(setup, folder).await;
    let token = gateway.token(&gateway.setup.admin).await;
    (gateway, token)
}

fn plugin(folder: &TempDir, mode: Mode) -> PluginConfig {
    let path = folder.path().join("filters.wasm");
    std::fs::write(&path, portcullis_guests::component("filters_lists")).unwrap();
    let source = PluginSource::File(path);
    PluginConfig { name: "filters".to_owned(), source, mode, settings: "{}".to_owned(), data: Vec::new() }
}

/// The names on a page.
fn names(page: &Reply) -> Vec<String> {
    assert_eq!(page.status, 200, "{:?}", page.body);
    let page = page.json();
    let id = |item: &Value| item.get("id").or_else(|| item.get("kid")).and_then(Value::as_str).map(str::to_owned);
    let ids = page["value"].as_array().unwrap().iter().map(|item| id(item).unwrap());
    ids.map(|id| id.split('/').nth(4).unwrap().to_owned()).collect()
}

/// All pages as they come, following `nextLink` as clients do.
async fn pages(gateway: &TestGateway, token: &str, path: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut sent = gateway.call("kv1", "GET", path, Some(token), &Value::Null);
    loop {
        let page = gateway.client.send(sent.clone()).await;
        pages.push(names(&page));
        let page = page.json();
        let Some(next) = page["nextLink"].as_str() else { return pages };
        let origin = format!("https://{}", gateway.host("kv1.vault"));
        sent.target = next.strip_prefix(&origin).expect("the link leads to the same host").to_owned();
    }
}

/// The lines of the audit log that tell of items, of the last request.
fn items(gateway: &TestGateway) -> Vec<Value> {
    let last = gateway.records().pop().unwrap()["portcullis"]["requestId"].clone();
    let lines = gateway.audit.lines().into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    lines.filter(|line| line["category"] == "PortcullisListItems" && line["portcullis"]["requestId"] == last).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_refuses_to_read_an_item_leaves_it_out() {
    let (maker, token) = maker(Setup::default()).await;
    let all = [
        "a",
        "block-a",
        "challenge-a",
        "loop-a",
        "nonsense-a",
        "once-a",
        "quiet-a",
        "tagged-payments",
        "tagged-web",
        "trap-a",
        "why-a",
        "z",
    ];
    secrets(&maker, &token, all).await;
    let (gateway, token) = Box::pin(filtering(maker, Mode::Enforce)).await;
    let list = async || gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    let page = list().await;
    assert_eq!(names(&page), ["a", "once-a", "quiet-a", "tagged-payments", "z"]);
    assert_eq!(page.json()["nextLink"], Value::Null);
    assert!(!String::from_utf8_lossy(&page.body).contains("block"), "{:?}", page.body);
    assert_eq!(page.header("cache-control"), "no-store", "what `quiet-a` was permitted on");

    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["list"], json!({"judged": 12, "leftOut": 7}), "{record}");
    assert!(record["portcullis"]["obligations"].to_string().contains("filter-list"), "{record}");
    let items = items(&gateway);
    let object = |line: &Value, name: &str| {
        line["objects"].as_array().unwrap().iter().any(|item| item["object"] == format!("secrets/{name}"))
    };
    for (name, stage, rule) in [
        ("block-a", "conditional-access", "blocked"),
        ("challenge-a", "conditional-access", "challenged"),
        ("loop-a", "conditional-access", "fail-closed"),
        ("nonsense-a", "conditional-access", "fail-closed"),
        ("tagged-web", "conditional-access", "tagged"),
        ("trap-a", "conditional-access", "fail-closed"),
        ("why-a", "authorization", "obligation/require-reason"),
    ] {
        let line = items.iter().find(|line| object(line, name)).unwrap();
        assert_eq!((&line["outcome"], &line["operationName"]), (&json!("left-out"), &json!("SecretGet")), "{line}");
        assert_eq!(
            (&line["portcullis"]["stage"], &line["portcullis"]["rule"]),
            (&json!(stage), &json!(rule)),
            "{line}"
        );
    }
    let line = items.iter().find(|line| object(line, "tagged-web")).unwrap();
    let trace = line["portcullis"]["decision"][1]["trace"].as_array().unwrap();
    assert!(trace.contains(&json!({"question": "tag team", "answer": "web"})), "what it rested on: {line}");
    assert!(items.iter().any(|line| line["outcome"] == "permitted" && object(line, "z")));

    // Judging an item counts nothing: it is read once after any number of lists.
    list().await;
    let read = async |name: &str| gateway.vault("kv1", "GET", &format!("/secrets/{name}"), &token, Value::Null).await;
    assert_eq!((read("once-a").await.status, read("once-a").await.status), (200, 403));
    assert!(!names(&list().await).contains(&"once-a".to_owned()), "and a list looks at what was counted");
    // What is hidden is not reachable otherwise.
    for name in ["block-a", "challenge-a", "loop-a", "nonsense-a", "tagged-web", "trap-a", "why-a"] {
        assert_eq!(read(name).await.status, 403, "{name}");
    }
    let mut why = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
    why.headers.push(("x-portcullis-reason".to_owned(), "an audit".to_owned()));
    assert!(names(&gateway.client.send(why).await).contains(&"why-a".to_owned()), "the list says why");
}

/// Nothing of what is left out shows: not in the number of items, and not in where a page goes on.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_filled_and_walks_end() {
    let (maker, token) = maker(Setup::default()).await;
    let hidden = (0..130).map(|at| format!("block-{at:03}"));
    let shown = ["a", "blo", "block", "c", "d", "e"].map(str::to_owned);
    secrets(&maker, &token, hidden.chain(shown.clone())).await;
    secrets(&maker, &token, (0..40).map(|at| format!("trap-{at}"))).await;
    let (gateway, token) = Box::pin(filtering(maker, Mode::Enforce)).await;
    for (path, expected) in [
        // The run of hidden ones is longer than one request judges.
        ("/secrets?maxresults=2", vec![2, 1, 2, 1]),
        ("/secrets?maxresults=3", vec![3, 3]),
        ("/secrets", vec![3, 3]),
    ] {
        let pages = pages(&gateway, &token, path).await;
        assert_eq!(pages.concat(), shown, "{path}");
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{path}");
    }
    // Where an empty page goes on is sealed, and bound to its list.
    secrets_are_behind_a_sealed_position(&gateway, &token).await;
    let judged = |record: &Value| record["portcullis"]["list"]["judged"].as_u64().unwrap_or_default();
    assert!(gateway.records().iter().map(judged).max().unwrap() <= 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_of_objects_is_filtered() {
    let (maker, token) = maker(Setup::default()).await;
    for name in ["a", "block-a", "b"] {
        for _ in 0..2 {
            let key = json!({"kty": "EC", "crv": "P-256"});
            let reply = maker.vault("kv1", "POST", &format!("/keys/{name}/create"), &token, key).await;
            assert_eq!(reply.status, 200, "{:?}", reply.body);
        }
        let policy = json!({"policy": {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=x"}}});
        let reply = maker.vault("kv1", "POST", &format!("/certificates/{name}-crt/create"), &token, policy).await;
        assert_eq!(reply.status, 202, "{:?}", reply.body);
    }
    secrets(&maker, &token, ["a", "block-a", "b", "block-d", "d", "d2"]).await;
    for name in ["block-d", "d", "d2"] {
        maker.vault("kv1", "DELETE", &format!("/secrets/{name}"), &token, Value::Null).await;
    }
    let (gateway, token) = Box::pin(filtering(maker, Mode::Enforce)).await;
    for (path, expected) in [
        ("/secrets", vec!["a", "b"]),
        ("/deletedsecrets?maxresults=1", vec!["d", "d2"]),
        ("/keys?maxresults=1", vec!["a", "b"]),
        ("/deletedkeys", vec![]),
        ("/certificates?includePending=true&maxresults=1", vec!["a-crt", "b-crt"]),
        ("/certificates", vec![]),
        ("/deletedcertificates", vec![]),
        ("/keys/a/versions", vec!["a", "a"]),
    ] {
        assert_eq!(pages(&gateway, &token, path).await.concat(), expected, "{path}");
    }
    // Versions are listed at their object, so the guest blocks the request itself.
    let versions = gateway.vault("kv1", "GET", "/keys/block-a/versions", &token, Value::Null).await;
    assert_eq!(versions.status, 403);
    // What is no list of objects cannot be filtered; what is no list at all needs not be.
    let issuers = gateway.vault("kv1", "GET", "/certificates/issuers", &token, Value::Null).await;
    assert_eq!(issuers.status, 403);
    assert!(issuers.message().contains("obligation/filter-list"), "{:?}", issuers.body);
    let random = gateway.vault("kv1", "POST", "/rng", &token, json!({"count": 8})).await;
    assert_eq!(random.status, 200, "{:?}", random.body);
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let vault = gateway.setup.vault_id("kv1");
    let read = gateway.management("GET", &vault, "2026-02-01", &admin, Value::Null).await;
    assert_eq!(read.status, 200, "{:?}", read.body);
    let list = format!("{vault}/providers/Microsoft.Authorization/roleAssignments");
    let list = gateway.management("GET", &list, "2022-04-01", &admin, Value::Null).await;
    assert_eq!((list.status, list.error().0.as_str()), (403, "RequestDisallowedByPolicy"), "{:?}", list.body);
}

/// Whoever may list and not read sees a list in which nothing is; whoever may not list is refused as before.
#[tokio::test(flavor = "multi_thread")]
async fn what_roles_and_tokens_do_not_let_be_read_is_left_out() {
    let mut setup = Setup::default();
    let (principal, scope) = (setup.nobody.principal, setup.vault_id("kv1"));
    let one = format!("{scope}/secrets/b");
    setup.assignments = vec![DeclaredAssignment { principal, role: "Key Vault Reader".to_owned(), scope }];
    let (maker, token) = maker(setup).await;
    secrets(&maker, &token, ["a", "b", "c"]).await;
    let unfiltered = maker.token(&maker.setup.nobody).await;
    let page = maker.vault("kv1", "GET", "/secrets", &unfiltered, Value::Null).await;
    assert_eq!(names(&page).len(), 3, "without the obligation");
    let (gateway, token) = Box::pin(filtering(maker, Mode::Enforce)).await;
    let reader = gateway.token(&gateway.setup.nobody).await;
    let page = gateway.vault("kv1", "GET", "/secrets", &reader, Value::Null).await;
    assert_eq!((names(&page).len(), &page.json()["nextLink"]), (0, &Value::Null));
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["portcullis"]["list"], json!({"judged": 3, "leftOut": 3}));
    let items = items(&gateway);
    assert_eq!((items.len(), &items[0]["portcullis"]["rule"]), (3, &json!("default-deny")), "{items:?}");

    let role =
        "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6";
    let body = json!({"properties": {"principalId": principal.to_string(), "roleDefinitionId": role}});
    let id = portcullis_model::RoleAssignmentId::random();
    let path = format!("{one}/providers/Microsoft.Authorization/roleAssignments/{id}");
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let made = gateway.management("PUT", &path, "2022-04-01", &admin, body).await;
    assert_eq!(made.status, 201, "{:?}", made.body);
    let page = gateway.vault("kv1", "GET", "/secrets", &reader, Value::Null).await;
    assert_eq!(names(&page), ["b"], "a role at one object");

    let random = portcullis_crypto::SystemRandom::new();
    let narrow = |operations: &[Operation]| {
        let restrictions = Restrictions { operations: operations.to_vec(), ..Restrictions::default() };
        attenuate(&token, &restrictions, &random).unwrap()
    };
    for (operations, expected) in
        [(&[Operation::SecretList][..], 0), (&[Operation::SecretList, Operation::SecretGet], 3)]
    {
        let page = gateway.vault("kv1", "GET", "/secrets", &narrow(operations), Value::Null).await;
        assert_eq!(names(&page).len(), expected, "{operations:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_only_reports_filters_nothing() {
    let (maker, token) = maker(Setup::default()).await;
    secrets(&maker, &token, ["a", "block-a"]).await;
    let (gateway, token) = Box::pin(filtering(maker, Mode::ReportOnly)).await;
    let page = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(names(&page), ["a", "block-a"]);
    assert!(items(&gateway).is_empty());
    assert_eq!(gateway.records().pop().unwrap()["portcullis"]["list"], Value::Null);
}

async fn secrets_are_behind_a_sealed_position(gateway: &TestGateway, token: &str) {
    let first = gateway.vault("kv1", "GET", "/secrets?maxresults=3", token, Value::Null).await.json();
    let link = first["nextLink"].as_str().unwrap();
    let sealed = link.split("$skiptoken=").nth(1).unwrap().split('&').next().unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, sealed).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    for shown in ["block", "kv1", "SecretList"] {
        assert!(!text.contains(shown), "{text}");
    }
    // Every position has the same length, that of a hidden name or of a shown one.
    let full = gateway.vault("kv1", "GET", "/secrets?maxresults=1", token, Value::Null).await.json();
    assert_eq!(full["nextLink"].as_str().unwrap().len(), link.len());
    for path in
        [format!("/secrets?$skiptoken={}", sealed.to_lowercase()), format!("/deletedsecrets?$skiptoken={sealed}")]
    {
        assert_eq!(gateway.vault("kv1", "GET", &path, token, Value::Null).await.status, 400, "{path}");
    }
    let other = format!("/secrets?$skiptoken={sealed}");
    assert_eq!(gateway.vault("kv2", "GET", &other, token, Value::Null).await.status, 400, "another vault's");
}

/// An item is no request: what a plugin that only reports says of it is recorded, and neither observed nor counted.
#[tokio::test(flavor = "multi_thread")]
async fn items_are_no_observations() {
    let (maker, token) = maker(plugins::setup()).await;
    secrets(&maker, &token, ["a", "block-a"]).await;
    let (gateway, _) = Box::pin(filtering(maker, Mode::Enforce)).await;
    let it = plugins::Installed::over(gateway).await;
    let guest = portcullis_guests::component("filters_lists");
    assert_eq!(it.bring("", guest, &it.management).await.status, 201);
    let properties = json!({"component": plugins::digest(guest), "mode": "reportOnly", "settings": {}});
    let installed = it.at("PUT", "", "/reports", json!({"properties": properties})).await;
    assert_eq!(installed.status, 201, "{:?}", installed.body);
    assert_eq!(names(&it.list_secrets("kv1").await), ["a"]);
    let items = items(&it.gateway);
    let said = items.iter().flat_map(|line| line["portcullis"]["decision"].as_array().unwrap());
    let reported = said.filter(|decision| decision["plugin"] == "reports").map(|decision| &decision["opinion"]);
    assert_eq!(reported.collect::<Vec<_>>(), [&json!("grant"), &json!("block")], "{items:?}");
    let told = it.at("GET", "", "/reports", Value::Null).await.json();
    let observed = &told["properties"]["observed"];
    assert_eq!((&observed["requests"], &observed["wouldDeny"]), (&json!(1), &json!([])), "{told}");
}
