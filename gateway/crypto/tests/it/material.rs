//! What key material promises, for each kind of key and each algorithm: round trips, refusals and failures that do not
//! differ. Known answers are in `known_answers.rs`.

use std::sync::LazyLock;

use portcullis_crypto::material::{
    Ciphertext, Encrypted, ImportError, KeyMaterial, OperationError, Parameter, Plaintext, PrivateJwk,
};
use portcullis_crypto::{Random, SystemRandom};
use portcullis_model::keys::PublicJwk;
use portcullis_model::{
    Curve, EncryptionAlgorithm, KeySpec, KeyType, OctSize, RsaSize, SignatureAlgorithm, WrapAlgorithm,
};
use proptest::prelude::*;
use zeroize::Zeroizing;

/// Two keys of every kind, made once: the second is the wrong one.
static KEYS: LazyLock<Vec<(KeyMaterial, KeyMaterial)>> = LazyLock::new(|| {
    let generate = |spec| KeyMaterial::generate(spec, &SystemRandom::new()).unwrap();
    specs().into_iter().map(|spec| (generate(spec), generate(spec))).collect()
});

fn specs() -> Vec<KeySpec> {
    let rsa = RsaSize::ALL.iter().map(|size| KeySpec::Rsa(*size));
    let curves = Curve::ALL.iter().map(|curve| KeySpec::Ec(*curve));
    rsa.chain(curves).chain(OctSize::ALL.iter().map(|size| KeySpec::Oct(*size))).collect()
}

fn keys(fits: impl Fn(&KeySpec) -> bool) -> impl Iterator<Item = &'static (KeyMaterial, KeyMaterial)> {
    KEYS.iter().filter(move |(key, _)| fits(&key.spec()))
}

fn key(spec: KeySpec) -> &'static (KeyMaterial, KeyMaterial) {
    keys(|other| *other == spec).next().unwrap()
}

fn plaintext(value: &[u8]) -> Plaintext<'_> {
    Plaintext { value, iv: None, aad: None }
}

