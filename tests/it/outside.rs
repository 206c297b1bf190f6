//! Certificates and files that are made outside of the gateway.

use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_crypto::SystemRandom;
use portcullis_crypto::material::KeyMaterial;
use portcullis_crypto::x509::{
    CertificateSpec, Der, DistinguishedName, IssuingAuthority, KeyUsage, PublicKey, Role, SubjectNames, ValidityMonths,
    self_sign, write_pem, write_pkcs12,
};
use portcullis_model::{Curve, KeySpec, UnixTime};
use serde_json::Value;

fn spec(subject: &str) -> CertificateSpec {
    let subject = DistinguishedName::from_str(subject).unwrap();
    CertificateSpec::new(subject, SubjectNames::default(), ValidityMonths::new(12).unwrap()).unwrap()
}

fn key() -> Vec<u8> {
    let key = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &SystemRandom::new()).unwrap();
    key.to_pkcs8().unwrap().to_vec()
}

/// Signs the request of a pending certificate; gives the chain as it is merged, the leaf first.
pub(crate) fn sign(pending: &Value, now: UnixTime) -> Vec<String> {
    let request = STANDARD.decode(pending["csr"].as_str().unwrap()).unwrap();
    let (random, key) = (SystemRandom::new(), key());
    let usage = [KeyUsage::KeyCertSign].into_iter().collect();
    let root = spec("CN=Outside").with_usage(Role::Authority, usage).unwrap();
    let root = self_sign(&root, &key, now, &random).unwrap();
    let authority = IssuingAuthority::new(vec![root], &key).unwrap();
    let public = PublicKey::from_spki(public_key_of(&request)).unwrap();
    let chain = authority.issue(&spec("CN=a.example"), &public, now, &random).unwrap();
    chain.iter().map(|der| STANDARD.encode(der.as_bytes())).collect()
}

/// Files of one key and one certificate each, with their passwords and content types.
pub(crate) fn files(now: UnixTime) -> Vec<(String, Option<String>, &'static str)> {
    let (key, random) = (key(), SystemRandom::new());
    let chain: [Der; 1] = [self_sign(&spec("CN=a.example"), &key, now, &random).unwrap()];
    let pfx = STANDARD.encode(&*write_pkcs12(Some(&key), &chain, &random).unwrap());
    let pem = write_pem(Some(&key), &chain);
    vec![
        (pfx.clone(), None, "application/x-pkcs12"),
        (pfx, Some(String::new()), "application/x-pkcs12"),
        (pem.to_string(), None, "application/x-pem-file"),
        (STANDARD.encode(pem.as_bytes()), None, "application/x-pem-file"),
    ]
}

/// The third member of the first member of a PKCS #10 request (RFC 2986 section 4).
fn public_key_of(request: &[u8]) -> &[u8] {
    let content = |der: &'_ [u8]| -> (usize, usize) {
        let length = usize::from(der[1]);
        if length < 0x80 {
            return (2, length);
        }
        let bytes = length & 0x7f;
        let length = der[2..2 + bytes].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        (2 + bytes, length)
    };
    let mut at = content(request).0;
    at += content(&request[at..]).0;
    for _ in ["version", "subject"] {
        let (header, length) = content(&request[at..]);
        at += header + length;
    }
    let (header, length) = content(&request[at..]);
    &request[at..at + header + length]
}
