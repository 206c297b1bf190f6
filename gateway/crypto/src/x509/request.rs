//! Certificate requests (PKCS #10, RFC 2986).

use super::bundle::Der;
use super::der::{explicit, known, oid, sequence, set, small};
use super::error::MakeError;
use super::extensions;
use super::key::SigningKey;
use super::spec::CertificateSpec;
use super::tbs::signed;

/// Makes a request for a certificate, signed with its key (PKCS #8). Usages, basic constraint and alternative names
/// stand in it as the extensions that are asked for.
pub fn certificate_request(spec: &CertificateSpec, key_pkcs8: &[u8]) -> Result<Der, MakeError> {
    let key = SigningKey::from_pkcs8(key_pkcs8)?;
    let extensions = sequence(&[&extensions::of_spec(spec)]);
    let attribute = sequence(&[&oid(known::EXTENSION_REQUEST), &set(&[&extensions])]);
    let info =
        sequence(&[&small(VERSION_1), &spec.subject.to_der(), key.public().as_spki(), &explicit(0, &[&attribute])]);
    signed(&info, &key)
}

const VERSION_1: u32 = 0;
