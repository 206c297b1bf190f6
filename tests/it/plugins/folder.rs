//! Plugins of the watched folder.

use std::path::Path;

use portcullis_crypto::{Ed25519Key, SystemRandom};
use portcullis_server::config::PluginsConfig;
use serde_json::Value;
use tempfile::TempDir;

use super::{Installed, digest, obeys, setup};

fn manifest(folder: &Path, name: &str, scope: &str, say: &str) {
    let scope = if scope.is_empty() { String::new() } else { format!("scope = \"{scope}\"\n") };
    let text = format!("component = \"obeys.wasm\"\nmode = \"enforce\"\n{scope}[settings]\nsay = \"{say}\"\n");
    std::fs::write(folder.join(format!("{name}.toml")), text).unwrap();
}

async fn watching(folder: &TempDir, config: PluginsConfig) -> Installed {
    let mut setup = setup();
    setup.installed = PluginsConfig { folder: Some(folder.path().to_owned()), ..config };
    Installed::with(setup).await
}

/// What the log says of the folder.
fn noted(it: &Installed) -> Vec<String> {
    let lines = it.gateway.audit.lines();
    let records = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let names = records.map(|record| record["operationName"].as_str().unwrap_or_default().to_owned());
    names.filter(|name| name.starts_with("PluginFolder")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_folder_is_installed_for_as_long_as_it_lies_there() {
    let folder = TempDir::new().unwrap();
    let it = watching(&folder, PluginsConfig::default()).await;
    let gateway = it.gateway.running.gateway();
    assert_eq!(it.list_secrets("kv1").await.status, 200);
    std::fs::write(folder.path().join("obeys.wasm"), obeys()).unwrap();
    manifest(folder.path(), "obeys", "", "deny");
    gateway.look_at_plugin_folder().await;
    let refused = it.list_secrets("kv1").await;
    assert_eq!(refused.status, 403, "{:?}", refused.body);
    assert!(refused.message().contains("obeys; told"), "{}", refused.message());
    let foreign = it.gateway.token(&it.gateway.setup.foreigner).await;
    assert_eq!(it.gateway.vault("other", "GET", "/secrets", &foreign, Value::Null).await.status, 403, "of all tenants");
    // Nobody replaces it, or escapes it, through the management plane.
    let replaced = it.install("", "obeys", "abstain", "enforce").await;
    assert_eq!((replaced.status, replaced.error().0.as_str()), (403, "RequestDisallowedByPolicy"));

    manifest(folder.path(), "obeys", &it.gateway.setup.vault_id("kv2"), "deny");
    gateway.look_at_plugin_folder().await;
    assert_eq!((it.list_secrets("kv1").await.status, it.list_secrets("kv2").await.status), (200, 403));
    it.bring("", obeys(), &it.management).await;
    let taken = it.install("", "obeys", "abstain", "enforce").await;
    assert_eq!((taken.status, taken.error().0.as_str()), (409, "PluginIsDeclared"), "{:?}", taken.body);

    // What cannot be used leaves in force what was there.
    manifest(folder.path(), "obeys", "", "nonsense that the plugin refuses");
    gateway.look_at_plugin_folder().await;
    assert_eq!((it.list_secrets("kv1").await.status, it.list_secrets("kv2").await.status), (200, 403));
    std::fs::write(folder.path().join("obeys.toml"), "component = 5").unwrap();
    std::fs::write(folder.path().join("new.toml"), "component = \"missing.wasm\"").unwrap();
    gateway.look_at_plugin_folder().await;
    assert_eq!((it.list_secrets("kv1").await.status, it.list_secrets("kv2").await.status), (200, 403));

    std::fs::remove_file(folder.path().join("obeys.toml")).unwrap();
    gateway.look_at_plugin_folder().await;
    assert_eq!(it.list_secrets("kv2").await.status, 200);
    assert_eq!(noted(&it), ["PluginFolderInstall", "PluginFolderInstall", "PluginFolderRemove"]);
}

/// At the start nobody knows what was in force: what cannot be used denies where it is to be installed.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_at_the_start_denies() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("obeys.wasm"), b"\0asm\x01\0\0\0").unwrap();
    manifest(folder.path(), "obeys", "", "abstain");
    let it = watching(&folder, PluginsConfig::default()).await;
    let refused = it.list_secrets("kv1").await;
    assert_eq!(refused.status, 403, "{:?}", refused.body);
    assert!(
        refused.message().contains("obeys; fail-closed: the plugin cannot be loaded: this is a core module"),
        "{}",
        refused.message()
    );
    std::fs::write(folder.path().join("obeys.wasm"), obeys()).unwrap();
    it.gateway.running.gateway().look_at_plugin_folder().await;
    assert_eq!(it.list_secrets("kv1").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_takes_signed_plugins_only_where_signatures_are_required() {
    let folder = TempDir::new().unwrap();
    let key = Ed25519Key::generate(&SystemRandom::new()).unwrap();
    let config = PluginsConfig {
        require_signature: true,
        trusted_keys: vec![key.public()],
        folder: None,
        ..PluginsConfig::default()
    };
    let it = watching(&folder, config).await;
    std::fs::write(folder.path().join("obeys.wasm"), obeys()).unwrap();
    manifest(folder.path(), "obeys", "", "deny");
    it.gateway.running.gateway().look_at_plugin_folder().await;
    assert_eq!(it.list_secrets("kv1").await.status, 200, "it is not signed");
    let signature = key.sign(format!("portcullis plugin component\nsha256:{}\n", digest(obeys())).as_bytes());
    std::fs::write(folder.path().join("obeys.wasm.sig"), signature.to_string()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("obeys.toml")).unwrap();
    std::fs::write(folder.path().join("obeys.toml"), format!("signature_file = \"obeys.wasm.sig\"\n{text}")).unwrap();
    it.gateway.running.gateway().look_at_plugin_folder().await;
    assert_eq!(it.list_secrets("kv1").await.status, 403);
}

/// The manifest and the component stay as they are: what they name is looked at too.
#[tokio::test(flavor = "multi_thread")]
async fn changed_settings_beside_a_manifest_are_taken_over() {
    let folder = TempDir::new().unwrap();
    let it = watching(&folder, PluginsConfig::default()).await;
    let gateway = it.gateway.running.gateway();
    std::fs::write(folder.path().join("obeys.wasm"), obeys()).unwrap();
    std::fs::write(folder.path().join("said.json"), r#"{"say":"abstain"}"#).unwrap();
    let text = "component = \"obeys.wasm\"\nmode = \"enforce\"\nsettings_file = \"said.json\"\n";
    std::fs::write(folder.path().join("obeys.toml"), text).unwrap();
    gateway.look_at_plugin_folder().await;
    assert_eq!(it.list_secrets("kv1").await.status, 200);
    std::fs::write(folder.path().join("said.json"), r#"{"say":"deny"}"#).unwrap();
    gateway.look_at_plugin_folder().await;
    assert_eq!(it.list_secrets("kv1").await.status, 403);
    gateway.look_at_plugin_folder().await;
    assert_eq!(noted(&it), ["PluginFolderInstall", "PluginFolderInstall"], "what stays is not loaded anew");
}
