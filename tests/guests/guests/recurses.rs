//! Calls itself until the host's stack for it ends.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

fn depth(level: u64) -> u64 {
    if level == u64::MAX { 0 } else { std::hint::black_box(depth(std::hint::black_box(level) + 1)) + 1 }
}

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::allow(depth(1).to_string())
    }
}

portcullis_plugin::export_authorization!(Guest);
