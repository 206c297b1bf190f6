//! What can go wrong with key material. No error says anything of a key or a value.

use crate::random::RandomError;

/// A key could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There was no randomness.
    #[error("no randomness for a new key")]
    Random(#[from] RandomError),
    /// The library made no key.
    #[error("the key could not be generated")]
    Generation,
}

/// Bytes are not a key that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// An RSA key came without some of its private parts.
    #[error("an RSA key needs all of n, e, d, dp, dq, qi, p and q")]
    IncompleteRsa,
    /// The size is none that is supported.
    #[error("the size of the key is not supported")]
    UnsupportedSize,
    /// The public exponent of an RSA key is not 65537.
    #[error("the public exponent of the key is not supported")]
    UnsupportedExponent,
    /// A number of the key is longer than its curve's.
    #[error("a part of the key is too long for its curve")]
    TooLong,
    /// The parts are of different keys, or no key at all.
    #[error("the parts of the key do not belong together")]
    Inconsistent,
    /// A symmetric key was given where a public key is wanted.
    #[error("a symmetric key has no public part")]
    NotPublic,
    /// The bytes are not one PKCS #8 document of a supported key.
    #[error("not a PKCS #8 private key of a supported type")]
    Malformed,
    /// A stored key is another kind of key than was said.
    #[error("the key is of another type, size or curve")]
    OtherSpec,
}

/// A parameter beside the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// The initialisation vector.
    Iv,
    /// The authentication tag.
    Tag,
    /// The additional authenticated data.
    Aad,
}

impl Parameter {
    /// The parameter's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Iv => "iv",
            Self::Tag => "tag",
            Self::Aad => "aad",
        }
    }
}

/// An operation with a key did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// The algorithm is for keys of another type, size or curve.
    #[error("the algorithm does not fit the key")]
    WrongAlgorithm,
    /// The algorithm fits the key but cannot be done.
    #[error("the algorithm is not supported")]
    Unsupported,
    /// The digest is not as long as the algorithm's hash.
    #[error("the digest must have {expected} bytes")]
    DigestLength {
        /// The hash's length in bytes.
        expected: usize,
    },
    /// The value is longer than the key can take.
    #[error("the value must have at most {limit} bytes")]
    TooLong {
        /// The most that it can take, in bytes.
        limit: usize,
    },
    /// The value is not made of whole blocks, or too short.
    #[error("the length of the value does not fit the algorithm")]
    ValueLength,
    /// The algorithm needs a parameter that is absent.
    #[error("the algorithm needs the parameter `{}`", .0.as_str())]
    Missing(Parameter),
    /// The algorithm has no use for a parameter, or makes it itself.
    #[error("the algorithm takes no parameter `{}`", .0.as_str())]
    Unwanted(Parameter),
    /// A parameter has a length that the algorithm does not know.
    #[error("the parameter `{}` has the wrong length", .0.as_str())]
    ParameterLength(Parameter),
    /// Nothing was decrypted or unwrapped. There is no finer error: see the module's documentation.
    #[error("the value does not decrypt")]
    DecryptionFailed,
    /// There was no randomness.
    #[error("no randomness for the operation")]
    Random(#[from] RandomError),
    /// The library refused what it should be able to do.
    #[error("the cryptographic library failed")]
    Library,
}
