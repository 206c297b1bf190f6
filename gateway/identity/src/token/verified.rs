//! A token whose signature was verified.

use std::fmt;
use std::time::Duration;

use biscuit_auth::{AuthorizerBuilder, AuthorizerLimits, UnverifiedBiscuit, error};

use super::{Claims, Complexity, review};
use crate::attenuation::Attenuation;
use crate::{TokenLimits, VerifyingKey};

/// A token whose signature was verified and whose blocks were read. Nothing that changes with time or directory has
/// been checked.
pub(crate) struct VerifiedToken {
    pub(crate) claims: Claims,
    pub(crate) revocation_ids: Vec<Vec<u8>>,
    pub(crate) attenuation: Option<Attenuation>,
    /// The length of its text in KiB, rounded up.
    pub(crate) text_kib: u64,
}

impl VerifiedToken {
    /// Verifies and reads a token. Blocks are counted before any signature is verified, since each costs a
    /// verification; nothing else is made of a token whose signatures do not hold.
    pub(crate) fn read(text: &str, key: &VerifyingKey, limits: &TokenLimits) -> Result<Self, ReadTokenError> {
        if text.len() > limits.token_bytes {
            return Err(ReadTokenError::TooLarge);
        }
        let unverified = UnverifiedBiscuit::from_base64(text)?;
        if unverified.block_count() > limits.token_blocks {
            return Err(ReadTokenError::TooLarge);
        }
        let biscuit = unverified.verify(key.public()).map_err(error::Token::Format)?;
        let mut authorizer = AuthorizerBuilder::new().set_limits(READ_LIMITS).build(&biscuit)?;
        // Before the first query: it would run the rules.
        let prefixes = review(&authorizer, limits.check_steps)?;
        Ok(Self {
            claims: Claims::read(&mut authorizer)?,
            revocation_ids: biscuit.revocation_identifiers(),
            text_kib: u64::try_from(text.len().div_ceil(1024)).unwrap_or(u64::MAX),
            attenuation: (biscuit.block_count() > 1).then(|| Attenuation::new(biscuit, prefixes, limits)),
        })
    }
}

/// `Debug` of a Biscuit would show the key with which blocks are appended.
impl fmt::Debug for VerifiedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken").field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// Says why a text is not a token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadTokenError {
    TooLarge,
    Malformed,
    BadSignature,
    TooComplex(Complexity),
    Exhausted,
}

impl From<Complexity> for ReadTokenError {
    fn from(complexity: Complexity) -> Self {
        Self::TooComplex(complexity)
    }
}

impl From<error::Token> for ReadTokenError {
    fn from(error: error::Token) -> Self {
        match error {
            error::Token::RunLimit(_) => Self::Exhausted,
            error::Token::Format(
                error::Format::Signature(_)
                | error::Format::SealedSignature
                | error::Format::UnknownPublicKey
                | error::Format::InvalidSignatureSize(_)
                | error::Format::SignatureDeserializationError(_)
                | error::Format::BlockSignatureDeserializationError(_),
            ) => Self::BadSignature,
            // What is not a matter of limits or signatures is a matter of form; either way the token is refused.
            _ => Self::Malformed,
        }
    }
}

/// Reading asks for a few facts, whose number the length of the token bounds. The library's own limits, which end after
/// a millisecond, would refuse valid tokens on a busy machine.
const READ_LIMITS: AuthorizerLimits =
    AuthorizerLimits { max_facts: 10_000, max_iterations: 100, max_time: Duration::from_secs(1) };
