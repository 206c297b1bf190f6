//! Reads a file.

use super::contents::Contents;
use super::mac::Mac;
use super::{Budget, Password, Pkcs12Error};
use crate::x509::bundle::{Bundle, MAX_FILE};
use crate::x509::der::{Reader, known, tag, to_der};
use crate::x509::{PublicKey, leaf_first};

/// Reads a PKCS #12 file: at most one private key, and the certificates with that of the key first. An absent password
/// is the empty one.
///
/// A file costs at most 600,000 iterations of key derivation, counted over all its parts before the work is done.
pub fn read_pkcs12(bytes: &[u8], password: &str) -> Result<Bundle, Pkcs12Error> {
    read(bytes, password, Budget::new())
}

/// The same for at most so many iterations, for fuzzing.
#[cfg(feature = "test-util")]
pub fn read_pkcs12_within(bytes: &[u8], password: &str, iterations: u32) -> Result<Bundle, Pkcs12Error> {
    read(bytes, password, Budget::of(iterations))
}

fn read(bytes: &[u8], password: &str, mut budget: Budget) -> Result<Bundle, Pkcs12Error> {
    if bytes.len() > MAX_FILE {
        return Err(Pkcs12Error::TooLong);
    }
    let der = to_der(bytes)?;
    let file = File::read(&der)?;
    let bundle = file.open(&Password::forms(password)?, &mut budget)?;
    order(bundle)
}

struct File<'a> {
    /// The encoded AuthenticatedSafe.
    contents: &'a [u8],
    mac: Option<Mac<'a>>,
}

impl<'a> File<'a> {
    /// PFX (RFC 7292 section 4), authenticated with a password. Those with a public key are not read.
    fn read(bytes: &'a [u8]) -> Result<Self, Pkcs12Error> {
        let mut pfx = Reader::of_sequence(bytes)?;
        if pfx.small()? != VERSION {
            return Err(Pkcs12Error::Unsupported);
        }
        let mut content_info = pfx.sequence()?;
        if content_info.expect(tag::OID)? != known::DATA {
            return Err(Pkcs12Error::Unsupported);
        }
        let contents = content_info.explicit(0)?.expect(tag::OCTET_STRING)?;
        let mac = if pfx.is_empty() { None } else { Some(Mac::read(pfx.sequence()?)?) };
        pfx.finish()?;
        Ok(Self { contents, mac })
    }

    fn open(&self, passwords: &[Password], budget: &mut Budget) -> Result<Bundle, Pkcs12Error> {
        let Some(mac) = &self.mac else { return self.open_unauthenticated(passwords, budget) };
        for password in passwords {
            if mac.verifies(self.contents, password, budget)? {
                return Contents::new(password, budget).read(self.contents);
            }
        }
        Err(Pkcs12Error::WrongPassword)
    }

    /// Without authentication only the decryption tells whether a password is right.
    fn open_unauthenticated(&self, passwords: &[Password], budget: &mut Budget) -> Result<Bundle, Pkcs12Error> {
        for password in passwords {
            match Contents::new(password, budget).read(self.contents) {
                Err(Pkcs12Error::WrongPassword) => {}
                result => return result,
            }
        }
        Err(Pkcs12Error::WrongPassword)
    }
}

fn order(bundle: Bundle) -> Result<Bundle, Pkcs12Error> {
    let Bundle { private_key, certificates } = bundle;
    if certificates.is_empty() {
        return Err(Pkcs12Error::NoCertificate);
    }
    let certificates = match &private_key {
        Some(key) => leaf_first(certificates, &PublicKey::from_pkcs8(key)?).ok_or(Pkcs12Error::KeyMismatch)?,
        None => certificates,
    };
    Ok(Bundle { private_key, certificates })
}

pub(super) const VERSION: u32 = 3;
