//! Runs the case files, and tests that a table cannot say.

use portcullis_plugin::{Access, Scenario, cases};
use {{snake}}::{Plugin, decide::decide};

#[test]
fn decides_as_the_cases_say() {
    cases::conditional_access::<Plugin>(include_str!("../cases/decisions.json"));
}

#[test]
fn blocks_everything_without_settings() {
    let access = decide(&Scenario { operation: "SecretGet".to_owned(), ..Scenario::default() });
    let Access::Block { rule, .. } = access else { panic!("{access:?}") };
    assert_eq!(rule, "invalid-settings");
}
