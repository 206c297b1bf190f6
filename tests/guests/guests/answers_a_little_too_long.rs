//! Gives a reason that is one byte too long.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::abstain("x".repeat(2049))
    }
}

portcullis_plugin::export_authorization!(Guest);
