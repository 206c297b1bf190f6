//! When a key is rotated by the service, and when its owner is told of its end.

use crate::{Period, UnixTime};

/// A trigger of a lifetime action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationTrigger {
    /// So long after a version was made.
    AfterCreate(Period),
    /// So long before a version expires.
    BeforeExpiry(Period),
}

/// The rotation policy of a key, valid by the rules of the wire contract, section 10.4.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RotationPolicy {
    /// When a new version is made.
    pub rotate: Option<RotationTrigger>,
    /// When the owner is told that a version is about to expire. Always before the expiry.
    pub notify: Option<Period>,
    /// How long a new version is valid.
    pub expiry: Option<Period>,
    /// When the policy was first set and last changed; absent for the default policy.
    pub times: Option<(UnixTime, UnixTime)>,
}

/// Says what is wrong with a rotation policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RotationPolicyError {
    /// A key is valid for 28 days at least.
    #[error("attributes.expiryTime must be at least 28 days")]
    ExpiryTooShort,
    /// A rotation before the key is a week old, or in the last week before its expiry.
    #[error("a key is rotated at least 7 days after its creation and at least 7 days before its expiry")]
    RotationTooClose,
    /// A time before the expiry of keys that do not expire.
    #[error("timeBeforeExpiry needs attributes.expiryTime")]
    NoExpiry,
    /// A time before the expiry that is before the creation.
    #[error("timeBeforeExpiry must be less than attributes.expiryTime")]
    BeforeCreation,
}

const DAY: i64 = 86_400;

impl RotationPolicy {
    /// What a key without a policy is told to have: a notice 30 days before the expiry.
    #[must_use]
    pub fn unset() -> Self {
        Self { notify: Some(Period::days(30)), ..Self::default() }
    }

    /// Checks the rules between the members.
    ///
    /// # Errors
    /// When a rule of the wire contract, section 10.4, is broken.
    pub fn check(&self) -> Result<(), RotationPolicyError> {
        let length = self.expiry.map(|expiry| expiry.after(UnixTime(0)).0);
        if length.is_some_and(|length| length < 28 * DAY) {
            return Err(RotationPolicyError::ExpiryTooShort);
        }
        match self.rotate {
            Some(RotationTrigger::AfterCreate(after)) => check_after(after, length)?,
            Some(RotationTrigger::BeforeExpiry(before)) => {
                let left = before_expiry(before, length)?;
                if left < 7 * DAY || before.after(UnixTime(0)).0 < 7 * DAY {
                    return Err(RotationPolicyError::RotationTooClose);
                }
            }
            None => {}
        }
        if let (Some(notify), Some(_)) = (self.notify, length) {
            before_expiry(notify, length)?;
        }
        Ok(())
    }

    /// When a version made and expiring at these times is due for rotation; `None` if it never is.
    #[must_use]
    pub fn rotation_due(&self, created: UnixTime, expires: Option<UnixTime>) -> Option<UnixTime> {
        match self.rotate? {
            RotationTrigger::AfterCreate(after) => Some(after.after(created)),
            RotationTrigger::BeforeExpiry(before) => expires.map(|expires| before.before(expires)),
        }
    }

    /// When the owner of a version that expires at this time is to be told.
    #[must_use]
    pub fn notice_due(&self, expires: Option<UnixTime>) -> Option<UnixTime> {
        self.notify.zip(expires).map(|(notify, expires)| notify.before(expires))
    }
}

fn check_after(after: Period, length: Option<i64>) -> Result<(), RotationPolicyError> {
    let after = after.after(UnixTime(0)).0;
    let too_late = length.is_some_and(|length| after > length - 7 * DAY);
    if after < 7 * DAY || too_late { Err(RotationPolicyError::RotationTooClose) } else { Ok(()) }
}

/// What is left of the time before the expiry once this is taken from it.
fn before_expiry(before: Period, length: Option<i64>) -> Result<i64, RotationPolicyError> {
    let length = length.ok_or(RotationPolicyError::NoExpiry)?;
    let left = length - before.after(UnixTime(0)).0;
    if left <= 0 { Err(RotationPolicyError::BeforeCreation) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rotate: Option<RotationTrigger>, notify: Option<&str>, expiry: Option<&str>) -> RotationPolicy {
        let period = |text: &str| text.parse::<Period>().unwrap();
        RotationPolicy { rotate, notify: notify.map(period), expiry: expiry.map(period), times: None }
    }

    fn after(text: &str) -> Option<RotationTrigger> {
        Some(RotationTrigger::AfterCreate(text.parse().unwrap()))
    }

    fn before(text: &str) -> Option<RotationTrigger> {
        Some(RotationTrigger::BeforeExpiry(text.parse().unwrap()))
    }

    #[test]
    fn the_rules_hold_at_their_bounds() {
        use RotationPolicyError::{BeforeCreation, ExpiryTooShort, NoExpiry, RotationTooClose};
        for (policy, expected) in [
            (policy(None, None, None), Ok(())),
            (policy(None, Some("P30D"), None), Ok(())),
            (policy(None, None, Some("P28D")), Ok(())),
            (policy(None, None, Some("P27D")), Err(ExpiryTooShort)),
            (policy(after("P7D"), None, None), Ok(())),
            (policy(after("P6D"), None, None), Err(RotationTooClose)),
            (policy(after("P21D"), None, Some("P28D")), Ok(())),
            (policy(after("P22D"), None, Some("P28D")), Err(RotationTooClose)),
            (policy(before("P7D"), None, Some("P28D")), Ok(())),
            (policy(before("P6D"), None, Some("P28D")), Err(RotationTooClose)),
            (policy(before("P21D"), None, Some("P28D")), Ok(())),
            (policy(before("P22D"), None, Some("P28D")), Err(RotationTooClose)),
            (policy(before("P7D"), None, None), Err(NoExpiry)),
            (policy(before("P3M"), None, Some("P1M")), Err(BeforeCreation)),
            (policy(after("P18M"), Some("P30D"), Some("P2Y")), Ok(())),
            (policy(None, Some("P90D"), Some("P60D")), Err(BeforeCreation)),
        ] {
            assert_eq!(policy.check(), expected, "{policy:?}");
        }
    }

    #[test]
    fn due_times_follow_the_trigger() {
        let created = UnixTime(1_700_000_000);
        let expires = created.plus(365 * DAY);
        assert_eq!(policy(after("P30D"), None, None).rotation_due(created, None), Some(created.plus(30 * DAY)));
        assert_eq!(
            policy(before("P30D"), None, Some("P1Y")).rotation_due(created, Some(expires)),
            Some(expires.plus(-30 * DAY))
        );
        assert_eq!(policy(before("P30D"), None, Some("P1Y")).rotation_due(created, None), None);
        assert_eq!(policy(None, None, None).rotation_due(created, Some(expires)), None);
        assert_eq!(RotationPolicy::unset().notice_due(Some(expires)), Some(expires.plus(-30 * DAY)));
        assert_eq!(RotationPolicy::unset().notice_due(None), None);
    }
}
