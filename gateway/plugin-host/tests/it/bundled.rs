//! The reference plugins.

use std::sync::Arc;

use portcullis_model::Operation;
use portcullis_plugin_host::{LoadError, LoadOptions, Plugin, PluginSet};
use portcullis_policy::{Access, Decision, Evaluation, Hook, Mode, Opinion, PolicyHook};

use crate::support::{ASSIGNMENT, Directory, Request, host};

const SETTINGS: &str = r#"{"policies":[{"id":"outside","displayName":"Block outside of the office","state":"enabled",
    "conditions":{"principals":{"include":["All"]},"locations":{"include":["All"],"exclude":["office"]}},
    "grantControls":{"builtInControls":["block"]}}]}"#;

fn rbac() -> Plugin {
    Plugin::load(&host(), "azure-rbac", portcullis_bundled::AZURE_RBAC, LoadOptions::default()).unwrap()
}

fn conditional_access(settings: &str) -> Plugin {
    let options = LoadOptions { settings: settings.into(), mode: Mode::Enforce, ..LoadOptions::default() };
    Plugin::load(&host(), "conditional-access", portcullis_bundled::CONDITIONAL_ACCESS, options).unwrap()
}

fn shown(evaluation: &Evaluation) -> Vec<String> {
    evaluation.trace.entries().iter().map(ToString::to_string).collect()
}

#[test]
fn role_assignments_allow_and_say_which() {
    let rbac = rbac();
    assert!(rbac.exports(Hook::Authorization) && !rbac.exports(Hook::ConditionalAccess));
    let evaluation = rbac.evaluate(Hook::Authorization, &Request::default().facts()).unwrap();
    assert_eq!(
        evaluation.decision,
        Decision::Authorization(Opinion::Allow { rule: ASSIGNMENT.into(), obligations: [].into() })
    );
    assert_eq!(
        shown(&evaluation),
        [
            "data-plane = yes",
            "permission-model = roles",
            "action = Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "deny-assignments = none",
            "role-assignments = 00000000-0000-0000-0000-0000000000c1:00000000-0000-0000-0000-0000000000b1@/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/dev",
            "role-definition 00000000-0000-0000-0000-0000000000b1 = Key Vault Secrets User",
            "within-scope /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/dev = yes",
        ]
    );
}

#[test]
fn what_no_role_assignment_grants_is_left_to_others() {
    let facts = Request { operation: Operation::SecretSet, ..Request::default() }.facts();
    let evaluation = rbac().evaluate(Hook::Authorization, &facts).unwrap();
    let reason = "none of the caller's 1 role assignments around this vault grants \
                  Microsoft.KeyVault/vaults/secrets/setSecret/action";
    assert_eq!(evaluation.decision, Decision::Authorization(Opinion::Abstain { reason: reason.into() }));
}

#[test]
fn a_policy_blocks_outside_of_the_office() {
    let plugin = conditional_access(SETTINGS);
    let inside = plugin.evaluate(Hook::ConditionalAccess, &Request::default().facts()).unwrap();
    assert_eq!(inside.decision, Decision::ConditionalAccess(Access::NotApplicable));
    let facts = Request { source: "203.0.113.1", ..Request::default() }.facts();
    let outside = plugin.evaluate(Hook::ConditionalAccess, &facts).unwrap();
    let (rule, reason) =
        ("outside".into(), "blocked by the conditional-access policy Block outside of the office".into());
    assert_eq!(outside.decision, Decision::ConditionalAccess(Access::Block { rule, reason }));
    let digest = plugin.settings_digest();
    assert_eq!(
        shown(&outside),
        [format!("settings = {digest}").as_str(), "named-location office = no", "named-location-exists office = yes"]
    );
}

#[test]
fn a_location_that_is_not_known_blocks() {
    let mut directory = Directory::usual();
    directory.locations.clear();
    let facts = Request { directory: Arc::new(directory), ..Request::default() }.facts();
    let evaluation = conditional_access(SETTINGS).evaluate(Hook::ConditionalAccess, &facts).unwrap();
    let Decision::ConditionalAccess(Access::Block { rule, reason }) = evaluation.decision else { panic!() };
    assert_eq!(&*rule, "outside");
    assert!(reason.ends_with("names a location that does not exist: office"), "{reason}");
}

#[test]
fn settings_that_are_not_understood_are_refused_with_their_place() {
    let settings = SETTINGS.replace("block\"]", "passwordChange\"]");
    let options = LoadOptions { settings: settings.into(), ..LoadOptions::default() };
    let refused = Plugin::load(&host(), "conditional-access", portcullis_bundled::CONDITIONAL_ACCESS, options);
    let Err(LoadError::SettingsRejected(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(&*problems[0].pointer, "/policies/0/grantControls/builtInControls/0");
    assert!(problems[0].message.starts_with("`passwordChange` is not understood"), "{}", problems[0].message);
}

#[test]
fn settings_are_described() {
    let described = conditional_access(SETTINGS).describe().unwrap().unwrap();
    assert!(described.contains("signInFrequency"), "{described}");
}

#[tokio::test]
async fn a_set_asks_the_plugins_of_a_hook_in_their_order() {
    let report = conditional_access(SETTINGS).with_mode(Mode::ReportOnly);
    let set = PluginSet::new(vec![conditional_access("{}"), rbac(), report]);
    let facts = Request::default().facts();
    let access = set.evaluate(Hook::ConditionalAccess, &facts).await;
    assert_eq!(access.iter().map(|it| it.mode).collect::<Vec<_>>(), [Mode::Enforce, Mode::ReportOnly]);
    let authorization = set.evaluate(Hook::Authorization, &facts).await;
    assert_eq!(authorization.iter().map(|it| &*it.plugin).collect::<Vec<_>>(), ["azure-rbac"]);
    set.replace(Vec::new());
    assert!(set.evaluate(Hook::Authorization, &facts).await.is_empty());
}
