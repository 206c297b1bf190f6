//! The built-in issuer of certificates.

use std::fmt;

use portcullis_model::UnixTime;

use super::KeyUsage;
use super::bundle::{Der, MAX_CERTIFICATES};
use super::error::MakeError;
use super::facts::{CertificateFacts, FactsError, is_signed_by, parse_certificate};
use super::key::{KeyError, PublicKey, SigningKey};
use super::spec::{CertificateSpec, Role};
use super::tbs::Signer;
use super::validity::Period;
use crate::random::Random;

/// A certificate authority with its private key, which issues certificates for end entities.
///
/// ```compile_fail
/// use portcullis_crypto::x509::IssuingAuthority;
/// fn copy(authority: &IssuingAuthority) -> IssuingAuthority {
///     authority.clone()
/// }
/// ```
pub struct IssuingAuthority {
    key: SigningKey,
    chain: Vec<Der>,
    name: Vec<u8>,
    key_id: Vec<u8>,
    valid_from: UnixTime,
    valid_until: UnixTime,
}

/// Why certificates and a key are not an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// There is no certificate, or there are more than we accept.
    #[error("an authority has 1 to {MAX_CERTIFICATES} certificates")]
    Count,
    /// A certificate is malformed.
    #[error("a certificate of the authority is malformed")]
    Certificate(#[from] FactsError),
    /// The key cannot be used.
    #[error("the key of the authority cannot be used")]
    Key(#[from] KeyError),
    /// The key is not that of the first certificate.
    #[error("the private key does not belong to the certificate of the authority")]
    KeyMismatch,
    /// A certificate may not sign those before it.
    #[error("a certificate of the authority may not sign certificates")]
    NotAuthority,
    /// A certificate was not issued by the one that follows it.
    #[error("the certificates of the authority are not a chain")]
    NotChain,
}

impl IssuingAuthority {
    /// An authority of its private key (PKCS #8) and certificates: its own, then those that lead to its root.
    pub fn new(chain: Vec<Der>, key_pkcs8: &[u8]) -> Result<Self, AuthorityError> {
        if chain.len() > MAX_CERTIFICATES {
            return Err(AuthorityError::Count);
        }
        let facts = chain.iter().map(|der| parse_certificate(der.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        let first = facts.first().ok_or(AuthorityError::Count)?;
        let key = SigningKey::from_pkcs8(key_pkcs8)?;
        if first.public_key != *key.public() {
            return Err(AuthorityError::KeyMismatch);
        }
        check_roles(&facts)?;
        check_links(&chain, &facts)?;
        Ok(Self {
            name: first.subject_der.clone(),
            key_id: first.key_id.clone().unwrap_or_else(|| key.public().id()),
            valid_from: facts.iter().map(|facts| facts.not_before).fold(first.not_before, Ord::max),
            valid_until: facts.iter().map(|facts| facts.not_after).fold(first.not_after, Ord::min),
            key,
            chain,
        })
    }

    /// When the first of its certificates ends, and it with them.
    #[must_use]
    pub const fn valid_until(&self) -> UnixTime {
        self.valid_until
    }

    /// Issues a certificate for a key: the certificate, then those of the authority. It ends no later than they do.
    pub fn issue(
        &self,
        spec: &CertificateSpec,
        key: &PublicKey,
        now: UnixTime,
        random: &dyn Random,
    ) -> Result<Vec<Der>, MakeError> {
        // Whoever may ask for a certificate must not become an authority by it.
        if spec.role != Role::EndEntity {
            return Err(MakeError::AuthorityRequested);
        }
        if now < self.valid_from || now > self.valid_until {
            return Err(MakeError::AuthorityNotValid);
        }
        key.check()?;
        let period = Period::starting(now, spec.validity)?.ending_by(self.valid_until)?;
        let signer = Signer { key: &self.key, name: &self.name, key_id: &self.key_id };
        let certificate = signer.certificate(spec, key, period, random)?;
        Ok(std::iter::once(certificate).chain(self.chain.iter().cloned()).collect())
    }
}

impl fmt::Debug for IssuingAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuingAuthority(..)")
    }
}

/// Each may sign certificates, and has room for those below it.
fn check_roles(facts: &[CertificateFacts]) -> Result<(), AuthorityError> {
    let may_sign = |depth: usize, facts: &CertificateFacts| {
        let usage = facts.key_usage.is_empty() || facts.key_usage.contains(&KeyUsage::KeyCertSign);
        let room = facts.path_length.is_none_or(|limit| usize::try_from(limit).is_ok_and(|limit| limit >= depth));
        facts.is_ca && usage && room
    };
    let all = facts.iter().enumerate().all(|(depth, facts)| may_sign(depth, facts));
    if all { Ok(()) } else { Err(AuthorityError::NotAuthority) }
}

fn check_links(chain: &[Der], facts: &[CertificateFacts]) -> Result<(), AuthorityError> {
    let issued = |(certificate, pair): (&Der, &[CertificateFacts])| match pair {
        [below, above] => below.issuer_der == above.subject_der && is_signed_by(certificate, &above.public_key),
        _ => false,
    };
    let all = chain.iter().zip(facts.windows(2)).all(issued);
    if all { Ok(()) } else { Err(AuthorityError::NotChain) }
}
