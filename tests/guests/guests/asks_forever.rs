//! Asks the same question for ever.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        while host.data_plane() {}
        Opinion::allow("asked enough")
    }
}

portcullis_plugin::export_authorization!(Guest);
