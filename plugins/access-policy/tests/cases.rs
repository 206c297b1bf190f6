//! The case files, run natively.

#[test]
fn decides_as_the_case_file_says() {
    portcullis_plugin::cases::authorization::<access_policy::AccessPolicy>(include_str!("../cases/decisions.json"));
}
