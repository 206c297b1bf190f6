//! The order of certificates that belong together.

use super::bundle::Der;
use super::facts::{CertificateFacts, parse_certificate};
use super::key::PublicKey;

/// Puts the certificate of a key first and then each behind the one that it has issued; what does not belong to that
/// chain keeps its order at the end. None if no certificate is that of the key.
///
/// The key decides which certificate is the leaf, never its place in a file.
#[must_use]
pub fn leaf_first(certificates: Vec<Der>, key: &PublicKey) -> Option<Vec<Der>> {
    let read = |der: Der| parse_certificate(der.as_bytes()).ok().map(|facts| (der, facts));
    let mut left: Vec<(Der, CertificateFacts)> = certificates.into_iter().map(read).collect::<Option<_>>()?;
    let leaf = left.iter().position(|(_, facts)| facts.public_key == *key)?;
    let mut chain = vec![left.remove(leaf)];
    while let Some(next) = chain.last().and_then(|(_, last)| issuer_of(last, &left)) {
        chain.push(left.remove(next));
    }
    Some(chain.into_iter().chain(left).map(|(der, _)| der).collect())
}

fn issuer_of(issued: &CertificateFacts, candidates: &[(Der, CertificateFacts)]) -> Option<usize> {
    candidates.iter().position(|(_, candidate)| candidate.subject_der == issued.issuer_der)
}
