//! Authenticated encryption with a key per message.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use crate::mac::tag;
use crate::random::{Random, RandomError, array};

/// Seals and opens bytes under one long-lived key. The format of what is sealed:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version, 1 |
/// | 24 | random |
/// | as the plaintext | ciphertext |
/// | 16 | tag |
///
/// AES-GCM with random nonces of 96 bits must end after 2^32 messages of one key (NIST SP 800-38D section 8.3), and a
/// repeated nonce gives the authentication key away. So each message has an AES key of its own: the HMAC-SHA256 of
/// 192 random bits under the long-lived key. Two messages share a key with negligible probability until 2^80 of them
/// or so, and since a key seals one message only, its nonce may be constant.
pub(crate) struct Cipher {
    // ring does not wipe its keys; the long-lived key that this one comes from is wiped by its owner.
    derive: hmac::Key,
}

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { derive: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    pub(crate) fn seal(&self, aad: &[u8], plaintext: &[u8], random: &dyn Random) -> Result<Vec<u8>, RandomError> {
        let salt: [u8; SALT] = array(random)?;
        let mut sealed = Vec::with_capacity(OVERHEAD + plaintext.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(plaintext);
        let tag = self
            .message_key(&salt)
            .seal_in_place_separate_tag(nonce(), Aad::from(aad), &mut sealed[HEADER..])
            .expect("a plaintext in memory is shorter than the 64 GiB that AES-GCM can seal");
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError)?;
        if *version != VERSION {
            return Err(OpenError);
        }
        let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or(OpenError)?;
        let mut plaintext = Zeroizing::new(rest.to_vec());
        let length =
            self.message_key(salt).open_in_place(nonce(), Aad::from(aad), &mut plaintext).map_err(|_| OpenError)?.len();
        plaintext.truncate(length);
        Ok(plaintext)
    }

    fn message_key(&self, salt: &[u8; SALT]) -> LessSafeKey {
        // Label and salt fit one block of SHA-256, so this costs two compressions and no more.
        let mut message = [0; LABEL.len() + SALT];
        message[..LABEL.len()].copy_from_slice(LABEL);
        message[LABEL.len()..].copy_from_slice(salt);
        let key = Zeroizing::new(tag(&self.derive, &message));
        let key = UnboundKey::new(&AES_256_GCM, &*key).expect("a tag of HMAC-SHA256 is as long as a key of AES-256");
        LessSafeKey::new(key)
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(..)")
    }
}

/// The bytes were not sealed with this key and this context, or were altered since. It is not said which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open")]
pub struct OpenError;

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

const VERSION: u8 = 1;
const LABEL: &[u8] = b"portcullis message key 1";
const SALT: usize = 24;
const TAG: usize = 16;
const HEADER: usize = 1 + SALT;
const OVERHEAD: usize = HEADER + TAG;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    fn sealed() -> (Cipher, Vec<u8>) {
        let cipher = Cipher::new(&[7; 32]);
        let sealed = cipher.seal(b"aad", b"plaintext", &SeededRandom::new(1)).unwrap();
        (cipher, sealed)
    }

    #[test]
    fn opens_what_it_sealed() {
        let (cipher, sealed) = sealed();
        assert_eq!(sealed.len(), OVERHEAD + b"plaintext".len());
        assert_eq!(cipher.open(b"aad", &sealed).unwrap().as_slice(), b"plaintext");
        let empty = cipher.seal(b"", b"", &SeededRandom::new(1)).unwrap();
        assert!(cipher.open(b"", &empty).unwrap().is_empty());
    }

    /// Sealed bytes live on disk for years: this sample must open for ever.
    #[test]
    fn opens_what_was_sealed_by_the_first_version() {
        let sample: Vec<u8> = (0..FIRST_VERSION.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&FIRST_VERSION[at..at + 2], 16).unwrap())
            .collect();
        let (cipher, sealed) = sealed();
        assert_eq!(cipher.open(b"aad", &sample).unwrap().as_slice(), b"plaintext");
        assert_eq!(sealed, sample);
    }

    #[test]
    fn refuses_another_key_and_other_associated_data() {
        let (cipher, sealed) = sealed();
        assert_eq!(Cipher::new(&[8; 32]).open(b"aad", &sealed), Err(OpenError));
        assert_eq!(cipher.open(b"aae", &sealed), Err(OpenError));
        assert_eq!(cipher.open(b"", &sealed), Err(OpenError));
    }

    #[test]
    fn refuses_truncation_at_every_length() {
        let (cipher, sealed) = sealed();
        for length in 0..sealed.len() {
            assert_eq!(cipher.open(b"aad", &sealed[..length]), Err(OpenError), "cut to {length}");
        }
    }

    #[test]
    fn refuses_every_flipped_bit_and_appended_bytes() {
        let (cipher, mut sealed) = sealed();
        for bit in 0..sealed.len() * 8 {
            sealed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(cipher.open(b"aad", &sealed), Err(OpenError), "bit {bit}");
            sealed[bit / 8] ^= 1 << (bit % 8);
        }
        sealed.push(0);
        assert_eq!(cipher.open(b"aad", &sealed), Err(OpenError));
    }

    #[test]
    fn seals_the_same_differently_each_time() {
        let cipher = Cipher::new(&[7; 32]);
        let random = SeededRandom::new(1);
        let (first, second) =
            (cipher.seal(b"", b"same", &random).unwrap(), cipher.seal(b"", b"same", &random).unwrap());
        assert_ne!(first, second);
        assert_ne!(first[HEADER..], second[HEADER..]);
    }

    /// Recomputed with Python's hmac and the cryptography package.
    const FIRST_VERSION: &str = concat!(
        "014cbbd8ca5215b8d161aec181a74b694f4e24b001d5b081dc",
        "36a67362e3188e6722e0cba2541f451bbdd0ce8ebecc8cc41f",
    );
}
