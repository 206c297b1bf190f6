//! The component, in the gateway's own sandbox: `make test-policies`.

#![cfg(target_arch = "wasm32")]

use std::collections::BTreeMap;

use portcullis_plugin::{Access, Scenario, harness};

/// Somebody who reads a secret from an address, where only the office may.
fn from(source: &str) -> Scenario {
    let settings = r#"{"policies":[{"id":"outside","displayName":"Block outside of the office","state":"enabled",
        "conditions":{"principals":{"include":["All"]},"operations":{"include":["SecretGet"]},
        "locations":{"include":["All"],"exclude":["office"]}},"grantControls":{"builtInControls":["block"]}}]}"#;
    Scenario {
        operation: "SecretGet".to_owned(),
        source: source.to_owned(),
        locations: BTreeMap::from([("office".to_owned(), vec!["10.0.0.0/8".to_owned()])]),
        settings: serde_json::from_str(settings).expect("the settings are JSON"),
        ..Scenario::default()
    }
}

#[test]
fn blocks_outside_of_the_office() {
    let evaluation = harness::conditional_access(&from("203.0.113.9"));
    assert_eq!((evaluation.decision.as_str(), evaluation.rule.as_deref()), ("block", Some("outside")));
    assert!(evaluation.asked.contains(&"named-location office = no".to_owned()), "{:?}", evaluation.asked);
}

#[test]
fn has_nothing_to_say_in_the_office() {
    assert_eq!(harness::conditional_access(&from("10.1.2.3")), Access::NotApplicable);
}

/// Somebody whose sign-in is too old, in the sandbox: what the policy demands of the token fits the gateway's bounds.
#[test]
fn demands_a_fresh_sign_in() {
    let settings = serde_json::json!({"policies": [{"id": "fresh", "displayName": "Fresh", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "sessionControls": {"signInFrequency": {"isEnabled": true, "type": "hours", "value": 1}}}]});
    let scenario = Scenario { settings, kind: "user".to_owned(), authenticated: Some(3601), ..from("10.1.2.3") };
    let evaluation = harness::conditional_access(&scenario);
    assert_eq!((evaluation.decision.as_str(), evaluation.rule.as_deref()), ("challenge", Some("fresh")));
    assert!(evaluation.asked.contains(&"authenticated-within 3600 = no".to_owned()), "{:?}", evaluation.asked);
}
