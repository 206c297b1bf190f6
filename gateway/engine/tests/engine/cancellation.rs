//! The caller goes away at every point at which it can.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use portcullis_model::AttributeChanges;
use portcullis_model::secrets::SecretCall;
use portcullis_store::{MemoryStore, Store};

use crate::harness::{World, set, vault};
use crate::stores::Dawdling;

/// Polls a future so many times and drops it. Whether it ended before.
fn drop_after<F: Future>(polls: usize, future: F) -> bool {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).any(|_| future.as_mut().poll(&mut context).is_ready())
}

#[tokio::test]
async fn a_dropped_call_leaves_a_whole_state() {
    let source = World::in_memory();
    for n in 0..150 {
        source.set("a", &n.to_string()).await;
    }
    let blob = source.backup("a").await;
    let name = || "a".parse().unwrap();
    let update = || SecretCall::Update {
        name: name(),
        version: None,
        content_type: Some("new".parse().unwrap()),
        attributes: AttributeChanges::default(),
        tags: None,
    };
    let calls: [(&str, &dyn Fn() -> SecretCall); 6] = [
        ("set", &|| set("a", "new")),
        ("update", &update),
        ("delete", &|| SecretCall::Delete { name: name() }),
        ("recover", &|| SecretCall::Recover { name: name() }),
        ("purge", &|| SecretCall::Purge { name: name() }),
        ("restore", &|| SecretCall::Restore { blob: blob.clone() }),
    ];
    for (what, call) in calls {
        for polls in 0.. {
            let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let world = World { vault: vault("dev"), ..source.again(Arc::clone(&store)) };
            if what != "restore" {
                for n in 0..40 {
                    world.set("a", &n.to_string()).await;
                }
            }
            if what == "recover" || what == "purge" {
                world.delete("a").await;
            }
            let slow = world.again(Arc::new(Dawdling(Arc::clone(&store))));
            let ended = drop_after(polls, slow.call(call()));
            world.assert_whole().await;
            world.clock.advance(2 * 3600);
            world.run_due().await;
            world.assert_whole().await;
            assert!(world.records("e/g/").await.is_empty(), "{what} dropped after {polls} polls left garbage");
            let heads = world.records("e/h/").await.len() + world.records("e/x/").await.len();
            let versions = world.records("e/v/").await.len();
            assert_eq!(heads == 0, versions == 0, "{what} dropped after {polls} polls left half of a secret");
            if world.get("a").await.is_err() && heads > 0 {
                world.recover("a").await.unwrap();
                world.get("a").await.unwrap();
            }
            if ended {
                break;
            }
        }
    }
}
