use super::*;

const GOOD: &str = r##"{
"policies":[{"id":"p","displayName":"P","state":"enabled","createdDateTime":"2026-01-01T00:00:00Z","templateId":null,
  "conditions":{
    "users":{"includeUsers":["All"],"excludeUsers":[],"includeGroups":[],"excludeGroups":[],"includeRoles":[],
      "excludeRoles":[],"includeGuestsOrExternalUsers":null},
    "clientApplications":null,
    "applications":{"includeApplications":["All"],"excludeApplications":[],"includeUserActions":[],
      "includeAuthenticationContextClassReferences":[],"applicationFilter":null},
    "clientAppTypes":["all"],
    "locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]},
    "platforms":null,"signInRiskLevels":[],"userRiskLevels":[],"servicePrincipalRiskLevels":[],"insiderRiskLevels":null,
    "devices":{"deviceFilter":{"mode":"include","rule":"device.model -eq \"x\""}},
    "authenticationFlows":null},
  "grantControls":{"operator":"OR","builtInControls":["mfa"],"customAuthenticationFactors":[],"termsOfUse":[],
    "authenticationStrength":null},
  "sessionControls":{"signInFrequency":{"isEnabled":true,"type":"hours","value":4,"frequencyInterval":"timeBased",
    "authenticationType":"primaryAndSecondaryAuthentication"},"persistentBrowser":null}}],
"namedLocations":[{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"hq","isTrusted":true,
  "ipRanges":[{"cidrAddress":"203.0.113.0/24"},{"cidrAddress":"2001:db8::1"}]}],
"authenticationContextClassReferences":[{"id":"c1","requests":{"objectNamePrefixes":["prod-"]}}],
"authenticationStrengths":[{"id":"own","allowedCombinations":["password,softwareOath"]}]
}"##;

/// Where and what is wrong when one part of good settings is replaced.
fn problem(from: &str, to: &str) -> (String, String) {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    let json = GOOD.replace(from, to);
    let problems = Settings::parse(&json).expect_err(to);
    (problems[0].pointer.clone(), problems[0].message.clone())
}

#[test]
fn reads_a_policy_as_graph_shows_it() {
    let settings = Settings::parse(GOOD).unwrap();
    assert_eq!(settings.policies.len(), 1);
    assert_eq!((settings.policies[0].state, settings.policies[0].sign_in_within), (State::Enabled, Some(14_400)));
    assert_eq!(settings.trusted.len(), 1);
    assert_eq!(Settings::parse("{}").unwrap().policies, []);
}

#[test]
fn reads_the_gateways_own_form() {
    let own = r#"{"policies":[{"id":"p","displayName":"P","state":"enabled","conditions":{"principals":{"include":["All"]},
        "groups":{"exclude":["00000000-0000-0000-0000-000000000001"]},"operations":{"include":["SecretGet"]},
        "locations":{"include":["All"],"exclude":["office"]}},"grantControls":{"builtInControls":["block"]}}]}"#;
    assert_eq!(Settings::parse(own).map(|settings| settings.policies.len()), Ok(1));
}

