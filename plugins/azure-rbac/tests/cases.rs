//! The case files, run natively.

#[test]
fn decides_as_the_case_file_says() {
    portcullis_plugin::cases::authorization::<azure_rbac::AzureRbac>(include_str!("../cases/decisions.json"));
}
