//! The authentication of a file.

use ring::{digest, hmac};
use subtle::ConstantTimeEq;

use super::derive::{self, Cost, Purpose};
use super::{Budget, Password, Pkcs12Error};
use crate::x509::der::{Reader, known, tag};

/// The MacData of a file (RFC 7292 section 4).
pub(super) struct Mac<'a> {
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
    expected: &'a [u8],
    cost: Cost<'a>,
}

impl<'a> Mac<'a> {
    pub(super) fn read(mut data: Reader<'a>) -> Result<Self, Pkcs12Error> {
        let mut info = data.sequence()?;
        let (algorithm, _) = info.algorithm()?;
        let expected = info.expect(tag::OCTET_STRING)?;
        let salt = data.expect(tag::OCTET_STRING)?;
        let iterations = if data.is_empty() { 1 } else { data.small()? };
        data.finish()?;
        let (digest, hmac) = algorithms(algorithm)?;
        Ok(Self { digest, hmac, expected, cost: Cost::new(salt, iterations)? })
    }

    /// Whether the contents were authenticated with a password.
    pub(super) fn verifies(
        &self,
        contents: &[u8],
        password: &Password,
        budget: &mut Budget,
    ) -> Result<bool, Pkcs12Error> {
        let tag = compute(self.digest, self.hmac, contents, password, self.cost, budget)?;
        Ok(bool::from(tag.as_ref().ct_eq(self.expected)))
    }
}

/// The authentication with SHA-1 that is written.
pub(super) fn sha1(
    contents: &[u8],
    password: &Password,
    cost: Cost<'_>,
    budget: &mut Budget,
) -> Result<hmac::Tag, Pkcs12Error> {
    let (digest, hmac) = (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY);
    compute(digest, hmac, contents, password, cost, budget)
}

fn compute(
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
    contents: &[u8],
    password: &Password,
    cost: Cost<'_>,
    budget: &mut Budget,
) -> Result<hmac::Tag, Pkcs12Error> {
    let key = derive::pkcs12(digest, password, cost, Purpose::Mac, digest.output_len(), budget)?;
    Ok(hmac::sign(&hmac::Key::new(hmac, &key), contents))
}

fn algorithms(algorithm: &[u8]) -> Result<(&'static digest::Algorithm, hmac::Algorithm), Pkcs12Error> {
    match algorithm {
        known::SHA1 => Ok((&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)),
        known::SHA256 => Ok((&digest::SHA256, hmac::HMAC_SHA256)),
        known::SHA384 => Ok((&digest::SHA384, hmac::HMAC_SHA384)),
        known::SHA512 => Ok((&digest::SHA512, hmac::HMAC_SHA512)),
        _ => Err(Pkcs12Error::Unsupported),
    }
}
