//! Published vectors, kept as data in `tests/vectors/crypto`; each file says where its vectors come from.

mod aes;
mod ecdsa;
mod hmac;
pub(crate) mod jose;
mod rsa;

use std::path::Path;

use portcullis_model::SignatureAlgorithm;
use ring::digest::{SHA256, SHA384, SHA512, digest};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads a file of vectors.
fn vectors<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/crypto").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Bytes in hexadecimal.
#[derive(Deserialize, Clone, PartialEq, Eq)]
#[serde(transparent)]
struct Hex {
    #[serde(with = "hex::serde")]
    bytes: Vec<u8>,
}

impl std::ops::Deref for Hex {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The digest that an algorithm signs of a message; the message itself for HMAC.
fn digest_of(algorithm: SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
    match algorithm.digest_length() {
        Some(32) => digest(&SHA256, message).as_ref().to_vec(),
        Some(48) => digest(&SHA384, message).as_ref().to_vec(),
        Some(64) => digest(&SHA512, message).as_ref().to_vec(),
        Some(length) => panic!("no hash of {length} bytes"),
        None => message.to_vec(),
    }
}
