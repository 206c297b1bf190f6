//! Takes memory until there is none left.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        let mut taken = Vec::new();
        loop {
            taken.push(vec![1_u8; 1 << 20]);
            std::hint::black_box(&taken);
        }
    }
}

portcullis_plugin::export_authorization!(Guest);
