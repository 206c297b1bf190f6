//! What is kept of a certificate as a whole: its policy, and of which version the contacts were told.

use portcullis_model::{
    AlternativeNames, CertificateKey, CertificatePolicy, CertificateProperties, IssuerChoice, LifetimeAction,
    LifetimeTrigger, SecretForm, UnixTime,
};

use crate::keys::record::{decode_spec, spec_bytes};
use crate::record::{Decoder, Encoder, Head, Malformed, VersionId};

/// What is kept of a certificate as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateWhole {
    pub(crate) policy: CertificatePolicy,
    /// The version of whose coming end the contacts were told.
    pub(crate) notified: Option<VersionId>,
}

impl CertificateWhole {
    pub(crate) fn of(head: &Head) -> Result<Self, Malformed> {
        let mut from = Decoder::new(&head.whole);
        if from.byte()? != FORMAT {
            return Err(Malformed);
        }
        let policy = decode_policy(&mut from)?;
        let notified = from.option(|from| from.array().map(VersionId::from_bytes))?;
        from.end()?;
        Ok(Self { policy, notified })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut to = Encoder::with_capacity(1024);
        to.byte(FORMAT);
        encode_policy(&mut to, &self.policy);
        to.option(self.notified, |to, version| to.raw(version.as_bytes()));
        to.finish().to_vec()
    }

    /// When the certificate is next due for something.
    pub(crate) fn due(&self, head: &Head) -> Option<UnixTime> {
        [self.renewal_due(head), self.notice_due(head)].into_iter().flatten().min()
    }

    /// When the certificate is due for renewal. One that is disabled, or whose policy is, is not renewed. An issuer may
    /// issue for less time than is asked for, so that a new certificate is due at once: it waits for a day.
    pub(crate) fn renewal_due(&self, head: &Head) -> Option<UnixTime> {
        let wanted = head.meta.attributes.enabled && self.policy.enabled;
        let due = self.action_due(head, LifetimeAction::AutoRenew).filter(|_| wanted)?;
        Some(due.max(head.meta.created.plus(LEAST_SECONDS_BETWEEN_RENEWALS)))
    }

    /// When the contacts are to be told of the certificate's end, if they have not been.
    pub(crate) fn notice_due(&self, head: &Head) -> Option<UnixTime> {
        self.action_due(head, LifetimeAction::EmailContacts).filter(|_| self.notified != Some(head.version))
    }

    fn action_due(&self, head: &Head, action: LifetimeAction) -> Option<UnixTime> {
        let (begin, end) = head.meta.attributes.nbf.zip(head.meta.attributes.exp)?;
        self.policy.trigger(action).map(|trigger| trigger.due(begin, end))
    }
}

const LEAST_SECONDS_BETWEEN_RENEWALS: i64 = 86_400;

pub(super) fn encode_policy(to: &mut Encoder, policy: &CertificatePolicy) {
    let CertificatePolicy { key, form, properties, actions, issuer, enabled, created, updated } = policy;
    let (kind, size) = spec_bytes(key.spec);
    for byte in [kind, size, u8::from(key.exportable), u8::from(key.reuse), form_byte(*form), u8::from(*enabled)] {
        to.byte(byte);
    }
    to.bytes(properties.subject.as_bytes());
    let AlternativeNames { emails, dns_names, upns, uris, ip_addresses } = &properties.names;
    for list in [emails, dns_names, upns, uris, ip_addresses, &properties.ekus, &properties.key_usage] {
        texts(to, list);
    }
    to.raw(&properties.validity_months.to_be_bytes());
    for (trigger, action) in actions {
        to.byte(1);
        let (kind, number) = match trigger {
            LifetimeTrigger::Percentage(percentage) => (0, u16::from(*percentage)),
            LifetimeTrigger::DaysBeforeExpiry(days) => (1, *days),
        };
        to.byte(kind);
        to.raw(&number.to_be_bytes());
        to.byte(u8::from(*action == LifetimeAction::EmailContacts));
    }
    to.byte(0);
    to.bytes(issuer.name.as_bytes());
    to.option(issuer.certificate_type.as_ref(), |to, text| to.bytes(text.as_bytes()));
    to.option(issuer.transparency, |to, flag| to.byte(u8::from(flag)));
    to.time(*created);
    to.time(*updated);
}

