//! How much key derivation a file may cost.

use super::Pkcs12Error;

/// The rest of the iterations that a file may cost, over all of its derivations.
#[derive(Debug)]
pub(super) struct Budget {
    left: u32,
}

impl Budget {
    /// Well above what tools write (OpenSSL 2048, Java 10,000 per derivation) and under a second of work.
    pub(super) const LIMIT: u32 = 600_000;

    pub(super) const fn new() -> Self {
        Self { left: Self::LIMIT }
    }

    /// A smaller one: what is fuzzed shall be read often.
    #[cfg(feature = "test-util")]
    pub(super) const fn of(iterations: u32) -> Self {
        Self { left: iterations }
    }

    /// Pays for a derivation of so many blocks before it is done.
    pub(super) fn pay(&mut self, iterations: u32, blocks: u32) -> Result<(), Pkcs12Error> {
        let price = iterations.checked_mul(blocks).ok_or(Pkcs12Error::TooManyIterations)?;
        self.left = self.left.checked_sub(price).ok_or(Pkcs12Error::TooManyIterations)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_spent_once() {
        let mut budget = Budget::new();
        budget.pay(300_000, 1).unwrap();
        budget.pay(150_000, 2).unwrap();
        assert_eq!(budget.pay(1, 1), Err(Pkcs12Error::TooManyIterations));
        assert_eq!(Budget::new().pay(u32::MAX, 2), Err(Pkcs12Error::TooManyIterations));
    }
}