#[test]
fn refuses_what_is_no_object_or_says_a_thing_twice() {
    for (json, expected) in [
        ("", "EOF"),
        ("[]", "is no object"),
        ("null", "is no object"),
        ("{", "EOF"),
        (r#"{"policies":[],"policies":[]}"#, "duplicate member `policies`"),
        (r#"{"policies":[{"state":"enabled","state":"disabled"}]}"#, "duplicate member `state`"),
        (r#"{"policies":[],"p\u006flicies":[]}"#, "duplicate member `policies`"),
    ] {
        let problems = Settings::parse(json).unwrap_err();
        assert!(problems[0].message.contains(expected), "{json}: {}", problems[0].message);
    }
}

#[test]
fn refuses_what_it_does_not_understand_and_says_where_and_what() {
    let policy = "/policies/0";
    let conditions = "/policies/0/conditions";
    let controls = "/policies/0/grantControls";
    let frequency = "/policies/0/sessionControls/signInFrequency";
    let users = r#""includeUsers":["All"],"#;
    let apps = r#""includeApplications":["All"],"#;
    let locations = r#""includeLocations":["All"],"excludeLocations":["AllTrusted"]"#;
    let types = r#""clientAppTypes":["all"]"#;
    let mfa = r#""builtInControls":["mfa"]"#;
    let hours = r#""type":"hours","value":4,"#;
    let rule = r#""device.model -eq \"x\"""#;
    let strength = r#""authenticationStrength":null"#;
    for (from, to, at, expected) in [
        (r#""policies""#, r#""policys""#, "/policys".to_owned(), "is not understood"),
        (r#""templateId""#, r#""a~/b""#, format!("{policy}/a~0~1b"), "is not understood"),
        (r#""displayName":"P","#, "", policy.to_owned(), "has no `displayName`"),
        (r#""id":"p","#, r#""id":"","#, format!("{policy}/id"), "an empty one"),
        (
            r#""state":"enabled""#,
            r#""state":"on""#,
            format!("{policy}/state"),
            "`on` is not understood; it can be enabled",
        ),
        (r#""platforms":null"#, r#""platform":null"#, format!("{conditions}/platform"), "is not understood"),
        (
            r#""platforms":null"#,
            r#""platforms":{"includePlatforms":["beos"]}"#,
            format!("{conditions}/platforms/includePlatforms/0"),
            "`beos`",
        ),
        (
            r#""platforms":null"#,
            r#""platforms":{"includePlatforms":["all"],"excludePlatforms":["all"]}"#,
            format!("{conditions}/platforms"),
            "never apply",
        ),
        (
            r#""authenticationFlows":null"#,
            r#""authenticationFlows":{"transferMethods":"deviceCodeFlow"}"#,
            format!("{conditions}/authenticationFlows"),
            "is not supported",
        ),
        (
            r#""insiderRiskLevels":null"#,
            r#""insiderRiskLevels":"minor""#,
            format!("{conditions}/insiderRiskLevels"),
            "is not supported",
        ),
        (
            r#""signInRiskLevels":[]"#,
            r#""signInRiskLevels":["hidden"]"#,
            format!("{conditions}/signInRiskLevels/0"),
            "`hidden`",
        ),
        (users, "", format!("{conditions}/users"), "includes nobody"),
        (users, r#""includeUsers":["None"],"#, conditions.to_owned(), "would never apply"),
        (users, r#""includeUsers":["None","All"],"#, format!("{conditions}/users"), "`None` and somebody"),
        (users, r#""includeUsers":["All","GuestsOrExternalUsers"],"#, format!("{conditions}/users"), "`All` and more"),
        (users, r#""includeUsers":["all"],"#, format!("{conditions}/users/includeUsers/0"), "`all` is no GUID"),
        (r#""excludeUsers":[]"#, r#""excludeUsers":["All"]"#, format!("{conditions}/users/excludeUsers/0"), "no GUID"),
        (
            r#""includeGuestsOrExternalUsers":null"#,
            r#""includeGuestsOrExternalUsers":{}"#,
            format!("{conditions}/users/includeGuestsOrExternalUsers"),
            "is not supported",
        ),
        (
            r#""clientApplications":null"#,
            r#""clientApplications":{}"#,
            format!("{conditions}/clientApplications"),
            "includes none",
        ),
        (
            r#""clientApplications":null"#,
            r#""clientApplications":{"includeServicePrincipals":["All"]}"#,
            format!("{conditions}/clientApplications/includeServicePrincipals/0"),
            "no GUID",
        ),
        (
            r#""clientApplications":null"#,
            r#""principals":{"include":["All"]}"#,
            format!("{conditions}/principals"),
            "use the one form or the other",
        ),
        (apps, "", format!("{conditions}/applications"), "exactly one of"),
        (
            apps,
            r#""includeApplications":["Office365"],"#,
            format!("{conditions}/applications/includeApplications/0"),
            "never apply",
        ),
        (
            apps,
            r#""includeApplications":["All","cfa8b339-82a2-471a-a3c9-0fc0be7a4093"],"#,
            format!("{conditions}/applications/includeApplications/0"),
            "alone",
        ),
        (
            r#""includeUserActions":[]"#,
            r#""includeUserActions":["urn:user:registerdevice"]"#,
            format!("{conditions}/applications"),
            "exactly one of",
        ),
        (types, r#""clientAppTypes":["other"]"#, format!("{conditions}/clientAppTypes/0"), "never apply"),
        (types, r#""clientAppTypes":["cli"]"#, format!("{conditions}/clientAppTypes/0"), "`cli`"),
        (locations, r#""includeLocations":[]"#, format!("{conditions}/locations"), "includes nothing"),
        (locations, r#""includeLocations":["All","hq"]"#, format!("{conditions}/locations"), "`All` and more"),
        (
            locations,
            r#""includeLocations":["hq"],"excludeLocations":["All"]"#,
            format!("{conditions}/locations"),
            "never apply",
        ),
        (
            locations,
            r#""includeLocations":["hq"],"include":["hq"]"#,
            format!("{conditions}/locations/include/0"),
            "beside Graph's member",
        ),
        (rule, r#""device.modle -eq \"x\"""#, format!("{conditions}/devices/deviceFilter/rule"), "modle"),
        (r#""mode":"include""#, r#""mode":"all""#, format!("{conditions}/devices/deviceFilter/mode"), "`all`"),
        (mfa, r#""builtInControls":[]"#, controls.to_owned(), "has no control"),
        (mfa, r#""builtInControls":["passwordChange"]"#, format!("{controls}/builtInControls/0"), "`passwordChange`"),
        (mfa, r#""builtInControls":["block","mfa"]"#, controls.to_owned(), "`block` beside others"),
        (
            r#""operator":"OR","builtInControls":["mfa"]"#,
            r#""builtInControls":["mfa","compliantDevice"]"#,
            controls.to_owned(),
            "no `operator`",
        ),
        (r#""operator":"OR""#, r#""operator":"XOR""#, format!("{controls}/operator"), "`XOR`"),
        (r#""termsOfUse":[]"#, r#""termsOfUse":["x"]"#, format!("{controls}/termsOfUse"), "is not supported"),
        (
            strength,
            r#""authenticationStrength":{"id":"own"}"#,
            format!("{controls}/authenticationStrength"),
            "beside `mfa`",
        ),
        (
            strength,
            r#""authenticationContext":{"id":"c0"}"#,
            format!("{controls}/authenticationContext/id"),
            "c1 to c99",
        ),
        (
            strength,
            r#""authenticationContext":{"id":"c100"}"#,
            format!("{controls}/authenticationContext/id"),
            "c1 to c99",
        ),
        (
            strength,
            r#""authenticationContext":{"id":"c+1"}"#,
            format!("{controls}/authenticationContext/id"),
            "c1 to c99",
        ),
        (hours, r#""type":"hours","value":0,"#, format!("{frequency}/value"), "no whole number from 1 to 8760"),
        (hours, r#""type":"days","value":366,"#, format!("{frequency}/value"), "no whole number from 1 to 365"),
        (hours, r#""type":"weeks","value":1,"#, format!("{frequency}/type"), "`weeks`"),
        (hours, r#""value":1,"#, frequency.to_owned(), "has no `type`"),
        (
            r#""frequencyInterval":"timeBased""#,
            r#""frequencyInterval":"everyTime""#,
            format!("{frequency}/type"),
            "says every time",
        ),
        (
            r#""persistentBrowser":null"#,
            r#""persistentBrowser":{"isEnabled":true}"#,
            "/policies/0/sessionControls/persistentBrowser".to_owned(),
            "is not supported",
        ),
        (
            "#microsoft.graph.ipNamedLocation",
            "#microsoft.graph.namedLocation",
            "/namedLocations/0/@odata.type".to_owned(),
            "is neither",
        ),
        ("203.0.113.0/24", "203.0.113.0/33", "/namedLocations/0/ipRanges/0/cidrAddress".to_owned(), "no prefix"),
        ("203.0.113.0/24", "203.0.113/24", "/namedLocations/0/ipRanges/0/cidrAddress".to_owned(), "no prefix"),
        ("203.0.113.0/24", "203.0.113.0/", "/namedLocations/0/ipRanges/0/cidrAddress".to_owned(), "no prefix"),
        (r#""id":"hq""#, r#""id":"All""#, "/namedLocations/0/id".to_owned(), "another location"),
        (
            r#"{"objectNamePrefixes":["prod-"]}"#,
            "{}",
            "/authenticationContextClassReferences/0/requests".to_owned(),
            "says nothing",
        ),
        (
            r#"{"objectNamePrefixes":["prod-"]}"#,
            r#"{"objectNamePrefixes":[""]}"#,
            "/authenticationContextClassReferences/0/requests/objectNamePrefixes/0".to_owned(),
            "an empty one",
        ),
        (
            "password,softwareOath",
            "password,push",
            "/authenticationStrengths/0/allowedCombinations/0".to_owned(),
            "`push` is no method",
        ),
        (
            "password,softwareOath",
            "amr:",
            "/authenticationStrengths/0/allowedCombinations/0".to_owned(),
            "is no method",
        ),
        (
            r#""excludeRoles":[]"#,
            r#""excludeRoles":["00482a5a-887f-4fb3-b363-3b7fe8e74483"]"#,
            "/policies/0/conditions/users/excludeRoles".to_owned(),
            "exclude a group",
        ),
        (r#"["password,softwareOath"]"#, "[]", "/authenticationStrengths/0/allowedCombinations".to_owned(), "is empty"),
        (
            r#""id":"own""#,
            r#""id":"00000000-0000-0000-0000-000000000002""#,
            "/authenticationStrengths/0/id".to_owned(),
            "another authentication strength",
        ),
    ] {
        let (pointer, message) = problem(from, to);
        assert!(pointer == at && message.contains(expected), "{to}: {pointer}: {message}");
    }
}

#[test]
fn refuses_what_refers_to_nothing() {
    for (from, to, at, expected) in [
        (
            r#""includeApplications":["All"],"excludeApplications":[],"includeUserActions":[],
      "includeAuthenticationContextClassReferences":[]"#,
            r#""includeAuthenticationContextClassReferences":["c2"]"#,
            "/policies/0/conditions/applications/includeAuthenticationContextClassReferences/0",
            "is no context of",
        ),
        (
            r#""builtInControls":["mfa"],"customAuthenticationFactors":[],"termsOfUse":[],
    "authenticationStrength":null"#,
            r#""authenticationStrength":{"id":"other"}"#,
            "/policies/0/grantControls/authenticationStrength/id",
            "is no authentication strength's",
        ),
    ] {
        let (pointer, message) = problem(from, to);
        assert!(pointer == at && message.contains(expected), "{pointer}: {message}");
    }
    let untrusted = GOOD.replace(r#""isTrusted":true"#, r#""isTrusted":false"#);
    assert!(Settings::parse(&untrusted).is_ok(), "that nothing is trusted is no reason to be less strict");
    let trusting = untrusted.replace(
        r#""includeLocations":["All"],"excludeLocations":["AllTrusted"]"#,
        r#""includeLocations":["AllTrusted"]"#,
    );
    assert!(Settings::parse(&trusting).unwrap_err()[0].message.contains("no location is trusted"));
}

#[test]
fn names_the_first_problem_of_each_policy() {
    let policy = |id: &str, state: &str| {
        format!(
            r#"{{"id":"{id}","displayName":"P","state":"{state}","conditions":{{"users":{{"includeUsers":["All"]}}}},
            "grantControls":{{"builtInControls":["block"]}}}}"#
        )
    };
    let json =
        format!(r#"{{"policies":[{},{},{}]}}"#, policy("a", "enabled"), policy("a", "enabled"), policy("b", "on"));
    let places: Vec<_> = Settings::parse(&json).unwrap_err().into_iter().map(|it| (it.pointer, it.message)).collect();
    assert_eq!(places[0], ("/policies/1".to_owned(), "has the id of another policy: a".to_owned()));
    assert_eq!(places[1].0, "/policies/2/state");
}
