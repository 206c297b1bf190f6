//! What is refused about certificates, with which codes, and that nothing repeats what is secret in what was sent.

use portcullis_model::Clock as _;
use portcullis_tests::{Reply, Setup, TestGateway};
use serde_json::{Value, json};

use crate::outside;

const CANARY: &str = "canary-4f1d9a";

async fn ask(gateway: &TestGateway, method: &'static str, path: &str, body: Value) -> Reply {
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", method, path, &token, body).await
}

fn policy(issuer: &str) -> Value {
    json!({"issuer": {"name": issuer}, "x509_props": {"subject": "CN=a.example"}, "key_props": {"kty": "EC"}})
}

async fn create(gateway: &TestGateway, name: &str, issuer: &str) -> Value {
    let reply = ask(gateway, "POST", &format!("/certificates/{name}/create"), json!({"policy": policy(issuer)})).await;
    assert_eq!(reply.status, 202, "{:?}", reply.body);
    reply.json()
}

/// The rows of the wire contract, section 7, that speak of certificates.
#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_status_and_its_codes() {
    let gateway = TestGateway::start().await;
    create(&gateway, "self", "Self").await;
    create(&gateway, "waits", "Unknown").await;
    create(&gateway, "gone", "Self").await;
    let backup = ask(&gateway, "POST", "/certificates/self/backup", Value::Null).await.json();
    ask(&gateway, "DELETE", "/certificates/gone", Value::Null).await;
    let other = outside::sign(&create(&gateway, "other", "Unknown").await, gateway.clock.now());
    let (file, ..) = outside::files(gateway.clock.now()).remove(0);
    let made = || json!({"policy": policy("Self")});
    let cancel = || json!({"cancellation_requested": true});
    let none = || Value::Null;
    let absent = "Certificate not found: none";
    let deleted = "Deleted Certificate not found: none";
    let cases: Vec<(&'static str, &str, Value, u16, &str, &str, &str)> = vec![
        ("GET", "/certificates/none", none(), 404, "CertificateNotFound", "", absent),
        ("GET", "/certificates/none/policy", none(), 404, "CertificateNotFound", "", absent),
        ("PATCH", "/certificates/none", json!({}), 404, "CertificateNotFound", "", absent),
        ("PATCH", "/certificates/none/policy", json!({}), 404, "CertificateNotFound", "", absent),
        ("DELETE", "/certificates/none", none(), 404, "CertificateNotFound", "", absent),
        ("POST", "/certificates/none/backup", none(), 404, "CertificateNotFound", "", absent),
        ("GET", "/deletedcertificates/none", none(), 404, "CertificateNotFound", "", deleted),
        ("DELETE", "/deletedcertificates/none", none(), 404, "CertificateNotFound", "", deleted),
        ("POST", "/deletedcertificates/none/recover", none(), 404, "CertificateNotFound", "", deleted),
        ("GET", "/certificates/none/pending", none(), 404, "PendingCertificateNotFound", "", ""),
        ("PATCH", "/certificates/none/pending", cancel(), 404, "PendingCertificateNotFound", "", ""),
        ("DELETE", "/certificates/none/pending", none(), 404, "PendingCertificateNotFound", "", ""),
        ("POST", "/certificates/none/pending/merge", json!({"x5c": other}), 404, "PendingCertificateNotFound", "", ""),
        ("POST", "/certificates/self/pending/merge", json!({"x5c": other}), 404, "PendingCertificateNotFound", "", ""),
        ("POST", "/certificates/waits/pending/merge", json!({"x5c": other}), 400, "BadParameter", "", "public key"),
        ("PATCH", "/certificates/self/pending", cancel(), 400, "BadParameter", "", "not in progress"),
        ("POST", "/certificates/waits/create", made(), 409, "Forbidden", "", "in progress"),
        ("POST", "/certificates/waits/import", json!({"value": file}), 409, "Forbidden", "", "in progress"),
        (
            "POST",
            "/certificates/gone/create",
            made(),
            409,
            "Conflict",
            "ObjectIsDeletedButRecoverable",
            "Certificate gone is",
        ),
        (
            "POST",
            "/certificates/gone/import",
            json!({"value": file}),
            409,
            "Conflict",
            "ObjectIsDeletedButRecoverable",
            "is currently in a deleted but recoverable state",
        ),
        ("POST", "/certificates/restore", backup, 409, "Conflict", "", ""),
        ("GET", "/certificates/issuers/none", none(), 404, "CertificateIssuerNotFound", "", ""),
        ("PATCH", "/certificates/issuers/none", json!({}), 404, "CertificateIssuerNotFound", "", ""),
        ("DELETE", "/certificates/issuers/none", none(), 404, "CertificateIssuerNotFound", "", ""),
        ("PUT", "/certificates/issuers/self", json!({"provider": "x"}), 400, "BadParameter", "", ""),
        ("PUT", "/certificates/issuers/i", json!({}), 400, "BadParameter", "", "provider"),
        ("PUT", "/certificates/issuers/a_b", json!({"provider": "x"}), 400, "BadParameter", "", ""),
        ("GET", "/certificates/contacts", none(), 404, "ContactsNotFound", "", ""),
        ("DELETE", "/certificates/contacts", none(), 404, "ContactsNotFound", "", ""),
        ("PUT", "/secrets/self", json!({"value": "v"}), 403, "Forbidden", "", ""),
        ("PATCH", "/secrets/self", json!({"tags": {}}), 403, "Forbidden", "", ""),
        ("DELETE", "/secrets/self", none(), 403, "Forbidden", "", ""),
        ("POST", "/secrets/self/backup", none(), 403, "Forbidden", "", ""),
        ("POST", "/keys/self/create", json!({"kty": "EC"}), 403, "Forbidden", "", ""),
        ("PATCH", "/keys/self", json!({"tags": {}}), 403, "Forbidden", "", ""),
        ("DELETE", "/keys/self", none(), 403, "Forbidden", "", ""),
        ("POST", "/keys/self/rotate", none(), 403, "Forbidden", "", ""),
        ("POST", "/keys/self/backup", none(), 403, "Forbidden", "", ""),
        ("DELETE", "/deletedsecrets/gone", none(), 403, "Forbidden", "", ""),
        ("POST", "/deletedsecrets/gone/recover", none(), 403, "Forbidden", "", ""),
        ("DELETE", "/deletedkeys/gone", none(), 403, "Forbidden", "", ""),
        ("POST", "/deletedkeys/gone/recover", none(), 403, "Forbidden", "", ""),
        ("POST", "/certificates/a_b/create", made(), 400, "BadParameter", "", ""),
        ("GET", "/certificates/self/0123", none(), 400, "BadParameter", "", ""),
    ];
    for (method, path, body, status, code, inner, text) in cases {
        let reply = ask(&gateway, method, path, body).await;
        let shown = format!("{method} {path}: {:?}", reply.body);
        let (told, told_inner) = reply.error();
        assert_eq!((reply.status, told.as_str(), told_inner.as_str()), (status, code, inner), "{shown}");
        assert!(!reply.message().is_empty() && reply.message().contains(text), "{shown}");
    }
    assert_eq!(ask(&gateway, "GET", "/certificates/waits/pending", Value::Null).await.json()["status"], "inProgress");
}

