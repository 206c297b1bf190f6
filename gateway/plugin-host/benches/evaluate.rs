//! What an evaluation costs: in a fresh sandbox, and remembered.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be set up shall stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use portcullis_plugin_host::{HostSettings, LoadOptions, MemoSettings, Plugin, PluginHost};
use portcullis_policy::{Hook, Mode};

#[path = "../tests/it/support.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod support;

const SETTINGS: &str = r#"{"policies":[{"id":"outside","displayName":"Block outside of the office","state":"enabled",
    "conditions":{"principals":{"include":["All"]},"operations":{"include":["SecretGet","SecretSet"]},
    "locations":{"include":["All"],"exclude":["office"]}},"grantControls":{"builtInControls":["block"]}}]}"#;

fn evaluations(criterion: &mut Criterion) {
    let facts = support::Request::default().facts();
    for (memo, label) in [(MemoSettings::Off, "cold"), (MemoSettings::default(), "remembered")] {
        let host = PluginHost::new(HostSettings { memo, ..HostSettings::default() }).expect("a host");
        for (name, bytes, settings, hook) in [
            ("azure-rbac", portcullis_bundled::AZURE_RBAC, "{}", Hook::Authorization),
            ("conditional-access", portcullis_bundled::CONDITIONAL_ACCESS, SETTINGS, Hook::ConditionalAccess),
        ] {
            let options = LoadOptions { settings: settings.into(), mode: Mode::Enforce, ..LoadOptions::default() };
            let plugin = Plugin::load(&host, name, bytes, options).expect("a plugin");
            criterion.bench_function(&format!("{name}/{label}"), |bencher| {
                bencher.iter(|| plugin.evaluate(hook, &facts).expect("the plugin exports the hook"));
            });
        }
    }
}

criterion_group!(benches, evaluations);
criterion_main!(benches);
