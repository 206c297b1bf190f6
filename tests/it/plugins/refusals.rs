//! What is not installed, and why.

use portcullis_guests::component;
use serde_json::{Value, json};

use super::{Installed, digest, obeys};

#[tokio::test(flavor = "multi_thread")]
async fn components_are_refused_with_reason_and_remedy() {
    let it = Installed::start().await;
    let table: [(&[u8], &str); 7] = [
        (b"", "the file is empty"),
        (b"hello", "this is not WebAssembly; send the component that `portcullis plugin build` writes"),
        (b"\0asm\x01\0\0\0", "this is a core module and not a component: build it for wasm32-wasip2"),
        (b"(component)", "this is WebAssembly text and not a component"),
        (&obeys()[..obeys().len() / 2], "the component cannot be compiled"),
        (component("opens_a_socket"), "the component imports `wasi:sockets/"),
        (component("opens_a_file"), "which no plugin may have"),
    ];
    for (bytes, expected) in table {
        let refused = it.bring("", bytes, &it.management).await;
        assert_eq!((refused.status, refused.error().0.as_str()), (400, "InvalidComponent"), "{:?}", refused.body);
        assert!(refused.message().contains(expected), "{}", refused.message());
    }
    let other = it.bring_as("", &"ab".repeat(32), obeys(), &it.management).await;
    assert_eq!((other.status, other.error().0.as_str()), (400, "InvalidComponent"), "{:?}", other.body);
    assert!(other.message().contains(&digest(obeys())), "{}", other.message());
    let no_digest = it.bring_as("", "abc", obeys(), &it.management).await;
    assert_eq!(no_digest.status, 400, "{:?}", no_digest.body);
}

/// The client reads why, though it is still writing when that is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_that_is_refused_is_read_to_its_end() {
    let it = Installed::start().await;
    let large = vec![0; 8 << 20];
    let nobody = it.gateway.token_for(&it.gateway.setup.nobody, &it.gateway.management_scope()).await;
    let refused = it.bring("", &large, &nobody).await;
    assert_eq!((refused.status, refused.error().0.as_str()), (403, "AuthorizationFailed"), "{:?}", refused.body);
    let too_large = it.bring("", &vec![0; (32 << 20) + 1], &it.management).await;
    assert_eq!(too_large.status, 413, "{:?}", too_large.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_refused_in_the_words_of_the_plugin_and_nothing_changes() {
    let it = Installed::start().await;
    it.bring("", obeys(), &it.management).await;
    assert_eq!(it.install("", "obeys", "deny", "enforce").await.status, 201);
    let wrong = it.install("", "obeys", "perhaps", "enforce").await;
    assert_eq!((wrong.status, wrong.error().0.as_str()), (400, "InvalidPluginSettings"), "{:?}", wrong.body);
    assert!(wrong.message().contains("properties.settings: "), "{}", wrong.message());
    assert!(wrong.message().contains("/say: say deny, allow, abstain"), "{}", wrong.message());
    let traps = it.install("", "obeys", "trap at once", "enforce").await;
    assert_eq!((traps.status, traps.error().0.as_str()), (400, "InvalidPluginSettings"), "{:?}", traps.body);
    assert!(traps.message().contains("correct the plugin"), "{}", traps.message());
    let told = it.at("GET", "", "/obeys", Value::Null).await.json();
    assert_eq!(told["properties"]["generation"], 1, "{told}");
    assert_eq!(it.list_secrets("kv1").await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_is_declared_is_not_installed() {
    let it = Installed::start().await;
    let missing = it.install("", "obeys", "deny", "enforce").await;
    assert_eq!((missing.status, missing.error().0.as_str()), (400, "ComponentNotFound"), "{:?}", missing.body);
    it.bring("", obeys(), &it.management).await;
    for declared in ["azure-rbac", "conditional-access", "access-policy"] {
        let refused = it.install("", declared, "allow", "enforce").await;
        assert_eq!((refused.status, refused.error().0.as_str()), (409, "PluginIsDeclared"), "{:?}", refused.body);
        assert_eq!(it.at("DELETE", "", &format!("/{declared}"), Value::Null).await.status, 204, "it is not there");
    }
    for bad in ["Upper", "a_b", &"a".repeat(65)] {
        assert_eq!(it.install("", bad, "deny", "off").await.status, 400, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_tag_guards_against_the_changes_of_others() {
    let it = Installed::start().await;
    it.bring("", obeys(), &it.management).await;
    let tag = it.install("", "obeys", "deny", "off").await.json()["etag"].as_str().unwrap().to_owned();
    assert_eq!(it.install("", "obeys", "abstain", "off").await.status, 200);
    let stale = |method, body: Value| {
        let mut sent = it.gateway.call("kv1", method, "", Some(&it.management), &body);
        sent.host = it.gateway.host("management");
        sent.target = "/providers/Portcullis.Gateway/plugins/obeys?api-version=2026-11-01".to_owned();
        sent.headers.push(("if-match".to_owned(), format!("\"{tag}\"")));
        it.gateway.client.send(sent)
    };
    let body = json!({"properties": {"component": digest(obeys()), "mode": "off", "settings": {"say": "deny"}}});
    assert_eq!(stale("PUT", body).await.status, 412);
    assert_eq!(stale("DELETE", Value::Null).await.status, 412);
}
