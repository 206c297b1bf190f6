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

/// Settings that cannot be read block everything, rather than nothing.
#[test]
fn settings_that_it_does_not_understand_block() {
    let settings = serde_json::json!({"policies": [{"id": "x"}]});
    let evaluation = harness::conditional_access(&Scenario { settings, ..from("10.1.2.3") });
    assert!(["block", "failed"].contains(&evaluation.decision.as_str()), "{evaluation:?}");
}
