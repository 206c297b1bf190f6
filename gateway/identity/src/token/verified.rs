//! A token whose signature was verified.

use std::fmt;
use std::time::Duration;

use biscuit_auth::{AuthorizerBuilder, AuthorizerLimits, UnverifiedBiscuit, error};
use portcullis_model::UnixTime;

use super::{Claims, Complexity, review};
use crate::attenuation::Attenuation;
use crate::{Authentication, ClientStrength, ForeignToken, Principal, PrincipalKind, TokenLimits, VerifyingKey};

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

impl VerifiedToken {
    /// What a token of another issuer says of its caller.
    pub(crate) fn of_foreign(token: &ForeignToken, principal: &Principal, audience: &str) -> Self {
        let list = |name| token.texts(name).filter(|text| text.len() <= 64).take(16).map(Into::into).collect();
        let user = principal.kind == PrincipalKind::User;
        let challenges = token.texts("xms_cc").any(|capability| capability.eq_ignore_ascii_case("cp1"));
        let application = token.text("azp").or_else(|| token.text("appid")).and_then(|id| id.parse().ok());
        let claims = Claims {
            tenant: principal.tenant,
            principal: principal.id,
            application: principal.application.or(application),
            kind: principal.kind,
            audience: audience.into(),
            issued_at: token.issued_at(),
            expires: token.expires(),
            token_id: hex::encode(&token.digest()[..16]).into(),
            claims_challenges: challenges,
            identity_provider: Some(token.issuer().into()),
            authentication: Authentication {
                methods: if user { list("amr") } else { Vec::new() },
                // A person's token may be drawn long after the person signed in; without a time, that is long ago.
                time: match token.time("auth_time") {
                    Some(time) => time.min(token.issued_at()),
                    None if user => UnixTime(0),
                    None => token.issued_at(),
                },
                contexts: if user { list("acrs") } else { Vec::new() },
                client: if user { ClientStrength::Public } else { ClientStrength::Assertion },
                session: None,
                on_behalf: false,
            },
        };
        Self { claims, revocation_ids: vec![token.digest().to_vec()], attenuation: None, text_kib: 1 }
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
