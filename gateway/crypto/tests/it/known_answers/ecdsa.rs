//! ES256, ES256K, ES384 and ES512.

use std::collections::HashSet;

use portcullis_crypto::material::{KeyMaterial, PrivateJwk, PublicJwk, PublicKey};
use portcullis_model::{Curve, SignatureAlgorithm};
use serde::Deserialize;

use super::{Hex, digest_of, vectors};

#[derive(Deserialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    source: String,
    algorithm: String,
    x: Hex,
    y: Hex,
    d: Option<Hex>,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    comment: String,
    message: Hex,
    signature: Hex,
    valid: bool,
}

fn curve(algorithm: SignatureAlgorithm) -> Curve {
    match algorithm {
        SignatureAlgorithm::Es256 => Curve::P256,
        SignatureAlgorithm::Es256k => Curve::P256K,
        SignatureAlgorithm::Es384 => Curve::P384,
        SignatureAlgorithm::Es512 => Curve::P521,
        other => panic!("{other} is of no curve"),
    }
}

#[test]
fn signatures_verify_as_published() {
    let mut seen = HashSet::new();
    for group in vectors::<File>("ecdsa.json").groups {
        let algorithm = group.algorithm.parse().unwrap();
        let jwk = PublicJwk::Ec { curve: curve(algorithm), x: group.x.to_vec(), y: group.y.to_vec() };
        let key = PublicKey::from_jwk(&jwk).unwrap();
        for test in group.tests {
            let verified = key.verify(algorithm, &digest_of(algorithm, &test.message), &test.signature);
            assert_eq!(verified, Ok(test.valid), "{} {}", group.source, test.comment);
            seen.insert((algorithm, test.valid));
        }
    }
    assert_eq!(seen.len(), 8);
}

#[test]
fn private_keys_verify_and_sign_as_published() {
    for group in vectors::<File>("ecdsa.json").groups {
        let Some(d) = &group.d else { continue };
        let algorithm = group.algorithm.parse().unwrap();
        let jwk = PrivateJwk::Ec { curve: curve(algorithm), x: &group.x, y: &group.y, d };
        let key = KeyMaterial::import(&jwk).unwrap();
        for test in group.tests {
            let digest = digest_of(algorithm, &test.message);
            assert_eq!(key.verify(algorithm, &digest, &test.signature), Ok(true));
            let signature = key.sign(algorithm, &digest).unwrap();
            assert_eq!(key.verify(algorithm, &digest, &signature), Ok(true));
        }
    }
}
