//! Panics, with words that are for the log and not for the caller.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        panic!("the words of the panic")
    }
}

portcullis_plugin::export_authorization!(Guest);
