//! The case files, run natively. `make test-policies` runs them on the components, in the gateway's sandbox.

use policy_samples::{BackupNetwork, BusinessHours, FourEyes, ListByPrefix, StepUp};
use portcullis_plugin::cases::conditional_access;

#[test]
fn business_hours_decides_as_the_cases_say() {
    conditional_access::<BusinessHours>(include_str!("../cases/business-hours.json"));
}

#[test]
fn four_eyes_decides_as_the_cases_say() {
    conditional_access::<FourEyes>(include_str!("../cases/four-eyes.json"));
}

#[test]
fn backup_network_decides_as_the_cases_say() {
    conditional_access::<BackupNetwork>(include_str!("../cases/backup-network.json"));
}

#[test]
fn step_up_decides_as_the_cases_say() {
    conditional_access::<StepUp>(include_str!("../cases/step-up.json"));
}

#[test]
fn list_by_prefix_decides_as_the_cases_say() {
    conditional_access::<ListByPrefix>(include_str!("../cases/list-by-prefix.json"));
}
