//! Prints how long sealing and opening a record of 300 bytes take: `cargo run --release --example seal_time`.
#![expect(clippy::print_stdout, reason = "the output of an example is its purpose")]

use std::sync::Arc;
use std::time::Instant;

use portcullis_crypto::{DataKey, SealContext, Sealer, SystemRandom};

fn main() {
    const ROUNDS: u32 = 200_000;
    let random = Arc::new(SystemRandom::new());
    let key = DataKey::generate(&*random).expect("the system gives random bytes");
    let sealer = Sealer::new(&key, random);
    let context = SealContext { store_key: b"v/1234567890/s/database-password", generation: &[7; 16], sequence: 1 };
    let plaintext = [0xa5; 300];
    let sealed = sealer.seal(&context, &plaintext).expect("the system gives random bytes");

    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(sealer.seal(&context, &plaintext)).expect("the system gives random bytes");
    }
    println!("seal {:?}", start.elapsed() / ROUNDS);
    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(sealer.open(&context, &sealed)).expect("the record opens");
    }
    println!("open {:?}", start.elapsed() / ROUNDS);
}
