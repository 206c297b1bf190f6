//! Keys that come in as numbers: good ones, and numbers that do not belong together.

use portcullis_crypto::material::{ImportError, KeyMaterial, PrivateJwk, PublicJwk, PublicKey};
use portcullis_model::{Curve, KeySpec, RsaSize, SignatureAlgorithm};

use crate::fixture::{flipped, key};
use crate::known_answers::jose::{Jwk, rsa_2048};

fn ec(curve: Curve) -> (Vec<u8>, Vec<u8>) {
    let PublicJwk::Ec { x, y, .. } = key(KeySpec::Ec(curve)).0.public() else { panic!("not a key on a curve") };
    (x, y)
}

/// Private numbers of a curve are read back from PKCS #8, where RFC 5915 puts them behind `04 <length>`.
fn private_number(curve: Curve) -> Vec<u8> {
    let der = key(KeySpec::Ec(curve)).0.to_pkcs8().unwrap();
    let length = curve.coordinate_length();
    let marker = [2, 1, 1, 4, u8::try_from(length).unwrap()];
    let at = der.windows(marker.len()).position(|window| window == marker).unwrap() + marker.len();
    der[at..at + length].to_vec()
}

fn import_ec(curve: Curve, x: &[u8], y: &[u8], d: &[u8]) -> Result<KeyMaterial, ImportError> {
    KeyMaterial::import(&PrivateJwk::Ec { curve, x, y, d })
}

#[test]
fn numbers_on_a_curve_make_the_same_key() {
    for curve in Curve::ALL {
        let ((x, y), d) = (ec(*curve), private_number(*curve));
        let imported = import_ec(*curve, &x, &y, &d).unwrap();
        assert_eq!(imported.public(), key(KeySpec::Ec(*curve)).0.public());
        let long = |number: &[u8]| [&[0, 0], number].concat();
        assert_eq!(import_ec(*curve, &long(&x), &long(&y), &long(&d)).unwrap().public(), imported.public());
    }
}

/// The point of the private number 1 has y with no leading zero, but the number itself shrinks to one byte.
#[test]
fn short_numbers_are_filled_with_zeros() {
    let x = hex::decode("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296").unwrap();
    let y = hex::decode("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5").unwrap();
    let imported = import_ec(Curve::P256, &x, &y, &[1]).unwrap();
    assert_eq!(imported.public(), PublicJwk::Ec { curve: Curve::P256, x, y });
}

#[test]
fn numbers_that_do_not_belong_together_make_no_key() {
    for curve in Curve::ALL {
        let ((x, y), d) = (ec(*curve), private_number(*curve));
        let import = |x: &[u8], y: &[u8], d: &[u8]| import_ec(*curve, x, y, d).map(|key| key.spec());
        let (low, zero) = (x.len() * 8 - 8, vec![0; d.len()]);
        assert_eq!(import(&flipped(&x, low), &y, &d), Err(ImportError::Inconsistent));
        assert_eq!(import(&x, &flipped(&y, low), &d), Err(ImportError::Inconsistent));
        assert_eq!(import(&x, &y, &flipped(&d, low)), Err(ImportError::Inconsistent));
        assert_eq!(import(&y, &x, &d), Err(ImportError::Inconsistent));
        assert_eq!(import(&x, &y, &zero), Err(ImportError::Inconsistent));
        assert_eq!(import(&x, &y, &[]), Err(ImportError::Inconsistent));
        assert_eq!(import(&[], &[], &d), Err(ImportError::Inconsistent));
        assert_eq!(import(&x, &y, &vec![0xff; d.len()]), Err(ImportError::Inconsistent));
        assert_eq!(import(&x, &y, &[&[1], d.as_slice()].concat()), Err(ImportError::TooLong));
        assert_eq!(import(&[&[1], x.as_slice()].concat(), &y, &d), Err(ImportError::TooLong));
    }
    let (x, y) = ec(Curve::P256);
    let other = import_ec(Curve::P256K, &x, &y, &private_number(Curve::P256));
    assert_eq!(other.unwrap_err(), ImportError::Inconsistent);
}

#[test]
fn numbers_of_rsa_may_have_leading_zeros() {
    let jwk = rsa_2048();
    let imported = KeyMaterial::import(&jwk.private()).unwrap();
    let zeros = jwk.map(|number| [&[0, 0, 0], number].concat());
    assert_eq!(KeyMaterial::import(&zeros.private()).unwrap().public(), imported.public());
    assert_eq!(imported.spec(), KeySpec::Rsa(RsaSize::Rsa2048));
}

