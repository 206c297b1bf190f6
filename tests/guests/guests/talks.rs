//! Writes to standard output and error for ever.

use std::io::Write as _;

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        loop {
            // Whether it is heard does not matter.
            let _ = std::io::stdout().write_all(b"more\n");
            let _ = std::io::stderr().write_all(b"more\n");
        }
    }
}

portcullis_plugin::export_authorization!(Guest);
