//! Aborts, which is the instruction `unreachable`.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        std::process::abort()
    }
}

portcullis_plugin::export_authorization!(Guest);
