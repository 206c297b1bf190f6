//! What is refused before anything is computed.

use portcullis_crypto::material::{Ciphertext, KeyMaterial, OperationError, Parameter, Plaintext};
use portcullis_crypto::{Random, SystemRandom};
use portcullis_model::{EncryptionAlgorithm, KeySpec, OctSize, RsaSize, SignatureAlgorithm, WrapAlgorithm};

use crate::fixture::{KEYS, key, plaintext};

#[test]
fn algorithms_of_other_keys_are_refused() {
    let wrong = OperationError::WrongAlgorithm;
    for (key, _) in KEYS.iter() {
        for algorithm in SignatureAlgorithm::ALL.iter().filter(|alg| !alg.fits(&key.spec())) {
            let digest = vec![0; algorithm.digest_length().unwrap_or(32)];
            assert_eq!(key.sign(*algorithm, &digest), Err(wrong));
            assert_eq!(key.verify(*algorithm, &digest, &[]), Err(wrong));
        }
        for algorithm in EncryptionAlgorithm::ALL.iter().filter(|alg| !alg.fits(&key.spec())) {
            let ciphertext = Ciphertext { value: &[0; 16], iv: None, tag: None, aad: None };
            assert_eq!(key.encrypt(*algorithm, &plaintext(&[0; 16]), &SystemRandom::new()), Err(wrong));
            assert_eq!(key.decrypt(*algorithm, &ciphertext), Err(wrong));
        }
        for algorithm in WrapAlgorithm::ALL.iter().filter(|alg| !alg.fits(&key.spec())) {
            assert_eq!(key.wrap(*algorithm, &[0; 16]), Err(wrong));
            assert_eq!(key.unwrap(*algorithm, &[0; 24]), Err(wrong));
        }
    }
}

#[test]
fn parameters_that_do_not_belong_are_refused() {
    let random = SystemRandom::new();
    let (rsa, _) = key(KeySpec::Rsa(RsaSize::Rsa2048));
    let (aes, _) = key(KeySpec::Oct(OctSize::Oct128));
    let (oaep, gcm) = (EncryptionAlgorithm::RsaOaep256, EncryptionAlgorithm::A128Gcm);
    let (cbc, pad) = (EncryptionAlgorithm::A128Cbc, EncryptionAlgorithm::A128CbcPad);
    let encrypt = |key: &KeyMaterial, algorithm, iv, aad| {
        key.encrypt(algorithm, &Plaintext { value: &[0; 16], iv, aad }, &random).map(|_| ())
    };
    let (vector, short, data) = (Some([0; 16].as_slice()), Some([0; 12].as_slice()), Some(b"aad".as_slice()));
    assert_eq!(encrypt(rsa, oaep, vector, None), Err(OperationError::Unwanted(Parameter::Iv)));
    assert_eq!(encrypt(rsa, oaep, None, data), Err(OperationError::Unwanted(Parameter::Aad)));
    assert_eq!(encrypt(aes, gcm, short, None), Err(OperationError::Unwanted(Parameter::Iv)));
    for algorithm in [cbc, pad] {
        assert_eq!(encrypt(aes, algorithm, None, None), Err(OperationError::Missing(Parameter::Iv)));
        assert_eq!(encrypt(aes, algorithm, short, None), Err(OperationError::ParameterLength(Parameter::Iv)));
        assert_eq!(encrypt(aes, algorithm, vector, data), Err(OperationError::Unwanted(Parameter::Aad)));
    }
    let decrypt = |key: &KeyMaterial, algorithm, iv, tag, aad| {
        key.decrypt(algorithm, &Ciphertext { value: &[0; 16], iv, tag, aad }).map(|_| ())
    };
    assert_eq!(decrypt(rsa, oaep, vector, None, None), Err(OperationError::Unwanted(Parameter::Iv)));
    assert_eq!(decrypt(rsa, oaep, None, vector, None), Err(OperationError::Unwanted(Parameter::Tag)));
    assert_eq!(decrypt(rsa, oaep, None, None, data), Err(OperationError::Unwanted(Parameter::Aad)));
    assert_eq!(decrypt(aes, gcm, None, vector, None), Err(OperationError::Missing(Parameter::Iv)));
    assert_eq!(decrypt(aes, gcm, vector, vector, None), Err(OperationError::ParameterLength(Parameter::Iv)));
    assert_eq!(decrypt(aes, gcm, short, None, None), Err(OperationError::Missing(Parameter::Tag)));
    assert_eq!(decrypt(aes, cbc, vector, vector, None), Err(OperationError::Unwanted(Parameter::Tag)));
    assert_eq!(decrypt(aes, cbc, vector, None, data), Err(OperationError::Unwanted(Parameter::Aad)));
}

#[test]
fn values_of_the_wrong_length_are_refused() {
    let random = SystemRandom::new();
    for (size, oaep256, oaep, pkcs1) in
        [(RsaSize::Rsa2048, 190, 214, 245), (RsaSize::Rsa3072, 318, 342, 373), (RsaSize::Rsa4096, 446, 470, 501)]
    {
        let (key, _) = key(KeySpec::Rsa(size));
        for (algorithm, wrap, limit) in [
            (EncryptionAlgorithm::RsaOaep256, WrapAlgorithm::RsaOaep256, oaep256),
            (EncryptionAlgorithm::RsaOaep, WrapAlgorithm::RsaOaep, oaep),
            (EncryptionAlgorithm::Rsa15, WrapAlgorithm::Rsa15, pkcs1),
        ] {
            let (longest, longer) = (vec![1; limit], vec![1; limit + 1]);
            let too_long = OperationError::TooLong { limit };
            let encrypted = key.encrypt(algorithm, &plaintext(&longest), &random).unwrap();
            assert_eq!(*key.decrypt(algorithm, &encrypted.as_ciphertext()).unwrap(), longest);
            assert_eq!(key.encrypt(algorithm, &plaintext(&longer), &random), Err(too_long));
            assert_eq!(*key.unwrap(wrap, &key.wrap(wrap, &longest).unwrap()).unwrap(), longest);
            assert_eq!(key.wrap(wrap, &longer), Err(too_long));
        }
    }
    let (aes, _) = key(KeySpec::Oct(OctSize::Oct192));
    for length in [1, 15, 17, 31] {
        let value = vec![0; length];
        let uneven = Plaintext { value: &value, iv: Some(&[0; 16]), aad: None };
        let refused = aes.encrypt(EncryptionAlgorithm::A192Cbc, &uneven, &random);
        assert_eq!(refused, Err(OperationError::ValueLength));
    }
    for length in [0, 1, 8, 15, 17, 23] {
        assert_eq!(aes.wrap(WrapAlgorithm::A192Kw, &vec![0; length]), Err(OperationError::ValueLength));
    }
    assert_eq!(aes.wrap(WrapAlgorithm::CkmAesKeyWrapPad, &[]), Err(OperationError::ValueLength));
}

#[test]
fn keys_need_randomness() {
    #[derive(Debug)]
    struct Dry;
    impl Random for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), portcullis_crypto::RandomError> {
            Err(portcullis_crypto::RandomError)
        }
    }
    assert!(KeyMaterial::generate(KeySpec::Oct(OctSize::Oct256), &Dry).is_err());
    let (key, _) = key(KeySpec::Oct(OctSize::Oct256));
    let refused = key.encrypt(EncryptionAlgorithm::A256Gcm, &plaintext(b"x"), &Dry);
    assert_eq!(refused, Err(OperationError::Random(portcullis_crypto::RandomError)));
}
