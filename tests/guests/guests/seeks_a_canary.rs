//! Looks for a canary in memory that it has not written to.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    fn evaluate(_: &impl Host) -> Opinion {
        // Growing memory is zeroed by contract; what an allocator hands out unzeroed was zeroed by the host, or not.
        let mut memory: Vec<u64> = vec![0; 1 << 20];
        let found = std::hint::black_box(&mut memory).iter().filter(|word| **word != 0).count();
        if found == 0 { Opinion::allow("nothing") } else { Opinion::deny("canary", found.to_string()) }
    }
}

portcullis_plugin::export_authorization!(Guest);
