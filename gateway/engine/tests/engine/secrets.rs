//! Set, get, update and list of active secrets, with their errors.

use portcullis_engine::EngineError;
use portcullis_model::secrets::{MAX_VALUE_BYTES, SecretCall, SecretOutcome};
use portcullis_model::{AttributeChanges, Attributes, ContentType, SecretText, Tags, UnixTime};
use portcullis_model::{Listed, Page};

use crate::harness::{START, World, assert_fails, bundle, get, list, over_each_store, set, tags, value};

over_each_store![
    sets_and_gets,
    each_set_makes_a_version,
    names_compare_without_case_and_keep_their_first_spelling,
    update_changes_only_what_is_given,
    update_of_a_superseded_version_leaves_the_current_one,
    an_empty_update_changes_nothing,
    a_disabled_secret_cannot_be_read_and_is_listed,
    lists_tell_the_current_version_without_value,
];

async fn sets_and_gets(world: World) {
    let call = SecretCall::Set {
        name: "Db-Password".parse().unwrap(),
        value: SecretText::new("p\u{e4}ss".to_owned()),
        content_type: Some("text/plain".parse().unwrap()),
        attributes: AttributeChanges { enabled: None, nbf: Some(UnixTime(5)), exp: Some(UnixTime(6)) },
        tags: tags([("env", "prod"), ("owner", "")]),
    };
    let set = bundle(world.call(call).await);
    assert_eq!(value(&set), "p\u{e4}ss");
    assert_eq!(set.attributes.created, START);
    assert_eq!(set.attributes.updated, START);
    assert_eq!(set.attributes.recovery, world.vault.recovery);
    world.clock.advance(7);
    // Read outside of nbf and exp.
    let got = bundle(world.call(get("db-password")).await);
    assert_eq!(value(&got), "p\u{e4}ss");
    assert_eq!(got.name.as_str(), "Db-Password");
    assert_eq!(got.version, set.version);
    assert_eq!(got.version.as_str().len(), 32);
    assert_eq!(got.attributes, set.attributes);
    assert_eq!(got.attributes.set, Attributes { enabled: true, nbf: Some(UnixTime(5)), exp: Some(UnixTime(6)) });
    assert_eq!(got.content_type.as_ref().map(ContentType::as_str), Some("text/plain"));
    assert_eq!(got.tags, tags([("env", "prod"), ("owner", "")]));
}

async fn each_set_makes_a_version(world: World) {
    let first = world.set("a", "1").await;
    world.clock.advance(10);
    let second = world.set("a", "2").await;
    assert_ne!(first.version, second.version);
    assert_eq!(world.get("a").await.unwrap(), "2");
    assert_eq!(world.get_version("a", &first.version).await.unwrap(), "1");
    assert_eq!(world.get_version("a", &second.version).await.unwrap(), "2");
    let mut listed: Vec<_> = world.versions("a").await;
    assert!(listed.iter().all(|bundle| bundle.value.is_none()));
    listed.sort_by_key(|bundle| bundle.attributes.created);
    assert_eq!(listed.iter().map(|bundle| &bundle.version).collect::<Vec<_>>(), [&first.version, &second.version]);
    world.assert_whole().await;
}

async fn names_compare_without_case_and_keep_their_first_spelling(world: World) {
    world.set("Name", "1").await;
    assert_eq!(world.set("nAME", "2").await.name.as_str(), "Name");
    assert_eq!(world.get("NAME").await.unwrap(), "2");
    assert_eq!(world.versions("name").await.len(), 2);
    assert_eq!(world.delete("NAME").await.bundle.name.as_str(), "Name");
}

fn update(name: &str) -> SecretCall {
    SecretCall::Update {
        name: name.parse().unwrap(),
        version: None,
        content_type: None,
        attributes: AttributeChanges::default(),
        tags: None,
    }
}

