//! What a key may be used for.

use std::fmt;

use crate::KeyType;
use crate::wire_names::wire_names;

wire_names! {
    /// One use of a key, an element of `key_ops` (RFC 7517 section 4.3 and Azure's additions).
    KeyOperation, "a key operation":
    /// Encrypts data.
    Encrypt = "encrypt";
    /// Decrypts data.
    Decrypt = "decrypt";
    /// Signs digests.
    Sign = "sign";
    /// Verifies signatures.
    Verify = "verify";
    /// Wraps keys.
    WrapKey = "wrapKey";
    /// Unwraps keys.
    UnwrapKey = "unwrapKey";
    /// Receives a key that is imported wrapped; stands alone.
    Import = "import";
    /// Leaves the vault by secure key release.
    Export = "export";
}

impl KeyOperation {
    const fn bit(self) -> u8 {
        match self {
            Self::Encrypt => 1,
            Self::Decrypt => 1 << 1,
            Self::Sign => 1 << 2,
            Self::Verify => 1 << 3,
            Self::WrapKey => 1 << 4,
            Self::UnwrapKey => 1 << 5,
            Self::Import => 1 << 6,
            Self::Export => 1 << 7,
        }
    }
}

/// The set of uses that a key is meant for. The empty set permits nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KeyOperations(u8);

impl KeyOperations {
    /// What a key of a type is for unless its creator says otherwise (wire contract, section 10.1).
    #[must_use]
    pub const fn defaults(key_type: KeyType) -> Self {
        use KeyOperation::{Decrypt, Encrypt, Sign, UnwrapKey, Verify, WrapKey};
        match key_type {
            KeyType::Rsa => Self::of(&[Encrypt, Decrypt, Sign, Verify, WrapKey, UnwrapKey]),
            KeyType::Ec => Self::of(&[Sign, Verify]),
            KeyType::Oct => Self::of(&[Encrypt, Decrypt, WrapKey, UnwrapKey]),
        }
    }

    /// The set of the given operations.
    #[must_use]
    pub const fn of(operations: &[KeyOperation]) -> Self {
        let mut bits = 0;
        let mut rest = operations;
        while let [first, others @ ..] = rest {
            bits |= first.bit();
            rest = others;
        }
        Self(bits)
    }

    /// Whether an operation is in the set.
    #[must_use]
    pub const fn contains(self, operation: KeyOperation) -> bool {
        self.0 & operation.bit() != 0
    }

    /// Whether no operation is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The operations in the order of the table, whatever order they were given in.
    pub fn iter(self) -> impl Iterator<Item = KeyOperation> {
        KeyOperation::ALL.iter().copied().filter(move |operation| self.contains(*operation))
    }
}

impl fmt::Debug for KeyOperations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<KeyOperation> for KeyOperations {
    fn from_iter<I: IntoIterator<Item = KeyOperation>>(operations: I) -> Self {
        Self(operations.into_iter().fold(0, |bits, operation| bits | operation.bit()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_operation_has_a_bit_of_its_own() {
        assert_eq!(KeyOperations::of(KeyOperation::ALL).iter().count(), KeyOperation::ALL.len());
        for operation in KeyOperation::ALL {
            assert_eq!(KeyOperations::of(&[*operation]).iter().collect::<Vec<_>>(), [*operation]);
        }
    }

    #[test]
    fn defaults_follow_the_type() {
        let names = |key_type| KeyOperations::defaults(key_type).iter().map(KeyOperation::as_str).collect::<Vec<_>>();
        assert_eq!(names(KeyType::Rsa), ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]);
        assert_eq!(names(KeyType::Ec), ["sign", "verify"]);
        assert_eq!(names(KeyType::Oct), ["encrypt", "decrypt", "wrapKey", "unwrapKey"]);
        assert!(KeyOperations::default().is_empty());
    }

    proptest! {
        #[test]
        fn a_set_holds_what_was_put_into_it(indexes in proptest::collection::vec(0..KeyOperation::ALL.len(), 0..12)) {
            let operations: Vec<_> = indexes.iter().map(|index| KeyOperation::ALL[*index]).collect();
            let set: KeyOperations = operations.iter().copied().collect();
            for operation in KeyOperation::ALL {
                prop_assert_eq!(set.contains(*operation), operations.contains(operation));
            }
            prop_assert_eq!(set.iter().collect::<KeyOperations>(), set);
            prop_assert_eq!(KeyOperations::of(&operations), set);
        }
    }
}
