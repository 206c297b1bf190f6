//! Who may install plugins, and that they take nobody's power away that installed nothing.

use portcullis_management::DeclaredAssignment;
use portcullis_tests::Setup;
use serde_json::{Value, json};

use super::{Installed, digest, obeys, owner};

/// Whoever owns a vault installs there and nowhere above; contributors, who may not give roles, install nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_installs_above_his_scope() {
    let mut setup = Setup::default();
    let contributor = DeclaredAssignment {
        principal: setup.reader.principal,
        role: "Contributor".to_owned(),
        scope: format!("/subscriptions/{}", setup.subscription),
    };
    setup.assignments.push(contributor);
    // `Setup` makes the administrator owner of both vaults, and of nothing above.
    let it = Installed::with(setup).await;
    let subscription = format!("/subscriptions/{}", it.gateway.setup.subscription);
    let vault = it.gateway.setup.vault_id("kv1");
    assert_eq!(it.bring(&vault, obeys(), &it.management).await.status, 201);
    assert_eq!(it.install(&vault, "obeys", "abstain", "enforce").await.status, 201);
    let above = [String::new(), subscription.clone(), format!("{subscription}/resourceGroups/rg")];
    let foreign = it.gateway.setup.vault_id("other");
    for scope in &above {
        for (method, tail, body) in [
            ("PUT", "/obeys", json!({"properties": {"component": digest(obeys()), "mode": "off"}})),
            ("GET", "/obeys", Value::Null),
            ("GET", "", Value::Null),
            ("DELETE", "/obeys", Value::Null),
            ("POST", "/obeys/rollback", Value::Null),
            ("POST", "/obeys/promote", Value::Null),
        ] {
            let refused = it.at(method, scope, tail, body).await;
            let told = (refused.status, refused.error().0);
            assert_eq!(told, (403, "AuthorizationFailed".to_owned()), "{method} {scope}{tail}: {:?}", refused.body);
        }
        assert_eq!(it.bring(scope, obeys(), &it.management).await.status, 403, "{scope}");
    }
    assert_eq!(it.bring(&foreign, obeys(), &it.management).await.status, 401, "another tenant's");
    let reader = it.gateway.token_for(&it.gateway.setup.reader, &it.gateway.management_scope()).await;
    assert_eq!(it.bring(&vault, obeys(), &reader).await.status, 403, "a contributor");
    let body = json!({"properties": {"component": digest(obeys()), "mode": "enforce", "settings": {"say": "allow"}}});
    let path = format!("{vault}/providers/Portcullis.Gateway/plugins/mine");
    let refused = it.gateway.management("PUT", &path, "2026-11-01", &reader, body).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (403, "AuthorizationFailed"), "{:?}", refused.body);
}

/// The configuration's plugins judge as before: what one of them denies, no installed plugin allows.
#[tokio::test(flavor = "multi_thread")]
async fn an_installed_plugin_cannot_overrule_a_declared_one() {
    let mut setup = super::setup();
    setup.conditional_access = json!({"policies": [{
        "id": "nobody-deletes", "displayName": "Nobody deletes", "state": "enabled",
        "conditions": {
            "principals": {"include": ["All"], "exclude": []},
            "operations": {"include": ["SecretDelete"], "exclude": []},
            "locations": {"include": ["All"], "exclude": []}
        },
        "grantControls": {"builtInControls": ["block"]}
    }]});
    let it = Installed::with(setup).await;
    it.bring("", obeys(), &it.management).await;
    assert_eq!(it.install("", "obeys", "allow", "enforce").await.status, 201);
    let refused = it.gateway.vault("kv1", "DELETE", "/secrets/a", &it.data, Value::Null).await;
    assert_eq!(
        (refused.status, refused.error().1.as_str()),
        (403, "ForbiddenByConditionalAccess"),
        "{:?}",
        refused.body
    );
    // Where none of them denies, it may allow: that is what who owns the tenant wanted.
    let nobody = it.gateway.token(&it.gateway.setup.nobody).await;
    assert_eq!(it.gateway.vault("kv1", "GET", "/secrets", &nobody, Value::Null).await.status, 200);
}

/// A plugin that denies everything is taken away by who owns its place, and judges whoever installs below it.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_judges_the_plugins_below_it_and_not_itself() {
    let mut setup = super::setup();
    let vault = setup.vault_id("kv1");
    let below = owner(&setup.reader, &vault);
    setup.assignments.push(below);
    let it = Installed::with(setup).await;
    for scope in ["", &vault] {
        assert_eq!(it.bring(scope, obeys(), &it.management).await.status, 201);
    }
    assert_eq!(it.install("", "obeys", "deny", "enforce").await.status, 201);
    let refused = it.install(&vault, "mine", "abstain", "enforce").await;
    assert_eq!((refused.status, refused.error().0.as_str()), (403, "RequestDisallowedByPolicy"), "{:?}", refused.body);
    assert_eq!(it.bring(&vault, obeys(), &it.management).await.status, 403);
    assert_eq!(it.at("GET", "", "", Value::Null).await.status, 200, "at its own place it is not asked");
    assert_eq!(it.at("DELETE", "", "/obeys", Value::Null).await.status, 200);
    assert_eq!(it.install(&vault, "mine", "deny", "enforce").await.status, 201);
    assert_eq!(it.at("DELETE", &vault, "/mine", Value::Null).await.status, 200);
}
