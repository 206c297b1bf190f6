//! Keys of every kind, made once, and what the tests do with them.

use std::sync::LazyLock;

use portcullis_crypto::SystemRandom;
use portcullis_crypto::material::{Encrypted, KeyMaterial, OperationError, Plaintext};
use portcullis_model::{Curve, EncryptionAlgorithm, KeySpec, OctSize, RsaSize};
use zeroize::Zeroizing;

/// Two keys of every kind, made once: the second is the wrong one.
pub(crate) static KEYS: LazyLock<Vec<(KeyMaterial, KeyMaterial)>> = LazyLock::new(|| {
    let generate = |spec| KeyMaterial::generate(spec, &SystemRandom::new()).unwrap();
    specs().into_iter().map(|spec| (generate(spec), generate(spec))).collect()
});

pub(crate) fn specs() -> Vec<KeySpec> {
    let rsa = RsaSize::ALL.iter().map(|size| KeySpec::Rsa(*size));
    let curves = Curve::ALL.iter().map(|curve| KeySpec::Ec(*curve));
    rsa.chain(curves).chain(OctSize::ALL.iter().map(|size| KeySpec::Oct(*size))).collect()
}

pub(crate) fn keys(fits: impl Fn(&KeySpec) -> bool) -> impl Iterator<Item = &'static (KeyMaterial, KeyMaterial)> {
    KEYS.iter().filter(move |(key, _)| fits(&key.spec()))
}

pub(crate) fn key(spec: KeySpec) -> &'static (KeyMaterial, KeyMaterial) {
    keys(|other| *other == spec).next().unwrap()
}

pub(crate) fn plaintext(value: &[u8]) -> Plaintext<'_> {
    Plaintext { value, iv: None, aad: None }
}

/// Encrypts with what the algorithm needs beside the value.
pub(crate) fn encrypt(key: &KeyMaterial, algorithm: EncryptionAlgorithm, value: &[u8]) -> Encrypted {
    let iv = algorithm.as_str().contains("CBC").then_some([7; 16].as_slice());
    let aad = algorithm.as_str().contains("GCM").then_some(b"aad".as_slice());
    key.encrypt(algorithm, &Plaintext { value, iv, aad }, &SystemRandom::new()).unwrap()
}

pub(crate) fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// What became of thirty-two times 3 once key or ciphertext was another. Neither CBC nor the padding of PKCS #1 v1.5
/// is an integrity check: now and then, other bytes come out.
pub(crate) fn assert_not_decrypted(algorithm: &str, result: Result<Zeroizing<Vec<u8>>, OperationError>) {
    match result {
        Ok(value) => {
            assert!(algorithm.contains("CBC") || algorithm == "RSA1_5", "{algorithm}");
            assert_ne!(*value, [3; 32], "{algorithm}");
        }
        Err(error) => assert_eq!(error, OperationError::DecryptionFailed, "{algorithm}"),
    }
}
