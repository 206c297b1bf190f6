//! Bounds of tokens.

use std::time::Duration;

/// What a token may cost. The defaults suit most installations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenLimits {
    /// Bytes of a token's text.
    pub token_bytes: usize,
    /// Blocks of a token, the authority block among them.
    pub token_blocks: usize,
    /// Steps that all checks of a token can take together when a request is judged. A step takes some ten
    /// nanoseconds.
    pub check_steps: u64,
    /// Wall-clock time for all checks. It is generous: a busy machine must not refuse a valid token, and
    /// `check_steps` is the real bound.
    pub check_time: Duration,
    /// Verified tokens kept, counted in KiB of their text; 0 keeps none.
    pub cached_tokens: usize,
}

impl Default for TokenLimits {
    fn default() -> Self {
        Self {
            token_bytes: 8 * 1024,
            token_blocks: 8,
            check_steps: 100_000,
            check_time: Duration::from_secs(1),
            cached_tokens: 4096,
        }
    }
}