/// Encrypts with what the algorithm needs beside the value.
fn encrypt(key: &KeyMaterial, algorithm: EncryptionAlgorithm, value: &[u8]) -> Encrypted {
    let iv = algorithm.as_str().contains("CBC").then_some([7; 16].as_slice());
    let aad = algorithm.as_str().contains("GCM").then_some(b"aad".as_slice());
    key.encrypt(algorithm, &Plaintext { value, iv, aad }, &SystemRandom::new()).unwrap()
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn every_key_survives_its_stored_form() {
    for (key, _) in KEYS.iter() {
        let stored = key.to_stored();
        let read = KeyMaterial::from_stored(key.spec(), &stored).unwrap();
        assert_eq!(read.spec(), key.spec());
        assert_eq!(read.public(), key.public());
        assert_eq!(read.public_key_info(), key.public_key_info());
        assert_eq!(*read.to_stored(), *stored);
        for spec in specs().into_iter().filter(|spec| *spec != key.spec()) {
            assert!(KeyMaterial::from_stored(spec, &stored).is_err(), "{:?} as {spec:?}", key.spec());
        }
    }
}

#[test]
fn pkcs8_is_for_key_pairs() {
    for (key, _) in KEYS.iter() {
        let Some(der) = key.to_pkcs8() else {
            assert_eq!(key.spec().key_type(), KeyType::Oct);
            continue;
        };
        let read = KeyMaterial::from_pkcs8(&der).unwrap();
        assert_eq!((read.spec(), read.public()), (key.spec(), key.public()));
        for length in (0..der.len()).step_by(7) {
            assert_eq!(KeyMaterial::from_pkcs8(&der[..length]).unwrap_err(), ImportError::Malformed);
        }
        let longer = [der.as_slice(), &[0]].concat();
        assert_eq!(KeyMaterial::from_pkcs8(&longer).unwrap_err(), ImportError::Malformed);
        assert_eq!(KeyMaterial::from_stored(key.spec(), &longer).unwrap_err(), ImportError::Malformed);
    }
}

#[test]
fn public_numbers_have_the_lengths_of_their_kind() {
    for (key, _) in KEYS.iter() {
        match (key.spec(), key.public()) {
            (KeySpec::Rsa(size), PublicJwk::Rsa { n, e }) => {
                assert_eq!(n.len(), size.bytes());
                assert!(n[0] >= 0x80);
                assert_eq!(e, [1, 0, 1]);
            }
            (KeySpec::Ec(curve), PublicJwk::Ec { curve: other, x, y }) => {
                assert_eq!(curve, other);
                assert_eq!((x.len(), y.len()), (curve.coordinate_length(), curve.coordinate_length()));
            }
            (KeySpec::Oct(_), PublicJwk::Oct) => assert_eq!(key.public_key_info(), None),
            (spec, public) => panic!("{spec:?} has the public key {public:?}"),
        }
    }
}

#[test]
fn nothing_of_a_key_is_shown() {
    for (key, _) in KEYS.iter() {
        assert_eq!(format!("{key:?}"), "KeyMaterial(..)");
    }
    assert_eq!(format!("{:?}", PrivateJwk::Oct { k: b"secret" }), "PrivateJwk(..)");
    assert_eq!(format!("{:?}", plaintext(b"secret")), "Plaintext(..)");
}

#[test]
fn signatures_verify_under_their_key_algorithm_and_digest_only() {
    for algorithm in SignatureAlgorithm::ALL.iter().filter(|alg| **alg != SignatureAlgorithm::RsNull) {
        let digest = vec![0x5a; algorithm.digest_length().unwrap_or(100)];
        for (key, other) in keys(|spec| algorithm.fits(spec)) {
            let signature = key.sign(*algorithm, &digest).unwrap();
            assert_eq!(key.verify(*algorithm, &digest, &signature), Ok(true), "{algorithm}");
            assert_eq!(other.verify(*algorithm, &digest, &signature), Ok(false), "{algorithm}");
            assert_eq!(key.verify(*algorithm, &flipped(&digest, 9), &signature), Ok(false), "{algorithm}");
            for bit in (0..signature.len() * 8).step_by(61) {
                assert_eq!(key.verify(*algorithm, &digest, &flipped(&signature, bit)), Ok(false), "{algorithm}");
            }
            for length in (0..signature.len()).step_by(13).chain([signature.len() - 1]) {
                assert_eq!(key.verify(*algorithm, &digest, &signature[..length]), Ok(false), "{algorithm}");
            }
            let longer = [signature.as_slice(), &[0]].concat();
            assert_eq!(key.verify(*algorithm, &digest, &longer), Ok(false), "{algorithm}");
            for other in SignatureAlgorithm::ALL.iter().filter(|alg| *alg != algorithm && alg.fits(&key.spec())) {
                if other.digest_length() == algorithm.digest_length() {
                    assert_ne!(key.verify(*other, &digest, &signature), Ok(true), "{algorithm} as {other}");
                }
            }
        }
    }
}

#[test]
fn signatures_have_the_lengths_of_the_wire() {
    for (curve, algorithm, length) in [
        (Curve::P256, SignatureAlgorithm::Es256, 64),
        (Curve::P256K, SignatureAlgorithm::Es256k, 64),
        (Curve::P384, SignatureAlgorithm::Es384, 96),
        (Curve::P521, SignatureAlgorithm::Es512, 132),
    ] {
        let digest = vec![1; algorithm.digest_length().unwrap()];
        for _ in 0..20 {
            assert_eq!(key(KeySpec::Ec(curve)).0.sign(algorithm, &digest).unwrap().len(), length);
        }
    }
}

#[test]
fn digests_of_another_length_are_refused() {
    for algorithm in SignatureAlgorithm::ALL {
        let Some(expected) = algorithm.digest_length() else { continue };
        let (key, _) = keys(|spec| algorithm.fits(spec)).next().unwrap();
        for length in [0, 20, expected - 1, expected + 1, 2 * expected] {
            let refused = OperationError::DigestLength { expected };
            assert_eq!(key.sign(*algorithm, &vec![0; length]), Err(refused));
            assert_eq!(key.verify(*algorithm, &vec![0; length], &[]), Err(refused));
        }
    }
}

#[test]
fn unhashed_rsa_signatures_are_unsupported() {
    let (key, _) = key(KeySpec::Rsa(RsaSize::Rsa2048));
    assert_eq!(key.sign(SignatureAlgorithm::RsNull, b"raw"), Err(OperationError::Unsupported));
    assert_eq!(key.verify(SignatureAlgorithm::RsNull, b"raw", &[]), Err(OperationError::Unsupported));
}

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

/// What became of thirty-two times 3 once key or ciphertext was another. Neither CBC nor the padding of PKCS #1 v1.5
/// is an integrity check: now and then, other bytes come out.
fn assert_not_decrypted(algorithm: &str, result: Result<Zeroizing<Vec<u8>>, OperationError>) {
    match result {
        Ok(value) => {
            assert!(algorithm.contains("CBC") || algorithm == "RSA1_5", "{algorithm}");
            assert_ne!(*value, [3; 32], "{algorithm}");
        }
        Err(error) => assert_eq!(error, OperationError::DecryptionFailed, "{algorithm}"),
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

#[test]
fn symmetric_keys_have_three_sizes() {
    for length in 0..=64 {
        let made = KeyMaterial::import(&PrivateJwk::Oct { k: &vec![0; length] }).map(|key| key.spec());
        match OctSize::from_bits(length * 8) {
            Some(size) => assert_eq!(made, Ok(KeySpec::Oct(size))),
            None => assert_eq!(made, Err(ImportError::UnsupportedSize)),
        }
    }
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_encrypted_decrypts(value in proptest::collection::vec(any::<u8>(), 0..190)) {
        for algorithm in EncryptionAlgorithm::ALL {
            let whole = value.len() - value.len() % 16;
            let padded = !matches!(
                algorithm,
                EncryptionAlgorithm::A128Cbc | EncryptionAlgorithm::A192Cbc | EncryptionAlgorithm::A256Cbc
            );
            let value = if padded { &value[..] } else { &value[..whole] };
            let (key, _) = keys(|spec| algorithm.fits(spec)).next().unwrap();
            let encrypted = encrypt(key, *algorithm, value);
            let decrypted = key.decrypt(*algorithm, &encrypted.as_ciphertext()).unwrap();
            prop_assert_eq!(decrypted.as_slice(), value);
        }
    }

    #[test]
    fn what_is_wrapped_unwraps(value in proptest::collection::vec(any::<u8>(), 1..190)) {
        for algorithm in WrapAlgorithm::ALL {
            let (key, _) = keys(|spec| algorithm.fits(spec)).next().unwrap();
            match key.wrap(*algorithm, &value) {
                Ok(wrapped) => {
                    let unwrapped = key.unwrap(*algorithm, &wrapped).unwrap();
                    prop_assert_eq!(unwrapped.as_slice(), &value[..]);
                }
                Err(error) => {
                    prop_assert_eq!(error, OperationError::ValueLength);
                    prop_assert!(value.len() < 16 || value.len() % 8 != 0);
                }
            }
        }
    }

    #[test]
    fn no_bytes_reach_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = KeyMaterial::from_pkcs8(&bytes);
        let _ = KeyMaterial::import(&PrivateJwk::Oct { k: &bytes });
        let (first, second) = bytes.split_at(bytes.len() / 2);
        for curve in Curve::ALL {
            let _ = KeyMaterial::import(&PrivateJwk::Ec { curve: *curve, x: first, y: second, d: first });
        }
        let (d, rest) = (Some(first), Some(second));
        let _ = KeyMaterial::import(&PrivateJwk::Rsa {
            n: &bytes, e: first, d, dp: rest, dq: d, qi: rest, p: d, q: rest,
        });
        for (key, _) in KEYS.iter() {
            for algorithm in SignatureAlgorithm::ALL {
                let _ = key.verify(*algorithm, first, second);
            }
            for algorithm in EncryptionAlgorithm::ALL {
                let ciphertext = Ciphertext { value: first, iv: second.get(..12), tag: second.get(12..28), aad: None };
                let _ = key.decrypt(*algorithm, &ciphertext);
            }
            for algorithm in WrapAlgorithm::ALL {
                let _ = key.unwrap(*algorithm, &bytes);
            }
        }
    }
}
