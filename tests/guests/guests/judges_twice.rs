//! A plugin at both hooks.

use portcullis_plugin::{Access, Authorization, ConditionalAccess, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        Opinion::allow(host.vault().unwrap_or_default())
    }
}

impl ConditionalAccess for Guest {
    fn evaluate(host: &impl Host) -> Access {
        Access::grant(host.operation())
    }
}

portcullis_plugin::export_authorization!(Guest);
portcullis_plugin::export_conditional_access!(Guest);
