//! Sleeps for an hour, which is over at once.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        std::thread::sleep(std::time::Duration::from_secs(3600));
        Opinion::allow("slept")
    }
}

portcullis_plugin::export_authorization!(Guest);
