//! Under which conditions a key may leave the vault, and in what form.

use crate::wire_names::wire_names;

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

/// The greatest attestation token, in bytes.
pub const MAX_RELEASE_TARGET_BYTES: usize = 64 * 1024;

/// The greatest nonce of a release, in bytes.
pub const MAX_RELEASE_NONCE_BYTES: usize = 1024;

wire_names! {
    /// How a released key is wrapped: a fresh AES key of 256 bits under RSA-OAEP, then the key under AES key wrap with
    /// padding (PKCS #11 version 3.0, section 2.1.21 of its current mechanisms). They differ in the hash of OAEP.
    ReleaseWrapping, "a way to wrap a released key":
    /// With SHA-1, as PKCS #11 names it without parameters.
    RsaAesKeyWrap = "CKM_RSA_AES_KEY_WRAP";
    /// With SHA-256.
    RsaAesKeyWrap256 = "RSA_AES_KEY_WRAP_256";
    /// With SHA-384.
    RsaAesKeyWrap384 = "RSA_AES_KEY_WRAP_384";
}
