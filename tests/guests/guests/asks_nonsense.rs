//! Asks about a group whose id is none.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        host.in_group("administrators");
        Opinion::allow("asked")
    }
}

portcullis_plugin::export_authorization!(Guest);
