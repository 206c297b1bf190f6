//! HS256, HS384 and HS512.

use std::collections::HashSet;

use portcullis_crypto::material::{KeyMaterial, PrivateJwk};
use portcullis_model::SignatureAlgorithm;
use serde::Deserialize;

use super::{Hex, vectors};

#[derive(Deserialize)]
struct File {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    comment: String,
    algorithm: String,
    key: Hex,
    message: Hex,
    tag: Hex,
    valid: bool,
}

#[test]
fn tags_are_as_published() {
    let mut seen = HashSet::new();
    for test in vectors::<File>("hmac.json").tests {
        let algorithm: SignatureAlgorithm = test.algorithm.parse().unwrap();
        let key = KeyMaterial::import(&PrivateJwk::Oct { k: &test.key }).unwrap();
        assert_eq!(key.verify(algorithm, &test.message, &test.tag), Ok(test.valid), "{}", test.comment);
        let tag = key.sign(algorithm, &test.message).unwrap();
        assert_eq!(tag == *test.tag, test.valid, "{}", test.comment);
        seen.insert((algorithm, test.valid));
    }
    assert!(seen.len() >= 4);
}
