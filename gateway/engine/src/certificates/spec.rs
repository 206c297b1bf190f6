//! From a policy to what a certificate says, and back.

use std::collections::BTreeSet;
use std::net::IpAddr;

use portcullis_crypto::x509::{
    CertificateFacts, CertificateSpec, DistinguishedName, KeyUsage, MonthsError, NameError, Oid, Role, SpecError,
    SubjectNames, ValidityMonths,
};
use portcullis_model::{
    AlternativeNames, CertificateProperties, KeyOperation, KeyOperations, KeySpec, KeyType, PolicyChanges,
};

/// Says which member of a policy a certificate cannot be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProperties {
    /// The subject or an alternative name.
    #[error("policy.x509_props: {0}")]
    Name(#[from] NameError),
    /// An IP address.
    #[error("policy.x509_props.sans.ipAddresses: not an IP address")]
    Address,
    /// An extended key usage.
    #[error("policy.x509_props.ekus: not an object identifier")]
    Eku,
    /// A key usage.
    #[error("policy.x509_props.key_usage: not a key usage")]
    KeyUsage,
    /// The validity.
    #[error("policy.x509_props.validity_months: {0}")]
    Months(#[from] MonthsError),
    /// The whole.
    #[error("policy.x509_props: {0}")]
    Spec(#[from] SpecError),
}

/// What a certificate of these properties says.
pub(super) fn spec(properties: &CertificateProperties) -> Result<CertificateSpec, BadProperties> {
    let CertificateProperties { subject, names, ekus, key_usage, validity_months } = properties;
    let subject: DistinguishedName = if subject.is_empty() { DistinguishedName::default() } else { subject.parse()? };
    let months = ValidityMonths::new(u32::from(*validity_months))?;
    let ekus = ekus.iter().map(|eku| eku.parse::<Oid>().map_err(|_| BadProperties::Eku));
    let usage = key_usage.iter().map(|usage| usage.parse::<KeyUsage>().map_err(|_| BadProperties::KeyUsage));
    let spec = CertificateSpec::new(subject, subject_names(names)?, months)?;
    let spec = spec.with_ekus(ekus.collect::<Result<Vec<_>, _>>()?)?;
    let mut usage = usage.collect::<Result<BTreeSet<_>, _>>()?;
    // The policy that the reference's tools begin with has keyCertSign among others, for a certificate that is no
    // authority. It stays in the policy; the certificate must not say it (RFC 5280, section 4.2.1.3). Alone it is
    // refused, since without any usage the key may be used for everything.
    if usage.len() > 1 {
        usage.remove(&KeyUsage::KeyCertSign);
    }
    Ok(spec.with_usage(Role::EndEntity, usage)?)
}

fn subject_names(names: &AlternativeNames) -> Result<SubjectNames, BadProperties> {
    let mut subject = SubjectNames::default();
    for name in &names.dns_names {
        subject.add_dns_name(name)?;
    }
    for email in &names.emails {
        subject.add_email(email)?;
    }
    for upn in &names.upns {
        subject.add_upn(upn)?;
    }
    for uri in &names.uris {
        subject.add_uri(uri)?;
    }
    for address in &names.ip_addresses {
        subject.add_ip_address(address.parse::<IpAddr>().map_err(|_| BadProperties::Address)?)?;
    }
    Ok(subject)
}

/// What a policy says of a certificate that was made elsewhere.
pub(super) fn derived(facts: &CertificateFacts, spec: KeySpec) -> PolicyChanges {
    PolicyChanges {
        spec: Some(spec),
        subject: Some(facts.subject.to_string()),
        names: Some(AlternativeNames {
            emails: facts.names.emails().to_vec(),
            dns_names: facts.names.dns_names().to_vec(),
            upns: facts.names.upns().to_vec(),
            uris: facts.names.uris().to_vec(),
            ip_addresses: facts.names.ip_addresses().iter().map(|address| address.to_string()).collect(),
        }),
        ekus: Some(facts.ekus.iter().map(ToString::to_string).collect()),
        key_usage: Some(facts.key_usage.iter().map(|usage| usage.name().to_owned()).collect()),
        validity_months: Some(u16::try_from(facts.validity_months).unwrap_or(ValidityMonths::MAX)),
        ..PolicyChanges::default()
    }
}

/// What the key of a certificate is for (wire contract, section 11.1).
pub(super) fn operations(key_usage: &[String], key_type: KeyType) -> KeyOperations {
    use KeyOperation::{Decrypt, Encrypt, Sign, UnwrapKey, Verify, WrapKey};
    let uses = key_usage.iter().filter_map(|usage| usage.parse::<KeyUsage>().ok());
    let operations = uses.flat_map(|usage| match usage {
        KeyUsage::DigitalSignature | KeyUsage::NonRepudiation | KeyUsage::KeyCertSign | KeyUsage::CrlSign => {
            [Sign, Verify].as_slice()
        }
        KeyUsage::KeyEncipherment => &[WrapKey, UnwrapKey],
        KeyUsage::DataEncipherment => &[Encrypt, Decrypt],
        KeyUsage::EncipherOnly => &[Encrypt],
        KeyUsage::DecipherOnly => &[Decrypt],
        KeyUsage::KeyAgreement => &[],
    });
    let operations: KeyOperations = operations.copied().filter(|operation| fits(*operation, key_type)).collect();
    if operations.is_empty() { KeyOperations::defaults(key_type) } else { operations }
}

fn fits(operation: KeyOperation, key_type: KeyType) -> bool {
    crate::keys::record::fit(KeyOperations::of(&[operation]), key_type)
}
