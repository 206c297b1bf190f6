//! Randomness, passed in like time.

use std::fmt::Debug;

use ring::rand::{self, SecureRandom};

/// Gives random bytes. Passed in wherever keys, nonces, salts or identifiers are made.
pub trait Random: Send + Sync + Debug + 'static {
    /// Fills a buffer with bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomError;

/// The operating system's randomness.
#[derive(Debug, Clone)]
pub struct SystemRandom(rand::SystemRandom);

impl SystemRandom {
    /// Opens the source.
    #[must_use]
    pub fn new() -> Self {
        Self(rand::SystemRandom::new())
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        self.0.fill(bytes).map_err(|_| RandomError)
    }
}

/// An array of random bytes.
pub(crate) fn array<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

/// Bytes that follow from a seed, for tests that compare outputs. Anyone can guess them.
#[cfg(any(test, feature = "test-util"))]
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    next: std::sync::atomic::AtomicU64,
}

#[cfg(any(test, feature = "test-util"))]
impl SeededRandom {
    /// Starts a sequence: the same seed gives the same bytes to the same calls.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, next: std::sync::atomic::AtomicU64::new(0) }
    }
}

#[cfg(any(test, feature = "test-util"))]
impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(32) {
            let count = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let block = crate::sha256(&[self.seed.to_le_bytes(), count.to_le_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_randomness_does_not_repeat() {
        let random = SystemRandom::new();
        let (first, second): ([u8; 32], [u8; 32]) = (array(&random).unwrap(), array(&random).unwrap());
        assert_ne!(first, second);
    }

    #[test]
    fn a_seed_gives_one_sequence() {
        let bytes = |seed| {
            let random = SeededRandom::new(seed);
            let mut bytes = [0; 100];
            random.fill(&mut bytes[..50]).unwrap();
            random.fill(&mut bytes[50..]).unwrap();
            bytes
        };
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
        assert_ne!(bytes(1)[..50], bytes(1)[50..]);
    }
}
