//! The case files, run natively.

#[test]
fn decides_as_the_case_file_says() {
    portcullis_plugin::cases::conditional_access::<conditional_access::PolicyAccess>(include_str!(
        "../cases/decisions.json"
    ));
}

/// Neither a person nor an application: later gateways may know more kinds, and no policy leaves those out.
#[test]
fn a_kind_that_nobody_knows_is_left_out_by_no_policy() {
    use portcullis_plugin::{Access, ConditionalAccess as _, Scenario};
    for who in [
        r#""users":{"includeUsers":["All"]}"#,
        r#""clientApplications":{"includeServicePrincipals":["ServicePrincipalsInMyTenant"]}"#,
    ] {
        let settings = format!(
            r#"{{"policies":[{{"id":"p","displayName":"P","state":"enabled","conditions":{{{who}}},
            "grantControls":{{"builtInControls":["mfa"]}}}}]}}"#
        );
        let settings = serde_json::from_str(&settings).unwrap();
        let scenario = Scenario { kind: "robot".to_owned(), settings, ..Scenario::default() };
        let access = conditional_access::PolicyAccess::evaluate(&scenario);
        assert!(matches!(access, Access::Block { .. }), "{who}: {access:?}");
    }
}
