//! The engine through its permits, over the stores that are at hand.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see that their helpers are part of them"
)]

mod backup;
mod canary;
mod cancellation;
mod certificate_calls;
mod certificate_tampering;
mod certificates;
mod concurrency;
mod crash;
mod harness;
mod interruption;
mod key_calls;
mod key_rotation;
mod key_tampering;
mod keys;
mod paging;
mod secrets;
mod soft_delete;
mod stores;
mod tampering;
mod vaults;
