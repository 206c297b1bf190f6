//! Prints how many durable commits a second one writer and many reach: `cargo run --release --example group_commit`.
#![expect(clippy::print_stdout, reason = "the output of an example is its purpose")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_store::{Batch, Store};
use portcullis_store_redb::RedbStore;

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join(format!("group_commit.{}.redb", std::process::id()));
    let store = Arc::new(RedbStore::open(&path).expect("the store opens"));
    let counts = [1, 2, 8, 32, 128];
    let mut rates = [0.0; 5];
    // In turns, so that what else the machine does falls on all alike.
    for round in 0..ROUNDS {
        for (rate, writers) in rates.iter_mut().zip(counts) {
            *rate += measure(&store, round, writers).await / f64::from(ROUNDS);
        }
    }
    for (rate, writers) in rates.iter().zip(counts) {
        println!("{writers:4} writers: {rate:8.0} commits/s, {:5.1} x one writer", rate / rates[0]);
    }
    println!("     reads: {:?} each", time_reads(&store).await);
    drop(store);
    std::fs::remove_file(path).expect("the file can be removed");
}

async fn measure(store: &Arc<RedbStore>, round: u32, writers: u32) -> f64 {
    const SPAN: Duration = Duration::from_millis(400);
    let start = Instant::now();
    let writers: Vec<_> = (0..writers)
        .map(|writer| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut count = 0_u32;
                while start.elapsed() < SPAN {
                    let key = format!("v/{writer}/s/{round}-{writers}-{count}");
                    let batch = Batch::builder().put(key, vec![7; 300]).build().expect("within the bounds");
                    store.commit(batch).await.expect("the commit succeeds");
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut total = 0;
    for writer in writers {
        total += writer.await.expect("the writer does not panic");
    }
    f64::from(total) / start.elapsed().as_secs_f64()
}

async fn time_reads(store: &RedbStore) -> Duration {
    const READS: u32 = 200_000;
    let start = Instant::now();
    for n in 0..READS {
        store.get(format!("v/0/s/0-1-{}", n % 100).as_bytes()).await.expect("the store answers");
    }
    start.elapsed() / READS
}

const ROUNDS: u32 = 8;
