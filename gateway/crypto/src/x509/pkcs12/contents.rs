//! The bags in a file.

use zeroize::Zeroizing;

use super::scheme::Scheme;
use super::{Budget, Password, Pkcs12Error};
use crate::x509::bundle::{Bundle, Der, MAX_CERTIFICATES};
use crate::x509::der::{Reader, known, tag, to_der};
use crate::x509::{parse_certificate, pkcs8};

/// Reads the bags of a file with a password.
pub(super) struct Contents<'a> {
    password: &'a Password,
    budget: &'a mut Budget,
    bundle: Bundle,
    parts: usize,
}

impl<'a> Contents<'a> {
    pub(super) const fn new(password: &'a Password, budget: &'a mut Budget) -> Self {
        let bundle = Bundle { private_key: None, certificates: Vec::new() };
        Self { password, budget, bundle, parts: 0 }
    }

    /// AuthenticatedSafe (RFC 7292 section 4.1).
    pub(super) fn read(mut self, authenticated_safe: &[u8]) -> Result<Bundle, Pkcs12Error> {
        let der = to_der(authenticated_safe)?;
        let mut safe = Reader::of_sequence(&der)?;
        while !safe.is_empty() {
            self.count()?;
            self.content_info(safe.sequence()?)?;
        }
        Ok(self.bundle)
    }

    fn content_info(&mut self, mut content_info: Reader<'_>) -> Result<(), Pkcs12Error> {
        let kind = content_info.expect(tag::OID)?;
        let mut content = content_info.explicit(0)?;
        match kind {
            known::DATA => self.bags(content.expect(tag::OCTET_STRING)?),
            known::ENCRYPTED_DATA => {
                let bags = self.decrypt_data(content.sequence()?)?;
                self.bags(&bags).map_err(garbled)
            }
            _ => Err(Pkcs12Error::Unsupported),
        }
    }

    /// EncryptedData (RFC 5652 section 8).
    fn decrypt_data(&mut self, mut data: Reader<'_>) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
        data.small()?;
        let mut info = data.sequence()?;
        if info.expect(tag::OID)? != known::DATA {
            return Err(Pkcs12Error::Unsupported);
        }
        let scheme = Scheme::read(&mut info)?;
        scheme.decrypt(&encrypted_content(info)?, self.password, self.budget)
    }

    /// SafeContents (RFC 7292 section 4.2).
    fn bags(&mut self, safe_contents: &[u8]) -> Result<(), Pkcs12Error> {
        let der = to_der(safe_contents)?;
        let mut bags = Reader::of_sequence(&der)?;
        while !bags.is_empty() {
            self.count()?;
            self.bag(bags.sequence()?)?;
        }
        Ok(())
    }

    fn bag(&mut self, mut bag: Reader<'_>) -> Result<(), Pkcs12Error> {
        let kind = bag.expect(tag::OID)?;
        let mut value = bag.explicit(0)?;
        match kind {
            known::KEY_BAG => self.add_key(value.element()?.whole),
            known::SHROUDED_KEY_BAG => {
                let key = self.decrypt_key(value.sequence()?)?;
                self.add_key(&key).map_err(garbled)
            }
            known::CERT_BAG => self.add_certificate(value.sequence()?),
            // Revocation lists, secrets and nested contents are nothing that a certificate has.
            _ => Err(Pkcs12Error::Unsupported),
        }
    }

    /// EncryptedPrivateKeyInfo (RFC 5208 section 6).
    fn decrypt_key(&mut self, mut key: Reader<'_>) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
        let scheme = Scheme::read(&mut key)?;
        scheme.decrypt(key.expect(tag::OCTET_STRING)?, self.password, self.budget)
    }

    fn add_key(&mut self, key: &[u8]) -> Result<(), Pkcs12Error> {
        if self.bundle.private_key.is_some() {
            return Err(Pkcs12Error::SeveralKeys);
        }
        Reader::of_sequence(key)?;
        self.bundle.private_key = Some(pkcs8::from_pkcs8(key)?);
        Ok(())
    }

    fn add_certificate(&mut self, mut bag: Reader<'_>) -> Result<(), Pkcs12Error> {
        if bag.expect(tag::OID)? != known::X509_CERTIFICATE {
            return Err(Pkcs12Error::Unsupported);
        }
        if self.bundle.certificates.len() == MAX_CERTIFICATES {
            return Err(Pkcs12Error::TooManyCertificates);
        }
        let certificate = bag.explicit(0)?.expect(tag::OCTET_STRING)?;
        parse_certificate(certificate)?;
        self.bundle.certificates.push(Der::new(certificate.to_vec()));
        Ok(())
    }

    const fn count(&mut self) -> Result<(), Pkcs12Error> {
        self.parts += 1;
        if self.parts > MAX_PARTS { Err(Pkcs12Error::TooManyCertificates) } else { Ok(()) }
    }
}

/// `[0] IMPLICIT OCTET STRING`, which in BER may be in pieces.
fn encrypted_content(mut info: Reader<'_>) -> Result<Vec<u8>, Pkcs12Error> {
    if let Some(whole) = info.optional(tag::context(0))? {
        return Ok(whole.to_vec());
    }
    let (mut pieces, mut content) = (info.explicit(0)?, Vec::new());
    while !pieces.is_empty() {
        content.extend_from_slice(pieces.expect(tag::OCTET_STRING)?);
    }
    Ok(content)
}

/// What decrypts to no DER was decrypted with the wrong password, whose padding happened to fit.
const fn garbled(error: Pkcs12Error) -> Pkcs12Error {
    match error {
        Pkcs12Error::Malformed => Pkcs12Error::WrongPassword,
        other => other,
    }
}

const MAX_PARTS: usize = 96;
