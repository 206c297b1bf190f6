//! What a certificate shall say.

use std::collections::BTreeSet;

use super::{DistinguishedName, KeyUsage, Oid, SubjectNames, ValidityMonths};

/// The X.509 part of a certificate policy: what a certificate shall say, apart from its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSpec {
    pub(super) subject: DistinguishedName,
    pub(super) names: SubjectNames,
    pub(super) ekus: Vec<Oid>,
    pub(super) key_usage: BTreeSet<KeyUsage>,
    pub(super) role: Role,
    pub(super) validity: ValidityMonths,
}

/// The basic constraint of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It signs no certificates.
    EndEntity,
    /// It signs certificates.
    Authority,
}

/// Why there can be no such certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// It would name nobody.
    #[error("a certificate needs a subject or an alternative name")]
    NoName,
    /// There are more extended key usages than we accept.
    #[error("a certificate may have at most {MAX_EKUS} extended key usages")]
    TooManyUsages,
    /// keyCertSign is for authorities (RFC 5280 section 4.2.1.9).
    #[error("the key usage keyCertSign needs the basic constraint ca")]
    SignerWithoutAuthority,
}

impl CertificateSpec {
    /// Who the certificate is about and for how long. It is that of an end entity without usages.
    pub fn new(subject: DistinguishedName, names: SubjectNames, validity: ValidityMonths) -> Result<Self, SpecError> {
        if subject.is_empty() && names.is_empty() {
            return Err(SpecError::NoName);
        }
        Ok(Self { subject, names, ekus: Vec::new(), key_usage: BTreeSet::new(), role: Role::EndEntity, validity })
    }

    /// Sets the extended key usages; repeated ones fall away.
    pub fn with_ekus(mut self, ekus: impl IntoIterator<Item = Oid>) -> Result<Self, SpecError> {
        self.ekus.clear();
        for eku in ekus {
            if !self.ekus.contains(&eku) {
                self.ekus.push(eku);
            }
            if self.ekus.len() > MAX_EKUS {
                return Err(SpecError::TooManyUsages);
            }
        }
        Ok(self)
    }

    /// Sets the basic constraint and the key usages, which depend on it. None means any.
    pub fn with_usage(mut self, role: Role, key_usage: BTreeSet<KeyUsage>) -> Result<Self, SpecError> {
        if role == Role::EndEntity && key_usage.contains(&KeyUsage::KeyCertSign) {
            return Err(SpecError::SignerWithoutAuthority);
        }
        self.role = role;
        self.key_usage = key_usage;
        Ok(self)
    }
}

const MAX_EKUS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> CertificateSpec {
        let months = ValidityMonths::new(1).unwrap();
        CertificateSpec::new("CN=a".parse().unwrap(), SubjectNames::default(), months).unwrap()
    }

    #[test]
    fn names_somebody() {
        let months = ValidityMonths::new(1).unwrap();
        let nobody = CertificateSpec::new(DistinguishedName::default(), SubjectNames::default(), months);
        assert_eq!(nobody, Err(SpecError::NoName));
    }

    #[test]
    fn only_authorities_sign_certificates() {
        let usage = BTreeSet::from([KeyUsage::KeyCertSign]);
        let refused = spec().with_usage(Role::EndEntity, usage.clone());
        assert_eq!(refused, Err(SpecError::SignerWithoutAuthority));
        spec().with_usage(Role::Authority, usage).unwrap();
    }

    #[test]
    fn bounds_extended_key_usages() {
        let ekus = |count: u32| (0..count).map(|number| format!("1.2.3.{number}").parse().unwrap()).collect::<Vec<_>>();
        spec().with_ekus(ekus(32)).unwrap();
        assert_eq!(spec().with_ekus(ekus(33)), Err(SpecError::TooManyUsages));
        assert_eq!(spec().with_ekus([ekus(1), ekus(1)].concat()).unwrap().ekus.len(), 1);
    }
}
