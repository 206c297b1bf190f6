//! The same answers lead to the same decision and the same questions: run again, and run by another engine.
//!
//! The other engine compiles without optimising, counts instructions and has one sandbox: it shares no machine code, no
//! registers and no memory layout with the one of production.

use std::sync::Arc;
use std::time::Duration;

use portcullis_plugin_host::{Counting, HostSettings, LoadOptions, MemoSettings, Plugin, PluginHost};
use portcullis_policy::{Answers, Decision, Hook};
use portcullis_policy_testing::{CaseFile, Scenario};

/// Each bundled plugin with its case file: worlds in which it decides in every way that it has.
const BUNDLED: [(&str, &[u8], &str); 3] = [
    ("azure-rbac", portcullis_bundled::AZURE_RBAC, include_str!("../../plugins/azure-rbac/cases/decisions.json")),
    (
        "access-policy",
        portcullis_bundled::ACCESS_POLICY,
        include_str!("../../plugins/access-policy/cases/decisions.json"),
    ),
    (
        "conditional-access",
        portcullis_bundled::CONDITIONAL_ACCESS,
        include_str!("../../plugins/conditional-access/cases/decisions.json"),
    ),
];

/// The engine of production but for the clock, which is more patient with a busy machine.
fn production() -> HostSettings {
    HostSettings { memo: MemoSettings::Off, time: Duration::from_secs(20), sandboxes: 4, ..HostSettings::default() }
}

fn other() -> HostSettings {
    HostSettings { optimised: false, counting: Counting::Instructions, sandboxes: 1, ..production() }
}

fn load(settings: HostSettings, name: &str, bytes: &[u8]) -> Plugin {
    let host = PluginHost::new(settings).expect("a host");
    Plugin::load(&host, name, bytes, LoadOptions::default()).expect("the plugin loads")
}

/// What a plugin decided and on what grounds.
fn decided(plugin: &Plugin, hook: Hook, answers: &Arc<dyn Answers>) -> Option<(Decision, String)> {
    let evaluation = plugin.suppose(hook, answers)?;
    Some((evaluation.decision, format!("{:?}", evaluation.trace)))
}

fn is_the_same_everywhere(engines: &[Plugin; 2], hook: Hook, answers: &Arc<dyn Answers>, case: &str) {
    let expected = decided(&engines[0], hook, answers);
    for _ in 0..3 {
        for plugin in engines {
            assert_eq!(decided(plugin, hook, answers), expected, "{} {case}", plugin.name());
        }
    }
}

#[test]
fn bundled_plugins_decide_alike_again_and_on_another_engine() {
    for (name, bytes, file) in BUNDLED {
        let engines = [production(), other()].map(|settings| load(settings, name, bytes));
        let scenarios = CaseFile::from_json(file).expect("a case file").scenarios();
        assert!(scenarios.len() > 10, "{name} has cases");
        for (case, given, _) in scenarios {
            let scenario = Scenario::from_object(given).expect("a scenario");
            let engines = engines.each_ref().map(|plugin| scenario.installed(plugin).expect("it can be installed"));
            let answers = scenario.answers().expect("answers");
            for hook in [Hook::Authorization, Hook::ConditionalAccess] {
                is_the_same_everywhere(&engines, hook, &answers, &case);
            }
        }
    }
}

/// Guests that try to find something out that no question told: the time, random numbers, addresses, what was left in
/// memory; and those that end at a bound.
#[test]
fn hostile_guests_decide_alike_again_and_on_another_engine() {
    let given = serde_json::json!({"operation": "SecretGet"});
    let scenario = Scenario::from_object(given.as_object().expect("an object").clone()).expect("a scenario");
    let answers = scenario.answers().expect("answers");
    let hosts = [production(), other()].map(|settings| PluginHost::new(settings).expect("a host"));
    let mut decided = 0;
    for (name, bytes) in portcullis_guests::ALL {
        // It would have the patience of the clock above, and all that it shows is that the clock ends it.
        if *name == "loops_forever" {
            continue;
        }
        let loaded = hosts.each_ref().map(|host| Plugin::load(host, name, bytes, LoadOptions::default()));
        let [Ok(first), Ok(second)] = loaded else { continue };
        let engines = [first, second];
        for hook in [Hook::Authorization, Hook::ConditionalAccess] {
            is_the_same_everywhere(&engines, hook, &answers, "");
        }
        decided += 1;
    }
    assert!(decided > 20, "only {decided} guests could be loaded");
}
