//! What is kept of a key as a whole: its rotation policy and which version its owner was told of.

use portcullis_model::{Period, RotationPolicy, RotationTrigger, UnixTime};

use crate::record::{Decoder, Encoder, Hand, Head, Malformed, VersionId};

/// What is kept of a key as a whole. Nothing at all for most keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyWhole {
    pub(crate) policy: Option<RotationPolicy>,
    /// The version of whose coming end the owner was told.
    pub(crate) notified: Option<VersionId>,
}

impl KeyWhole {
    pub(crate) fn of(head: &Head) -> Result<Self, Malformed> {
        if head.whole.is_empty() {
            return Ok(Self::default());
        }
        let mut from = Decoder::new(&head.whole);
        if from.byte()? != FORMAT {
            return Err(Malformed);
        }
        let policy = from.option(decode_policy)?;
        let notified = from.option(|from| from.array().map(VersionId::from_bytes))?;
        from.end()?;
        Ok(Self { policy, notified })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut to = Encoder::with_capacity(128);
        to.byte(FORMAT);
        to.option(self.policy.as_ref(), encode_policy);
        to.option(self.notified, |to, version| to.raw(version.as_bytes()));
        to.finish().to_vec()
    }

    /// The policy in force, which is the default one where none was set.
    pub(crate) fn policy(&self) -> RotationPolicy {
        self.policy.clone().unwrap_or_else(RotationPolicy::unset)
    }

    /// When the key is due for rotation. One that its owner disabled is not: its next version would be enabled.
    pub(crate) fn rotation_due(&self, head: &Head) -> Option<UnixTime> {
        let attributes = &head.meta.attributes;
        self.policy().rotation_due(head.meta.created, attributes.exp).filter(|_| attributes.enabled)
    }

    /// When the key is next due for something. The key of a certificate never is: its certificate is.
    pub(crate) fn due(&self, head: &Head) -> Option<UnixTime> {
        if head.meta.hand == Hand::Certificate {
            return None;
        }
        let expires = head.meta.attributes.exp;
        let policy = self.policy();
        let notice = policy.notice_due(expires).filter(|_| self.notified != Some(head.version));
        [self.rotation_due(head), notice].into_iter().flatten().min()
    }
}

fn encode_policy(to: &mut Encoder, policy: &RotationPolicy) {
    let period = |to: &mut Encoder, period: Period| to.bytes(period.to_string().as_bytes());
    to.option(policy.rotate, |to, trigger| match trigger {
        RotationTrigger::AfterCreate(after) => {
            to.byte(0);
            period(to, after);
        }
        RotationTrigger::BeforeExpiry(before) => {
            to.byte(1);
            period(to, before);
        }
    });
    to.option(policy.notify, period);
    to.option(policy.expiry, period);
    to.option(policy.times, |to, (created, updated)| {
        to.time(created);
        to.time(updated);
    });
}

fn decode_policy(from: &mut Decoder<'_>) -> Result<RotationPolicy, Malformed> {
    let period = |from: &mut Decoder<'_>| from.text()?.parse::<Period>().map_err(|_| Malformed);
    let rotate = from.option(|from| match from.byte()? {
        0 => period(from).map(RotationTrigger::AfterCreate),
        1 => period(from).map(RotationTrigger::BeforeExpiry),
        _ => Err(Malformed),
    })?;
    let (notify, expiry) = (from.option(period)?, from.option(period)?);
    let times = from.option(|from| Ok((from.time()?, from.time()?)))?;
    Ok(RotationPolicy { rotate, notify, expiry, times })
}

const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use portcullis_model::{Attributes, Generation, Tags};

    use super::*;
    use crate::record::Meta;

    fn head(whole: Vec<u8>, exp: Option<UnixTime>) -> Head {
        let meta = Meta {
            hand: Hand::Own,
            exportable: false,
            attributes: Attributes { exp, ..Attributes::default() },
            created: UnixTime(1_000_000),
            updated: UnixTime(1_000_000),
            content_type: None,
            tags: Tags::default(),
        };
        let version = VersionId::from_bytes([1; 16]);
        let generation = Generation::from_bytes([2; 16]);
        Head { name: "key".parse().unwrap(), generation, sequence: 1, version, meta, whole }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let policy = RotationPolicy {
            rotate: Some(RotationTrigger::BeforeExpiry(Period::days(30))),
            notify: Some(Period::months(1)),
            expiry: Some("P2Y".parse().unwrap()),
            times: Some((UnixTime(1), UnixTime(2))),
        };
        let whole = KeyWhole { policy: Some(policy), notified: Some(VersionId::from_bytes([7; 16])) };
        assert_eq!(KeyWhole::of(&head(whole.encode(), None)), Ok(whole));
        assert_eq!(KeyWhole::of(&head(Vec::new(), None)), Ok(KeyWhole::default()));
        assert_eq!(KeyWhole::of(&head(vec![9], None)), Err(Malformed));
    }

    #[test]
    fn a_notice_is_due_once_for_a_version() {
        let exp = UnixTime(1_000_000 + 365 * 86_400);
        let told = KeyWhole { policy: None, notified: Some(VersionId::from_bytes([1; 16])) };
        assert_eq!(KeyWhole::default().due(&head(Vec::new(), Some(exp))), Some(exp.plus(-30 * 86_400)));
        assert_eq!(told.due(&head(Vec::new(), Some(exp))), None);
        assert_eq!(KeyWhole::default().due(&head(Vec::new(), None)), None);
        let mut managed = head(Vec::new(), Some(exp));
        managed.meta.hand = Hand::Certificate;
        assert_eq!(KeyWhole::default().due(&managed), None);
    }
}
