//! Exits in place of deciding.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        std::process::exit(0)
    }
}

portcullis_plugin::export_authorization!(Guest);
