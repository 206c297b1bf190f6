//! A store that fails: what a request is told, and that nothing acknowledged is lost.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use portcullis_management::DeclaredAssignment;
use portcullis_model::ComponentDigest;
use portcullis_server::config::PluginsConfig;
use portcullis_store::{Batch, Entry, MemoryStore, Record, Revision, Store, StoreError, Watch};
use portcullis_tests::{Reply, Sent, Setup, TestGateway};
use serde_json::{Value, json};

/// Works, is full, is gone, or takes some writes only.
#[derive(Debug, Default)]
struct FailingStore {
    inner: MemoryStore,
    state: AtomicU8,
}

const WORKING: u8 = 0;
const FULL: u8 = 1;
const GONE: u8 = 2;
/// Takes only what is written without a condition: pieces of components, and no control records.
const UNCONDITIONAL: u8 = 3;

impl FailingStore {
    fn set(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
    }

    fn check(&self, fails: impl Fn(u8) -> bool) -> Result<(), StoreError> {
        match self.state.load(Ordering::SeqCst) {
            state if !fails(state) => Ok(()),
            FULL => Err(StoreError::full(Error::from(ErrorKind::StorageFull))),
            _ => Err(StoreError::unavailable(Error::from(ErrorKind::BrokenPipe))),
        }
    }
}

#[async_trait]
impl Store for FailingStore {
    async fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        self.check(|state| state == GONE)?;
        self.inner.get(key).await
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.check(|state| state == GONE)?;
        self.inner.scan(prefix, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, StoreError> {
        let conditional = !batch.checks().is_empty();
        self.check(|state| state != WORKING && (state != UNCONDITIONAL || conditional))?;
        self.inner.commit(batch).await
    }

    fn watch(&self, prefix: &[u8]) -> Watch {
        self.inner.watch(prefix)
    }

    async fn revision(&self) -> Result<Revision, StoreError> {
        self.check(|state| state == GONE)?;
        self.inner.revision().await
    }
}

fn unavailable(gateway: &TestGateway, reply: &Reply, before: usize) {
    assert_eq!((reply.status, reply.error().0.as_str()), (503, "ServiceUnavailable"), "{:?}", reply.body);
    assert_eq!((reply.header("retry-after"), reply.header("x-ms-retry-after-ms")), ("1", "1000"));
    let message = reply.message();
    assert!(!message.contains("no storage space") && !message.contains("broken pipe"), "{message}");
    let records = gateway.records().split_off(before);
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(record["properties"]["httpStatusCode"], 503, "{record}");
    assert_eq!(record["portcullis"]["requestId"], reply.header("x-ms-request-id"), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_writes_and_still_reads_and_recovers() {
    let store = Arc::new(FailingStore::default());
    let gateway = TestGateway::with(Setup { store: store.clone(), ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let management = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "old"})).await;

    store.set(FULL);
    for (method, path) in
        [("PUT", "/secrets/s"), ("PUT", "/secrets/another"), ("PATCH", "/secrets/s"), ("DELETE", "/secrets/s")]
    {
        let before = gateway.records().len();
        let reply = gateway.vault("kv1", method, path, &token, json!({"value": "new", "tags": {"a": "b"}})).await;
        unavailable(&gateway, &reply, before);
    }
    let before = gateway.records().len();
    let tags = json!({"tags": {"a": "b"}});
    let patch = gateway.management("PATCH", &gateway.setup.vault_id("kv1"), "2026-02-01", &management, tags).await;
    unavailable(&gateway, &patch, before);
    let old = gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await;
    assert_eq!(old.json()["value"], "old", "what was acknowledged is still there");
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/another", &token, Value::Null).await.status, 404);

    store.set(WORKING);
    let set = gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "new"})).await;
    assert_eq!(set.status, 200, "{:?}", set.body);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await.json()["value"], "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_gone_is_not_an_answer() {
    let store = Arc::new(FailingStore::default());
    let gateway = TestGateway::with(Setup { store: store.clone(), ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    let nobody = gateway.token(&gateway.setup.nobody).await;
    gateway.vault("kv1", "PUT", "/secrets/s", &token, json!({"value": "v"})).await;
    store.set(GONE);
    for path in ["/secrets/s", "/secrets/none", "/secrets", "/deletedsecrets"] {
        let before = gateway.records().len();
        let reply = gateway.vault("kv1", "GET", path, &token, Value::Null).await;
        unavailable(&gateway, &reply, before);
    }
    // Who may do what is held in memory, so nobody gets further than before.
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s", &nobody, Value::Null).await.status, 403);
    store.set(WORKING);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets/s", &token, Value::Null).await.json()["value"], "v");
}

/// A change of the folder of plugins that could not be taken over is not forgotten, and is recorded once it holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_folder_of_plugins_is_taken_over_once_the_store_is_back() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = Arc::new(FailingStore::default());
    let installed = PluginsConfig { folder: Some(folder.path().to_owned()), ..PluginsConfig::default() };
    let gateway = TestGateway::with(Setup { store: store.clone(), installed, ..Setup::default() }).await;
    let token = gateway.token(&gateway.setup.admin).await;
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await.status, 200);
    let noted = || gateway.audit.lines().iter().filter(|line| line.contains("PluginFolderInstall")).count();
    store.set(GONE);
    std::fs::write(folder.path().join("obeys.wasm"), portcullis_guests::component("obeys_its_settings")).unwrap();
    let manifest = "component = \"obeys.wasm\"\nmode = \"enforce\"\n[settings]\nsay = \"deny\"\n";
    std::fs::write(folder.path().join("obeys.toml"), manifest).unwrap();
    gateway.running.gateway().look_at_plugin_folder().await;
    assert_eq!(noted(), 0, "it does not hold yet");
    store.set(WORKING);
    gateway.running.gateway().look_at_plugin_folder().await;
    assert_eq!(noted(), 1);
    assert_eq!(gateway.vault("kv1", "GET", "/secrets", &token, Value::Null).await.status, 403);
}

/// The pieces of a component that is not known would fill the store.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_cannot_be_recorded_leaves_no_pieces() {
    let store = Arc::new(FailingStore::default());
    let mut setup = Setup { store: store.clone(), ..Setup::default() };
    let (principal, role, scope) = (setup.admin.principal, "Owner".to_owned(), "/".to_owned());
    setup.assignments.push(DeclaredAssignment { principal, role, scope });
    let gateway = TestGateway::with(setup).await;
    let management = gateway.token_for(&gateway.setup.admin, &gateway.management_scope()).await;
    let bytes = portcullis_guests::component("obeys_its_settings");
    let digest = ComponentDigest::from_bytes(portcullis_crypto::sha256(bytes));
    let upload = || Sent {
        method: "PUT",
        host: gateway.host("management"),
        target: format!("/providers/Portcullis.Gateway/components/{digest}?api-version=2026-11-01"),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {management}")),
            ("content-type".to_owned(), "application/wasm".to_owned()),
        ],
        body: String::new(),
    };
    let before = store.revision().await.unwrap();
    store.set(UNCONDITIONAL);
    let refused = gateway.client.send_bytes(upload(), bytes.to_vec()).await;
    assert_eq!(refused.status, 503, "{:?}", refused.body);
    assert_ne!(store.revision().await.unwrap(), before, "pieces were written");
    assert!(store.scan(b"l/", None, 1).await.unwrap().is_empty(), "and erased");
    store.set(WORKING);
    let brought = gateway.client.send_bytes(upload(), bytes.to_vec()).await;
    assert_eq!(brought.status, 201, "{:?}", brought.body);
    assert!(!store.scan(b"l/", None, 1).await.unwrap().is_empty());
}
