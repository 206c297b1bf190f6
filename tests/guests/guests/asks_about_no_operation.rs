//! Asks about an operation that does not exist.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        host.operation_in(&["SecretGett".to_owned()]);
        Opinion::allow("asked")
    }
}

portcullis_plugin::export_authorization!(Guest);
