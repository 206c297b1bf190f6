//! AES-GCM, AES-CBC and AES key wrap.

use std::collections::HashSet;

use portcullis_crypto::material::{Ciphertext, KeyMaterial, OperationError, Plaintext, PrivateJwk};
use portcullis_crypto::{Random, RandomError, SystemRandom};
use portcullis_model::{EncryptionAlgorithm, WrapAlgorithm};
use serde::Deserialize;

use super::{Hex, vectors};

#[derive(Deserialize)]
struct File<T> {
    tests: Vec<T>,
}

#[derive(Deserialize)]
struct Gcm {
    comment: String,
    key: Hex,
    iv: Hex,
    aad: Hex,
    plaintext: Hex,
    ciphertext: Hex,
    tag: Hex,
    valid: bool,
}

#[derive(Deserialize)]
struct Cbc {
    comment: String,
    algorithm: String,
    key: Hex,
    iv: Hex,
    plaintext: Hex,
    ciphertext: Hex,
    valid: bool,
}

#[derive(Deserialize)]
struct Wrap {
    comment: String,
    algorithm: String,
    key: Hex,
    plaintext: Hex,
    ciphertext: Hex,
    valid: bool,
}

/// Gives the vector of a test.
#[derive(Debug)]
struct Vector(Vec<u8>);

impl Random for Vector {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

fn import(k: &[u8]) -> KeyMaterial {
    KeyMaterial::import(&PrivateJwk::Oct { k }).unwrap()
}

fn expected(valid: bool, plaintext: &[u8]) -> Result<Vec<u8>, OperationError> {
    if valid { Ok(plaintext.to_vec()) } else { Err(OperationError::DecryptionFailed) }
}

#[test]
fn gcm_gives_what_was_published() {
    let mut seen = HashSet::new();
    for test in vectors::<File<Gcm>>("aes_gcm.json").tests {
        let algorithm: EncryptionAlgorithm = format!("A{}GCM", test.key.len() * 8).parse().unwrap();
        let key = import(&test.key);
        let (iv, aad) = (Some(&*test.iv), Some(&*test.aad));
        let ciphertext = Ciphertext { value: &test.ciphertext, iv, tag: Some(&test.tag), aad };
        let decrypted = key.decrypt(algorithm, &ciphertext).map(|value| value.to_vec());
        assert_eq!(decrypted, expected(test.valid, &test.plaintext), "{}", test.comment);
        if test.valid {
            let plaintext = Plaintext { value: &test.plaintext, iv: None, aad };
            let encrypted = key.encrypt(algorithm, &plaintext, &Vector(test.iv.to_vec())).unwrap();
            assert_eq!((&*encrypted.value, encrypted.tag.as_deref()), (&*test.ciphertext, Some(&*test.tag)));
        }
        seen.insert((algorithm, test.valid));
    }
    assert_eq!(seen.len(), 6);
}

#[test]
fn cbc_gives_what_was_published() {
    let mut seen = HashSet::new();
    for test in vectors::<File<Cbc>>("aes_cbc.json").tests {
        let algorithm: EncryptionAlgorithm = test.algorithm.parse().unwrap();
        let key = import(&test.key);
        let iv = Some(&*test.iv);
        let ciphertext = Ciphertext { value: &test.ciphertext, iv, tag: None, aad: None };
        let decrypted = key.decrypt(algorithm, &ciphertext).map(|value| value.to_vec());
        assert_eq!(decrypted, expected(test.valid, &test.plaintext), "{}", test.comment);
        if test.valid {
            let plaintext = Plaintext { value: &test.plaintext, iv, aad: None };
            let encrypted = key.encrypt(algorithm, &plaintext, &SystemRandom::new()).unwrap();
            assert_eq!(&*encrypted.value, &*test.ciphertext, "{}", test.comment);
        }
        seen.insert((algorithm, test.valid));
    }
    assert_eq!(seen.len(), 9);
}

#[test]
fn key_wrap_gives_what_was_published() {
    let mut seen = HashSet::new();
    for test in vectors::<File<Wrap>>("aes_key_wrap.json").tests {
        let algorithm: WrapAlgorithm = test.algorithm.parse().unwrap();
        let key = import(&test.key);
        for algorithm in [algorithm, by_its_other_name(algorithm)] {
            let unwrapped = key.unwrap(algorithm, &test.ciphertext).map(|value| value.to_vec());
            assert_eq!(unwrapped, expected(test.valid, &test.plaintext), "{}", test.comment);
            if test.valid {
                assert_eq!(key.wrap(algorithm, &test.plaintext).unwrap(), &*test.ciphertext, "{}", test.comment);
            }
            seen.insert((algorithm, test.valid));
        }
    }
    assert_eq!(seen.len(), 10);
}

fn by_its_other_name(algorithm: WrapAlgorithm) -> WrapAlgorithm {
    match algorithm {
        WrapAlgorithm::A128Kw | WrapAlgorithm::A192Kw | WrapAlgorithm::A256Kw => WrapAlgorithm::CkmAesKeyWrap,
        other => other,
    }
}
