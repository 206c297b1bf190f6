//! Asks questions that are too long together, though none is alone.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        for _ in 0..100 {
            host.within_scope(&"x".repeat(4 << 10));
        }
        Opinion::allow("asked")
    }
}

portcullis_plugin::export_authorization!(Guest);