#[tokio::test(flavor = "multi_thread")]
async fn purge_protection_refuses_a_purge() {
    let gateway = TestGateway::with(Setup { purge_protection: true, ..Setup::default() }).await;
    create(&gateway, "c", "Self").await;
    ask(&gateway, "DELETE", "/certificates/c", Value::Null).await;
    let purge = ask(&gateway, "DELETE", "/deletedcertificates/c", Value::Null).await;
    assert_eq!((purge.status, purge.error().1.as_str()), (403, "ForbiddenByPurgeProtection"));
    for kind in ["certificates", "keys", "secrets"] {
        assert_eq!(ask(&gateway, "GET", &format!("/deleted{kind}/c"), Value::Null).await.status, 200, "{kind}");
    }
}

/// Each member of each body with a value of another type, which must be named and not repeated.
#[tokio::test(flavor = "multi_thread")]
async fn members_of_wrong_types_are_refused_by_name() {
    let gateway = TestGateway::start().await;
    create(&gateway, "c", "Self").await;
    create(&gateway, "waits", "Unknown").await;
    let in_policy = [
        "policy",
        "policy.issuer",
        "policy.issuer.name",
        "policy.issuer.cty",
        "policy.key_props",
        "policy.key_props.kty",
        "policy.key_props.key_size",
        "policy.key_props.crv",
        "policy.key_props.exportable",
        "policy.key_props.reuse_key",
        "policy.secret_props",
        "policy.secret_props.contentType",
        "policy.x509_props",
        "policy.x509_props.subject",
        "policy.x509_props.sans",
        "policy.x509_props.sans.dns_names",
        "policy.x509_props.sans.emails",
        "policy.x509_props.sans.upns",
        "policy.x509_props.sans.uris",
        "policy.x509_props.sans.ipAddresses",
        "policy.x509_props.ekus",
        "policy.x509_props.key_usage",
        "policy.x509_props.validity_months",
        "policy.lifetime_actions",
        "policy.attributes",
        "policy.attributes.enabled",
    ];
    let whole = || json!({"policy": policy("Self"), "value": "AAAA"});
    let marks = ["attributes", "attributes.enabled", "tags", "preserveCertOrder"];
    let create = [&in_policy[..], &marks[..]].concat();
    let import = [&create[..], &["value", "pwd"]].concat();
    let update = [&in_policy[..], &marks[..3]].concat();
    let issuer = [
        "provider",
        "credentials",
        "credentials.account_id",
        "credentials.pwd",
        "org_details",
        "org_details.id",
        "org_details.admin_details",
        "attributes",
        "attributes.enabled",
    ];
    let provider = || json!({"provider": "Portcullis"});
    let cases: Vec<(&'static str, &str, Value, &[&str])> = vec![
        ("POST", "/certificates/new/create", whole(), &create),
        ("POST", "/certificates/new/import", whole(), &import),
        ("PATCH", "/certificates/c", whole(), &update),
        ("POST", "/certificates/waits/pending/merge", json!({"x5c": ["AAAA"]}), &["x5c", "tags", "attributes"]),
        ("PATCH", "/certificates/waits/pending", json!({}), &["cancellation_requested"]),
        ("PUT", "/certificates/contacts", json!({}), &["contacts"]),
        ("PUT", "/certificates/issuers/i", provider(), &issuer),
        ("PATCH", "/certificates/issuers/i", provider(), &issuer),
        ("POST", "/certificates/restore", json!({}), &["value"]),
    ];
    for (method, path, body, members) in cases {
        for member in members {
            for value in [json!({"x": CANARY}), json!([CANARY]), json!([[CANARY]]), json!(true), json!(1.5)] {
                if fits(member, &value) {
                    continue;
                }
                let mut body = body.clone();
                let mut place = &mut body;
                for part in member.split('.') {
                    place = &mut place[part];
                }
                *place = value.clone();
                let reply = ask(&gateway, method, path, body).await;
                let shown = format!("{method} {path} {member} = {value}: {:?}", reply.body);
                assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{shown}");
                assert!(reply.message().contains(member.rsplit('.').next().unwrap()), "{shown}");
                assert!(!shown.split(": ").last().unwrap().contains(CANARY), "{shown}");
            }
        }
    }
}

