//! The keys of tokens.

use std::fmt;

use biscuit_auth::builder::Algorithm;
use biscuit_auth::{KeyPair, PrivateKey, PublicKey};
use zeroize::Zeroizing;

/// The public half of the key that signs tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(PublicKey);

impl VerifyingKey {
    pub(crate) const fn new(key: PublicKey) -> Self {
        Self(key)
    }

    pub(crate) const fn public(&self) -> &PublicKey {
        &self.0
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.0.to_bytes_hex())
    }
}

/// The Ed25519 key pair of a seed.
pub(crate) fn key_pair(seed: &Zeroizing<[u8; 32]>) -> KeyPair {
    let key =
        PrivateKey::from_bytes(seed.as_slice(), Algorithm::Ed25519).expect("every 32 bytes are a seed of Ed25519");
    KeyPair::from(&key)
}
