//! How keys are kept and shown.

use portcullis_crypto::material::{ImportError, KeyMaterial, PrivateJwk, PublicJwk};
use portcullis_model::{KeySpec, KeyType, OctSize};

use crate::fixture::{KEYS, plaintext, specs};

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
fn symmetric_keys_have_three_sizes() {
    for length in 0..=64 {
        let made = KeyMaterial::import(&PrivateJwk::Oct { k: &vec![0; length] }).map(|key| key.spec());
        match OctSize::from_bits(length * 8) {
            Some(size) => assert_eq!(made, Ok(KeySpec::Oct(size))),
            None => assert_eq!(made, Err(ImportError::UnsupportedSize)),
        }
    }
}
