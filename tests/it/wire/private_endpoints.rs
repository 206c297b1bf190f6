//! Private endpoints: who comes through one is let in by the state of its connection and by nothing else.

use portcullis_management::{Declaration, DeclaredPrivateEndpoint};
use portcullis_model::{ConnectionStatus, PrivateEndpointConnection};
use portcullis_server::config::ListenerSource;
use portcullis_tests::{Reply, Setup, TestGateway};
use serde_json::{Value, json};

const VERSION: &str = "2026-02-01";
const ENDPOINT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateEndpoints/app";

fn declared(vault: &str, name: &str, status: ConnectionStatus) -> DeclaredPrivateEndpoint {
    let (name, endpoint) = (name.parse().unwrap(), ENDPOINT.parse().unwrap());
    let connection = PrivateEndpointConnection { name, endpoint, status, description: String::new() };
    DeclaredPrivateEndpoint { vault: vault.parse().unwrap(), connection }
}

/// A gateway to which everybody comes through the private endpoint, whose connection to `kv1` is pending.
async fn gateway() -> TestGateway {
    TestGateway::with(Setup {
        listener_source: Some(ListenerSource::PrivateEndpoint(ENDPOINT.parse().unwrap())),
        private_endpoints: vec![declared("kv1", "App", ConnectionStatus::Pending)],
        ..Setup::default()
    })
    .await
}

async fn ask(gateway: &TestGateway, method: &'static str, rest: &str, body: Value) -> Reply {
    let token = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let path = format!("{}{rest}", gateway.setup.vault_id("kv1"));
    gateway.management(method, &path, VERSION, &token, body).await
}

async fn say(gateway: &TestGateway, status: &str) -> Reply {
    let state = json!({"status": status, "description": "as we said", "actionsRequired": "None"});
    let body = json!({"properties": {"privateEndpoint": {}, "privateLinkServiceConnectionState": state}});
    ask(gateway, "PUT", "/privateEndpointConnections/app", body).await
}

async fn list(gateway: &TestGateway, vault: &str) -> Reply {
    let token = gateway.token(&gateway.setup.admin).await;
    gateway.vault(vault, "GET", "/secrets", &token, Value::Null).await
}

fn status(connection: &Value) -> &str {
    connection["properties"]["privateLinkServiceConnectionState"]["status"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_connection_lets_in_and_every_other_does_not() {
    let gateway = gateway().await;
    let refused = list(&gateway, "kv1").await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "ForbiddenByConnection"), "{:?}", refused.body);
    let told = ask(&gateway, "GET", "/privateEndpointConnections/APP", Value::Null).await.json();
    assert_eq!((status(&told), told["name"].as_str()), ("Pending", Some("app")));
    assert_eq!(told["properties"]["privateEndpoint"]["id"], ENDPOINT.to_ascii_lowercase());

    let approved = say(&gateway, "approved").await;
    assert_eq!((approved.status, status(&approved.json())), (200, "Approved"), "{:?}", approved.body);
    assert_eq!(approved.json()["properties"]["privateLinkServiceConnectionState"]["description"], "as we said");
    assert_eq!(approved.json()["properties"]["provisioningState"], "Succeeded");
    let admitted = list(&gateway, "kv1").await;
    assert_eq!(admitted.status, 200, "{:?}", admitted.body);
    let expected = format!("conn_type=PrivateLink;private_endpoint={};", ENDPOINT.to_ascii_lowercase());
    assert!(admitted.header("x-ms-keyvault-network-info").starts_with(&expected), "{:?}", admitted.headers);
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["properties"]["addrAuthType"], "PrivateLink", "{record:#}");
    let closed = json!({"properties": {"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny"}}});
    let closed = ask(&gateway, "PATCH", "", closed).await;
    assert_eq!(closed.status, 200, "{:?}", closed.body);
    assert_eq!(list(&gateway, "kv1").await.status, 200, "no rule keeps an approved connection out");
    let other = list(&gateway, "kv2").await;
    assert_eq!((other.status, other.error().1.as_str()), (403, "ForbiddenByConnection"), "it leads to one vault");
    let vault = ask(&gateway, "GET", "", Value::Null).await.json();
    assert_eq!(status(&vault["properties"]["privateEndpointConnections"][0]), "Approved");
    let again = ask(&gateway, "PUT", "", vault.clone()).await;
    assert_eq!(again.status, 200, "clients send back what they were told: {:?}", again.body);

    assert_eq!(status(&say(&gateway, "Rejected").await.json()), "Rejected");
    let refused = list(&gateway, "kv1").await;
    assert_eq!((refused.status, refused.error().1.as_str()), (403, "ForbiddenByConnection"));
    for wrong in ["Pending", "Disconnected", "yes"] {
        let refused = say(&gateway, wrong).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (400, "InvalidRequestContent"), "{wrong}");
        assert!(refused.message().contains("privateLinkServiceConnectionState.status"), "{}", refused.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_removed_does_not_come_back_with_a_restart() {
    let gateway = gateway().await;
    say(&gateway, "Approved").await;
    assert_eq!(list(&gateway, "kv1").await.status, 200);
    let listed = ask(&gateway, "GET", "/privateEndpointConnections", Value::Null).await.json();
    assert_eq!(listed["value"].as_array().unwrap().len(), 1);
    let path = "/privateEndpointConnections/app";
    assert_eq!(ask(&gateway, "DELETE", path, Value::Null).await.status, 200);
    assert_eq!(ask(&gateway, "DELETE", path, Value::Null).await.status, 204);
    assert_eq!(list(&gateway, "kv1").await.error().1, "ForbiddenByConnection");
    let declare = async |name: &str| {
        let vaults = vec![gateway.setup.declared_vault("kv1")];
        let private_endpoints = vec![declared("kv1", name, ConnectionStatus::Approved)];
        let declaration = Declaration { vaults, private_endpoints, ..Declaration::default() };
        gateway.running.gateway().management().declare(&declaration).await.unwrap();
    };
    declare("app").await;
    for (method, body) in [
        ("GET", Value::Null),
        ("PUT", json!({"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}})),
    ] {
        let gone = ask(&gateway, method, path, body).await;
        assert_eq!((gone.status, gone.error().0.as_str()), (404, "ResourceNotFound"), "{method}: {:?}", gone.body);
    }
    assert_eq!(list(&gateway, "kv1").await.error().1, "ForbiddenByConnection");
    declare("app-2").await;
    assert_eq!(list(&gateway, "kv1").await.status, 200, "another connection of the endpoint is another decision");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_role_neither_reads_nor_approves_connections() {
    let gateway = gateway().await;
    let token = gateway.token_for(&gateway.setup.reader, &gateway.management_scope()).await;
    let path = format!("{}/privateEndpointConnections", gateway.setup.vault_id("kv1"));
    let body = json!({"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}});
    for (method, rest, body) in
        [("GET", "", Value::Null), ("GET", "/app", Value::Null), ("PUT", "/app", body), ("DELETE", "/app", Value::Null)]
    {
        let refused = gateway.management(method, &format!("{path}{rest}"), VERSION, &token, body).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (403, "AuthorizationFailed"), "{method} {rest}");
    }
}
