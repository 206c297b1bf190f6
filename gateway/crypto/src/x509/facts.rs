//! What a certificate says.

use std::collections::BTreeSet;

use portcullis_model::UnixTime;
use ring::digest;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::bundle::Der;
use super::der::{Malformed, Reader, known, tag};
use super::key::{KeyError, PublicKey};
use super::validity::months_between;
use super::{DistinguishedName, KeyUsage, Oid, SubjectNames, usage};

/// What a certificate says, copied out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it is about. Its text has Azure's form.
    pub subject: DistinguishedName,
    /// Who says so.
    pub issuer: DistinguishedName,
    /// The serial number, big-endian, with its sign.
    pub serial: Vec<u8>,
    /// The subject alternative names.
    pub names: SubjectNames,
    /// The extended key usages; none means any.
    pub ekus: Vec<Oid>,
    /// The key usages; none means any.
    pub key_usage: BTreeSet<KeyUsage>,
    /// The first second in which it is valid.
    pub not_before: UnixTime,
    /// The last second in which it is valid.
    pub not_after: UnixTime,
    /// From the first to the last, rounded to months, but at least one.
    pub validity_months: u32,
    /// Whether it may sign certificates.
    pub is_ca: bool,
    /// How many authorities may stand below it, if that is limited.
    pub path_length: Option<u32>,
    /// Its key.
    pub public_key: PublicKey,
    /// The SHA-1 digest of the whole, which Azure calls `x5t`.
    pub thumbprint: [u8; 20],
    pub(super) subject_der: Vec<u8>,
    pub(super) issuer_der: Vec<u8>,
    pub(super) key_id: Option<Vec<u8>>,
}

/// The bytes are not a certificate that we understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// There are too many bytes.
    #[error("the certificate has more than {MAX_CERTIFICATE} bytes")]
    TooLong,
    /// It is not a certificate, or it contradicts itself.
    #[error("not an X.509 certificate in DER form")]
    Malformed,
    /// A name in it is malformed, for example by a control character.
    #[error("a name in the certificate is malformed")]
    Name,
    /// Its key is malformed.
    #[error("the key of the certificate is malformed")]
    Key,
}

/// Reads a certificate. What it says is not verified.
pub fn parse_certificate(der: &[u8]) -> Result<CertificateFacts, FactsError> {
    if der.len() > MAX_CERTIFICATE {
        return Err(FactsError::TooLong);
    }
    // The outer form is read strictly, so that there is one reading of the bytes only.
    Reader::of_sequence(der).map_err(malformed)?;
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| FactsError::Malformed)?;
    if !rest.is_empty() || certificate.signature_algorithm != certificate.tbs_certificate.signature {
        return Err(FactsError::Malformed);
    }
    Facts { certificate: &certificate }.read(der)
}

/// Whether a certificate is that of a private key (PKCS #8).
pub fn public_key_matches(certificate: &CertificateFacts, key_pkcs8: &[u8]) -> Result<bool, KeyError> {
    Ok(certificate.public_key == PublicKey::from_pkcs8(key_pkcs8)?)
}

/// Whether a certificate was signed with a key.
pub(super) fn is_signed_by(certificate: &Der, key: &PublicKey) -> bool {
    let verify = || {
        let mut reader = Reader::of_sequence(certificate.as_bytes())?;
        let tbs = reader.element()?.whole;
        let (algorithm, _) = reader.algorithm()?;
        Ok::<_, Malformed>(key.verifies(algorithm, tbs, reader.bit_string()?))
    };
    verify().unwrap_or(false)
}

struct Facts<'a> {
    certificate: &'a X509Certificate<'a>,
}

