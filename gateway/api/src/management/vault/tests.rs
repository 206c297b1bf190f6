use portcullis_model::{Bypass, DefaultAction, MAX_IP_RULES, MAX_SUBNET_RULES, NetworkAcls};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn patch(body: &Value) -> Result<VaultChanges, ApiError> {
    parse(body.to_string().as_bytes())
}

fn acls(acls: &Value) -> Result<NetworkAcls, ApiError> {
    patch(&json!({ "properties": { "networkAcls": acls } })).map(|changes| changes.network.acls.unwrap())
}

fn ip_rules(values: &[&str]) -> Result<Vec<String>, ApiError> {
    let rules: Vec<Value> = values.iter().map(|value| json!({ "value": value })).collect();
    acls(&json!({ "ipRules": rules })).map(|acls| acls.ip_rules.iter().map(ToString::to_string).collect())
}

#[test]
fn what_a_body_leaves_out_stays() {
    for body in [json!({}), json!({ "properties": {} }), json!({ "properties": null, "tags": null })] {
        assert_eq!(patch(&body).unwrap(), VaultChanges::default(), "{body}");
    }
}

#[test]
fn takes_the_rules_that_clients_send() {
    let subnet = "/subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/V/subnets/N";
    let rules = acls(&json!({
        "bypass": "none", "defaultAction": "Deny",
        "ipRules": [{ "value": "203.0.113.0/24" }, { "value": "198.51.100.7" }, { "value": "198.51.100.7/32" }],
        "virtualNetworkRules": [{ "id": subnet, "ignoreMissingVnetServiceEndpoint": false }, { "id": subnet.to_lowercase() }],
    }))
    .unwrap();
    assert_eq!((rules.bypass, rules.default_action), (Bypass::None, DefaultAction::Deny));
    assert_eq!(rules.ip_rules, ["203.0.113.0/24".parse().unwrap(), "198.51.100.7/32".parse().unwrap()]);
    assert_eq!(rules.subnet_rules, [subnet.parse().unwrap()]);
}

#[test]
fn a_rule_set_without_default_action_denies() {
    let rules = acls(&json!({})).unwrap();
    assert_eq!((rules.bypass, rules.default_action), (Bypass::AzureServices, DefaultAction::Deny));
}

#[test]
fn an_address_has_one_spelling() {
    assert_eq!(ip_rules(&["2001:db8::1", "2001:DB8::/32"]).unwrap(), ["2001:db8::1/128", "2001:db8::/32"]);
    for value in [
        "",
        "203.0.113.1/24",
        "203.0.113.0/33",
        "203.0.113",
        "0203.0.113.1",
        "::ffff:203.0.113.1",
        "::ffff:0:0/96",
        "203.0.113.1 ",
        "203.0.113.1-203.0.113.9",
        "2001:db8::1/32",
        "fe80::1%eth0",
        "c4n4ry",
        "203.0.113.0/255.255.255.0",
    ] {
        let error = ip_rules(&["192.0.2.1", value]).unwrap_err();
        assert_eq!(error.message(), "Property properties.networkAcls.ipRules[1].value has invalid value", "{value}");
        assert_eq!(error.code(), ErrorCode::InvalidRequestContent);
    }
}

#[test]
fn rules_are_bounded_at_their_borders() {
    let ips = |count: usize| acls(&json!({ "ipRules": vec![json!({ "value": "192.0.2.1" }); count] }));
    assert_eq!(ips(MAX_IP_RULES).unwrap().ip_rules.len(), 1);
    assert!(ips(MAX_IP_RULES + 1).unwrap_err().message().contains("more than 1000"));
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/n";
    let subnets = |count: usize| acls(&json!({ "virtualNetworkRules": vec![json!({ "id": id }); count] }));
    assert!(subnets(MAX_SUBNET_RULES).is_ok());
    assert!(subnets(MAX_SUBNET_RULES + 1).unwrap_err().message().contains("more than 200"));
}

#[test]
fn a_bad_member_is_named_and_its_value_is_not() {
    for (member, body) in [
        ("tags", json!({ "tags": { "c4n4ry": 1 } })),
        ("tags", json!({ "tags": { "": "c4n4ry" } })),
        ("properties", json!({ "properties": ["c4n4ry"] })),
        ("properties.networkAcls", json!({ "properties": { "networkAcls": "c4n4ry" } })),
        ("properties.networkAcls.bypass", json!({ "properties": { "networkAcls": { "bypass": "c4n4ry" } } })),
        (
            "properties.networkAcls.defaultAction",
            json!({ "properties": { "networkAcls": { "defaultAction": "c4n4ry" } } }),
        ),
        ("properties.networkAcls.ipRules", json!({ "properties": { "networkAcls": { "ipRules": "c4n4ry" } } })),
        (
            "properties.networkAcls.ipRules[0].value",
            json!({ "properties": { "networkAcls": { "ipRules": ["c4n4ry"] } } }),
        ),
        ("properties.publicNetworkAccess", json!({ "properties": { "publicNetworkAccess": "SecuredByPerimeter" } })),
        ("properties.enablePurgeProtection", json!({ "properties": { "enablePurgeProtection": "c4n4ry" } })),
        ("properties.enableSoftDelete", json!({ "properties": { "enableSoftDelete": false } })),
        ("properties.enableRbacAuthorization", json!({ "properties": { "enableRbacAuthorization": "c4n4ry" } })),
        (
            "properties.accessPolicies[0].permissions",
            json!({ "properties": { "accessPolicies": [{ "objectId": "c4n4ry" }] } }),
        ),
    ] {
        let error = patch(&body).unwrap_err();
        assert!(error.message().contains(&format!("Property {member} ")), "{body}: {error}");
        assert!(!format!("{error:?}").contains("c4n4ry"), "{error:?}");
    }
}

#[test]
fn read_only_members_are_ignored() {
    let changes = patch(&json!({
        "id": "x", "name": "dev", "location": "local", "tags": { "a": "b" },
        "properties": {
            "vaultUri": "https://dev/", "provisioningState": "Succeeded", "sku": { "family": "A", "name": "standard" },
            "enableSoftDelete": true, "enableRbacAuthorization": true, "accessPolicies": [],
            "publicNetworkAccess": "disabled", "enablePurgeProtection": true,
        },
    }))
    .unwrap();
    assert_eq!(changes.network.public_network_access, Some(PublicNetworkAccess::Disabled));
    assert_eq!(changes.purge_protection, Some(true));
    assert_eq!(changes.tags.unwrap().get("a").map(String::as_str), Some("b"));
}

proptest! {
    #[test]
    fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&body);
    }

    #[test]
    fn no_rule_panics(value in "[0-9a-f.:/%]{0,30}") {
        let _ = ip_rules(&[&value]);
    }
}
