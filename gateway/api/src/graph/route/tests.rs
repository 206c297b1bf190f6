use portcullis_model::directory::{Property, Test};

use super::*;
use crate::testing::head;

const ID: &str = "55555555-5555-5555-5555-555555555555";

fn call(method: &str, path: &str, body: &str) -> Result<DirectoryCall, ApiError> {
    match route(&head(method, path))?.parse(body.as_bytes())? {
        Call::Management(ManagementCall::Directory(call)) => Ok(call),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_operation_routes_from_each_of_its_paths_and_makes_its_own_call() {
    let body = format!(
        r#"{{"displayName":"d","userPrincipalName":"a@b.example","accountEnabled":true,"appId":"{ID}","keyId":"{ID}","revocationId":"00112233445566778899aabbccddeeff",
            "@odata.id":"https://graph.example/v1.0/directoryObjects/{ID}","ids":["{ID}"],"groupIds":["{ID}"]}}"#
    );
    for operation in Operation::ALL.iter().filter(|operation| operation.row().plane == Plane::Directory) {
        for path in operation.row().paths {
            let path = path.replace("{id}", ID).replace("{member}", ID);
            let method = operation.row().method.as_str();
            assert_eq!(route(&head(method, &path.to_uppercase())).unwrap().operation, *operation, "{path}");
            assert_eq!(call(method, &path, &body).unwrap().operation(), *operation, "{path}");
        }
    }
}

#[test]
fn users_are_named_by_id_or_by_name_and_others_by_id() {
    let named = |path: &str| match call("GET", path, "") {
        Ok(DirectoryCall::Get { object, .. }) => Some(object),
        _ => None,
    };
    assert_eq!(named(&format!("/v1.0/users/{ID}")), Some(ObjectRef::Id(ID.parse().unwrap())));
    assert_eq!(named("/v1.0/users/ada@example.com"), Some(ObjectRef::Name("ada@example.com".to_owned())));
    assert_eq!(named("/v1.0/users/ada%40example.com"), Some(ObjectRef::Name("ada@example.com".to_owned())));
    for path in ["/v1.0/groups/ada@example.com", "/v1.0/users/ada", "/v1.0/users/..", "/v1.0/users//", "/beta/users"] {
        assert_eq!(named(path), None, "{path}");
    }
}

#[test]
fn lists_have_filters_and_pages() {
    let list = |query: &str| call("GET", &format!("/v1.0/groups{query}"), "");
    let Ok(DirectoryCall::List { selection, .. }) =
        list(&format!("?$filter=displayName%20eq%20%27ops%27&$top=5&$skiptoken={ID}"))
    else {
        panic!("a list")
    };
    assert_eq!(selection.terms, [(Property::DisplayName, Test::Equals("ops".to_owned()))]);
    assert_eq!((selection.most, selection.after), (5, ID.parse().ok()));
    for query in ["?$top=0", "?$top=1000", "?$top=x", "?$skiptoken=x", "?$filter=", "?$filter=appId%20eq%20%27x%27"] {
        assert_eq!(list(query).unwrap_err().code(), ErrorCode::DirectoryBadRequest, "{query}");
    }
}

#[test]
fn what_the_gateway_cannot_do_is_refused_by_the_members_name() {
    for (path, body, member) in [
        ("users", r#"{"displayName":"d","accountEnabled":true}"#, "userPrincipalName"),
        ("users", r#"{"displayName":7}"#, "displayName"),
        ("users", r#"{"displayName":"a\nb"}"#, "displayName"),
        ("users", r#"{"passwordProfile":{"forceChangePasswordNextSignIn":true}}"#, "forceChangePasswordNextSignIn"),
        ("groups", r#"{}"#, "displayName"),
        ("groups", r#"{"displayName":"d","mailEnabled":true}"#, "mailEnabled"),
        ("groups", r#"{"displayName":"d","securityEnabled":false}"#, "securityEnabled"),
        ("groups", r#"{"displayName":"d","members@odata.bind":["x"]}"#, "members@odata.bind"),
        ("applications", r#"{"displayName":"d","signInAudience":"AzureADMultipleOrgs"}"#, "signInAudience"),
        ("applications", r#"{"displayName":"d","keyCredentials":[{"key":"!"}]}"#, "keyCredentials[0].key"),
        ("applications", r#"{"displayName":"d","identifierUris":["a",7]}"#, "identifierUris[1]"),
        ("servicePrincipals", r#"{"appId":"x"}"#, "appId"),
        (
            "applications/55555555-5555-5555-5555-555555555555/addPassword",
            r#"{"passwordCredential":{"secretText":"mine"}}"#,
            "secretText",
        ),
        ("directoryObjects/getByIds", r#"{"ids":["x"]}"#, "ids[0]"),
        ("directory/revokedTokens", r#"{"revocationId":"0011"}"#, "revocationId"),
        ("directory/revokedTokens", r#"{"revocationId":"+011223344556677+899aabbccddeeff"}"#, "revocationId"),
    ] {
        let error = call("POST", &format!("/v1.0/{path}"), body).unwrap_err();
        assert_eq!(error.code(), ErrorCode::DirectoryBadRequest, "{body}");
        assert!(error.message().contains(member), "{member}: {}", error.message());
        assert!(!error.message().contains("mine"));
    }
}
