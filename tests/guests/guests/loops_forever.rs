//! Never ends.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        loop {
            std::hint::black_box(());
        }
    }
}

portcullis_plugin::export_authorization!(Guest);
