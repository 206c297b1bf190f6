//! Decides by the time, by randomness and by its environment, as far as there are any.

use std::hash::{BuildHasher, RandomState};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

impl Authorization for Guest {
    #[expect(clippy::disallowed_methods, reason = "this guest tries what must not work")]
    fn evaluate(_: &impl Host) -> Opinion {
        let seed = RandomState::new().hash_one(7);
        let started = Instant::now();
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let waited = started.elapsed().as_nanos();
        let variables = std::env::vars().count() + std::env::args().count();
        Opinion::allow(format!("{seed:x} {clock} {waited} {variables}"))
    }
}

portcullis_plugin::export_authorization!(Guest);
