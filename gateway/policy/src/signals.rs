//! What others than the gateway have found out about a caller.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by name.
pub type Signal = BTreeMap<Arc<str>, Arc<str>>;

/// What is known of the caller's device, of risk and of the network, by name. What is not known is not there; nobody may
/// take that for a good sign.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// `principal.device`: such as `compliant`.
    pub device: Signal,
    /// `principal.risk`: by kind, `sign-in` or `principal`.
    pub risk: Signal,
    /// `network.signal`: such as `country`.
    pub network: Signal,
}
