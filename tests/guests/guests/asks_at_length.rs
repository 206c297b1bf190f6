//! Asks a question of megabytes.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        host.within_scope(&"x".repeat(4 << 20));
        Opinion::allow("asked")
    }
}

portcullis_plugin::export_authorization!(Guest);
