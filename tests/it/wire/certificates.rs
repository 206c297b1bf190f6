//! The operations on certificates as the wire contract has them, where the SDKs cannot be made to send what is to be
//! shown.

use std::collections::BTreeSet;

use portcullis_model::Clock as _;
use portcullis_tests::{Reply, TestGateway};
use serde_json::{Value, json};

use crate::outside;

async fn ask(gateway: &TestGateway, method: &'static str, path: &str, body: Value) -> Reply {
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", method, path, &token, body).await
}

async fn create(gateway: &TestGateway, name: &str, issuer: &str) -> Value {
    let policy =
        json!({"issuer": {"name": issuer}, "x509_props": {"subject": "CN=a.example"}, "key_props": {"kty": "EC"}});
    let reply = ask(gateway, "POST", &format!("/certificates/{name}/create"), json!({"policy": policy})).await;
    assert_eq!(reply.status, 202, "{:?}", reply.body);
    reply.json()
}

async fn get(gateway: &TestGateway, path: &str) -> Value {
    let reply = ask(gateway, "GET", path, Value::Null).await;
    assert_eq!(reply.status, 200, "{path}: {:?}", reply.body);
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_is_accepted_and_its_place_says_what_came_of_it() {
    let gateway = TestGateway::start().await;
    let base = format!("https://{}", gateway.host("kv1.vault"));
    let policy = json!({"issuer": {"name": "Self"}, "x509_props": {"subject": "CN=a.example"}, "unknown": {"x": 1}});
    let body = json!({"policy": policy, "attributes": {}, "tags": {"a": "b"}, "unknown": 1});
    let reply = ask(&gateway, "POST", "/certificates/My-Site/create", body).await;
    assert_eq!(reply.status, 202, "{:?}", reply.body);
    let begun = reply.json();
    assert_eq!(begun["id"], format!("{base}/certificates/My-Site/pending"));
    assert_eq!((&begun["status"], &begun["cancellation_requested"]), (&json!("inProgress"), &json!(false)));
    assert_eq!((&begun["target"], &begun["error"]), (&Value::Null, &Value::Null));
    assert_eq!(begun["issuer"], json!({"name": "Self"}));
    let id = begun["request_id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 32);
    let location = reply.header("location").to_owned();
    assert_eq!(location, format!("{base}/certificates/My-Site/pending?api-version=7.6&request_id={id}"));

    let token = gateway.token(&gateway.setup.admin).await;
    let mut sent = gateway.call("kv1", "GET", "/", Some(&token), &Value::Null);
    sent.target = location.strip_prefix(&base).unwrap().to_owned();
    let done = gateway.client.send(sent).await.json();
    assert_eq!((&done["status"], &done["request_id"]), (&json!("completed"), &json!(id)));
    assert_eq!(done["target"], format!("{base}/certificates/My-Site"));
    for (query, status, code) in [
        ("request_id=00000000000000000000000000000000", 404, "PendingCertificateNotFound"),
        ("request_id=x", 400, "BadParameter"),
        (&*format!("request_id={id}&request_id={id}"), 400, "BadParameter"),
    ] {
        let reply = ask(&gateway, "GET", &format!("/certificates/my-site/pending?{query}"), Value::Null).await;
        assert_eq!((reply.status, reply.error().0.as_str()), (status, code), "{query}");
    }

    let bundle = get(&gateway, "/certificates/MY-SITE/").await;
    let version = bundle["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    for (member, collection) in [("id", "certificates"), ("kid", "keys"), ("sid", "secrets")] {
        assert_eq!(bundle[member], format!("{base}/{collection}/My-Site/{version}"), "the first spelling stays");
    }
    assert_eq!(bundle["policy"]["id"], format!("{base}/certificates/My-Site/policy"));
    assert_eq!(bundle["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
    assert_eq!(bundle["pending"], Value::Null);
    assert_eq!(get(&gateway, &format!("/certificates/my-site/{version}")).await, bundle);
    for path in ["/certificates/my-site/policy", "/certificates/my-site/pending"] {
        assert_eq!(get(&gateway, path).await["id"], format!("{base}/certificates/My-Site/{}", &path[22..]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_answered_with_201_and_a_purge_with_204() {
    let gateway = TestGateway::start().await;
    let begun = create(&gateway, "c", "Unknown").await;
    let chain = outside::sign(&begun, gateway.clock.now());
    let merged =
        ask(&gateway, "POST", "/certificates/c/pending/merge", json!({"x5c": chain, "tags": {"a": "b"}})).await;
    assert_eq!(merged.status, 201, "{:?}", merged.body);
    assert_eq!(merged.json()["cer"], chain[0]);
    assert_eq!(merged.json()["tags"], json!({"a": "b"}));
    let version = merged.json()["id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(begun["request_id"], version, "it was promised when the making began");

    let deleted = ask(&gateway, "DELETE", "/certificates/c", Value::Null).await;
    assert_eq!(deleted.status, 200);
    let json = deleted.json();
    assert_eq!(json["recoveryId"], format!("https://{}/deletedcertificates/c", gateway.host("kv1.vault")));
    assert_eq!(json["scheduledPurgeDate"].as_i64().unwrap() - json["deletedDate"].as_i64().unwrap(), 90 * 86_400);
    for kind in ["keys", "secrets"] {
        let companion = get(&gateway, &format!("/deleted{kind}/c")).await;
        assert_eq!((&companion["managed"], &companion["value"]), (&json!(true), &Value::Null));
    }
    let purged = ask(&gateway, "DELETE", "/deletedcertificates/c", Value::Null).await;
    assert_eq!((purged.status, purged.body.len()), (204, 0));
    for kind in ["certificates", "keys", "secrets"] {
        assert_eq!(ask(&gateway, "GET", &format!("/deleted{kind}/c"), Value::Null).await.status, 404, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_purges_the_three_when_it_is_due() {
    let gateway = TestGateway::start().await;
    create(&gateway, "c", "Self").await;
    ask(&gateway, "DELETE", "/certificates/c", Value::Null).await;
    gateway.clock.advance(90 * 86_400 + 1);
    gateway.running.gateway().do_due_work().await;
    for kind in ["certificates", "keys", "secrets"] {
        assert_eq!(ask(&gateway, "GET", &format!("/deleted{kind}/c"), Value::Null).await.status, 404, "{kind}");
    }
    create(&gateway, "c", "Self").await;
}

/// Follows `nextLink` verbatim, as clients do, and gives the ids.
async fn all(gateway: &TestGateway, path: &str) -> Vec<String> {
    let token = gateway.token(&gateway.setup.admin).await;
    let mut ids = Vec::new();
    let mut sent = gateway.call("kv1", "GET", path, Some(&token), &Value::Null);
    loop {
        let page = gateway.client.send(sent.clone()).await;
        assert_eq!(page.status, 200, "{:?}", page.body);
        let page = page.json();
        ids.extend(page["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextLink"].as_str() else { return ids };
        let origin = format!("https://{}", gateway.host("kv1.vault"));
        sent.target = next.strip_prefix(&origin).expect("the link leads to the same host").to_owned();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_versions_issuers_and_those_in_the_making_are_listed_over_pages() {
    let gateway = TestGateway::start().await;
    for i in 0..6 {
        create(&gateway, &format!("c{i}"), "Self").await;
        create(&gateway, &format!("c{i}-waits"), "Unknown").await;
        ask(&gateway, "PUT", &format!("/certificates/issuers/i{i}"), json!({"provider": "Portcullis"})).await;
    }
    for _ in 0..4 {
        create(&gateway, "c0", "Self").await;
    }
    for size in [1, 2, 3, 5, 25] {
        for (path, count) in [
            ("/certificates?includePending=false&", 6),
            ("/certificates?includePending=true&", 12),
            ("/certificates?", 6),
            ("/certificates/c0/versions?", 5),
            ("/certificates/issuers?", 6),
        ] {
            let path = format!("{path}maxresults={size}");
            let ids = all(&gateway, &path).await;
            assert_eq!(ids.len(), count, "{path}: {ids:?}");
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), count, "{path}: an item twice");
            if !path.contains("versions") {
                assert!(ids.is_sorted(), "{path}: {ids:?}");
            }
        }
    }
    assert_eq!(ask(&gateway, "GET", "/certificates?includePending=perhaps", Value::Null).await.status, 400);
    for i in 0..6 {
        ask(&gateway, "DELETE", &format!("/certificates/c{i}"), Value::Null).await;
    }
    assert_eq!(all(&gateway, "/deletedcertificates?maxresults=4").await.len(), 6);
    assert_eq!(all(&gateway, "/certificates?includePending=true&maxresults=1").await.len(), 6);
    assert_eq!(all(&gateway, "/certificates/never-made/versions").await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_of_its_own_list_alone() {
    let gateway = TestGateway::start().await;
    for name in ["a", "b"] {
        create(&gateway, name, "Self").await;
        create(&gateway, name, "Self").await;
        ask(&gateway, "PUT", &format!("/certificates/issuers/{name}"), json!({"provider": "Portcullis"})).await;
    }
    for name in ["x", "y"] {
        create(&gateway, name, "Self").await;
        ask(&gateway, "DELETE", &format!("/certificates/{name}"), Value::Null).await;
    }
    let lists = [
        "/certificates",
        "/certificates/issuers",
        "/certificates/a/versions",
        "/certificates/b/versions",
        "/deletedcertificates",
        "/keys",
        "/secrets",
        "/keys/a/versions",
        "/secrets/a/versions",
    ];
    for of in lists {
        let page = get(&gateway, &format!("{of}?maxresults=1")).await;
        let link = page["nextLink"].as_str().unwrap_or_else(|| panic!("{of} has two: {page}")).to_owned();
        let token = link.split("$skiptoken=").nth(1).unwrap().split('&').next().unwrap();
        for at in lists {
            let reply = ask(&gateway, "GET", &format!("{at}?$skiptoken={token}"), Value::Null).await;
            let expected = if at == of { 200 } else { 400 };
            assert_eq!(reply.status, expected, "a token of {of} at {at}");
        }
        let token = gateway.token(&gateway.setup.admin).await;
        let path = link.split_once("/certificates").map_or(String::new(), |(_, rest)| format!("/certificates{rest}"));
        if !path.is_empty() {
            let mut sent = gateway.call("kv2", "GET", "/", Some(&token), &Value::Null);
            sent.target = path;
            assert_eq!(gateway.client.send(sent).await.status, 400, "a token of another vault");
        }
    }
}

/// The words of the interface in their places win over names; elsewhere they are names.
#[tokio::test(flavor = "multi_thread")]
async fn reserved_words_are_names_where_no_operation_is() {
    let gateway = TestGateway::start().await;
    for name in ["create", "versions", "policy", "pending", "backup", "merge", "import"] {
        create(&gateway, name, "Self").await;
        assert!(get(&gateway, &format!("/certificates/{name}")).await["id"].as_str().unwrap().contains(name));
    }
    for name in ["contacts", "issuers", "restore"] {
        let policy = json!({"issuer": {"name": "Self"}, "x509_props": {"subject": "CN=a.example"}});
        for spelling in [name.to_owned(), name.replace('t', "%74").replace('s', "%73")] {
            let path = format!("/certificates/{spelling}/create");
            let reply = ask(&gateway, "POST", &path, json!({"policy": policy})).await;
            assert!(matches!(reply.status, 400 | 404 | 405), "{path}: {}", reply.status);
        }
    }
    for (method, path) in [
        ("GET", "/certificates/c/create"),
        ("POST", "/certificates/c/policy"),
        ("PUT", "/certificates/c/policy"),
        ("PUT", "/certificates/c"),
        ("POST", "/certificates/contacts"),
        ("POST", "/certificates/issuers"),
        ("POST", "/certificates/issuers/i"),
        ("GET", "/certificates/c/pending/merge"),
        ("DELETE", "/certificates/c/policy"),
        ("POST", "/certificates"),
    ] {
        let reply = ask(&gateway, method, path, json!({})).await;
        assert!(matches!(reply.status, 400 | 404 | 405), "{method} {path}: {}", reply.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_name_the_certificate_and_its_attributes() {
    let gateway = TestGateway::start().await;
    let base = format!("https://{}/certificates", gateway.host("kv1.vault"));
    let id = create(&gateway, "c", "Self").await["request_id"].as_str().unwrap().to_owned();
    let version = format!("{base}/c/{id}");
    let issuer = json!({"provider": "Portcullis"});
    let contacts = json!({"contacts": [{"email": "a@one.example"}]});
    let cases = [
        ("GET", "/certificates/c", Value::Null, "CertificateGet", Some(&*version)),
        ("GET", "/certificates/c/pending", Value::Null, "CertificatePendingGet", Some(&*version)),
        ("PATCH", "/certificates/c", json!({"tags": {}}), "CertificateUpdate", Some(&*version)),
        ("GET", "/certificates/c/policy", Value::Null, "CertificatePolicyGet", Some("policy")),
        ("PATCH", "/certificates/c/policy", json!({}), "CertificatePolicyUpdate", Some("policy")),
        ("PUT", "/certificates/issuers/i", issuer, "CertificateIssuerSet", Some("issuer")),
        ("GET", "/certificates/issuers/i", Value::Null, "CertificateIssuerGet", Some("issuer")),
        ("PATCH", "/certificates/issuers/i", json!({}), "CertificateIssuerUpdate", Some("issuer")),
        ("GET", "/certificates/issuers", Value::Null, "CertificateIssuersList", None),
        ("DELETE", "/certificates/issuers/i", Value::Null, "CertificateIssuerDelete", Some("issuer")),
        ("PUT", "/certificates/contacts", contacts, "CertificateContactsSet", Some("contacts")),
        ("GET", "/certificates/contacts", Value::Null, "CertificateContactsGet", Some("contacts")),
        ("DELETE", "/certificates/contacts", Value::Null, "CertificateContactsDelete", Some("contacts")),
        ("GET", "/certificates", Value::Null, "CertificateList", None),
        ("GET", "/certificates/c/versions", Value::Null, "CertificateListVersions", None),
        ("POST", "/certificates/c/backup", Value::Null, "CertificateBackup", None),
        ("DELETE", "/certificates/c/pending", Value::Null, "CertificatePendingDelete", Some(&*version)),
        ("DELETE", "/certificates/c", Value::Null, "CertificateDelete", Some(&*version)),
        ("GET", "/deletedcertificates/c", Value::Null, "CertificateGetDeleted", Some(&*version)),
        ("GET", "/deletedcertificates", Value::Null, "CertificateListDeleted", None),
        ("POST", "/deletedcertificates/c/recover", Value::Null, "CertificateRecover", Some(&*version)),
    ];
    let created = gateway.records().into_iter().find(|record| record["operationName"] == "CertificateCreate").unwrap();
    assert_eq!(
        (&created["properties"]["id"], &created["properties"]["httpStatusCode"]),
        (&json!(version), &json!(202))
    );
    for (method, path, body, operation, object) in cases {
        let reply = ask(&gateway, method, path, body).await;
        assert_eq!(reply.status, 200, "{method} {path}: {:?}", reply.body);
        let record = gateway.records().pop().unwrap();
        assert_eq!(record["operationName"], operation);
        let object = match object {
            Some("policy") => json!(format!("{base}/c/policy")),
            Some("issuer") => json!(format!("{base}/issuers/i")),
            Some("contacts") => json!(format!("{base}/contacts")),
            Some(version) => json!(version),
            None => Value::Null,
        };
        assert_eq!(record["properties"]["id"], object, "{method} {path}: {record}");
        let attributes = &record["properties"]["certificateProperties"]["attributes"];
        let bundle =
            matches!(operation, "CertificateGet" | "CertificateUpdate" | "CertificateDelete" | "CertificateRecover");
        assert!(!bundle || attributes["exp"].is_i64(), "{record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_and_its_key_signs() {
    let gateway = TestGateway::start().await;
    for (value, password, form) in outside::files(gateway.clock.now()) {
        let body = json!({"value": value, "pwd": password, "policy": {"secret_props": {"contentType": form}}});
        let imported = ask(&gateway, "POST", "/certificates/c/import", body).await;
        assert_eq!(imported.status, 200, "{:?}", imported.body);
        let told = imported.json();
        assert_eq!(told["policy"]["issuer"]["name"], "Unknown");
        assert_eq!(told["policy"]["secret_props"]["contentType"], form);
        let digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let signed = ask(&gateway, "POST", "/keys/c/sign", json!({"alg": "ES256", "value": digest})).await;
        assert_eq!((signed.status, &signed.json()["kid"]), (200, &told["kid"]));
    }
    assert_eq!(all(&gateway, "/certificates/c/versions").await.len(), outside::files(gateway.clock.now()).len());
}
