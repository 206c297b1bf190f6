//! What the certificate of a server says.

use std::net::IpAddr;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};

use super::authority::serial;
use super::{CertificateError, Validity};
use crate::random::Random;

/// Names go to subjectAltName alone, where clients look for them (RFC 9525 section 2); the subject is for people.
pub(super) fn params(
    names: &[String],
    addresses: &[IpAddr],
    validity: Validity,
    random: &dyn Random,
) -> Result<CertificateParams, CertificateError> {
    if names.is_empty() && addresses.is_empty() {
        return Err(CertificateError::NoNames);
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Portcullis server");
    params.subject_alt_names = names.iter().map(|name| dns_name(name)).collect::<Result<_, _>>()?;
    params.subject_alt_names.extend(addresses.iter().copied().map(SanType::IpAddress));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = validity.not_before;
    params.not_after = validity.not_after;
    params.serial_number = Some(serial(random)?);
    Ok(params)
}

fn dns_name(name: &str) -> Result<SanType, CertificateError> {
    let malformed = || CertificateError::Name { name: name.to_owned() };
    let host = name.strip_prefix("*.").unwrap_or(name);
    if name.len() > 253 || !host.split('.').all(is_label) {
        return Err(malformed());
    }
    Ok(SanType::DnsName(name.try_into().map_err(|_| malformed())?))
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(allowed)
}
