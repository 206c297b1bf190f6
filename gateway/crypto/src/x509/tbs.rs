//! The part of a certificate that is signed.

use super::bundle::Der;
use super::der::{bit_string, explicit, integer, sequence, small};
use super::error::MakeError;
use super::extensions;
use super::key::{PublicKey, SigningKey};
use super::spec::CertificateSpec;
use super::validity::Period;
use crate::random::{Random, array};

/// Who signs.
pub(super) struct Signer<'a> {
    pub(super) key: &'a SigningKey,
    /// Its encoded name.
    pub(super) name: &'a [u8],
    /// The identifier of its key.
    pub(super) key_id: &'a [u8],
}

impl Signer<'_> {
    /// Signs a certificate for a key.
    pub(super) fn certificate(
        &self,
        spec: &CertificateSpec,
        key: &PublicKey,
        period: Period,
        random: &dyn Random,
    ) -> Result<Der, MakeError> {
        let extensions = [extensions::of_spec(spec), extensions::key_ids(&key.id(), self.key_id)].concat();
        let tbs = sequence(&[
            &explicit(0, &[&small(VERSION_3)]),
            &integer(&serial(random)?),
            self.key.algorithm(),
            self.name,
            &period.to_der(),
            &spec.subject.to_der(),
            key.as_spki(),
            &extensions::member(&extensions),
        ]);
        signed(&tbs, self.key)
    }
}

/// What is to be signed, the algorithm and the signature: the form that certificates and requests share.
pub(super) fn signed(tbs: &[u8], key: &SigningKey) -> Result<Der, MakeError> {
    let signature = key.sign(tbs)?;
    Ok(Der::new(sequence(&[tbs, key.algorithm(), &bit_string(&signature)])))
}

/// Positive and of 16 bytes (RFC 5280 section 4.1.2.2 demands at most 20), neither negative nor with a leading zero.
fn serial(random: &dyn Random) -> Result<[u8; 16], MakeError> {
    let mut bytes: [u8; 16] = array(random)?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(bytes)
}

const VERSION_3: u32 = 2;
