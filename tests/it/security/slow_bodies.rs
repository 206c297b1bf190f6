//! A request is judged when its body is there, not when its head was: whoever holds a request open keeps no right.

use portcullis_model::{RoleAssignmentId, TenantId};
use portcullis_tests::{Setup, TestGateway};
use serde_json::{Value, json};

const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";

async fn assign(gateway: &TestGateway, role: &str) -> String {
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let scope = gateway.setup.vault_id("kv1");
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", RoleAssignmentId::random());
    let put = gateway.management("PUT", &path, "2022-04-01", &admin, assignment(gateway, role)).await;
    assert_eq!(put.status, 201, "{:?}", put.body);
    path
}

fn assignment(gateway: &TestGateway, role: &str) -> Value {
    let role = format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}");
    json!({"properties": {"principalId": gateway.setup.nobody.principal.to_string(), "roleDefinitionId": role}})
}

async fn revoke(gateway: &TestGateway, path: &str) {
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    assert_eq!(gateway.management("DELETE", path, "2022-04-01", &admin, Value::Null).await.status, 200);
}

/// The record of the one request for a path.
fn record_of(gateway: &TestGateway, path: &str) -> Value {
    let asked = |record: &Value| record["properties"]["requestUri"].as_str().is_some_and(|uri| uri.contains(path));
    let [record] = gateway.records().into_iter().filter(asked).collect::<Vec<_>>().try_into().unwrap();
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_lost_while_the_body_was_on_its_way_is_lost() {
    let gateway = TestGateway::start().await;
    let path = assign(&gateway, OFFICER).await;
    let token = gateway.token(&gateway.setup.nobody).await;
    let sent = gateway.call("kv1", "PUT", "/secrets/late", Some(&token), &json!({"value": "v"}));
    let reply = gateway.client.send_held(sent, revoke(&gateway, &path)).await;
    assert!(reply.starts_with("HTTP/1.1 403 ") && reply.contains("ForbiddenByRbac"), "{reply}");
    let record = record_of(&gateway, "/secrets/late");
    assert_eq!(record["properties"]["isRbacAuthorized"], false, "{record}");
    assert_eq!(record["properties"]["appliedAssignmentId"], Value::Null, "the first judgement's is gone: {record}");
    assert_eq!(record["portcullis"]["decision"].as_array().map(Vec::len), Some(3), "those of one judgement: {record}");
    let admin = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/late", &admin, Value::Null).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_disabled_while_the_body_was_on_its_way_is_out() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.admin).await;
    let sent = gateway.call("kv1", "PUT", "/secrets/late", Some(&token), &json!({"value": "v"}));
    let reply = gateway.client.send_held(sent, gateway.set_enabled(&gateway.setup.admin, false)).await;
    assert!(reply.starts_with("HTTP/1.1 401 "), "{reply}");
    let record = record_of(&gateway, "/secrets/late");
    assert_eq!(record["operationName"], "Authentication");
    assert_eq!(record["portcullis"]["stage"], "authentication");
    assert_eq!(record["identity"]["claim"], json!({}), "{record}");
    assert_eq!(record["portcullis"]["decision"], json!([]), "{record}");
    for found in ["isRbacAuthorized", "appliedAssignmentId", "isAddressAuthorized", "addrAuthType"] {
        assert_eq!(record["properties"][found], Value::Null, "{found} was found for who is out now: {record}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_none_any_more_cannot_make_himself_one() {
    let gateway = TestGateway::start().await;
    let path = assign(&gateway, OWNER).await;
    let token = gateway.token_for(&gateway.setup.nobody, &gateway.management_scope()).await;
    let scope = gateway.setup.vault_id("kv1");
    let mut sent = gateway.call("kv1", "PUT", "/", Some(&token), &assignment(&gateway, OWNER));
    sent.host = gateway.host("management");
    sent.target = format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{}?api-version=2022-04-01",
        RoleAssignmentId::random()
    );
    let reply = gateway.client.send_held(sent, revoke(&gateway, &path)).await;
    assert!(reply.starts_with("HTTP/1.1 403 ") && reply.contains("AuthorizationFailed"), "{reply}");
    let again = gateway.management("GET", &scope, "2026-02-01", &token, Value::Null).await;
    assert_eq!(again.status, 403);
}

/// Class 11: nothing of a body is taken from whoever may not make the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_a_role_is_refused_before_his_body_is_read() {
    let gateway = TestGateway::start().await;
    let token = gateway.token(&gateway.setup.nobody).await;
    let host = gateway.host("kv1.vault");
    let head = format!(
        "POST /secrets/restore?api-version=7.6 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: 20000000\r\n\r\n{{"
    );
    let reply = gateway.client.raw("kv1.vault.portcullis.test", head.as_bytes()).await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
}

/// Class 11: who has shown nothing yet may have few bodies read, in all and of one address, and the tenant comes first.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_token_requests_are_read_few_at_once() {
    let gateway = TestGateway::with(Setup { token_requests: 8, ..Setup::default() }).await;
    let (client, host) = (gateway.client.clone(), gateway.host("login"));
    let begin = |tenant: TenantId| {
        let (client, host) = (client.clone(), host.clone());
        let head =
            format!("POST /{tenant}/oauth2/v2.0/token HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\ngrant");
        tokio::spawn(async move { client.raw("login.portcullis.test", head.as_bytes()).await })
    };
    let unknown = begin(TenantId::random()).await.unwrap();
    assert!(unknown.starts_with("HTTP/1.1 400 ") && unknown.contains("AADSTS90002"), "{unknown}");

    let stalled = [begin(gateway.setup.tenant), begin(gateway.setup.tenant)];
    let ask = || gateway.token_reply(&gateway.setup.admin, &gateway.setup.admin.secret, &host);
    let mut refused = ask().await;
    while refused.status != 503 && !stalled.iter().all(tokio::task::JoinHandle::is_finished) {
        refused = ask().await;
    }
    assert_eq!((refused.status, refused.json()["error"].as_str()), (503, Some("temporarily_unavailable")));
    assert_eq!(refused.header("retry-after"), "1");
    for stalled in stalled {
        let reply = stalled.await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 400 ") && reply.contains("could not be read"), "{reply}");
    }
    gateway.token(&gateway.setup.admin).await;
}

/// Parallel writes of the management plane are judged again where they cross, and none is lost.
#[tokio::test(flavor = "multi_thread")]
async fn writes_that_cross_are_judged_again_and_none_is_lost() {
    let gateway = std::sync::Arc::new(TestGateway::start().await);
    let admin = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let scope = gateway.setup.vault_id("kv1");
    let writes = (0..6).map(|i| {
        let (gateway, admin) = (std::sync::Arc::clone(&gateway), admin.clone());
        let at = format!(
            "{scope}/secrets/s{i}/providers/Microsoft.Authorization/roleAssignments/{}",
            RoleAssignmentId::random()
        );
        tokio::spawn(async move {
            let body = assignment(&gateway, OFFICER);
            gateway.management("PUT", &at, "2022-04-01", &admin, body).await.status
        })
    });
    for write in writes.collect::<Vec<_>>() {
        assert_eq!(write.await.unwrap(), 201);
    }
}
