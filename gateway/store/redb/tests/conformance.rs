//! The store in a file does what every store must.

use portcullis_store_redb::RedbStore;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conforms() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::sync::atomic::AtomicU32::new(0);
    portcullis_store::conformance::run(async || {
        let name = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        RedbStore::open(&folder.path().join(name)).unwrap()
    })
    .await;
}
