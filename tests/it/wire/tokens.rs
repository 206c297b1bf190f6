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
