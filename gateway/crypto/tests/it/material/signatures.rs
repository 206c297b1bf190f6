//! What is signed verifies, and nothing else does.

use portcullis_crypto::material::OperationError;
use portcullis_model::{Curve, KeySpec, RsaSize, SignatureAlgorithm};

use crate::fixture::{flipped, key, keys};

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
