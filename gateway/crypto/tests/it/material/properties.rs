//! Round trips and robustness, with arbitrary bytes.

use portcullis_crypto::material::{Ciphertext, KeyMaterial, OperationError, PrivateJwk};
use portcullis_model::{Curve, EncryptionAlgorithm, SignatureAlgorithm, WrapAlgorithm};
use proptest::prelude::*;

use crate::fixture::{KEYS, encrypt, keys};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

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
