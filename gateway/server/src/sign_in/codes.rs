//! Authorization codes: what a client gets for a person who was sent back to it (RFC 6749, section 4.1.2).

use std::net::IpAddr;

use portcullis_crypto::jose::base64url;
use portcullis_crypto::sha256;
use portcullis_model::{ApplicationId, SecretText, TenantId, UnixTime};

use super::SignedIn;
use super::bounded::{Bounded, NoRoom};

/// The codes that were given.
#[derive(Debug)]
pub(crate) struct Codes(Bounded<Code>);

/// What a code stands for.
#[derive(Debug, Clone)]
pub(crate) struct CodeGrant {
    pub(crate) signed_in: SignedIn,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
}

#[derive(Debug)]
struct Code {
    grant: CodeGrant,
    ends: UnixTime,
    used: bool,
    /// The session that was made of it.
    session: Option<Box<str>>,
}

/// Why a code is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodeRefusal {
    /// It is none, or has expired, or was given to another client or for another place.
    Unknown,
    /// The verifier is not what the challenge was made of.
    Verifier,
    /// It was used before; whoever used it loses the session that was made of it.
    Reused(TenantId, Option<Box<str>>),
}

impl Codes {
    pub(super) fn new() -> Self {
        Self(Bounded::new(10_000, 1_000))
    }

    pub(crate) fn insert(
        &self,
        code: &SecretText,
        grant: CodeGrant,
        from: IpAddr,
        now: UnixTime,
    ) -> Result<(), NoRoom> {
        let code_ends = now.plus(SECONDS);
        let kept = Code { grant, ends: code_ends, used: false, session: None };
        // Longer than it is good, so that a second use is noticed.
        self.0.insert(code.expose(), kept, from, (now, now.plus(3 * SECONDS)))
    }

    /// Takes a code. Whatever comes of it, it is used up.
    pub(crate) fn redeem(
        &self,
        code: &SecretText,
        client: ApplicationId,
        redirect_uri: &str,
        verifier: Option<&SecretText>,
        now: UnixTime,
    ) -> Result<SignedIn, CodeRefusal> {
        let redeem = |known: &mut Code| {
            if std::mem::replace(&mut known.used, true) {
                return Err(CodeRefusal::Reused(known.grant.signed_in.tenant, known.session.clone()));
            }
            let grant = &known.grant;
            if now >= known.ends || grant.signed_in.application != client || grant.redirect_uri != redirect_uri {
                return Err(CodeRefusal::Unknown);
            }
            let digest = verifier.filter(|text| (43..=128).contains(&text.expose().len()));
            let digest = digest.map(|text| base64url::encode(&sha256(text.expose().as_bytes())));
            if digest.as_ref() != Some(&grant.challenge) {
                return Err(CodeRefusal::Verifier);
            }
            Ok(grant.signed_in.clone())
        };
        self.0.with(code.expose(), now, redeem).unwrap_or(Err(CodeRefusal::Unknown))
    }

    /// Notes the session that was made of a code. False when the code was used again meanwhile.
    pub(crate) fn became(&self, code: &SecretText, session: &str, now: UnixTime) {
        self.0.with(code.expose(), now, |known| known.session = Some(session.into()));
    }
}

const SECONDS: i64 = 300;
