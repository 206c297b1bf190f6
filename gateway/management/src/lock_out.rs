//! Network rules that would keep out whoever writes them.
//!
//! The management plane is never filtered, so nobody is locked out for good; but whoever closes a vault from a place that
//! the rules do not name has as a rule forgotten himself, and finds out when his service stops.

use portcullis_model::management::VaultWarning;
use portcullis_model::{NetworkRules, PublicNetworkAccess};
use portcullis_network::{CallerTrust, Origin, judge};

use crate::ManagementError;

/// From where rules are written, and whether the writer insists on them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) force: bool,
}

impl Place<'_> {
    /// Whether the rules admit the place. Whoever comes through a private endpoint is admitted by no rules, so none keep him
    /// out. That trusted services skip rules does not count: the rules are judged as for
    /// everybody else who is there.
    fn is_admitted(self, rules: &NetworkRules) -> bool {
        judge(rules, &[], self.origin, CallerTrust::Ordinary).is_ok()
    }
}

/// Refuses a change of rules that newly keeps out the writer's own address, unless he insists; then he is warned. To
/// switch public access off is no oversight, and only warned of.
pub(crate) fn check(
    before: &NetworkRules,
    after: &NetworkRules,
    place: Place<'_>,
) -> Result<Option<VaultWarning>, ManagementError> {
    if !place.is_admitted(before) || place.is_admitted(after) {
        return Ok(None);
    }
    match warning(after) {
        warning @ VaultWarning::PublicAccessDisabled => Ok(Some(warning)),
        warning @ VaultWarning::ExcludesCaller if place.force => Ok(Some(warning)),
        VaultWarning::ExcludesCaller => Err(ManagementError::ExcludesCaller { address: place.origin.address() }),
    }
}

/// What the maker of a vault is told of its rules. Nothing is in it that he could lose.
pub(crate) fn warn_of_new(rules: &NetworkRules, place: Place<'_>) -> Option<VaultWarning> {
    (!place.is_admitted(rules)).then(|| warning(rules))
}

const fn warning(rules: &NetworkRules) -> VaultWarning {
    match rules.public_network_access {
        PublicNetworkAccess::Disabled => VaultWarning::PublicAccessDisabled,
        PublicNetworkAccess::Enabled => VaultWarning::ExcludesCaller,
    }
}
