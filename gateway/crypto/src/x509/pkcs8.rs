//! Private keys in their several encodings.

use zeroize::Zeroizing;

use super::der::{Malformed, Reader, octets, sequence, small, tag};
use super::key::{Curve, KeyError, SigningKey, rsa_algorithm};

/// A PrivateKeyInfo (RFC 5208), checked and written anew.
pub(super) fn from_pkcs8(key: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    SigningKey::from_pkcs8(key)?.to_pkcs8()
}

/// An RSAPrivateKey (PKCS #1, RFC 8017 appendix A.1.2).
pub(super) fn from_pkcs1(key: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    from_pkcs8(&wrap(&rsa_algorithm(), key))
}

/// An ECPrivateKey (SEC 1, RFC 5915), which must name its curve.
pub(super) fn from_sec1(key: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let oid = sec1_curve(key).map_err(|Malformed| KeyError::Malformed)?;
    let curve = oid.and_then(Curve::from_oid).ok_or(KeyError::Unsupported)?;
    from_pkcs8(&wrap(&curve.algorithm(), key))
}

fn sec1_curve(key: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    let mut reader = Reader::of_sequence(key)?;
    reader.small()?;
    reader.expect(tag::OCTET_STRING)?;
    let Some(parameters) = reader.optional(tag::constructed(0))? else { return Ok(None) };
    Reader::new(parameters).optional(tag::OID)
}

fn wrap(algorithm: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
    let key = Zeroizing::new(octets(key));
    Zeroizing::new(sequence(&[&small(0), algorithm, &key]))
}
