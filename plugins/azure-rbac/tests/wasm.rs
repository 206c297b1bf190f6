//! The component, in the gateway's own sandbox: `make test-policies`.

#![cfg(target_arch = "wasm32")]

use portcullis_plugin::{Assignment, Opinion, Permissions, Role, Scenario, harness};

const ROLE: &str = "00000000-0000-0000-0000-0000000000b1";
const ASSIGNMENT: &str = "00000000-0000-0000-0000-0000000000c1";
const VAULT: &str =
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/dev";

/// Somebody who may read the secrets at a scope, and reads the secret `db`.
fn reader(scope: &str) -> Scenario {
    Scenario {
        operation: "SecretGet".to_owned(),
        resource: format!("{VAULT}/secrets/db"),
        assignments: vec![Assignment { id: ASSIGNMENT.to_owned(), scope: scope.to_owned(), role: ROLE.to_owned() }],
        roles: vec![Role {
            id: ROLE.to_owned(),
            name: "Secrets User".to_owned(),
            permissions: vec![Permissions {
                data_actions: vec!["Microsoft.KeyVault/vaults/secrets/getSecret/action".to_owned()],
                ..Permissions::default()
            }],
        }],
        ..Scenario::default()
    }
}

#[test]
fn an_assignment_at_the_vault_allows() {
    let evaluation = harness::authorization(&reader(VAULT));
    assert_eq!(evaluation, Opinion::allow(ASSIGNMENT));
    assert!(evaluation.asked.contains(&format!("within-scope {VAULT} = yes")), "{:?}", evaluation.asked);
    assert!(!evaluation.asks("object-name"), "it is remembered for all objects");
}

#[test]
fn an_assignment_at_another_secret_does_not() {
    let evaluation = harness::authorization(&reader(&format!("{VAULT}/secrets/other")));
    assert_eq!(evaluation.decision, "abstain");
    assert!(evaluation.reason.unwrap_or_default().contains("elsewhere"));
}

#[test]
fn a_role_for_reading_does_not_delete() {
    let scenario = Scenario { operation: "SecretDelete".to_owned(), ..reader(VAULT) };
    assert_eq!(harness::authorization(&scenario).decision, "abstain");
}