async fn update_changes_only_what_is_given(world: World) {
    let set = bundle(
        world
            .call(SecretCall::Set {
                name: "a".parse().unwrap(),
                value: SecretText::new("v".to_owned()),
                content_type: Some("old".parse().unwrap()),
                attributes: AttributeChanges { enabled: None, nbf: Some(UnixTime(1)), exp: None },
                tags: tags([("one", "1"), ("two", "2")]),
            })
            .await,
    );
    world.clock.advance(3);
    let SecretCall::Update { name, version, .. } = update("a") else { unreachable!() };
    let attributes = AttributeChanges { enabled: None, nbf: None, exp: Some(UnixTime(9)) };
    let call = SecretCall::Update { name, version, content_type: None, attributes, tags: None };
    let updated = bundle(world.call(call).await);
    assert!(updated.value.is_none());
    assert_eq!(updated.version, set.version);
    assert_eq!(updated.attributes.set, Attributes { enabled: true, nbf: Some(UnixTime(1)), exp: Some(UnixTime(9)) });
    assert_eq!((updated.attributes.created, updated.attributes.updated), (START, START.plus(3)));
    assert_eq!(updated.content_type.as_ref().map(ContentType::as_str), Some("old"));
    assert_eq!(updated.tags, set.tags);

    let call = SecretCall::Update {
        name: "a".parse().unwrap(),
        version: Some(set.version.clone()),
        content_type: Some("new".parse().unwrap()),
        attributes: AttributeChanges::default(),
        tags: Some(tags([("three", "3")])),
    };
    world.call(call).await.unwrap();
    let got = bundle(world.call(get("a")).await);
    assert_eq!(value(&got), "v");
    assert_eq!(got.attributes, updated.attributes);
    assert_eq!(got.content_type.as_ref().map(ContentType::as_str), Some("new"));
    assert_eq!(got.tags, tags([("three", "3")]));
}

async fn update_of_a_superseded_version_leaves_the_current_one(world: World) {
    let first = world.set("a", "1").await;
    world.set("a", "2").await;
    world.clock.advance(1);
    for _ in 0..2 {
        let call = SecretCall::Update {
            name: "a".parse().unwrap(),
            version: Some(first.version.clone()),
            content_type: None,
            attributes: AttributeChanges { enabled: Some(false), nbf: None, exp: None },
            tags: Some(tags([("old", "")])),
        };
        assert_eq!(bundle(world.call(call).await).version, first.version);
    }
    assert_fails!(
        world.get_version("a", &first.version).await,
        EngineError::Disabled { version, .. } if version == first.version
    );
    let current = bundle(world.call(get("a")).await);
    assert_eq!((value(&current).as_str(), current.attributes.updated), ("2", START));
    assert_eq!(current.tags, Tags::default());
}

async fn an_empty_update_changes_nothing(world: World) {
    let set = world.set("a", "1").await;
    world.clock.advance(5);
    let revision = world.store.revision().await.unwrap();
    let updated = bundle(world.call(update("a")).await);
    assert_eq!(updated.attributes, set.attributes);
    assert_eq!(world.store.revision().await.unwrap(), revision);
}

async fn a_disabled_secret_cannot_be_read_and_is_listed(world: World) {
    let enabled = |enabled| SecretCall::Update {
        name: "a".parse().unwrap(),
        version: None,
        content_type: None,
        attributes: AttributeChanges { enabled: Some(enabled), nbf: None, exp: None },
        tags: None,
    };
    world.set("a", "1").await;
    world.call(enabled(false)).await.unwrap();
    assert_fails!(world.get("a").await, EngineError::Disabled { .. });
    let SecretOutcome::List(Listed { items, .. }) = world.call(list(25, None)).await.unwrap() else { panic!() };
    assert!(!items[0].attributes.set.enabled);
    assert!(!world.versions("a").await[0].attributes.set.enabled);
    assert!(!world.backup("a").await.is_empty());
    world.call(enabled(true)).await.unwrap();
    assert_eq!(world.get("a").await.unwrap(), "1");
    world.call(enabled(false)).await.unwrap();
    world.delete("a").await;
}

async fn lists_tell_the_current_version_without_value(world: World) {
    let SecretOutcome::List(Listed { items, next: None }) = world.call(list(25, None)).await.unwrap() else { panic!() };
    assert!(items.is_empty());
    world.set("b", "1").await;
    let second = world.set("b", "2").await;
    world.set("A", "3").await;
    let SecretOutcome::List(Listed { items, next: None }) = world.call(list(25, None)).await.unwrap() else { panic!() };
    assert_eq!(items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["A", "b"]);
    assert_eq!(items[1].version, second.version);
    assert!(items.iter().all(|item| item.value.is_none()));
}

