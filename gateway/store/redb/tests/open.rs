//! What is said of a file that cannot be opened.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see that their helpers are part of them"
)]

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use portcullis_store::{Batch, Store, StoreError};
use portcullis_store_redb::{OpenError, RedbStore};
use redb::{Database, TableDefinition};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("the.store");
    (folder, path)
}

/// A store of some pages in a file.
async fn filled() -> (TempDir, PathBuf) {
    let (folder, path) = place();
    let store = RedbStore::open(&path).unwrap();
    for n in 0..200_u32 {
        store.commit(Batch::builder().put(n.to_be_bytes(), vec![7; 1000]).build().unwrap()).await.unwrap();
    }
    drop(store);
    (folder, path)
}

#[tokio::test]
async fn creates_a_file_for_its_owner_only_and_finds_it_again() {
    let (folder, path) = place();
    let store = RedbStore::open(&path).unwrap();
    let revision = store.commit(Batch::builder().put("a", "1").build().unwrap()).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the file");
    drop(store);
    let store = RedbStore::open(&path).unwrap();
    assert_eq!(store.revision().await.unwrap(), revision);
    assert!(store.get(b"a").await.unwrap().is_some());
}

#[test]
fn refuses_a_file_that_is_open_already() {
    let (_folder, path) = place();
    let _store = RedbStore::open(&path).unwrap();
    assert_refused(&path, |error| matches!(error, OpenError::Locked { .. }));
}

#[test]
fn refuses_what_is_not_a_redb_file() {
    let (folder, path) = place();
    for content in [b"".as_slice(), b"x", b"this is not a store, it only looks like one", &[0; 100_000]] {
        fs::write(&path, content).unwrap();
        assert_refused(&path, |error| matches!(error, OpenError::NotStore { .. }));
        assert_eq!(fs::read(&path).unwrap(), content, "a refused file is left as it was");
    }
    assert_refused(folder.path(), |error| matches!(error, OpenError::NotStore { .. }));
}

#[test]
fn refuses_the_redb_file_of_another_program() {
    for table in ["records", "meta", "other"] {
        let (_folder, path) = place();
        let database = Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(TableDefinition::<u64, u64>::new(table)).unwrap().insert(1, 1).unwrap();
        transaction.commit().unwrap();
        drop(database);
        assert_refused(&path, |error| matches!(error, OpenError::Foreign { .. }));
    }
}

#[tokio::test]
async fn refuses_a_store_of_another_application_or_a_later_format() {
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    let change = |path: &Path, name: &str, value: &[u8]| {
        let database = Database::open(path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(META).unwrap().insert(name, value).unwrap();
        transaction.commit().unwrap();
    };
    let (_folder, path) = filled().await;
    change(&path, "version", &2_u64.to_le_bytes());
    assert_refused(&path, |error| matches!(error, OpenError::Newer { found: 2, known: 1, .. }));
    change(&path, "version", b"?");
    assert_refused(&path, |error| matches!(error, OpenError::Corrupt { .. }));
    change(&path, "version", &1_u64.to_le_bytes());
    change(&path, "application", b"another");
    assert_refused(&path, |error| matches!(error, OpenError::Foreign { .. }));
    change(&path, "application", b"portcullis store");
    assert!(RedbStore::open(&path).is_ok());
}

#[test]
fn refuses_a_place_without_a_folder() {
    let (folder, _) = place();
    assert_refused(&folder.path().join("missing").join("store"), |error| matches!(error, OpenError::NoFolder { .. }));
}

#[test]
fn refuses_a_file_without_permission() {
    let (folder, path) = place();
    drop(RedbStore::open(&path).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may open everything: nothing to see then.
    if File::open(&path).is_err() {
        assert_refused(&path, |error| matches!(error, OpenError::Permission { .. }));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        let new = folder.path().join("new");
        assert_refused(&new, |error| matches!(error, OpenError::Permission { .. }));
    }
}

#[tokio::test]
async fn refuses_or_survives_truncation() {
    let (_folder, path) = filled().await;
    let whole = fs::read(&path).unwrap();
    let lengths = (0..600).step_by(7).chain((600..whole.len()).step_by(9_973)).chain([whole.len() - 1]);
    for length in lengths {
        fs::write(&path, &whole[..length]).unwrap();
        assert_no_panic(&path).await;
    }
}

#[tokio::test]
async fn refuses_or_survives_flipped_bits_in_the_header() {
    let (_folder, path) = filled().await;
    let whole = fs::read(&path).unwrap();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    for byte in 0..320 {
        for bit in [0, 3, 7] {
            file.write_all_at(&whole, 0).unwrap();
            file.set_len(whole.len() as u64).unwrap();
            file.write_all_at(&[whole[byte] ^ (1 << bit)], byte as u64).unwrap();
            assert_no_panic(&path).await;
        }
    }
}

#[tokio::test]
async fn refuses_or_survives_garbage_in_pages() {
    let (_folder, path) = filled().await;
    let whole = fs::read(&path).unwrap();
    for page in (1..whole.len() / 4096).step_by(3) {
        let mut damaged = whole.clone();
        for (n, byte) in damaged[page * 4096..(page + 1) * 4096].iter_mut().enumerate() {
            *byte = u8::try_from((n * 31 + page) % 256).unwrap();
        }
        fs::write(&path, &damaged).unwrap();
        assert_no_panic(&path).await;
    }
}

fn assert_refused(path: &Path, expected: impl FnOnce(&OpenError) -> bool) {
    let error = RedbStore::open(path).map(drop).unwrap_err();
    assert!(expected(&error), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()) && text.contains(';') && !text.contains('\n'), "{text}");
}

/// A damaged file is refused, or opened and then read and written with proper errors at worst.
async fn assert_no_panic(path: &Path) {
    let Ok(store) = RedbStore::open(path) else { return };
    for n in (0..200_u32).step_by(20) {
        assert_proper(store.get(&n.to_be_bytes()).await.map(drop));
    }
    assert_proper(store.scan(b"", None, 1000).await.map(drop));
    assert_proper(store.commit(Batch::builder().put("new", "1").build().unwrap()).await.map(drop));
}

fn assert_proper(result: Result<(), StoreError>) {
    match result {
        Ok(()) | Err(StoreError::Corrupt { .. } | StoreError::Unavailable { .. }) => {}
        Err(other) => panic!("{other:?}"),
    }
}
