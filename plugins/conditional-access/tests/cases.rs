//! The case files, run natively.

#[test]
fn decides_as_the_case_file_says() {
    portcullis_plugin::cases::conditional_access::<conditional_access::LocationAccess>(include_str!(
        "../cases/decisions.json"
    ));
}
