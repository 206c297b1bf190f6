//! Reads certificates and a private key.

use zeroize::Zeroizing;

use super::PemError;
use super::blocks::{Block, blocks};
use crate::x509::bundle::{Bundle, Der, MAX_CERTIFICATES};
use crate::x509::{parse_certificate, pkcs8};

/// Reads certificates, in their order, and at most one private key, which may be PKCS #8, PKCS #1 or SEC 1. Whether
/// the key is that of a certificate is not checked.
pub fn read_pem_bundle(text: &str) -> Result<Bundle, PemError> {
    let mut bundle = Bundle { private_key: None, certificates: Vec::new() };
    for block in blocks(text)? {
        read(&mut bundle, &block)?;
    }
    if bundle.certificates.is_empty() { Err(PemError::NoCertificate) } else { Ok(bundle) }
}

fn read(bundle: &mut Bundle, block: &Block<'_>) -> Result<(), PemError> {
    let content = &block.content;
    match block.label {
        "CERTIFICATE" | "X509 CERTIFICATE" => add_certificate(bundle, content),
        "PRIVATE KEY" => set_key(bundle, pkcs8::from_pkcs8(content)?),
        "RSA PRIVATE KEY" => set_key(bundle, pkcs8::from_pkcs1(content)?),
        "EC PRIVATE KEY" => set_key(bundle, pkcs8::from_sec1(content)?),
        "ENCRYPTED PRIVATE KEY" => Err(PemError::EncryptedKey),
        // OpenSSL writes it before a key; the key says it again.
        "EC PARAMETERS" => Ok(()),
        other => Err(PemError::Label { label: other.chars().take(64).collect() }),
    }
}

fn add_certificate(bundle: &mut Bundle, content: &[u8]) -> Result<(), PemError> {
    if bundle.certificates.len() == MAX_CERTIFICATES {
        return Err(PemError::TooManyCertificates);
    }
    parse_certificate(content)?;
    bundle.certificates.push(Der::new(content.to_vec()));
    Ok(())
}

fn set_key(bundle: &mut Bundle, key: Zeroizing<Vec<u8>>) -> Result<(), PemError> {
    if bundle.private_key.replace(key).is_some() { Err(PemError::SeveralKeys) } else { Ok(()) }
}
