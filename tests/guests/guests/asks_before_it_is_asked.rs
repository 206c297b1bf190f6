//! Asks about a request while it is only asked about its settings.

use portcullis_plugin::{Authorization, Clock, Configuration, Gateway, Host, Opinion, Problem};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        Opinion::allow("never loaded")
    }
}

impl Configuration for Guest {
    fn validate(_: &str) -> Vec<Problem> {
        let early = Gateway.before(0);
        vec![Problem { pointer: String::new(), message: early.to_string() }]
    }

    fn describe() -> String {
        String::new()
    }
}

portcullis_plugin::export_authorization!(Guest);
portcullis_plugin::export_configuration!(Guest);