/// Whether a value is of the type that a member has.
fn fits(member: &str, value: &Value) -> bool {
    let last = member.rsplit('.').next().unwrap();
    match value {
        Value::Object(_) => {
            matches!(
                last,
                "policy"
                    | "issuer"
                    | "key_props"
                    | "secret_props"
                    | "x509_props"
                    | "sans"
                    | "attributes"
                    | "tags"
                    | "credentials"
                    | "org_details"
            )
        }
        Value::Bool(_) => {
            matches!(last, "exportable" | "reuse_key" | "enabled" | "preserveCertOrder" | "cancellation_requested")
        }
        Value::Array(items) if items[0].is_string() => {
            matches!(last, "dns_names" | "emails" | "upns" | "uris" | "ipAddresses" | "ekus" | "key_usage" | "x5c")
        }
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_objects_are_refused() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    create(&gateway, "c", "Self").await;
    create(&gateway, "waits", "Unknown").await;
    for (method, path) in [
        ("POST", "/certificates/new/create"),
        ("POST", "/certificates/new/import"),
        ("PATCH", "/certificates/c"),
        ("PATCH", "/certificates/c/policy"),
        ("POST", "/certificates/waits/pending/merge"),
        ("PATCH", "/certificates/waits/pending"),
        ("PUT", "/certificates/contacts"),
        ("PUT", "/certificates/issuers/i"),
        ("POST", "/certificates/restore"),
    ] {
        for body in ["", "[]", "null", "1", "\"canary-4f1d9a\"", "{", "{\"policy\": {}", "{\"value\": \u{1}}"] {
            let mut sent = gateway.call("kv1", method, path, Some(&token), &json!({}));
            sent.body = body.to_owned();
            let reply = gateway.client.send(sent).await;
            assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{method} {path} {body}");
            assert!(!reply.message().contains(CANARY), "{}", reply.message());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_are_enforced_at_the_bound() {
    let gateway = TestGateway::start().await;
    let with = |member: &str, value: Value| {
        let mut policy = policy("Self");
        let mut place = &mut policy;
        for part in member.split('.') {
            place = &mut place[part];
        }
        *place = value;
        json!({"policy": policy})
    };
    let names = |count: usize| (0..count).map(|i| json!(format!("n{i}.example"))).collect::<Vec<_>>();
    let ekus = |count: usize| (0..count).map(|i| json!(format!("1.2.3.{i}"))).collect::<Vec<_>>();
    let actions = |count: usize| {
        let action = json!({"trigger": {"lifetime_percentage": 50}, "action": {"action_type": "AutoRenew"}});
        json!(vec![action; count])
    };
    let tags = |count: usize| (0..count).map(|i| (format!("t{i}"), json!("v"))).collect::<serde_json::Map<_, _>>();
    let cases = [
        (with("x509_props.sans", json!({"dns_names": names(100)})), 202),
        (with("x509_props.sans", json!({"dns_names": names(101)})), 400),
        (with("x509_props.ekus", json!(ekus(32))), 202),
        (with("x509_props.ekus", json!(ekus(33))), 400),
        (with("x509_props.validity_months", json!(1)), 202),
        (with("x509_props.validity_months", json!(0)), 400),
        (with("lifetime_actions", actions(1)), 202),
        (with("lifetime_actions", actions(3)), 400),
        (with("x509_props.subject", json!(format!("CN={}", "x".repeat(64)))), 202),
        (with("x509_props.subject", json!(format!("CN={}", "x".repeat(65)))), 400),
        (json!({"policy": policy("Self"), "tags": tags(15)}), 202),
        (json!({"policy": policy("Self"), "tags": tags(16)}), 400),
        (json!({"policy": policy("Self"), "tags": {"t": "x".repeat(1025)}}), 400),
        (json!({"policy": policy("Self"), "x": "x".repeat(600 * 1024)}), 413),
    ];
    for (body, status) in cases {
        let shown: String = body.to_string().chars().take(300).collect();
        let reply = ask(&gateway, "POST", "/certificates/c/create", body).await;
        assert_eq!(reply.status, status, "{shown}: {:?}", reply.body);
    }
    let contact = json!({"email": "a@one.example"});
    for (count, status) in [(100, 200), (101, 400)] {
        let body = json!({"contacts": vec![contact.clone(); count]});
        assert_eq!(ask(&gateway, "PUT", "/certificates/contacts", body).await.status, status);
    }
    let person = json!({"first_name": "Ada"});
    for (count, status) in [(20, 200), (21, 400)] {
        let body = json!({"provider": "x", "org_details": {"admin_details": vec![person.clone(); count]}});
        assert_eq!(ask(&gateway, "PUT", "/certificates/issuers/i", body).await.status, status);
    }
}

/// Passwords, private keys and what was in files appear in no answer but the secret's own, and in no record.
#[tokio::test(flavor = "multi_thread")]
async fn canaries_appear_nowhere_but_in_the_secret() {
    let gateway = TestGateway::start().await;
    let mut answers = Vec::new();
    let (file, ..) = outside::files(gateway.clock.now()).remove(0);
    let (pem, ..) = outside::files(gateway.clock.now()).remove(2);
    let private: String = pem.lines().nth(2).unwrap().to_owned();
    let issuer = json!({"provider": "Portcullis", "credentials": {"account_id": "account", "pwd": CANARY}});
    let broken = format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n");
    let headed = format!("-----BEGIN {CANARY}-----\nAAAA\n-----END {CANARY}-----\n{pem}");
    let form = json!({"secret_props": {"contentType": "application/x-pem-file"}});
    for (method, path, body) in [
        ("PUT", "/certificates/issuers/i", issuer.clone()),
        ("PATCH", "/certificates/issuers/i", issuer),
        ("GET", "/certificates/issuers/i", Value::Null),
        ("GET", "/certificates/issuers", Value::Null),
        ("PUT", "/certificates/issuers/j", json!({"provider": "x", "credentials": {"pwd": [CANARY]}})),
        ("PUT", "/certificates/issuers/j", json!({"credentials": {"pwd": CANARY}})),
        ("POST", "/certificates/c/import", json!({"value": file, "pwd": CANARY})),
        ("POST", "/certificates/c/import", json!({"value": file, "pwd": [CANARY]})),
        ("POST", "/certificates/c/import", json!({"value": CANARY, "pwd": CANARY})),
        ("POST", "/certificates/c/import", json!({"value": [CANARY], "pwd": CANARY})),
        ("POST", "/certificates/c/import", json!({"value": broken, "policy": form})),
        ("POST", "/certificates/c/import", json!({"value": headed, "policy": form})),
        ("POST", "/certificates/c/import", json!({"value": pem, "policy": form, "tags": {"t": [CANARY]}})),
        ("POST", "/certificates/c/import", json!({"value": pem, "policy": form})),
        ("GET", "/certificates/c", Value::Null),
        ("GET", "/keys/c", Value::Null),
        ("GET", "/secrets", Value::Null),
        ("POST", "/certificates/c/backup", Value::Null),
        ("DELETE", "/certificates/c", Value::Null),
        ("GET", "/deletedcertificates/c", Value::Null),
        ("GET", "/deletedsecrets/c", Value::Null),
        ("POST", "/deletedcertificates/c/recover", Value::Null),
        ("DELETE", "/certificates/issuers/i", Value::Null),
    ] {
        let reply = ask(&gateway, method, path, body).await;
        answers.push(format!("{method} {path} {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
    }
    let secret = ask(&gateway, "GET", "/secrets/c", Value::Null).await.json();
    assert!(secret["value"].as_str().unwrap().contains(&private), "the key is where it belongs");
    answers.push(String::from_utf8(gateway.audit.bytes()).unwrap());
    for text in &answers {
        for canary in [CANARY, private.as_str(), "PRIVATE KEY", pem.lines().nth(1).unwrap()] {
            let line = text.lines().find(|line| line.contains(canary)).unwrap_or_default();
            assert!(line.is_empty(), "{canary}: {line}");
        }
    }
}
