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

/// What people copy from the documents works.
#[test]
fn the_examples_of_the_documents_are_understood() {
    let page = include_str!("../../../docs/how-to/conditional-access.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    // Some show a member alone.
    let whole = |block: &str| if block.starts_with('{') { block.to_owned() } else { format!("{{{block}}}") };
    let examples: Vec<String> = blocks.map(whole).collect();
    assert_eq!(examples.len(), 3);
    for example in examples {
        assert!(conditional_access::settings::Settings::parse(&example).is_ok(), "{example}");
    }
}
