//! Plugins that somebody signed.

use portcullis_crypto::{Ed25519Key, SystemRandom};
use portcullis_server::config::PluginsConfig;
use portcullis_tests::{Reply, TestGateway};
use serde_json::{Value, json};

use super::{Installed, digest, obeys, owner, setup};

fn signed(key: &Ed25519Key, bytes: &[u8]) -> String {
    key.sign(format!("portcullis plugin component\nsha256:{}\n", digest(bytes)).as_bytes()).to_string()
}

async fn install(it: &Installed, signature: Value) -> Reply {
    let mut properties = json!({"component": digest(obeys()), "mode": "enforce", "settings": {"say": "deny"}});
    if !signature.is_null() {
        properties["signature"] = signature;
    }
    it.at("PUT", "", "/obeys", json!({"properties": properties})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_trusted_key_signed_is_installed_where_signatures_are_required() {
    let (key, strange) = [(); 2].map(|()| Ed25519Key::generate(&SystemRandom::new()).unwrap()).into();
    let mut wanted = setup();
    wanted.installed = PluginsConfig {
        require_signature: true,
        trusted_keys: vec![key.public()],
        folder: None,
        ..PluginsConfig::default()
    };
    let it = Installed::with(wanted).await;
    assert_eq!(it.bring("", obeys(), &it.management).await.status, 201);
    let other = portcullis_guests::component("judges_twice");
    for (signature, expected) in [
        (Value::Null, "the component is not signed"),
        (json!("AAAA"), "the signature cannot be read"),
        (json!(signed(&strange, obeys())), "by a key that this gateway trusts"),
        (json!(signed(&key, other)), "the signature is not of this component"),
    ] {
        let refused = install(&it, signature).await;
        let told = (refused.status, refused.error().0);
        assert_eq!(told, (400, "InvalidPluginSignature".to_owned()), "{:?}", refused.body);
        assert!(refused.message().contains(expected), "{}", refused.message());
    }
    assert_eq!(it.list_secrets("kv1").await.status, 200);
    assert_eq!(install(&it, json!(signed(&key, obeys()))).await.status, 201);
    assert_eq!(it.list_secrets("kv1").await.status, 403);

    // The key is trusted no more: what it signed denies with its name until somebody acts.
    assert!(install(&it, json!(signed(&key, obeys()))).await.status == 200);
    let (before, folder) = it.gateway.stop().await;
    let mut again = before.again();
    let own = owner(&again.admin, "/");
    again.assignments.push(own);
    again.installed = PluginsConfig {
        require_signature: true,
        trusted_keys: vec![strange.public()],
        folder: None,
        ..PluginsConfig::default()
    };
    let it = Installed::over(TestGateway::within(again, folder).await).await;
    let refused = it.list_secrets("kv1").await;
    assert!(refused.message().contains("the plugin cannot be loaded: the signature is not"), "{}", refused.message());
    assert_eq!(it.at("DELETE", "", "/obeys", Value::Null).await.status, 200);
    assert_eq!(it.list_secrets("kv1").await.status, 200);
}