#[tokio::test]
async fn says_what_is_not_there() {
    let world = World::in_memory();
    let version = world.set("other", "1").await.version;
    for name in ["a", "others", "othe"] {
        assert_fails!(world.get(name).await, EngineError::NotFound { version: None, .. });
        assert_fails!(
            world.get_version(name, &version).await,
            EngineError::NotFound { version: Some(v), .. } if v == version
        );
        assert_fails!(world.call(update(name)).await, EngineError::NotFound { .. });
        let name = || name.parse().unwrap();
        assert_fails!(world.call(SecretCall::Delete { name: name() }).await, EngineError::NotFound { .. });
        assert_fails!(world.call(SecretCall::Backup { name: name() }).await, EngineError::NotFound { .. });
        assert_fails!(world.call(SecretCall::GetDeleted { name: name() }).await, EngineError::DeletedNotFound { .. });
        assert_fails!(world.call(SecretCall::Recover { name: name() }).await, EngineError::DeletedNotFound { .. });
        assert_fails!(world.call(SecretCall::Purge { name: name() }).await, EngineError::DeletedNotFound { .. });
    }
    assert!(world.versions("a").await.is_empty());
    let unknown = "0".repeat(32).parse().unwrap();
    assert_fails!(world.get_version("other", &unknown).await, EngineError::NotFound { version: Some(_), .. });
}

#[tokio::test]
async fn a_version_of_another_secret_is_not_found() {
    let world = World::in_memory();
    let version = world.set("a", "1").await.version;
    world.set("b", "2").await;
    assert_fails!(world.get_version("b", &version).await, EngineError::NotFound { .. });
}

#[tokio::test]
async fn bounds_the_value() {
    let world = World::in_memory();
    let longest = "x".repeat(MAX_VALUE_BYTES);
    world.set("a", &longest).await;
    assert_eq!(world.get("a").await.unwrap(), longest);
    assert_fails!(
        world.call(set("a", &format!("{longest}x"))).await,
        EngineError::ValueTooLarge { bytes } if bytes == MAX_VALUE_BYTES + 1
    );
}

#[tokio::test]
async fn holds_the_greatest_secret_there_can_be() {
    let world = World::in_memory();
    let wide = |count: usize| "\u{1f511}".repeat(count);
    let tags: std::collections::BTreeMap<_, _> = (10..25).map(|n| (format!("{n}{}", wide(510)), wide(512))).collect();
    for _ in 0..3 {
        let call = SecretCall::Set {
            name: "n".repeat(127).parse().unwrap(),
            value: SecretText::new(wide(MAX_VALUE_BYTES / 4)),
            content_type: Some(wide(255).parse().unwrap()),
            attributes: AttributeChanges { enabled: None, nbf: Some(START), exp: Some(START) },
            tags: tags.clone().try_into().unwrap(),
        };
        world.call(call).await.unwrap();
    }
    let name = "n".repeat(127);
    assert_eq!(world.get(&name).await.unwrap(), wide(MAX_VALUE_BYTES / 4));
    world.delete(&name).await;
    world.recover(&name).await.unwrap();
    let blob = world.backup(&name).await;
    world.delete(&name).await;
    world.purge(&name).await.unwrap();
    world.restore_in(&world.vault, &blob).await.unwrap();
    assert_eq!(world.versions(&name).await.len(), 3);
}

#[tokio::test]
async fn a_page_of_none_is_a_page_of_one() {
    let world = World::in_memory();
    world.set("a", "1").await;
    world.set("b", "1").await;
    let SecretOutcome::List(Listed { items, next: Some(next) }) = world.call(list(0, None)).await.unwrap() else {
        panic!()
    };
    assert_eq!((items.len(), next.as_str()), (1, "a"));
    let page = Page { limit: 0, after: None };
    let call = SecretCall::ListVersions { name: "a".parse().unwrap(), page };
    let SecretOutcome::Versions(Listed { items, next: None }) = world.call(call).await.unwrap() else { panic!() };
    assert_eq!(items.len(), 1);
}
