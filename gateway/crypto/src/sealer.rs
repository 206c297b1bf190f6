//! Sealing of records.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::cipher::{Cipher, OpenError};
use crate::keys::DataKey;
use crate::random::{Random, RandomError};

/// Seals the records of one vault.
///
/// ```compile_fail
/// fn copy(sealer: &portcullis_crypto::Sealer) -> portcullis_crypto::Sealer {
///     sealer.clone()
/// }
/// ```
pub struct Sealer {
    cipher: Cipher,
    random: Arc<dyn Random>,
}

impl Sealer {
    /// Makes the sealer of a vault from its data key.
    #[must_use]
    pub fn new(key: &DataKey, random: Arc<dyn Random>) -> Self {
        Self { cipher: key.cipher(), random }
    }

    /// Seals a record for one place in the store. The result is 41 bytes longer than the plaintext.
    pub fn seal(&self, context: &SealContext<'_>, plaintext: &[u8]) -> Result<Vec<u8>, RandomError> {
        self.cipher.seal(&context.aad(), plaintext, &*self.random)
    }

    /// Opens a record that was sealed for this place. The error does not say what is wrong with it.
    pub fn open(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.cipher.open(&context.aad(), sealed)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

/// The place of a record, which is authenticated with it: a record that was moved or rolled back does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The key in the store.
    pub store_key: &'a [u8],
    /// Which of the vaults that had this name one after the other.
    pub generation: &'a [u8],
    /// How often the record was written.
    pub sequence: u64,
}

impl SealContext<'_> {
    /// The domain, then each field with its length: different contexts give different bytes.
    fn aad(&self) -> Vec<u8> {
        let mut aad = Vec::with_capacity(DOMAIN.len() + 24 + self.store_key.len() + self.generation.len());
        aad.extend_from_slice(DOMAIN);
        for field in [self.store_key, self.generation] {
            aad.extend_from_slice(&(field.len() as u64).to_le_bytes());
            aad.extend_from_slice(field);
        }
        aad.extend_from_slice(&self.sequence.to_le_bytes());
        aad
    }
}

const DOMAIN: &[u8] = b"portcullis record 1";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SeededRandom;

    const CONTEXT: SealContext<'_> = SealContext { store_key: b"v/1/s/a", generation: b"g1", sequence: 3 };

    fn sealer(seed: u64) -> Sealer {
        let random = Arc::new(SeededRandom::new(seed));
        Sealer::new(&DataKey::generate(&*random).unwrap(), random)
    }

    #[test]
    fn opens_a_record_in_its_place() {
        let sealer = sealer(1);
        let sealed = sealer.seal(&CONTEXT, b"record").unwrap();
        assert_eq!(sealed.len(), b"record".len() + 41);
        assert_eq!(sealer.open(&CONTEXT, &sealed).unwrap().as_slice(), b"record");
    }

    #[test]
    fn refuses_a_record_of_another_vault() {
        let sealed = sealer(1).seal(&CONTEXT, b"record").unwrap();
        assert_eq!(sealer(2).open(&CONTEXT, &sealed), Err(OpenError));
    }

    #[test]
    fn refuses_a_record_in_another_place() {
        let sealer = sealer(1);
        let sealed = sealer.seal(&CONTEXT, b"record").unwrap();
        let elsewhere = [
            SealContext { store_key: b"v/1/s/b", ..CONTEXT },
            SealContext { store_key: b"", ..CONTEXT },
            SealContext { generation: b"g2", ..CONTEXT },
            SealContext { generation: b"", ..CONTEXT },
            SealContext { sequence: 2, ..CONTEXT },
            SealContext { sequence: 4, ..CONTEXT },
            // The same bytes in a row, cut elsewhere.
            SealContext { store_key: b"v/1/s/ag", generation: b"1", ..CONTEXT },
            SealContext { store_key: b"g1", generation: b"v/1/s/a", ..CONTEXT },
        ];
        for context in elsewhere {
            assert_eq!(sealer.open(&context, &sealed), Err(OpenError), "{context:?}");
        }
    }

    #[test]
    fn refuses_truncation_and_flipped_bits() {
        let sealer = sealer(1);
        let mut sealed = sealer.seal(&CONTEXT, b"record").unwrap();
        for length in 0..sealed.len() {
            assert_eq!(sealer.open(&CONTEXT, &sealed[..length]), Err(OpenError));
        }
        for bit in 0..sealed.len() * 8 {
            sealed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sealer.open(&CONTEXT, &sealed), Err(OpenError));
            sealed[bit / 8] ^= 1 << (bit % 8);
        }
    }

    proptest! {
        #[test]
        fn opens_whatever_was_sealed(key: Vec<u8>, generation: Vec<u8>, sequence: u64, plaintext: Vec<u8>) {
            let sealer = sealer(1);
            let context = SealContext { store_key: &key, generation: &generation, sequence };
            let sealed = sealer.seal(&context, &plaintext).unwrap();
            let opened = sealer.open(&context, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn no_two_contexts_have_the_same_associated_data(
            a in ("[ab]{0,3}", "[ab]{0,3}", 0..2_u64), b in ("[ab]{0,3}", "[ab]{0,3}", 0..2_u64),
        ) {
            fn aad(of: &(String, String, u64)) -> Vec<u8> {
                SealContext { store_key: of.0.as_bytes(), generation: of.1.as_bytes(), sequence: of.2 }.aad()
            }
            prop_assert_eq!(aad(&a) == aad(&b), a == b);
        }

        #[test]
        fn opening_anything_does_not_panic(sealed: Vec<u8>) {
            prop_assert_eq!(sealer(1).open(&CONTEXT, &sealed), Err(OpenError));
        }
    }
}
