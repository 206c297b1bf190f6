//! The token endpoint and its discovery documents.

use portcullis_model::{ApplicationId, TenantId};
use portcullis_tests::{Application, Sent, TestGateway};
use serde_json::Value;

async fn login(gateway: &TestGateway, target: &str) -> portcullis_tests::Reply {
    let sent = Sent {
        method: "GET",
        host: gateway.host("login"),
        target: target.to_owned(),
        headers: vec![],
        body: String::new(),
    };
    gateway.client.send(sent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_leads_to_the_token_endpoint() {
    let gateway = TestGateway::start().await;
    let tenant = gateway.setup.tenant;
    let found = login(&gateway, &format!("/{tenant}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(found.status, 200, "{:?}", found.body);
    let json = found.json();
    assert_eq!(json["token_endpoint"], format!("https://{}/{tenant}/oauth2/v2.0/token", gateway.host("login")));
    for member in ["issuer", "authorization_endpoint", "jwks_uri"] {
        assert!(json[member].is_string(), "{member}");
    }
    let unknown = login(&gateway, &format!("/{}/v2.0/.well-known/openid-configuration", TenantId::random())).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(login(&gateway, "/nothing/here").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_get_the_reference_errors() {
    let gateway = TestGateway::start().await;
    let scope = gateway.vault_scope();
    let admin = &gateway.setup.admin;
    let stranger = Application { id: ApplicationId::random(), ..admin.clone() };
    let abroad = Application { tenant: TenantId::random(), ..admin.clone() };
    let cases = [
        (admin, "wrong-secret", scope.as_str(), 401, "invalid_client", 7_000_215),
        (&stranger, "any", scope.as_str(), 400, "unauthorized_client", 700_016),
        (&abroad, "any", scope.as_str(), 400, "invalid_request", 90_002),
        (admin, admin.secret.as_str(), "https://elsewhere.example/.default", 400, "invalid_resource", 500_011),
        (admin, admin.secret.as_str(), "nonsense", 400, "invalid_scope", 70_011),
    ];
    for (application, secret, scope, status, error, code) in cases {
        let reply = gateway.token_reply(application, secret, scope).await;
        let json = reply.json();
        assert_eq!((reply.status, json["error"].as_str().unwrap()), (status, error), "{json}");
        assert_eq!(json["error_codes"][0], code, "{json}");
        assert_eq!(json["error_uri"], format!("https://{}/error?code={code}", gateway.host("login")), "{json}");
        assert_eq!(json["access_token"], Value::Null);
        assert!(!String::from_utf8_lossy(&reply.body).contains("wrong-secret"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_answer_is_as_clients_expect_and_is_not_stored() {
    let gateway = TestGateway::start().await;
    let reply = gateway.token_reply(&gateway.setup.admin, &gateway.setup.admin.secret, &gateway.vault_scope()).await;
    assert_eq!(reply.json()["token_type"], "Bearer");
    assert_eq!(reply.json()["expires_in"], 3599);
    assert_eq!(reply.header("cache-control"), "no-store");
}

/// Asks for a token with a form and headers as they are.
async fn ask(gateway: &TestGateway, target: &str, headers: &[(&str, &str)], body: String) -> portcullis_tests::Reply {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let headers = headers.iter().chain(&form).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    gateway
        .client
        .send(Sent { method: "POST", host: gateway.host("login"), target: target.to_owned(), headers, body })
        .await
}

/// The same token comes of each way in which clients ask (wire contract, section 3.2).
#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_be_asked_for_in_each_way_that_clients_have() {
    use base64::Engine as _;
    let gateway = TestGateway::start().await;
    let admin = &gateway.setup.admin;
    let (tenant, id, secret) = (admin.tenant, admin.id, &admin.secret);
    let (scope, resource) = (gateway.vault_scope(), format!("https://{}", gateway.host("vault")));
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    let basic = format!("Basic {basic}");
    let v2 = format!("/{tenant}/oauth2/v2.0/token");
    let post = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    for (target, headers, body) in [
        (format!("/{tenant}/oauth2/token"), vec![], format!("{post}&resource={resource}")),
        (v2.clone(), vec![("authorization", basic.as_str())], format!("grant_type=client_credentials&scope={scope}")),
        (
            format!("{v2}?client-request-id=5a1f0f0e-9a3c-4f43-8f3f-1f0d0d7b1d11"),
            vec![],
            format!("{post}&scope={scope}&x-client-SKU=msal.js.node&client_info=1"),
        ),
        (format!("/{}/oauth2/v2.0/token", tenant.to_string().to_uppercase()), vec![], format!("{post}&scope={scope}")),
    ] {
        let reply = ask(&gateway, &target, &headers, body).await;
        assert_eq!(reply.status, 200, "{target}: {:?}", reply.body);
        let token = reply.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await.status, 200, "{target}");
    }
    let wrong = base64::engine::general_purpose::STANDARD.encode(format!("{id}:wrong"));
    let body = format!("grant_type=client_credentials&scope={scope}");
    let refused = ask(&gateway, &v2, &[("authorization", &format!("Basic {wrong}"))], body).await;
    assert_eq!((refused.status, refused.json()["error"].as_str().unwrap()), (401, "invalid_client"));
    assert!(refused.header("www-authenticate").starts_with("Basic "), "the scheme that was tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_token_requests_get_the_reference_errors() {
    let gateway = TestGateway::start().await;
    let admin = &gateway.setup.admin;
    let (id, secret, scope) = (admin.id, &admin.secret, gateway.vault_scope());
    let client = format!("client_id={id}&client_secret={secret}");
    let (v1, v2) = (format!("/{}/oauth2/token", admin.tenant), format!("/{}/oauth2/v2.0/token", admin.tenant));
    let cases = [
        (&v2, format!("grant_type=implicit&{client}&scope={scope}"), 400, "unsupported_grant_type", 70_003),
        (&v2, format!("grant_type=refresh_token&{client}&scope={scope}"), 400, "invalid_request", 900_144),
        (&v2, format!("grant_type=password&{client}&scope={scope}"), 400, "invalid_request", 900_144),
        (&v2, format!("{client}&scope={scope}"), 400, "invalid_request", 900_144),
        (&v2, format!("grant_type=client_credentials&{client}"), 400, "invalid_request", 900_144),
        (&v1, format!("grant_type=client_credentials&{client}&scope={scope}"), 400, "invalid_request", 900_144),
        (&v2, format!("grant_type=client_credentials&client_id={id}&scope={scope}"), 401, "invalid_client", 7_000_218),
        (
            &v2,
            format!("grant_type=client_credentials&{client}&{client}&scope={scope}"),
            400,
            "invalid_request",
            9_002_313,
        ),
        (&v2, "x".repeat(64 * 1024 + 1), 413, "invalid_request", 9_002_313),
    ];
    for (target, body, status, error, code) in cases {
        let shown: String = body.chars().take(60).collect();
        let reply = ask(&gateway, target, &[], body).await;
        let json = reply.json();
        assert_eq!((reply.status, json["error"].as_str().unwrap()), (status, error), "{shown}: {json}");
        assert_eq!(json["error_codes"][0], code, "{shown}: {json}");
        assert_eq!(json["access_token"], Value::Null);
        assert!(!String::from_utf8_lossy(&reply.body).contains(secret.as_str()), "{shown}");
    }
    let get = login(&gateway, &v2).await;
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_instance_discovery_are_there_for_clients_that_ask() {
    let gateway = TestGateway::start().await;
    let tenant = gateway.setup.tenant;
    for path in ["discovery/v2.0/keys", "discovery/keys"] {
        let keys = login(&gateway, &format!("/{tenant}/{path}")).await;
        assert_eq!(keys.status, 200);
        let keys = keys.json()["keys"].as_array().expect("a list").clone();
        assert_eq!(keys.len(), 1, "that of id tokens; access tokens are no JWTs");
        assert_eq!((&keys[0]["alg"], &keys[0]["use"], &keys[0]["d"]), (&"ES256".into(), &"sig".into(), &Value::Null));
        assert_eq!(login(&gateway, &format!("/{}/{path}", TenantId::random())).await.status, 400);
    }
    let v1 = login(&gateway, &format!("/{tenant}/.well-known/openid-configuration")).await.json();
    assert_eq!(v1["token_endpoint"], format!("https://{}/{tenant}/oauth2/token", gateway.host("login")));
    let target = "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://x/y/oauth2/v2.0/authorize";
    let instance = login(&gateway, target).await;
    assert_eq!(instance.status, 200, "{:?}", instance.body);
    let (json, host) = (instance.json(), gateway.host("login"));
    assert_eq!(json["metadata"][0]["aliases"], serde_json::json!([host]));
    let document = json["tenant_discovery_endpoint"].as_str().unwrap().to_owned();
    let target = document.strip_prefix(&format!("https://{host}")).unwrap();
    assert_eq!(login(&gateway, target).await.status, 200, "the document that it names is there");
}
