//! The gateway's own certificate authority.

use std::fmt;
use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::X509Certificate;
use zeroize::Zeroizing;

use super::{CertificateError, PemPair, Validity, server};
use crate::random::{Random, array};

/// Issues the certificates of the gateway's listeners. ECDSA P-256.
///
/// ```compile_fail
/// use portcullis_crypto::certificates::CertificateAuthority;
/// fn copy(authority: &CertificateAuthority) -> CertificateAuthority {
///     authority.clone()
/// }
/// ```
pub struct CertificateAuthority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl CertificateAuthority {
    /// Makes a new authority with a certificate signed by itself.
    pub fn create(common_name: &str, validity: Validity, random: &dyn Random) -> Result<Self, CertificateError> {
        let key = new_key()?;
        let params = params(common_name, validity, random)?;
        let certificate = params.self_signed(&key).map_err(CertificateError::making)?.pem();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// Reads what [`CertificateAuthority::to_pem`] wrote.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, CertificateError> {
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(key, &PKCS_ECDSA_P256_SHA256)
            .map_err(|source| CertificateError::NotKey { source })?;
        let (_, pem) = parse_x509_pem(certificate.as_bytes()).map_err(|_| CertificateError::NotAuthority)?;
        check(&pem.parse_x509().map_err(|_| CertificateError::NotAuthority)?, &key)?;
        let issuer = Issuer::from_ca_cert_pem(certificate, key).map_err(|_| CertificateError::NotAuthority)?;
        Ok(Self { certificate: certificate.to_owned(), issuer })
    }

    /// The authority with its private key, to be kept in a safe place.
    #[must_use]
    pub fn to_pem(&self) -> PemPair {
        PemPair { certificates: self.certificate.clone(), key: Zeroizing::new(self.issuer.key().serialize_pem()) }
    }

    /// The certificate alone, which clients are told to trust.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// Issues a certificate for a server with a new key. Names may begin with the wildcard label `*`.
    pub fn issue_server(
        &self,
        names: &[String],
        addresses: &[IpAddr],
        validity: Validity,
        random: &dyn Random,
    ) -> Result<PemPair, CertificateError> {
        let key = new_key()?;
        let params = server::params(names, addresses, validity, random)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(CertificateError::making)?;
        let certificates = format!("{}{}", certificate.pem(), self.certificate);
        Ok(PemPair { certificates, key: Zeroizing::new(key.serialize_pem()) })
    }
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertificateAuthority(..)")
    }
}

/// A random serial number: positive and of at most 20 bytes (RFC 5280 section 4.1.2.2).
pub(super) fn serial(random: &dyn Random) -> Result<SerialNumber, CertificateError> {
    let mut bytes: [u8; 16] = array(random)?;
    // Neither negative nor with a leading zero.
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

// Python's VERIFY_X509_STRICT (OpenSSL's -x509_strict) demands of an authority the subject key identifier, which rcgen
// adds, a critical basicConstraints and keyUsage with keyCertSign.
fn params(common_name: &str, validity: Validity, random: &dyn Random) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = validity.not_before;
    params.not_after = validity.not_after;
    params.serial_number = Some(serial(random)?);
    Ok(params)
}

fn check(certificate: &X509Certificate<'_>, key: &KeyPair) -> Result<(), CertificateError> {
    if !certificate.is_ca() {
        return Err(CertificateError::NotAuthority);
    }
    if certificate.public_key().raw != key.subject_public_key_info() {
        return Err(CertificateError::KeyMismatch);
    }
    Ok(())
}

fn new_key() -> Result<KeyPair, CertificateError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(CertificateError::making)
}

