//! Gives a reason of megabytes.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::abstain("x".repeat(4 << 20))
    }
}

portcullis_plugin::export_authorization!(Guest);
