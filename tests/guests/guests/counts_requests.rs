//! Lets a caller through twice a minute.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion {
        let caller = host.principal_id();
        if host.rate(&caller, 2, 60) && host.quota(&caller, 100, 86_400) {
            Opinion::allow("seldom")
        } else {
            Opinion::deny("often", "twice a minute is enough")
        }
    }
}

portcullis_plugin::export_authorization!(Guest);
