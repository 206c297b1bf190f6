//! Public keys.

use aws_lc_rs::signature::{ParsedPublicKey, UnparsedPublicKey};
use ring::digest;

use super::kind::{Family, family};
use super::{KeyError, KeyKind, SigningKey};
use crate::sha256;
use crate::x509::der::{Malformed, Reader, tag};

/// A public key as a certificate has it. Two are equal if they are the same key, however its algorithm was written.
#[derive(Debug, Clone)]
pub struct PublicKey {
    spki: Vec<u8>,
    key: Vec<u8>,
    kind: KeyKind,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo. The kind of the key may be any.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let malformed = |Malformed| KeyError::Malformed;
        let mut reader = Reader::of_sequence(spki).map_err(malformed)?;
        let family = family(&mut reader).map_err(malformed)?;
        let key = reader.bit_string().map_err(malformed)?;
        reader.finish().map_err(malformed)?;
        let kind = match family {
            Family::Rsa => KeyKind::Rsa { bits: modulus_bits(key).map_err(malformed)? },
            Family::Ec(curve) => KeyKind::Ec(curve),
            Family::Other => KeyKind::Other,
        };
        Ok(Self { spki: spki.to_vec(), key: key.to_vec(), kind })
    }

    /// The public half of a private key (PKCS #8).
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        Ok(SigningKey::from_pkcs8(pkcs8)?.into_public())
    }

    /// Its SubjectPublicKeyInfo.
    #[must_use]
    pub fn as_spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key itself: a point, or the document of RSA's numbers.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.key
    }

    /// What kind of key it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// An identifier for the extensions of certificates: the first 160 bits of SHA-256 (RFC 7093 section 2).
    pub(in crate::x509) fn id(&self) -> Vec<u8> {
        sha256(&self.key).into_iter().take(digest::SHA1_OUTPUT_LEN).collect()
    }

    /// Refuses keys that no certificate of ours can have and points that are not on their curve.
    pub(in crate::x509) fn check(&self) -> Result<(), KeyError> {
        if !self.kind.is_supported() {
            return Err(KeyError::Unsupported);
        }
        let verification = self.kind.usual_verification().ok_or(KeyError::Unsupported)?;
        ParsedPublicKey::new(verification, &self.key).map(drop).map_err(|_| KeyError::Malformed)
    }

    /// Whether a signature under an algorithm (content of its identifier) is this key's.
    pub(in crate::x509) fn verifies(&self, algorithm: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let Some(verification) = self.kind.verification(algorithm) else { return false };
        UnparsedPublicKey::new(verification, &self.key).verify(message, signature).is_ok()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        match (self.kind, other.kind) {
            (KeyKind::Other, KeyKind::Other) => self.spki == other.spki,
            (ours, theirs) => ours == theirs && self.key == other.key,
        }
    }
}

impl Eq for PublicKey {}

/// The length of the modulus of an RSAPublicKey.
fn modulus_bits(key: &[u8]) -> Result<u32, Malformed> {
    let mut reader = Reader::of_sequence(key)?;
    let modulus = reader.expect(tag::INTEGER)?;
    reader.expect(tag::INTEGER)?;
    reader.finish()?;
    let start = modulus.iter().position(|byte| *byte != 0).ok_or(Malformed)?;
    let (first, rest) = modulus.get(start..).and_then(<[u8]>::split_first).ok_or(Malformed)?;
    let bits = u32::try_from(rest.len()).ok().and_then(|bytes| bytes.checked_mul(8)).ok_or(Malformed)?;
    bits.checked_add(8 - first.leading_zeros()).ok_or(Malformed)
}
