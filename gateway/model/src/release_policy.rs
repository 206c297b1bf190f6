//! Under which conditions a key may leave the vault.

/// The greatest release policy, in bytes.
pub const MAX_RELEASE_POLICY_BYTES: usize = 10 * 1024;

/// A release policy as its owner gave it. Its grammar is checked where it is set and where it is evaluated (wire
/// contract, section 10.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePolicy {
    /// The type of its content, `application/json; charset=utf-8` where none is given.
    pub content_type: String,
    /// The policy, JSON.
    pub data: Vec<u8>,
    /// Whether it can never be changed.
    pub immutable: bool,
}
