//! Signatures of people: Ed25519 (RFC 8032) over short messages.

use std::fmt;
use std::str::FromStr;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::jose::base64url;
use crate::random::{self, Random, RandomError};

/// A key that signs. Written down it is a line of text that nobody else may read.
pub struct Ed25519Key {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

/// A key that verifies, written as `ed25519:` and 43 characters of base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ed25519PublicKey([u8; 32]);

/// A signature, written as 86 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ed25519Signature([u8; 64]);

/// Says what a text is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ed25519TextError {
    /// It is no signing key.
    #[error("not a signing key: one line that begins with `ed25519-private:`")]
    Key,
    /// It is no verifying key.
    #[error("not a public key of Ed25519, such as `ed25519:` and 43 characters of base64url")]
    PublicKey,
    /// It is no signature.
    #[error("not a signature of Ed25519: 86 characters of base64url")]
    Signature,
}

impl Ed25519Key {
    /// Makes a key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate(random: &dyn Random) -> Result<Self, RandomError> {
        let seed = Zeroizing::new(random::array::<32>(random)?);
        Self::of_seed(seed).ok_or(RandomError)
    }

    /// The key that a text is; blanks around it do not count.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, Ed25519TextError> {
        let digits = text.trim().strip_prefix(PRIVATE).ok_or(Ed25519TextError::Key)?;
        let bytes = Zeroizing::new(base64url::decode(digits).ok_or(Ed25519TextError::Key)?);
        let seed = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Ed25519TextError::Key)?);
        Self::of_seed(seed).ok_or(Ed25519TextError::Key)
    }

    fn of_seed(seed: Zeroizing<[u8; 32]>) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
        Some(Self { seed, pair })
    }

    /// The key as a line of text, which is a secret.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PRIVATE}{}", base64url::encode(self.seed.as_slice())))
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> Ed25519PublicKey {
        // A public key of Ed25519 has 32 bytes.
        Ed25519PublicKey(self.pair.public_key().as_ref().try_into().unwrap_or_default())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        // A signature of Ed25519 has 64 bytes; one that had not would verify nowhere.
        Ed25519Signature(self.pair.sign(message).as_ref().try_into().unwrap_or([0; 64]))
    }
}

impl fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Key")
    }
}

impl Ed25519PublicKey {
    /// Whether a signature is of a message and of this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &Ed25519Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, &signature.0).is_ok()
    }
}

impl FromStr for Ed25519PublicKey {
    type Err = Ed25519TextError;

    fn from_str(text: &str) -> Result<Self, Ed25519TextError> {
        let digits = text.trim().strip_prefix(PUBLIC).ok_or(Ed25519TextError::PublicKey)?;
        let bytes = base64url::decode(digits).ok_or(Ed25519TextError::PublicKey)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| Ed25519TextError::PublicKey)
    }
}

impl fmt::Display for Ed25519PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", base64url::encode(&self.0))
    }
}

impl FromStr for Ed25519Signature {
    type Err = Ed25519TextError;

    fn from_str(text: &str) -> Result<Self, Ed25519TextError> {
        let bytes = base64url::decode(text.trim()).ok_or(Ed25519TextError::Signature)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| Ed25519TextError::Signature)
    }
}

impl fmt::Display for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ed25519Signature({self})")
    }
}

const PRIVATE: &str = "ed25519-private:";
const PUBLIC: &str = "ed25519:";

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signs_as_the_specification_does() {
        let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = Ed25519Key::parse(&format!("{PRIVATE}{}", base64url::encode(&seed))).unwrap();
        assert_eq!(key.public().0.to_vec(), hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
        let signature = key.sign(&[0x72]);
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(signature.0.to_vec(), hex(expected));
        assert!(key.public().verifies(&[0x72], &signature));
    }

    #[test]
    fn texts_come_back_and_nothing_else_is_taken() {
        let random = crate::SystemRandom::new();
        let (key, other) = (Ed25519Key::generate(&random).unwrap(), Ed25519Key::generate(&random).unwrap());
        let read = Ed25519Key::parse(&format!(" {}\n", *key.to_text())).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
        let signature: Ed25519Signature = read.sign(b"message").to_string().parse().unwrap();
        assert!(key.public().verifies(b"message", &signature));
        assert!(!key.public().verifies(b"another", &signature) && !other.public().verifies(b"message", &signature));
        for at in 0..64 {
            let mut changed = signature;
            changed.0[at] ^= 1;
            assert!(!key.public().verifies(b"message", &changed), "{at}");
        }
        for text in ["", "ed25519:", "ed25519:AAAA", key.to_text().as_str(), &signature.to_string()] {
            assert!(text.parse::<Ed25519PublicKey>().is_err(), "{text}");
        }
        assert!(Ed25519Key::parse(&key.public().to_string()).is_err());
        assert!("".parse::<Ed25519Signature>().is_err() && "AAAA".parse::<Ed25519Signature>().is_err());
        assert_eq!(format!("{key:?}"), "Ed25519Key");
    }

    fn hex(text: &str) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digit).collect()
    }
}
