//! Classes 4 and 6: how a name is spelt, and what stands in it, changes nobody's rights.

use portcullis_management::{Declaration, DeclaredApplication, DeclaredAssignment};
use portcullis_model::SecretText;
use portcullis_tests::{Application, Reply, Sent, TestGateway};
use serde_json::{Value, json};

/// An application with a display name of its own, and perhaps a role at a scope.
async fn named(gateway: &TestGateway, name: &str, role_at: Option<(&str, &str)>) -> Application {
    let application = Application::new(gateway.setup.tenant);
    let declaration = Declaration {
        applications: vec![DeclaredApplication {
            principal: application.principal,
            application: application.id,
            tenant: application.tenant,
            display_name: name.to_owned(),
            enabled: true,
            secret: Some(SecretText::new(application.secret.clone())),
        }],
        assignments: role_at
            .map(|(role, scope)| DeclaredAssignment {
                principal: application.principal,
                role: role.to_owned(),
                scope: scope.to_owned(),
            })
            .into_iter()
            .collect(),
        ..Declaration::default()
    };
    gateway.running.gateway().management().declare(&declaration).await.unwrap();
    application
}

/// Class 6: what looks like a pattern, a separator, a path or a line in identity data is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_wildcards_separators_and_line_ends_is_only_a_name() {
    let gateway = TestGateway::start().await;
    let admin = gateway.token(&gateway.setup.admin).await;
    for secret in ["mine", "other"] {
        gateway.vault("kv1", "PUT", &format!("/secrets/{secret}"), &admin, json!({"value": "v"})).await;
    }
    let path = gateway.setup.vault_id("kv1");
    let scope = format!("{path}/secrets/mine");
    for name in [
        "*",
        "*/,..%",
        "*/,..%\r\nDecision: allowed\r\nVault: *",
        "../../secrets/other",
        "admin",
        "' OR 1=1 --",
        "\u{202e}nimda\u{2028}x",
        "{\"a\":[\"*\"]}",
    ] {
        let application = named(&gateway, name, Some(("Key Vault Secrets User", &scope))).await;
        let data = gateway.token(&application).await;
        let get = async |path: &'static str| gateway.vault("kv1", "GET", path, &data, Value::Null).await;
        assert_eq!(get("/secrets/mine").await.status, 200, "{name:?}");
        for refused in ["/secrets/other", "/secrets"] {
            let reply = get(refused).await;
            assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByRbac"), "{name:?} {refused}");
            one_decision(&reply, name);
        }
        let management = gateway.token_for(&application, &gateway.management_scope()).await;
        let denied = gateway.management("GET", &path, "2026-02-01", &management, Value::Null).await;
        assert_eq!((denied.status, denied.error().0.as_str()), (403, "AuthorizationFailed"), "{name:?}");
        one_decision(&denied, name);
        let first = denied.message().split("\r\n").next().unwrap().to_owned();
        assert!(first.starts_with("The client '") && first.contains(&application.principal.to_string()), "{first}");
    }
    for line in gateway.audit.lines() {
        serde_json::from_str::<Value>(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// The name has added no line to the refusal, and hides none of it.
fn one_decision(reply: &Reply, name: &str) {
    let message = reply.message();
    let lines: Vec<&str> = message.split("\r\n").collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("Decision: ")).count(), 1, "{name:?}: {message}");
    assert!(!lines.contains(&"Vault: *"), "{name:?}: {message}");
    let hidden = |c: char| c.is_control() || c == '\u{202e}' || c == '\u{2028}';
    assert!(lines.iter().all(|line| !line.contains(hidden)), "{name:?}: {message:?}");
}

/// Class 4: vault and secret names compare without case, as the reference's do; everything else is what it is.
#[tokio::test(flavor = "multi_thread")]
async fn case_space_and_look_alikes_make_no_second_name() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault("kv1", "PUT", "/secrets/Db", &token, json!({"value": "the-value"})).await;
    // The same in any case, and only once in a list.
    gateway.vault("kv1", "PUT", "/secrets/dB", &token, json!({"value": "the-value"})).await;
    for (vault, path) in [("kv1", "/secrets/db"), ("KV1", "/secrets/DB"), ("Kv1", "/secrets/%44b")] {
        let reply = gateway.vault(vault, "GET", path, &token, Value::Null).await;
        assert_eq!((reply.status, &reply.json()["value"]), (200, &json!("the-value")), "{vault}{path}");
    }
    let listed = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await.json();
    assert_eq!(listed["value"].as_array().unwrap().len(), 1, "{listed}");
    // Spaces and look-alikes are no names at all: a full-width b, a Cyrillic soft sign, a soft
    // hyphen, a dotless i.
    for path in [
        "/secrets/db%20",
        "/secrets/%20db",
        "/secrets/db%c2%a0",
        "/secrets/d%ef%bd%82",
        "/secrets/d%d0%ac",
        "/secrets/d%c2%adb",
        "/secrets/d%c4%b1",
        "/secrets/db%00",
        "/secrets/db.",
    ] {
        for method in ["GET", "PUT"] {
            let reply = gateway.vault("kv1", method, path, &token, json!({"value": "v"})).await;
            assert_eq!((reply.status, reply.error().0.as_str()), (400, "BadParameter"), "{method} {path}");
        }
    }
}

/// Class 4: ids compare as ids, whatever their spelling; secrets compare byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn ids_have_any_case_and_client_secrets_exactly_one() {
    let gateway = TestGateway::start().await;
    let admin = gateway.setup.admin.clone();
    let ask = async |tenant: String, id: String, secret: String| {
        let body = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={}",
            gateway.vault_scope()
        );
        let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let target = format!("/{tenant}/oauth2/v2.0/token");
        gateway.client.send(Sent { method: "POST", host: gateway.host("login"), target, headers, body }).await.status
    };
    let (tenant, id, secret) = (admin.tenant.to_string(), admin.id.to_string(), admin.secret.clone());
    assert_eq!(ask(tenant.to_uppercase(), id.to_uppercase(), secret.clone()).await, 200);
    for (changed, why) in [
        (secret.to_uppercase(), "case"),
        (format!("{secret}%20"), "a space after it"),
        (format!("%20{secret}"), "a space before it"),
        (format!("{secret}%00"), "a NUL"),
        (format!("{secret}%0A"), "a line end"),
        (secret.replacen('s', "%D1%95", 1), "a look-alike"),
        (secret[..secret.len() - 1].to_owned(), "one character less"),
    ] {
        assert_eq!(ask(tenant.clone(), id.clone(), changed).await, 401, "{why}");
    }
    for changed in [format!("{id}%20"), format!("%20{id}"), format!("{{{id}}}"), id.replace('-', "")] {
        assert!(matches!(ask(tenant.clone(), changed.clone(), secret.clone()).await, 400 | 401), "{changed}");
    }
}
