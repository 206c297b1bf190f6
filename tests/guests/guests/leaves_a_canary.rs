//! Fills its memory with a canary.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

/// Not to be found in a memory that nobody wrote to.
const CANARY: u64 = 0x5ec2_e7c0_ffee_1234;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        let canary = vec![CANARY; 1 << 20];
        std::hint::black_box(&canary);
        Opinion::allow("sung")
    }
}

portcullis_plugin::export_authorization!(Guest);
