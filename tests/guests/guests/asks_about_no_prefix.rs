//! Asks about an address prefix that is none.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        host.source_in(&["10.0.0.0/33".to_owned()]);
        Opinion::allow("asked")
    }
}

portcullis_plugin::export_authorization!(Guest);