impl Facts<'_> {
    fn read(&self, der: &[u8]) -> Result<CertificateFacts, FactsError> {
        let (subject_der, issuer_der) = (self.certificate.subject().as_raw(), self.certificate.issuer().as_raw());
        let name = |der| DistinguishedName::from_der(der).map_err(|Malformed| FactsError::Name);
        let validity = self.certificate.validity();
        let not_before = UnixTime(validity.not_before.timestamp());
        let not_after = UnixTime(validity.not_after.timestamp());
        let (is_ca, path_length) = self.basic_constraints()?;
        Ok(CertificateFacts {
            subject: name(subject_der)?,
            issuer: name(issuer_der)?,
            serial: self.certificate.raw_serial().to_vec(),
            names: self.names()?,
            ekus: self.ekus()?,
            key_usage: self.key_usage()?,
            not_before,
            not_after,
            validity_months: months_between(not_before, not_after),
            is_ca,
            path_length,
            public_key: PublicKey::from_spki(self.certificate.public_key().raw).map_err(|_| FactsError::Key)?,
            thumbprint: thumbprint(der),
            subject_der: subject_der.to_vec(),
            issuer_der: issuer_der.to_vec(),
            key_id: self.key_id()?,
        })
    }

    /// The value of an extension, which may be there once (RFC 5280 section 4.2).
    fn extension(&self, id: &[u8]) -> Result<Option<&[u8]>, FactsError> {
        let mut found = self.certificate.extensions().iter().filter(|extension| extension.oid.as_bytes() == id);
        match (found.next(), found.next()) {
            (first, None) => Ok(first.map(|extension| extension.value)),
            (_, Some(_)) => Err(FactsError::Malformed),
        }
    }

    fn names(&self) -> Result<SubjectNames, FactsError> {
        let names = self.extension(known::SUBJECT_ALT_NAME)?.map(SubjectNames::from_der);
        names.transpose().map(Option::unwrap_or_default).map_err(|Malformed| FactsError::Name)
    }

    fn ekus(&self) -> Result<Vec<Oid>, FactsError> {
        let Some(value) = self.extension(known::EXTENDED_KEY_USAGE)? else { return Ok(Vec::new()) };
        let mut reader = Reader::of_sequence(value).map_err(malformed)?;
        let mut ekus = Vec::new();
        while !reader.is_empty() {
            let oid = reader.expect(tag::OID).map_err(malformed)?;
            ekus.push(Oid::from_der(oid).map_err(|_| FactsError::Malformed)?);
        }
        Ok(ekus)
    }

    fn key_usage(&self) -> Result<BTreeSet<KeyUsage>, FactsError> {
        let Some(value) = self.extension(known::KEY_USAGE)? else { return Ok(BTreeSet::new()) };
        let mut reader = Reader::new(value);
        let bits = reader.expect(tag::BIT_STRING).map_err(malformed)?;
        reader.finish().map_err(malformed)?;
        match bits {
            [0..8] => Ok(BTreeSet::new()),
            [0..8, high] => Ok(usage::from_bits(u16::from_be_bytes([*high, 0]))),
            [0..8, high, low] => Ok(usage::from_bits(u16::from_be_bytes([*high, *low]))),
            _ => Err(FactsError::Malformed),
        }
    }

    fn basic_constraints(&self) -> Result<(bool, Option<u32>), FactsError> {
        let Some(value) = self.extension(known::BASIC_CONSTRAINTS)? else { return Ok((false, None)) };
        let mut reader = Reader::of_sequence(value).map_err(malformed)?;
        let is_ca = match reader.optional(tag::BOOLEAN).map_err(malformed)? {
            None | Some([0]) => false,
            Some([_]) => true,
            Some(_) => return Err(FactsError::Malformed),
        };
        let path_length = if reader.is_empty() { None } else { Some(reader.small().map_err(malformed)?) };
        reader.finish().map_err(malformed)?;
        Ok((is_ca, path_length))
    }

    fn key_id(&self) -> Result<Option<Vec<u8>>, FactsError> {
        let Some(value) = self.extension(known::SUBJECT_KEY_ID)? else { return Ok(None) };
        let mut reader = Reader::new(value);
        reader.expect(tag::OCTET_STRING).map(|id| Some(id.to_vec())).map_err(malformed)
    }
}

pub(super) fn thumbprint(der: &[u8]) -> [u8; 20] {
    let mut out = [0; digest::SHA1_OUTPUT_LEN];
    out.copy_from_slice(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref());
    out
}

const fn malformed(_: Malformed) -> FactsError {
    FactsError::Malformed
}

/// The most bytes that a certificate may have.
const MAX_CERTIFICATE: usize = 64 * 1024;
