//! No bytes bring a reader down.

use std::sync::LazyLock;

use portcullis_crypto::SystemRandom;
use portcullis_crypto::x509::{
    PublicKey, parse_certificate, read_pem_bundle, read_pkcs7, read_pkcs12, self_sign, write_pem, write_pkcs12,
};
use proptest::prelude::*;

use super::openssl::{self, Folder};
use super::pkcs12::{export, identity};
use super::{leaf_spec, now};

/// Valid inputs of every reader.
static INPUTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let (key, chain) = identity("P-256");
    let pem = write_pem(Some(&key), &chain).as_bytes().to_vec();
    let folder = Folder::new();
    let file = folder.file("chain.pem", &pem);
    let pkcs7 = |form| openssl::run(&["crl2pkcs7", "-nocrl", "-certfile", &file, "-outform", form], b"");
    let mut inputs = vec![chain[0].as_bytes().to_vec(), pkcs7("DER"), pkcs7("PEM"), pem];
    inputs.push(write_pkcs12(Some(&key), &chain, &SystemRandom::new()).unwrap().to_vec());
    inputs.push(export(&key, &chain, "", &["-iter", "1"]));
    inputs.push(export(&key, &chain, "", &["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"]));
    inputs.push(export(&key, &chain, "", &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-nomac"]));
    inputs.push(key);
    inputs
});

fn read(bytes: &[u8]) {
    let _ = parse_certificate(bytes).map(|facts| facts.subject.to_string());
    let _ = read_pkcs7(bytes);
    let _ = read_pkcs12(bytes, "");
    let _ = read_pem_bundle(&String::from_utf8_lossy(bytes));
    let _ = PublicKey::from_spki(bytes);
    let _ = PublicKey::from_pkcs8(bytes);
    let _ = self_sign(&leaf_spec(), bytes, now(), &SystemRandom::new());
}

#[test]
fn takes_every_truncation() {
    for input in INPUTS.iter() {
        let file = |length: usize| {
            read(&input[..length]);
            assert!(read_pkcs12(&input[..length], "").is_err());
        };
        (0..input.len()).for_each(file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
        read(&[&[0x30, 0x81, u8::try_from(bytes.len()).unwrap_or(0)], bytes.as_slice()].concat());
    }

    #[test]
    fn takes_flipped_bytes(which in 0_usize..9, place in any::<prop::sample::Index>(), mask in 1_u8..) {
        let mut input = INPUTS[which].clone();
        let place = place.index(input.len());
        input[place] ^= mask;
        read(&input);
    }

    #[test]
    fn takes_any_blocks(label in "[A-Z ]{0,20}", body in "[A-Za-z0-9+/=\n]{0,200}") {
        let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        read(text.as_bytes());
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "CERTIFICATE", "PKCS7"] {
            read(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").as_bytes());
        }
    }
}
