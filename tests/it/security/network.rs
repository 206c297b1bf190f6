//! Class 3: where a request comes from is what the socket says, and the rules apply at once.

use portcullis_model::{Bypass, DefaultAction, NetworkAcls, NetworkRules, PublicNetworkAccess, SubnetId};
use portcullis_tests::{Setup, TestGateway};
use serde_json::Value;

const SUBNET: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/app";

fn rules(ip_rules: &[&str], subnet_rules: &[&str]) -> NetworkRules {
    let acls = NetworkAcls {
        bypass: Bypass::AzureServices,
        default_action: DefaultAction::Deny,
        ip_rules: ip_rules.iter().map(|rule| rule.parse().unwrap()).collect(),
        subnet_rules: subnet_rules.iter().map(|rule| rule.parse().unwrap()).collect(),
    };
    NetworkRules { public_network_access: PublicNetworkAccess::Enabled, acls: Some(acls) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_carries_the_reference_text_and_our_explanation() {
    let gateway = TestGateway::with(Setup { network: rules(&["203.0.113.0/24"], &[]), ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!((reply.status, reply.error()), (403, ("Forbidden".into(), "ForbiddenByFirewall".into())));
    let message = reply.message();
    let lines: Vec<&str> = message.split("\r\n").collect();
    assert_eq!(lines[0], "Client address is not authorized and caller is not a trusted service.");
    assert_eq!(lines[1], "Client address: 127.0.0.1");
    assert!(
        lines[2].starts_with(&format!(
            "Caller: appid={};oid={};iss=",
            gateway.setup.admin.id, gateway.setup.admin.principal
        ))
    );
    assert_eq!(lines[3], "Vault: kv1;location=local");
    assert!(message.contains("Decision: network/default-action"), "{message}");
    assert!(message.contains(reply.header("x-ms-request-id")), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_headers_change_nothing() {
    let gateway = TestGateway::with(Setup { network: rules(&["203.0.113.0/24"], &[]), ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
        ("x-ms-client-ip", "203.0.113.9"),
        ("true-client-ip", "203.0.113.9"),
    ] {
        let mut sent = gateway.call("kv1", "GET", "/secrets", Some(&token), &Value::Null);
        sent.headers.push((name.to_owned(), value.to_owned()));
        assert_eq!(gateway.client.send(sent).await.error().1, "ForbiddenByFirewall", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_network_is_a_named_set_of_prefixes() {
    let subnet: SubnetId = SUBNET.parse().unwrap();
    let networks = vec![("127.0.0.0/8".parse().unwrap(), subnet)];
    let setup = Setup { network: rules(&[], &[SUBNET]), networks: networks.clone(), ..Setup::default() };
    let gateway = TestGateway::with(setup).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    assert!(reply.header("x-ms-keyvault-network-info").starts_with("conn_type=Subnet;"));
    let record = gateway.records().pop().unwrap();
    assert_eq!(record["properties"]["addrAuthType"], "Subnet", "{record}");

    let elsewhere = Setup { network: rules(&["127.0.0.0/8"], &[]), networks, ..Setup::default() };
    let gateway = TestGateway::with(elsewhere).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(reply.error().1, "ForbiddenByFirewall", "an IP rule does not match a virtual network");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_network_is_a_listener() {
    let listener_subnet = Some(SUBNET.parse().unwrap());
    let gateway =
        TestGateway::with(Setup { network: rules(&[], &[SUBNET]), listener_subnet, ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    assert_eq!(gateway.records().pop().unwrap()["properties"]["subnetId"], SUBNET.to_lowercase());
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_public_access_refuses_whatever_the_rules_say() {
    let mut network = rules(&["127.0.0.0/8"], &[]);
    network.public_network_access = PublicNetworkAccess::Disabled;
    let gateway = TestGateway::with(Setup { network, ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
    assert_eq!((reply.status, reply.error().1.as_str()), (403, "ForbiddenByConnection"));
    let unauthenticated = gateway.client.send(gateway.call("kv1", "GET", "/secrets", None, &Value::Null)).await;
    assert_eq!(unauthenticated.status, 401, "without a token the challenge comes first");
}
