//! The encryptions of PKCS #12 and PKCS #5.

use ring::{digest, pbkdf2};
use zeroize::Zeroizing;

use super::cbc::{Cipher, CipherFailed};
use super::derive::{self, Cost, Purpose};
use super::{Budget, Password, Pkcs12Error};
use crate::x509::der::{Reader, known, tag};

/// How something was encrypted with a password.
pub(super) struct Scheme<'a> {
    cipher: Cipher,
    cost: Cost<'a>,
    derivation: Derivation<'a>,
}

enum Derivation<'a> {
    /// Key and initialisation vector by the derivation of PKCS #12 with SHA-1.
    Pkcs12,
    /// PBES2 (RFC 8018 section 6.2) with PBKDF2.
    Pbes2 { function: Function, iv: &'a [u8] },
}

/// A pseudorandom function and the length of what it puts out.
struct Function {
    algorithm: pbkdf2::Algorithm,
    output: usize,
}

impl<'a> Scheme<'a> {
    /// Reads the AlgorithmIdentifier of an encryption.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Pkcs12Error> {
        let (algorithm, parameters) = reader.algorithm()?;
        match algorithm {
            known::PBE_SHA1_3DES => pkcs12(Cipher::TripleDes, parameters),
            known::PBE_SHA1_RC2_128 => pkcs12(Cipher::Rc2Wide, parameters),
            known::PBE_SHA1_RC2_40 => pkcs12(Cipher::Rc2Narrow, parameters),
            known::PBES2 => pbes2(parameters),
            _ => Err(Pkcs12Error::Unsupported),
        }
    }

    /// Decrypts; a wrong password mostly shows itself in the padding.
    pub(super) fn decrypt(
        &self,
        text: &[u8],
        password: &Password,
        budget: &mut Budget,
    ) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
        let (key, iv) = self.key_and_iv(password, budget)?;
        self.cipher.decrypt(&key, &iv, text).map_err(|CipherFailed| Pkcs12Error::WrongPassword)
    }

    fn key_and_iv(&self, password: &Password, budget: &mut Budget) -> Result<(Secret, Secret), Pkcs12Error> {
        let length = self.cipher.key_length();
        match &self.derivation {
            Derivation::Pkcs12 => {
                let key = derive::pkcs12_sha1(password, self.cost, Purpose::Key, length, budget)?;
                let block = self.cipher.block_length();
                Ok((key, derive::pkcs12_sha1(password, self.cost, Purpose::Iv, block, budget)?))
            }
            Derivation::Pbes2 { function, iv } => {
                let Function { algorithm, output } = *function;
                let key = derive::pbkdf2(algorithm, output, password, self.cost, length, budget)?;
                Ok((key, Zeroizing::new(iv.to_vec())))
            }
        }
    }
}

type Secret = Zeroizing<Vec<u8>>;

fn pkcs12<'a>(cipher: Cipher, mut parameters: Reader<'a>) -> Result<Scheme<'a>, Pkcs12Error> {
    let mut parameters = parameters.sequence()?;
    let salt = parameters.expect(tag::OCTET_STRING)?;
    let cost = Cost::new(salt, parameters.small()?)?;
    Ok(Scheme { cipher, cost, derivation: Derivation::Pkcs12 })
}

fn pbes2<'a>(mut parameters: Reader<'a>) -> Result<Scheme<'a>, Pkcs12Error> {
    let mut parameters = parameters.sequence()?;
    let (derivation, mut derivation_parameters) = parameters.algorithm()?;
    if derivation != known::PBKDF2 {
        return Err(Pkcs12Error::Unsupported);
    }
    let (encryption, mut iv) = parameters.algorithm()?;
    let cipher = cipher(encryption)?;
    let (cost, function) = pbkdf2(derivation_parameters.sequence()?, cipher)?;
    let iv = iv.expect(tag::OCTET_STRING)?;
    Ok(Scheme { cipher, cost, derivation: Derivation::Pbes2 { function, iv } })
}

/// PBKDF2-params (RFC 8018 appendix A.2).
fn pbkdf2<'a>(mut parameters: Reader<'a>, cipher: Cipher) -> Result<(Cost<'a>, Function), Pkcs12Error> {
    let salt = parameters.expect(tag::OCTET_STRING)?;
    let cost = Cost::new(salt, parameters.small()?)?;
    let mut rest = parameters;
    if rest.element().is_ok_and(|element| element.tag == tag::INTEGER) {
        let length = parameters.small()?;
        if usize::try_from(length) != Ok(cipher.key_length()) {
            return Err(Pkcs12Error::Malformed);
        }
    }
    let function = if parameters.is_empty() { known::HMAC_SHA1 } else { parameters.algorithm()?.0 };
    Ok((cost, self::function(function)?))
}

fn cipher(algorithm: &[u8]) -> Result<Cipher, Pkcs12Error> {
    match algorithm {
        known::AES128_CBC => Ok(Cipher::Aes128),
        known::AES192_CBC => Ok(Cipher::Aes192),
        known::AES256_CBC => Ok(Cipher::Aes256),
        known::DES_EDE3_CBC => Ok(Cipher::TripleDes),
        _ => Err(Pkcs12Error::Unsupported),
    }
}

fn function(algorithm: &[u8]) -> Result<Function, Pkcs12Error> {
    let (algorithm, output) = match algorithm {
        known::HMAC_SHA1 => (pbkdf2::PBKDF2_HMAC_SHA1, digest::SHA1_OUTPUT_LEN),
        known::HMAC_SHA256 => (pbkdf2::PBKDF2_HMAC_SHA256, digest::SHA256_OUTPUT_LEN),
        known::HMAC_SHA384 => (pbkdf2::PBKDF2_HMAC_SHA384, digest::SHA384_OUTPUT_LEN),
        known::HMAC_SHA512 => (pbkdf2::PBKDF2_HMAC_SHA512, digest::SHA512_OUTPUT_LEN),
        _ => return Err(Pkcs12Error::Unsupported),
    };
    Ok(Function { algorithm, output })
}
