//! Challenges, as a policy does that wants a fresh token. Nothing is hostile in it: no bundled plugin challenges.

use portcullis_plugin::{Access, ConditionalAccess, Host};

struct Guest;

impl ConditionalAccess for Guest {
    fn evaluate(_: &impl Host) -> Access {
        Access::challenge("fresh", "come back fresher", r#"{"access_token":{"nbf":{"essential":true}}}"#)
    }
}

portcullis_plugin::export_conditional_access!(Guest);
