//! What is kept of a password that a person chose.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize as _, Zeroizing};

use crate::random::{Random, RandomError, array};

/// The argon2id hash of a password (RFC 9106), with its salt and its cost.
///
/// A verification takes some ten milliseconds of one core and [`PasswordHash::MEMORY_KIB`] of memory: whoever calls it
/// for strangers bounds how many run at once.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    memory: u32,
    passes: u32,
    salt: [u8; SALT],
    hash: [u8; HASH],
}

impl PasswordHash {
    /// The memory of one hash that is made now, in KiB.
    pub const MEMORY_KIB: u32 = 19 * 1024;
    /// The longest password, in bytes.
    pub const MAX_BYTES: usize = 256;
    /// The shortest password that may be chosen, in characters.
    pub const MIN_CHARACTERS: usize = 12;

    /// Hashes a password with a new salt.
    pub fn new(password: &[u8], random: &dyn Random) -> Result<Self, RandomError> {
        let salt = array(random)?;
        let hash = hash(password, &salt, Self::MEMORY_KIB, PASSES);
        Ok(Self { memory: Self::MEMORY_KIB, passes: PASSES, salt, hash })
    }

    /// Whether this is the hash of a password.
    #[must_use]
    pub fn verify(&self, password: &[u8]) -> bool {
        let hash = Zeroizing::new(hash(password, &self.salt, self.memory, self.passes));
        hash.ct_eq(&self.hash).into()
    }

    /// The form for the store and for configuration files: `$argon2id$v=19$m=..,t=..,p=1$<salt>$<hash>`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (salt, hash) = (STANDARD_NO_PAD.encode(self.salt), STANDARD_NO_PAD.encode(self.hash));
        format!("{PREFIX}m={},t={},p=1${salt}${hash}", self.memory, self.passes)
    }

    /// Reads what [`PasswordHash::to_text`] wrote. The cost is bounded, so that no text makes verifying expensive.
    pub fn from_text(text: &str) -> Result<Self, MalformedPasswordHash> {
        Self::read(text).ok_or(MalformedPasswordHash)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split('$');
        let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = cost.split(',');
        let memory = costs.next()?.strip_prefix("m=")?.parse().ok().filter(|m| (8..=MOST_MEMORY).contains(m))?;
        let passes = costs.next()?.strip_prefix("t=")?.parse().ok().filter(|t| (1..=MOST_PASSES).contains(t))?;
        let one_lane = costs.next()? == "p=1" && costs.next().is_none() && parts.next().is_none();
        let salt = STANDARD_NO_PAD.decode(salt).ok()?.try_into().ok()?;
        let hash = STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?;
        one_lane.then_some(Self { memory, passes, salt, hash })
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// The text is not that of an argon2id hash with 16 bytes of salt, 32 bytes of hash, one lane and a bounded cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an argon2id hash of the form that `portcullis directory password-hash` prints")]
pub struct MalformedPasswordHash;

fn hash(password: &[u8], salt: &[u8; SALT], memory: u32, passes: u32) -> [u8; HASH] {
    let params = Params::new(memory, passes, 1, Some(HASH)).expect("the cost is within argon2's own bounds");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut blocks = vec![Block::default(); argon2.params().block_count()];
    let mut out = [0; HASH];
    argon2
        .hash_password_into_with_memory(password, salt, &mut out, &mut blocks)
        .expect("salt, hash and memory have argon2's sizes, and no password is as long as it refuses");
    // The blocks follow from the password.
    blocks.iter_mut().for_each(|block| block.zeroize());
    out
}

const PREFIX: &str = "$argon2id$v=19$";
const PASSES: u32 = 2;
const SALT: usize = 16;
const HASH: usize = 32;
const MOST_MEMORY: u32 = 256 * 1024;
const MOST_PASSES: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn recognises_the_password_and_no_other() {
        let hash = PasswordHash::new(b"correct horse", &SeededRandom::new(1)).unwrap();
        let again = PasswordHash::from_text(&hash.to_text()).unwrap();
        assert!(again.verify(b"correct horse"));
        for other in [b"".as_slice(), b"correct hors", b"Correct horse", b"correct horse "] {
            assert!(!again.verify(other));
        }
        assert!(!format!("{hash:?}").contains("argon2id"));
    }

    #[test]
    fn other_texts_are_refused() {
        let text = PasswordHash::new(b"x", &SeededRandom::new(1)).unwrap().to_text();
        assert!(PasswordHash::from_text(&text).is_ok());
        for other in [
            text.replace("argon2id", "argon2i"),
            text.replace("v=19", "v=16"),
            text.replace("p=1", "p=4"),
            text.replace("m=19456", "m=99999999"),
            text.replace("t=2", "t=1000"),
            text.replace("t=2", "t=0"),
            format!("{text}$"),
            text[..text.len() - 1].to_owned(),
            String::new(),
        ] {
            assert_eq!(PasswordHash::from_text(&other), Err(MalformedPasswordHash), "{other}");
        }
    }
}
