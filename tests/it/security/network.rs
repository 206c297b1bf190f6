//! Class 3: where a request comes from is what the socket says, and the rules apply at once.

use portcullis_model::{Bypass, DefaultAction, NetworkAcls, NetworkRules, PublicNetworkAccess, SubnetId};
use portcullis_server::config::{ListenerSource, TrustedServices};
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

/// Behaviour, section 1.7: tools look for these first lines.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_carries_the_reference_text_and_our_explanation() {
    use PublicNetworkAccess::{Disabled, Enabled};
    let firewall = ("ForbiddenByFirewall", Some("Client address: 127.0.0.1"), "network/default-action");
    let connection = ("ForbiddenByConnection", None, "network/public-access-disabled");
    for (access, bypass, first, (code, address, rule)) in [
        (
            Enabled,
            Bypass::AzureServices,
            "Client address is not authorized and caller is not a trusted service.",
            firewall,
        ),
        (
            Enabled,
            Bypass::None,
            "Client address is not authorized and caller was ignored because bypass is set to None",
            firewall,
        ),
        (
            Disabled,
            Bypass::AzureServices,
            "Public network access is disabled and request is not from a trusted service nor via an approved private link.",
            connection,
        ),
        (
            Disabled,
            Bypass::None,
            "Connection is not an approved private link and caller was ignored because bypass is not set to 'AzureServices' and PublicNetworkAccess is set to 'Disabled'.",
            connection,
        ),
    ] {
        let mut network = rules(&["203.0.113.0/24"], &[]);
        network.public_network_access = access;
        network.acls.as_mut().unwrap().bypass = bypass;
        let gateway = TestGateway::with(Setup { network, ..Setup::default() }).await;
        let token = gateway.token(&gateway.setup.admin).await;
        let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
        assert_eq!((reply.status, reply.error()), (403, ("Forbidden".into(), code.into())), "{:?}", reply.body);
        let message = reply.message();
        let caller = format!(
            "Caller: appid={};oid={};iss=https://sts.windows.net/{}/",
            gateway.setup.admin.id, gateway.setup.admin.principal, gateway.setup.tenant
        );
        let expected: Vec<&str> =
            [Some(first), address, Some(&caller), Some("Vault: kv1;location=local")].into_iter().flatten().collect();
        let lines: Vec<&str> = message.split("\r\n").collect();
        assert_eq!(lines[..expected.len()], expected);
        assert_eq!(message.contains("Client address:"), address.is_some(), "{message}");
        assert!(lines.contains(&format!("Decision: {rule}").as_str()), "{message}");
        assert!(lines.contains(&format!("Trace: {}", reply.header("x-ms-request-id")).as_str()), "{message}");
        let record = gateway.records().pop().unwrap();
        assert_eq!(record["portcullis"]["deniedBy"], "network", "{record}");
        assert_eq!(record["portcullis"]["networkRule"], rule, "{record}");
        assert_eq!(record["properties"]["isAddressAuthorized"], false, "{record}");
    }
}

/// A trusted service skips the rules of vaults that say so, still needs a role, and is named in the record.
#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_service_passes_where_the_vault_lets_it_and_nowhere_else() {
    use PublicNetworkAccess::{Disabled, Enabled};
    type List = fn(&Setup) -> TrustedServices;
    let by_application: List =
        |setup| TrustedServices { applications: vec![setup.admin.id, setup.nobody.id], principals: vec![] };
    let by_principal: List = |setup| TrustedServices {
        applications: vec![],
        principals: vec![setup.admin.principal, setup.nobody.principal],
    };
    let by_neither: List = |_| TrustedServices::default();
    for (list, access, bypass, admitted) in [
        (by_application, Enabled, Bypass::AzureServices, true),
        (by_principal, Enabled, Bypass::AzureServices, true),
        (by_principal, Disabled, Bypass::AzureServices, true),
        (by_neither, Enabled, Bypass::AzureServices, false),
        (by_application, Enabled, Bypass::None, false),
        (by_principal, Disabled, Bypass::None, false),
    ] {
        let mut network = rules(&["203.0.113.0/24"], &[]);
        network.public_network_access = access;
        network.acls.as_mut().unwrap().bypass = bypass;
        let mut setup = Setup { network, ..Setup::default() };
        setup.trusted_services = list(&setup);
        let gateway = TestGateway::with(setup).await;
        let token = gateway.token(&gateway.setup.admin).await;
        let reply = gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await;
        let record = gateway.records().pop().unwrap();
        let properties = &record["properties"];
        assert_eq!(properties["isAddressAuthorized"], admitted, "{record}");
        if admitted {
            assert_eq!(reply.status, 200, "{:?}", reply.body);
            assert_eq!(properties["addrAuthType"], "TrustedService", "{record}");
            assert_eq!(properties["trustedService"], "admin", "{record}");
            assert_eq!(record["portcullis"]["networkRule"], "network/trusted-service", "{record}");
        } else {
            assert_eq!(reply.status, 403, "{:?}", reply.body);
            assert_eq!(properties["trustedService"], Value::Null, "{record}");
        }
        // Whoever is not on the list is not let by, and whoever is still needs a role.
        let reader = gateway.token(&gateway.setup.reader).await;
        let other = gateway.vault("kv1", "GET", "/secrets", &reader, Value::Null).await;
        assert!(other.error().1 == "ForbiddenByFirewall" || other.error().1 == "ForbiddenByConnection");
        let nobody = gateway.token(&gateway.setup.nobody).await;
        let refused = gateway.vault("kv1", "GET", "/secrets", &nobody, Value::Null).await;
        assert_eq!((refused.status, refused.error().1 == "ForbiddenByRbac"), (403, admitted), "{:?}", refused.body);
    }
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
    let listener_source = Some(ListenerSource::Subnet(SUBNET.parse().unwrap()));
    let gateway =
        TestGateway::with(Setup { network: rules(&[], &[SUBNET]), listener_source, ..Setup::default() }).await;
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