#[test]
fn rsa_keys_need_all_their_numbers() {
    let jwk = rsa_2048();
    let without: [fn(&mut Jwk); 6] = [
        |jwk| jwk.d = None,
        |jwk| jwk.dp = None,
        |jwk| jwk.dq = None,
        |jwk| jwk.qi = None,
        |jwk| jwk.p = None,
        |jwk| jwk.q = None,
    ];
    for remove in without {
        let mut jwk = jwk.clone();
        remove(&mut jwk);
        assert_eq!(KeyMaterial::import(&jwk.private()).unwrap_err(), ImportError::IncompleteRsa);
    }
}

#[test]
fn rsa_numbers_that_do_not_belong_together_make_no_key() {
    let jwk = rsa_2048();
    let altered: [fn(&mut Jwk) -> &mut Option<String>; 7] = [
        |jwk| &mut jwk.e,
        |jwk| &mut jwk.d,
        |jwk| &mut jwk.dp,
        |jwk| &mut jwk.dq,
        |jwk| &mut jwk.qi,
        |jwk| &mut jwk.p,
        |jwk| &mut jwk.q,
    ];
    for number in altered {
        for replacement in ["AQ", "Ag", "AA", "", "AQAD"] {
            let mut jwk = jwk.clone();
            *number(&mut jwk) = Some(replacement.to_owned());
            assert_eq!(KeyMaterial::import(&jwk.private()).unwrap_err(), ImportError::Inconsistent);
        }
    }
    let mut swapped = jwk.clone();
    (swapped.p, swapped.q) = (jwk.q.clone(), jwk.p.clone());
    assert_eq!(KeyMaterial::import(&swapped.private()).unwrap_err(), ImportError::Inconsistent);
}

#[test]
fn rsa_keys_have_three_sizes() {
    for bits in [0, 512, 1024, 2047, 2049, 2056, 3071, 4095, 4097, 8192_usize] {
        let mut n = vec![0xff; bits.div_ceil(8)];
        if let Some(first) = n.first_mut() {
            *first >>= (8 - bits % 8) % 8;
        }
        let number = Some(n.as_slice());
        let (d, dp, dq, qi, p, q) = (number, number, number, number, number, number);
        let imported = KeyMaterial::import(&PrivateJwk::Rsa { n: &n, e: &[1, 0, 1], d, dp, dq, qi, p, q });
        assert_eq!(imported.unwrap_err(), ImportError::UnsupportedSize, "{bits}");
        let public = PublicKey::from_jwk(&PublicJwk::Rsa { n: n.clone(), e: vec![1, 0, 1] });
        assert_eq!(public.unwrap_err(), ImportError::UnsupportedSize, "{bits}");
    }
}

#[test]
fn public_keys_verify_what_their_private_keys_sign() {
    for spec in [KeySpec::Rsa(RsaSize::Rsa2048), KeySpec::Ec(Curve::P521), KeySpec::Ec(Curve::P256K)] {
        let (key, other) = key(spec);
        let public = PublicKey::from_jwk(&key.public()).unwrap();
        assert_eq!(public.spec(), spec);
        for algorithm in SignatureAlgorithm::ALL.iter().filter(|algorithm| **algorithm != SignatureAlgorithm::RsNull) {
            let digest = vec![1; algorithm.digest_length().unwrap_or(32)];
            match key.sign(*algorithm, &digest) {
                Ok(signature) => {
                    assert_eq!(public.verify(*algorithm, &digest, &signature), Ok(true));
                    let forged = other.sign(*algorithm, &digest).unwrap();
                    assert_eq!(public.verify(*algorithm, &digest, &forged), Ok(false));
                }
                Err(error) => assert_eq!(public.verify(*algorithm, &digest, &[]), Err(error)),
            }
        }
    }
}

#[test]
fn public_numbers_that_are_no_key_are_refused() {
    assert_eq!(PublicKey::from_jwk(&PublicJwk::Oct).unwrap_err(), ImportError::NotPublic);
    for curve in Curve::ALL {
        let (x, y) = ec(*curve);
        for (x, y) in [(y.clone(), x.clone()), (Vec::new(), Vec::new()), (x, vec![1])] {
            let public = PublicKey::from_jwk(&PublicJwk::Ec { curve: *curve, x, y });
            assert_eq!(public.unwrap_err(), ImportError::Inconsistent);
        }
    }
    let PublicJwk::Rsa { n, .. } = key(KeySpec::Rsa(RsaSize::Rsa2048)).0.public() else { panic!("not an RSA key") };
    for e in [vec![], vec![1], vec![2], vec![0xff; 5], n.clone()] {
        let public = PublicKey::from_jwk(&PublicJwk::Rsa { n: n.clone(), e });
        assert_eq!(public.unwrap_err(), ImportError::Inconsistent);
    }
}
