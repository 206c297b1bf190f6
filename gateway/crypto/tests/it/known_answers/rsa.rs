//! RS256 to RS512, PS256 to PS512, RSA-OAEP, RSA-OAEP-256 and RSA1_5.

use std::collections::HashSet;

use portcullis_crypto::material::{Ciphertext, KeyMaterial, OperationError, PublicJwk, PublicKey};
use portcullis_model::{EncryptionAlgorithm, SignatureAlgorithm, WrapAlgorithm};
use serde::Deserialize;

use super::{Hex, digest_of, vectors};

#[derive(Deserialize)]
struct Signatures {
    groups: Vec<SignatureGroup>,
}

#[derive(Deserialize)]
struct SignatureGroup {
    source: String,
    algorithm: String,
    n: Hex,
    e: Hex,
    tests: Vec<SignatureTest>,
}

#[derive(Deserialize)]
struct SignatureTest {
    comment: String,
    message: Hex,
    signature: Hex,
    valid: bool,
}

#[derive(Deserialize)]
struct Ciphertexts {
    groups: Vec<CiphertextGroup>,
}

#[derive(Deserialize)]
struct CiphertextGroup {
    source: String,
    algorithm: String,
    pkcs8: Hex,
    tests: Vec<CiphertextTest>,
}

#[derive(Deserialize)]
struct CiphertextTest {
    comment: String,
    ciphertext: Hex,
    plaintext: Hex,
    valid: bool,
}

#[test]
fn signatures_verify_as_published() {
    let mut seen = HashSet::new();
    for group in vectors::<Signatures>("rsa_signature.json").groups {
        let algorithm: SignatureAlgorithm = group.algorithm.parse().unwrap();
        let key = PublicKey::from_jwk(&PublicJwk::Rsa { n: group.n.to_vec(), e: group.e.to_vec() }).unwrap();
        for test in group.tests {
            let verified = key.verify(algorithm, &digest_of(algorithm, &test.message), &test.signature);
            assert_eq!(verified, Ok(test.valid), "{} {}", group.source, test.comment);
            seen.insert((algorithm, test.valid));
        }
    }
    assert_eq!(seen.len(), 12);
}

#[test]
fn ciphertexts_decrypt_and_unwrap_as_published() {
    let mut seen = HashSet::new();
    for group in vectors::<Ciphertexts>("rsa_encryption.json").groups {
        let algorithm: EncryptionAlgorithm = group.algorithm.parse().unwrap();
        let wrap: WrapAlgorithm = group.algorithm.parse().unwrap();
        let key = KeyMaterial::from_pkcs8(&group.pkcs8).unwrap();
        for test in group.tests {
            let expected = if test.valid { Ok(test.plaintext.to_vec()) } else { Err(OperationError::DecryptionFailed) };
            let ciphertext = Ciphertext { value: &test.ciphertext, iv: None, tag: None, aad: None };
            let decrypted = key.decrypt(algorithm, &ciphertext).map(|value| value.to_vec());
            assert_eq!(decrypted, expected, "{} {}", group.source, test.comment);
            assert_eq!(key.unwrap(wrap, &test.ciphertext).map(|value| value.to_vec()), expected);
            seen.insert((algorithm, test.valid));
        }
    }
    assert_eq!(seen.len(), 6);
}
