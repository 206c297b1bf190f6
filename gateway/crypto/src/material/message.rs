//! What is encrypted and decrypted.

use std::fmt;

use super::error::{OperationError, Parameter};

/// What is to be encrypted.
pub struct Plaintext<'a> {
    /// The data.
    pub value: &'a [u8],
    /// The initialisation vector: the caller's for CBC, 16 bytes; absent otherwise.
    pub iv: Option<&'a [u8]>,
    /// Data that is authenticated with the value: for GCM only.
    pub aad: Option<&'a [u8]>,
}

impl fmt::Debug for Plaintext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plaintext(..)")
    }
}

/// What is to be decrypted.
#[derive(Debug)]
pub struct Ciphertext<'a> {
    /// The encrypted data.
    pub value: &'a [u8],
    /// The initialisation vector: 12 bytes for GCM, 16 for CBC; absent otherwise.
    pub iv: Option<&'a [u8]>,
    /// The authentication tag: for GCM only.
    pub tag: Option<&'a [u8]>,
    /// Data that was authenticated with the value: for GCM only.
    pub aad: Option<&'a [u8]>,
}

/// What was encrypted: all that is needed to decrypt it again, but for the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// The encrypted data.
    pub value: Vec<u8>,
    /// The initialisation vector, for GCM and CBC.
    pub iv: Option<Vec<u8>>,
    /// The authentication tag, for GCM.
    pub tag: Option<Vec<u8>>,
    /// The data that was authenticated, if there was any.
    pub aad: Option<Vec<u8>>,
}

impl Encrypted {
    /// A value alone.
    pub(super) const fn value(value: Vec<u8>) -> Self {
        Self { value, iv: None, tag: None, aad: None }
    }

    /// The same, as what is to be decrypted.
    #[must_use]
    pub fn as_ciphertext(&self) -> Ciphertext<'_> {
        Ciphertext { value: &self.value, iv: self.iv.as_deref(), tag: self.tag.as_deref(), aad: self.aad.as_deref() }
    }
}

/// A parameter that must be there.
pub(super) fn needed(value: Option<&[u8]>, parameter: Parameter) -> Result<&[u8], OperationError> {
    value.ok_or(OperationError::Missing(parameter))
}

/// A parameter that must be there in one length.
pub(super) fn fixed<const N: usize>(value: Option<&[u8]>, parameter: Parameter) -> Result<&[u8; N], OperationError> {
    needed(value, parameter)?.try_into().map_err(|_| OperationError::ParameterLength(parameter))
}

/// A parameter that must not be there. It is refused rather than ignored, because whoever sends data to authenticate
/// or chooses a vector believes that it has an effect.
pub(super) fn unwanted(value: Option<&[u8]>, parameter: Parameter) -> Result<(), OperationError> {
    if value.is_some() { Err(OperationError::Unwanted(parameter)) } else { Ok(()) }
}