#[cfg(test)]
mod tests {
    use portcullis_model::UnixTime;
    use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension};

    use super::*;
    use crate::SeededRandom;

    fn validity() -> Validity {
        Validity::new(UnixTime(1_700_000_000), UnixTime(4_000_000_000)).unwrap()
    }

    fn authority() -> CertificateAuthority {
        CertificateAuthority::create("Portcullis test", validity(), &SeededRandom::new(1)).unwrap()
    }

    fn issue(authority: &CertificateAuthority) -> PemPair {
        let names = ["vault.localhost".to_owned(), "*.vault.localhost".to_owned()];
        let addresses = ["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        authority.issue_server(&names, &addresses, validity(), &SeededRandom::new(2)).unwrap()
    }

    fn der(pem: &str) -> Vec<Vec<u8>> {
        x509_parser::pem::Pem::iter_from_buffer(pem.as_bytes()).map(|pem| pem.unwrap().contents).collect()
    }

    #[test]
    fn issues_certificates_that_it_has_signed() {
        let authority = authority();
        let chain = der(&issue(&authority).certificates);
        assert_eq!(chain.len(), 2);
        let (_, leaf) = X509Certificate::from_der(&chain[0]).unwrap();
        let (_, root) = X509Certificate::from_der(&chain[1]).unwrap();
        leaf.verify_signature(Some(root.public_key())).unwrap();
        root.verify_signature(None).unwrap();
        assert_eq!(leaf.issuer(), root.subject());
        assert!(root.is_ca() && !leaf.is_ca());
        assert!(leaf.extended_key_usage().unwrap().unwrap().value.server_auth);
        assert_eq!(leaf.validity().not_after.timestamp(), 4_000_000_000);
    }

    #[test]
    fn names_wildcards_and_addresses() {
        let chain = der(&issue(&authority()).certificates);
        let (_, leaf) = X509Certificate::from_der(&chain[0]).unwrap();
        let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
        assert!(names.contains(&GeneralName::DNSName("*.vault.localhost")));
        assert!(names.contains(&GeneralName::IPAddress(&[127, 0, 0, 1])));
        assert_eq!(names.len(), 4);
    }

    #[test]
    fn carries_the_identifiers_that_strict_clients_demand() {
        let chain = der(&issue(&authority()).certificates);
        let has = |der: &[u8], wanted: fn(&ParsedExtension<'_>) -> bool| {
            let (_, certificate) = X509Certificate::from_der(der).unwrap();
            certificate.extensions().iter().any(|extension| wanted(extension.parsed_extension()))
        };
        assert!(has(&chain[0], |found| matches!(found, ParsedExtension::AuthorityKeyIdentifier(_))));
        assert!(has(&chain[1], |found| matches!(found, ParsedExtension::SubjectKeyIdentifier(_))));
        assert!(has(&chain[1], |found| matches!(found, ParsedExtension::KeyUsage(usage) if usage.key_cert_sign())));
    }

    #[test]
    fn is_the_same_after_it_was_read_back() {
        let created = authority();
        let pem = created.to_pem();
        let read = CertificateAuthority::from_pem(&pem.certificates, &pem.key).unwrap();
        let chain = der(&issue(&read).certificates);
        let (_, leaf) = X509Certificate::from_der(&chain[0]).unwrap();
        let (_, root) = X509Certificate::from_der(&chain[1]).unwrap();
        leaf.verify_signature(Some(root.public_key())).unwrap();
        assert_eq!(read.certificate_pem(), created.certificate_pem());
    }

    #[test]
    fn refuses_what_is_not_an_authority_with_its_key() {
        let (first, second) = (authority().to_pem(), authority().to_pem());
        let leaf = issue(&authority());
        let read = CertificateAuthority::from_pem;
        assert!(matches!(read(&first.certificates, &second.key), Err(CertificateError::KeyMismatch)));
        assert!(matches!(read(&leaf.certificates, &leaf.key), Err(CertificateError::NotAuthority)));
        assert!(matches!(read("", &first.key), Err(CertificateError::NotAuthority)));
        assert!(matches!(read(&first.certificates, ""), Err(CertificateError::NotKey { .. })));
        for length in 0..first.certificates.len() - 1 {
            // Without its last line break only is it still whole.
            assert!(read(&first.certificates[..length], &first.key).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn refuses_impossible_requests() {
        let random = SeededRandom::new(1);
        let issue = |names: &[String]| authority().issue_server(names, &[], validity(), &random);
        assert!(matches!(issue(&[]), Err(CertificateError::NoNames)));
        for name in ["", "ü.example", "a b", "*", "a.*.b", "**.b", "a..b", "a*.b", "*."] {
            assert!(matches!(issue(&[name.to_owned()]), Err(CertificateError::Name { .. })), "{name:?}");
        }
        assert!(matches!(Validity::new(UnixTime(2), UnixTime(1)), Err(CertificateError::Validity)));
        assert!(matches!(Validity::new(UnixTime(0), UnixTime(i64::MAX)), Err(CertificateError::Validity)));
    }

    #[test]
    fn gives_every_certificate_a_serial_of_its_own() {
        let random = SeededRandom::new(1);
        let (first, second) = (serial(&random).unwrap(), serial(&random).unwrap());
        assert_ne!(first, second);
        assert_eq!(first.len(), 16);
    }
}
