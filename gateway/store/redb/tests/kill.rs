//! A process that is killed loses nothing of what it acknowledged.
#![expect(clippy::print_stdout, reason = "the child tells its parent on stdout what was acknowledged")]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see that their helpers are part of them"
)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use portcullis_store::{Batch, Store};
use portcullis_store_redb::{OpenError, RedbStore};

const PATH: &str = "PORTCULLIS_TEST_KILLED_STORE";
const ROUND: &str = "PORTCULLIS_TEST_KILLED_ROUND";
const WRITERS: u32 = 4;

#[tokio::test]
async fn keeps_what_it_acknowledged_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut acknowledged = HashSet::new();
    for round in 0..8_u64 {
        let told = run_and_kill(&path, round);
        assert!(!told.is_empty(), "the child acknowledged nothing in round {round}");
        acknowledged.extend(told);

        let store = RedbStore::open(&path).unwrap();
        for name in &acknowledged {
            for half in ["left", "right"] {
                let found = store.get(format!("{half}/{name}").as_bytes()).await.unwrap();
                assert!(found.is_some(), "{half}/{name} was acknowledged and is lost in round {round}");
            }
        }
        assert_eq!(names(&store, "left/").await, names(&store, "right/").await, "batches are whole");
    }
}

/// What the parent above runs; does nothing otherwise.
#[tokio::test]
async fn child() {
    let (Ok(path), Ok(round)) = (std::env::var(PATH), std::env::var(ROUND)) else { return };
    let store = Arc::new(RedbStore::open(&PathBuf::from(path)).unwrap());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write_for_ever(Arc::clone(&store), format!("{round}-{writer}"))))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn write_for_ever(store: Arc<RedbStore>, name: String) {
    for n in 0_u64.. {
        let size = if n % 16 == 0 { 100_000 } else { 500 };
        let batch = Batch::builder()
            .put(format!("left/{name}-{n}"), vec![1; size])
            .put(format!("right/{name}-{n}"), vec![2; 100])
            .build()
            .unwrap();
        store.commit(batch).await.unwrap();
        println!("acknowledged {name}-{n} end");
    }
}

/// Starts a child, kills it at some moment after its first acknowledgement, and gives what it acknowledged.
fn run_and_kill(path: &Path, round: u64) -> Vec<String> {
    let mut child = start(path, round);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.by_ref().map_while(Result::ok).find_map(|line| name(&line));
    let killer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(10 + (round * 37) % 90));
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let mut told: Vec<String> = first.into_iter().collect();
    told.extend(lines.map_while(Result::ok).filter_map(|line| name(&line)));
    killer.join().unwrap();
    told
}

fn start(path: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture", "--test-threads", "1"])
        .env(PATH, path)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The name in a line that was written to its end.
fn name(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("acknowledged ")?;
    rest.strip_suffix(" end").map(str::to_owned)
}

async fn names(store: &RedbStore, prefix: &str) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None::<Vec<u8>>);
    loop {
        let page = store.scan(prefix.as_bytes(), after.as_deref(), 100).await.unwrap();
        names.extend(page.iter().map(|entry| String::from_utf8(entry.key[prefix.len()..].to_vec()).unwrap()));
        match page.last() {
            Some(last) => after = Some(last.key.clone()),
            None => return names,
        }
    }
}

#[tokio::test]
async fn refuses_a_store_that_another_process_has_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut child = start(&path, 0);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| name(&line).is_some()));
    let refused = RedbStore::open(&path);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(refused, Err(OpenError::Locked { .. })), "{refused:?}");
    assert!(RedbStore::open(&path).is_ok());
}
