//! Counts its evaluations in memory.

use std::sync::atomic::{AtomicU32, Ordering};

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

static EVALUATIONS: AtomicU32 = AtomicU32::new(0);

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::allow(EVALUATIONS.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

portcullis_plugin::export_authorization!(Guest);
