//! Failures to decrypt and unwrap, which do not differ.

use portcullis_crypto::material::{Ciphertext, KeyMaterial, OperationError, PublicJwk};
use portcullis_model::{EncryptionAlgorithm, KeySpec, OctSize, RsaSize, WrapAlgorithm};

use crate::fixture::{assert_not_decrypted, encrypt, flipped, key, keys};

/// The same error value, and so the same message, whatever was wrong: length, padding, tag, key.
#[test]
fn failed_decryptions_do_not_differ() {
    for algorithm in EncryptionAlgorithm::ALL {
        for (key, other) in keys(|spec| algorithm.fits(spec)) {
            let encrypted = encrypt(key, *algorithm, &[3; 32]);
            let decrypt = |key: &KeyMaterial, value: &[u8]| {
                key.decrypt(*algorithm, &Ciphertext { value, ..encrypted.as_ciphertext() })
            };
            assert_eq!(*decrypt(key, &encrypted.value).unwrap(), [3; 32]);
            let longer = [encrypted.value.as_slice(), &[0]].concat();
            for value in [&longer[..1], &longer[..15], &longer[..encrypted.value.len() - 1], &longer] {
                assert_eq!(decrypt(key, value), Err(OperationError::DecryptionFailed), "{algorithm}");
            }
            assert_not_decrypted(algorithm.as_str(), decrypt(other, &encrypted.value));
            for bit in (0..encrypted.value.len() * 8).step_by(101) {
                assert_not_decrypted(algorithm.as_str(), decrypt(key, &flipped(&encrypted.value, bit)));
            }
        }
    }
}

/// Ciphertexts of another padding, and those that are no padding at all: 0 and 1 are their own powers, the modulus is
/// out of range.
#[test]
fn bad_paddings_of_rsa_do_not_differ() {
    use EncryptionAlgorithm::{Rsa15, RsaOaep, RsaOaep256};
    let (key, _) = key(KeySpec::Rsa(RsaSize::Rsa2048));
    let PublicJwk::Rsa { n, .. } = key.public() else { panic!("not an RSA key") };
    let (zero, one) = (vec![0; 256], [vec![0; 255], vec![1]].concat());
    let encrypted =
        [RsaOaep256, RsaOaep, Rsa15].map(|algorithm| (Some(algorithm), encrypt(key, algorithm, b"x").value));
    for (of, value) in encrypted.into_iter().chain([(None, zero), (None, one), (None, n)]) {
        for algorithm in [RsaOaep256, RsaOaep, Rsa15].into_iter().filter(|algorithm| of != Some(*algorithm)) {
            let result = key.decrypt(algorithm, &Ciphertext { value: &value, iv: None, tag: None, aad: None });
            assert_not_decrypted(algorithm.as_str(), result);
        }
    }
    assert_eq!(OperationError::DecryptionFailed.to_string(), "the value does not decrypt");
}

#[test]
fn bad_paddings_of_cbc_do_not_differ() {
    for (cbc, pad) in [
        (EncryptionAlgorithm::A128Cbc, EncryptionAlgorithm::A128CbcPad),
        (EncryptionAlgorithm::A192Cbc, EncryptionAlgorithm::A192CbcPad),
        (EncryptionAlgorithm::A256Cbc, EncryptionAlgorithm::A256CbcPad),
    ] {
        let (key, _) = keys(|spec| cbc.fits(spec)).next().unwrap();
        for last in [0, 2, 16, 17, 255] {
            let block = [[9; 15].as_slice(), &[last]].concat();
            let encrypted = encrypt(key, cbc, &block);
            assert_eq!(key.decrypt(pad, &encrypted.as_ciphertext()), Err(OperationError::DecryptionFailed));
        }
        let empty = Ciphertext { value: &[], iv: Some(&[0; 16]), tag: None, aad: None };
        assert_eq!(key.decrypt(pad, &empty), Err(OperationError::DecryptionFailed));
    }
}

#[test]
fn gcm_authenticates_vector_tag_and_data() {
    for algorithm in [EncryptionAlgorithm::A128Gcm, EncryptionAlgorithm::A192Gcm, EncryptionAlgorithm::A256Gcm] {
        let failed = Err(OperationError::DecryptionFailed);
        let (key, _) = keys(|spec| algorithm.fits(spec)).next().unwrap();
        let encrypted = encrypt(key, algorithm, b"value");
        let good = encrypted.as_ciphertext();
        let (iv, tag) = (good.iv.unwrap(), good.tag.unwrap());
        assert_eq!((iv.len(), tag.len(), good.aad), (12, 16, Some(b"aad".as_slice())));
        for bit in 0..128 {
            let tag = flipped(tag, bit);
            assert_eq!(key.decrypt(algorithm, &Ciphertext { tag: Some(&tag), ..encrypted.as_ciphertext() }), failed);
        }
        for length in 0..16 {
            let tag = Some(&tag[..length]);
            assert_eq!(key.decrypt(algorithm, &Ciphertext { tag, ..encrypted.as_ciphertext() }), failed);
        }
        let iv = flipped(iv, 0);
        assert_eq!(key.decrypt(algorithm, &Ciphertext { iv: Some(&iv), ..encrypted.as_ciphertext() }), failed);
        for aad in [None, Some(b"aae".as_slice())] {
            assert_eq!(key.decrypt(algorithm, &Ciphertext { aad, ..encrypted.as_ciphertext() }), failed);
        }
        assert_ne!(encrypt(key, algorithm, b"value").iv, encrypted.iv);
    }
}

#[test]
fn wrapped_keys_unwrap_under_their_key_only() {
    let failed = Err(OperationError::DecryptionFailed);
    for algorithm in WrapAlgorithm::ALL {
        for (key, other) in keys(|spec| algorithm.fits(spec)) {
            let wrapped = key.wrap(*algorithm, &[3; 32]).unwrap();
            assert_eq!(*key.unwrap(*algorithm, &wrapped).unwrap(), [3; 32], "{algorithm}");
            assert_not_decrypted(algorithm.as_str(), other.unwrap(*algorithm, &wrapped));
            for bit in (0..wrapped.len() * 8).step_by(31) {
                assert_not_decrypted(algorithm.as_str(), key.unwrap(*algorithm, &flipped(&wrapped, bit)));
            }
            for length in 0..wrapped.len() {
                assert_eq!(key.unwrap(*algorithm, &wrapped[..length]), failed, "{algorithm} cut to {length}");
            }
            assert_eq!(key.unwrap(*algorithm, &[wrapped.as_slice(), &[0; 8]].concat()), failed, "{algorithm}");
        }
    }
}

/// A wrapped nothing would be the constant of the integrity check in clear.
#[test]
fn a_bare_integrity_check_does_not_unwrap() {
    let failed = Err(OperationError::DecryptionFailed);
    let (key, _) = key(KeySpec::Oct(OctSize::Oct256));
    assert_eq!(key.unwrap(WrapAlgorithm::A256Kw, &[0xa6; 8]), failed);
    assert_eq!(key.unwrap(WrapAlgorithm::CkmAesKeyWrapPad, &[0xa6, 0x59, 0x59, 0xa6, 0, 0, 0, 0]), failed);
}
