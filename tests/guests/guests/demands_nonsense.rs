//! Challenges with claims that are no JSON object.

use portcullis_plugin::{Access, ConditionalAccess, Host};

struct Guest;

impl ConditionalAccess for Guest {
    fn evaluate(_: &impl Host) -> Access {
        Access::challenge("mfa", "come back stronger", "\"} , realm=\"evil")
    }
}

portcullis_plugin::export_conditional_access!(Guest);