pub(super) fn decode_policy(from: &mut Decoder<'_>) -> Result<CertificatePolicy, Malformed> {
    let spec = decode_spec(from)?;
    let (exportable, reuse, form, enabled) = (from.flag()?, from.flag()?, form_of(from.byte()?)?, from.flag()?);
    let subject = from.text()?.to_owned();
    let names = AlternativeNames {
        emails: read_texts(from)?,
        dns_names: read_texts(from)?,
        upns: read_texts(from)?,
        uris: read_texts(from)?,
        ip_addresses: read_texts(from)?,
    };
    let (ekus, key_usage) = (read_texts(from)?, read_texts(from)?);
    let validity_months = u16::from_be_bytes(from.array()?);
    let mut actions = Vec::new();
    while from.flag()? {
        actions.push(decode_action(from)?);
    }
    let name = from.text()?.to_owned();
    let certificate_type = from.option(|from| from.text().map(str::to_owned))?;
    let transparency = from.option(Decoder::flag)?;
    let (created, updated) = (from.time()?, from.time()?);
    Ok(CertificatePolicy {
        key: CertificateKey { spec, exportable, reuse },
        form,
        properties: CertificateProperties { subject, names, ekus, key_usage, validity_months },
        actions,
        issuer: IssuerChoice { name, certificate_type, transparency },
        enabled,
        created,
        updated,
    })
}

fn decode_action(from: &mut Decoder<'_>) -> Result<(LifetimeTrigger, LifetimeAction), Malformed> {
    let (days, number) = (from.flag()?, u16::from_be_bytes(from.array()?));
    let trigger = if days {
        LifetimeTrigger::DaysBeforeExpiry(number)
    } else {
        LifetimeTrigger::Percentage(u8::try_from(number).map_err(|_| Malformed)?)
    };
    Ok((trigger, if from.flag()? { LifetimeAction::EmailContacts } else { LifetimeAction::AutoRenew }))
}

pub(super) fn texts(to: &mut Encoder, texts: &[String]) {
    for text in texts {
        to.byte(1);
        to.bytes(text.as_bytes());
    }
    to.byte(0);
}

pub(super) fn read_texts(from: &mut Decoder<'_>) -> Result<Vec<String>, Malformed> {
    let mut texts = Vec::new();
    while from.flag()? {
        texts.push(from.text()?.to_owned());
    }
    Ok(texts)
}

const fn form_byte(form: SecretForm) -> u8 {
    match form {
        SecretForm::Pkcs12 => 0,
        SecretForm::Pem => 1,
    }
}

const fn form_of(byte: u8) -> Result<SecretForm, Malformed> {
    match byte {
        0 => Ok(SecretForm::Pkcs12),
        1 => Ok(SecretForm::Pem),
        _ => Err(Malformed),
    }
}

const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use portcullis_model::{Curve, KeySpec, PolicyChanges};

    use super::*;

    #[test]
    fn a_policy_is_read_back_as_it_was_written() {
        let given = PolicyChanges {
            spec: Some(KeySpec::Ec(Curve::P521)),
            subject: Some("CN=a, O=b".to_owned()),
            names: Some(AlternativeNames {
                emails: vec!["a@b.example".to_owned()],
                dns_names: vec!["a.example".to_owned(), "b.example".to_owned()],
                ip_addresses: vec!["::1".to_owned()],
                ..AlternativeNames::default()
            }),
            actions: Some(vec![
                (LifetimeTrigger::DaysBeforeExpiry(300), LifetimeAction::EmailContacts),
                (LifetimeTrigger::Percentage(99), LifetimeAction::AutoRenew),
            ]),
            form: Some(SecretForm::Pem),
            issuer: Some(IssuerChoice { transparency: Some(false), ..IssuerChoice::named("Self") }),
            ..PolicyChanges::default()
        };
        let policy = CertificatePolicy::new(given, UnixTime(7)).unwrap();
        let mut to = Encoder::with_capacity(16);
        encode_policy(&mut to, &policy);
        let bytes = to.finish();
        let mut from = Decoder::new(&bytes);
        assert_eq!(decode_policy(&mut from), Ok(policy));
        assert_eq!(from.end(), Ok(()));
        for length in 0..bytes.len() {
            let mut from = Decoder::new(&bytes[..length]);
            assert!(decode_policy(&mut from).is_err(), "cut to {length}");
        }
    }
}
