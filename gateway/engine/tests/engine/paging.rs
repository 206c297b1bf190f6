//! Pages while the list changes.

use std::collections::BTreeSet;

use portcullis_model::ObjectName;
use portcullis_model::secrets::{SecretCall, SecretOutcome};
use portcullis_model::{Listed, Page};

use crate::harness::{World, list, over_each_store};

over_each_store![pages_neither_skip_nor_repeat_while_the_list_changes, versions_are_paged, deleted_secrets_are_paged];

async fn pages_neither_skip_nor_repeat_while_the_list_changes(world: World) {
    let steady: BTreeSet<String> = (0..60).map(|n| format!("steady-{n:02}")).collect();
    for name in &steady {
        world.set(name, "1").await;
    }
    for n in 0..20 {
        world.set(&format!("steady-{n:02}-leaves"), "1").await;
    }
    let (mut seen, mut after) = (Vec::<ObjectName>::new(), None);
    for turn in 0.. {
        let outcome = world.call(list(7, after.as_ref())).await.unwrap();
        let SecretOutcome::List(Listed { items, next }) = outcome else { panic!() };
        assert!(items.len() <= 7);
        seen.extend(items.into_iter().map(|item| item.name));
        let Some(next) = next else { break };
        // Before and after the position, and the position itself, come and go.
        for n in [turn, 59 - turn] {
            world.set(&format!("steady-{n:02}-came"), "1").await;
        }
        // Some of these have been seen, and some have not.
        if turn < 10 {
            let leaving = format!("steady-{:02}-leaves", turn * 2);
            world.delete(&leaving).await;
            world.purge(&leaving).await.unwrap();
        }
        after = Some(next);
    }
    let names: Vec<_> = seen.iter().map(ObjectName::as_str).collect();
    assert!(names.is_sorted());
    let distinct: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(distinct.len(), names.len(), "an item was repeated");
    assert!(steady.is_subset(&distinct), "an item was skipped");
}

async fn versions_are_paged(world: World) {
    for n in 0..11 {
        world.set("a", &n.to_string()).await;
    }
    world.set("b", "other").await;
    let (mut seen, mut after, mut pages) = (BTreeSet::new(), None, 0);
    loop {
        let call = SecretCall::ListVersions { name: "a".parse().unwrap(), page: Page { limit: 5, after } };
        let SecretOutcome::Versions(Listed { items, next }) = world.call(call).await.unwrap() else { panic!() };
        pages += 1;
        for item in items {
            assert!(seen.insert(item.version), "a version was repeated");
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (11, 3));
}

async fn deleted_secrets_are_paged(world: World) {
    for n in 0..10 {
        world.set(&format!("a{n}"), "1").await;
        world.delete(&format!("a{n}")).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let outcome = world.call(SecretCall::ListDeleted { page: Page { limit: 5, after } }).await.unwrap();
        let SecretOutcome::DeletedList(Listed { items, next }) = outcome else { panic!() };
        seen.extend(items.into_iter().map(|item| item.bundle.name.to_string()));
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    // The last page is full, and known to be the last.
    assert_eq!(seen, (0..10).map(|n| format!("a{n}")).collect::<Vec<_>>());
}
