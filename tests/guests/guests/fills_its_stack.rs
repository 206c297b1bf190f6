//! Calls itself until its own stack, which lies in its memory, ends.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

fn depth(level: u64) -> u64 {
    let frame = std::hint::black_box([level; 512]);
    if level == u64::MAX { 0 } else { depth(frame[7] + 1) + frame[3] }
}

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::allow(depth(1).to_string())
    }
}

portcullis_plugin::export_authorization!(Guest);
