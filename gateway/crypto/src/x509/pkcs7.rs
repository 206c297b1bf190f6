//! PKCS #7 (RFC 2315, RFC 5652) as a bag of certificates.

use super::bundle::{Der, MAX_CERTIFICATES, MAX_FILE};
use super::der::{Malformed, Reader, known, tag, to_der};
use super::facts::{FactsError, parse_certificate};
use super::pem::{PemError, blocks};

/// Why bytes are no certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Pkcs7Error {
    /// There are more bytes than we accept.
    #[error("the PKCS #7 file is too long")]
    TooLong,
    /// It is not SignedData.
    #[error("not a PKCS #7 file of certificates")]
    Malformed,
    /// The text around it is malformed.
    #[error("the PKCS #7 text is malformed")]
    Pem(#[from] PemError),
    /// There are more certificates than we accept.
    #[error("the PKCS #7 file has too many certificates")]
    TooManyCertificates,
    /// There is no certificate.
    #[error("the PKCS #7 file has no certificate")]
    NoCertificate,
    /// A certificate is malformed.
    #[error("a certificate in the PKCS #7 file is malformed")]
    Certificate(#[from] FactsError),
}

/// Reads the certificates of a P7B file, which is BER or PEM. They have no meaningful order, and signatures in the file
/// are not looked at: [`super::leaf_first`] tells which one is wanted.
pub fn read_pkcs7(bytes: &[u8]) -> Result<Vec<Der>, Pkcs7Error> {
    if bytes.len() > MAX_FILE {
        return Err(Pkcs7Error::TooLong);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.contains("-----BEGIN ") => from_pem(text),
        Ok(_) | Err(_) => from_der(bytes),
    }
}

fn from_pem(text: &str) -> Result<Vec<Der>, Pkcs7Error> {
    let blocks = blocks(text)?;
    match blocks.as_slice() {
        [block] if matches!(block.label, "PKCS7" | "CMS") => from_der(&block.content),
        _ => Err(Pkcs7Error::Malformed),
    }
}

fn from_der(bytes: &[u8]) -> Result<Vec<Der>, Pkcs7Error> {
    let der = to_der(bytes).map_err(|Malformed| Pkcs7Error::Malformed)?;
    let mut certificates = certificates(&der).map_err(|Malformed| Pkcs7Error::Malformed)?;
    let mut read = Vec::new();
    while !certificates.is_empty() {
        let certificate = certificates.element().map_err(|Malformed| Pkcs7Error::Malformed)?.whole;
        if read.len() == MAX_CERTIFICATES {
            return Err(Pkcs7Error::TooManyCertificates);
        }
        parse_certificate(certificate)?;
        read.push(Der::new(certificate.to_vec()));
    }
    if read.is_empty() { Err(Pkcs7Error::NoCertificate) } else { Ok(read) }
}

/// The member `certificates` of SignedData (RFC 5652 section 5.1).
fn certificates(bytes: &[u8]) -> Result<Reader<'_>, Malformed> {
    let mut content_info = Reader::of_sequence(bytes)?;
    if content_info.expect(tag::OID)? != known::SIGNED_DATA {
        return Err(Malformed);
    }
    let mut signed_data = content_info.explicit(0)?.sequence()?;
    content_info.finish()?;
    signed_data.small()?;
    signed_data.expect(tag::SET)?;
    signed_data.sequence()?;
    Ok(Reader::new(signed_data.optional(tag::constructed(0))?.unwrap_or_default()))
}
