//! Why a key cannot be used.

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are not a key in the expected form, or its parts contradict each other.
    #[error("the key is malformed")]
    Malformed,
    /// It is a key of another kind than those that certificates have here.
    #[error("the key is neither RSA of 2048, 3072 or 4096 bits nor on P-256, P-384, P-521 or P-256K")]
    Unsupported,
    /// The library failed to sign.
    #[error("the key could not sign")]
    Signing,
}
