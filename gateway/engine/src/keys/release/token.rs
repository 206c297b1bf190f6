//! Attestation tokens: JSON Web Tokens (RFC 7519) signed by an attestation authority.
//!
//! A [`Token`] is well-formed and nothing more; only its name of a key may be used to look for that key. An
//! [`Attestation`] is made of one by [`Token::verify`] alone, so claims that nobody vouches for cannot be asked.

use portcullis_crypto::jose::{Jws, VerificationKey, base64url};
use portcullis_crypto::material::TransportKey;
use portcullis_model::{MAX_RELEASE_TARGET_BYTES, UnixTime};
use serde_json::{Map, Value};

use super::issuer::Issuer;
use super::policy::Policy;
use crate::error::NotReleased;

/// A token as it came: well-formed, verified by nobody.
pub(super) struct Token<'a> {
    token: Jws<'a>,
    kid: String,
    issuer: Issuer,
    expires: UnixTime,
    not_before: Option<UnixTime>,
}

/// What an authority says of an environment: its claims, the signature and the times of which have been checked.
pub(super) struct Attestation {
    issuer: Issuer,
    claims: Map<String, Value>,
}

impl<'a> Token<'a> {
    /// Reads a token. Which keys an authority has is said by the configuration alone.
    pub(super) fn parse(text: &'a str) -> Result<Self, NotReleased> {
        Self::read(text).ok_or(NotReleased::Malformed)
    }

    fn read(text: &'a str) -> Option<Self> {
        let token = Jws::parse(text, MAX_RELEASE_TARGET_BYTES).filter(Jws::is_jwt)?;
        let claims = token.claims();
        Some(Self {
            kid: token.header("kid").filter(|kid| !kid.is_empty())?.to_owned(),
            issuer: claims.get("iss")?.as_str()?.parse().ok()?,
            expires: time(claims.get("exp")?)?,
            not_before: claims.get("nbf").map_or(Some(None), |nbf| time(nbf).map(Some))?,
            token,
        })
    }

    /// Whom it says that it is of.
    pub(super) const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The name of the key with which it says that it is signed.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// Takes the claims, if the issuer's key signed them and the time is theirs.
    pub(super) fn verify(self, key: &VerificationKey, now: UnixTime) -> Result<Attestation, NotReleased> {
        if !self.token.is_signed_by(key) {
            return Err(NotReleased::Unverified);
        }
        let early = self.not_before.is_some_and(|nbf| now.plus(LEEWAY_SECONDS) < nbf);
        if early || now >= self.expires {
            return Err(NotReleased::Untimely);
        }
        Ok(Attestation { issuer: self.issuer, claims: self.token.into_claims() })
    }

    /// Takes the claims though nobody has checked the signature, for fuzzing what is asked of them.
    #[cfg(feature = "test-util")]
    pub(super) fn unverified(self) -> Attestation {
        Attestation { issuer: self.issuer, claims: self.token.into_claims() }
    }
}

impl Attestation {
    /// Demands that it fulfils a policy.
    pub(super) fn demand(&self, policy: &Policy) -> Result<(), NotReleased> {
        if policy.is_fulfilled(&self.issuer, &self.claims) { Ok(()) } else { Err(NotReleased::NotFulfilled) }
    }

    /// The key of the environment to which keys are wrapped, with its name: the first RSA key of its runtime that is
    /// for encryption.
    pub(super) fn transport_key(&self) -> Result<(TransportKey, Option<String>), NotReleased> {
        let keys = self.claims.get("x-ms-runtime").and_then(|runtime| runtime.get("keys")).and_then(Value::as_array);
        let key = keys.into_iter().flatten().filter_map(Value::as_object).find(|key| encrypts(key));
        let key = key.ok_or(NotReleased::NoTransportKey)?;
        let number = |name| key.get(name).and_then(Value::as_str).and_then(base64url::decode);
        let (Some(n), Some(e)) = (number("n"), number("e")) else { return Err(NotReleased::NoTransportKey) };
        let transport = TransportKey::from_numbers(&n, &e).map_err(|_| NotReleased::NoTransportKey)?;
        Ok((transport, key.get("kid").and_then(Value::as_str).map(ToOwned::to_owned)))
    }
}

/// Whether a key of an environment is an RSA key for encryption (wire contract, section 10.5).
fn encrypts(key: &Map<String, Value>) -> bool {
    let operations = key.get("key_ops").and_then(Value::as_array);
    let encrypts = operations.is_some_and(|operations| operations.iter().any(|operation| operation == "encrypt"));
    key.get("kty").is_some_and(|kty| kty == "RSA") && (key.get("key_use").is_some_and(|u| u == "enc") || encrypts)
}

fn time(value: &Value) -> Option<UnixTime> {
    value.as_i64().filter(|seconds| *seconds >= 0).map(UnixTime)
}

/// How far clocks may be apart for the beginning of a token; its end is its end.
const LEEWAY_SECONDS: i64 = 5 * 60;

#[cfg(test)]
mod tests;
