//! Imports files, because it opens one.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::allow(std::fs::read_to_string("/etc/passwd").unwrap_or_default())
    }
}

portcullis_plugin::export_authorization!(Guest);
