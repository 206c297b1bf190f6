//! Writes a file with an empty password.

use zeroize::Zeroizing;

use super::cbc::{Cipher, CipherFailed, encrypt_triple_des};
use super::derive::{self, Cost, Purpose};
use super::{Budget, Password, Pkcs12Error, mac, read};
use crate::random::{Random, array};
use crate::x509::bundle::Der;
use crate::x509::der::{algorithm, explicit, known, octets, oid, sequence, set, small, tag};
use crate::x509::facts::thumbprint;

/// Writes a PKCS #12 file with an empty password: the private key (PKCS #8), if there is one to give away, and the
/// certificates, of which the first is that of the key.
///
/// The empty password protects nothing, in any form. So the form is that which every reader opens, old or new, and which
/// Azure's files have: three-key DES and SHA-1 around the key, for Java and Go's x/crypto read no bare key; and bare
/// certificates.
pub fn write_pkcs12(
    private_key: Option<&[u8]>,
    chain: &[Der],
    random: &dyn Random,
) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let leaf = chain.first().ok_or(Pkcs12Error::NoCertificate)?;
    let id = local_key_id(leaf);
    let key = private_key.map(|key| key_content(key, &id, random)).transpose()?.unwrap_or_default();
    let ids = std::iter::once(id.as_slice()).chain(std::iter::repeat(&[][..]));
    let certificates: Vec<u8> = chain.iter().zip(ids).flat_map(|(der, id)| certificate_bag(der, id)).collect();
    let contents = Zeroizing::new(sequence(&[&key, &content_info(&sequence(&[&certificates]))]));
    file(&contents, random)
}

/// PFX with MacData (RFC 7292 section 4).
fn file(contents: &[u8], random: &dyn Random) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let salt: [u8; SALT] = array(random)?;
    let tag = mac::sha1(contents, &Password::terminated(""), Cost::new(&salt, ITERATIONS)?, &mut Budget::new())?;
    let digest = sequence(&[&algorithm(known::SHA1, &NULL), &octets(tag.as_ref())]);
    let mac = sequence(&[&digest, &octets(&salt), &small(ITERATIONS)]);
    Ok(Zeroizing::new(sequence(&[&small(read::VERSION), &content_info(contents), &mac])))
}

/// A ContentInfo of data, which is wiped, for it may be the key.
fn content_info(data: &[u8]) -> Zeroizing<Vec<u8>> {
    let octets = Zeroizing::new(octets(data));
    let content = Zeroizing::new(explicit(0, &[&octets]));
    Zeroizing::new(sequence(&[&oid(known::DATA), &content]))
}

/// The key in a bag of its own. Everything is wiped: anyone can undo an encryption with an empty password.
fn key_content(key: &[u8], id: &[u8], random: &dyn Random) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let salt: [u8; SALT] = array(random)?;
    let parameters = sequence(&[&octets(&salt), &small(ITERATIONS)]);
    let encrypted = Zeroizing::new(octets(&encrypt(key, &salt)?));
    let shrouded = Zeroizing::new(sequence(&[&algorithm(known::PBE_SHA1_3DES, &parameters), &encrypted]));
    let value = Zeroizing::new(explicit(0, &[&shrouded]));
    let bag = Zeroizing::new(sequence(&[&oid(known::SHROUDED_KEY_BAG), &value, id]));
    Ok(content_info(&Zeroizing::new(sequence(&[&bag]))))
}

fn encrypt(key: &[u8], salt: &[u8]) -> Result<Zeroizing<Vec<u8>>, Pkcs12Error> {
    let (password, cost, budget) = (Password::terminated(""), Cost::new(salt, ITERATIONS)?, &mut Budget::new());
    let derive = |purpose, length, budget: &mut Budget| derive::pkcs12_sha1(&password, cost, purpose, length, budget);
    let cipher_key = derive(Purpose::Key, Cipher::TripleDes.key_length(), budget)?;
    let iv = derive(Purpose::Iv, Cipher::TripleDes.block_length(), budget)?;
    encrypt_triple_des(&cipher_key, &iv, key).map_err(|CipherFailed| Pkcs12Error::Unsupported)
}

fn certificate_bag(certificate: &Der, attributes: &[u8]) -> Vec<u8> {
    let bag = sequence(&[&oid(known::X509_CERTIFICATE), &explicit(0, &[&octets(certificate.as_bytes())])]);
    sequence(&[&oid(known::CERT_BAG), &explicit(0, &[&bag]), attributes])
}

/// The attributes that tell a reader which certificate is that of the key (RFC 7292 section 4.2).
fn local_key_id(leaf: &Der) -> Vec<u8> {
    let id = octets(&thumbprint(leaf.as_bytes()));
    set(&[&sequence(&[&oid(known::LOCAL_KEY_ID), &set(&[&id])])])
}

const NULL: [u8; 2] = [tag::NULL, 0];
const SALT: usize = 20;
const ITERATIONS: u32 = 2000;
