//! Signed assertions: of applications about themselves (RFC 7523, section 3), and of issuers whom we trust.

mod replays;

use portcullis_crypto::jose::{Jws, VerificationKey};
use portcullis_crypto::sha256;
use portcullis_model::{ApplicationId, UnixTime};
use serde_json::{Map, Value};

use crate::{ClientCertificate, Registration};

pub use replays::AssertionReplays;

/// An assertion as it came: well-formed, verified by nobody.
#[derive(Debug)]
pub struct Assertion<'a> {
    token: Jws<'a>,
    issuer: String,
    subject: String,
    expires: UnixTime,
    not_before: Option<UnixTime>,
    digest: [u8; 32],
}

/// The claims of an issuer whom we trust: signature and times were checked, nothing else.
#[derive(Debug)]
pub struct ForeignToken {
    issuer: String,
    subject: String,
    expires: UnixTime,
    issued_at: UnixTime,
    digest: [u8; 32],
    claims: Map<String, Value>,
}

/// Why an assertion is not acceptable. The texts are for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// It is no signed token with an asymmetric algorithm, an issuer, a subject and an end.
    #[error("The client assertion is malformed, or is not signed with an algorithm that is accepted.")]
    Malformed,
    /// It is for somebody else.
    #[error("The client assertion's audience is not this token endpoint.")]
    WrongAudience,
    /// It ended more than five minutes ago.
    #[error("The client assertion is not within its valid time range: it has expired.")]
    Expired,
    /// It begins more than five minutes from now.
    #[error("The client assertion is not within its valid time range: it is not valid yet.")]
    NotYetValid,
    /// It is valid for too long.
    #[error("The client assertion is valid for more than an hour from now; make one that ends sooner.")]
    TooLong,
    /// It names no certificate of the application's.
    #[error("The client assertion names a certificate that is not registered on the application.")]
    UnknownCertificate,
    /// The certificate has expired or is not valid yet.
    #[error("The certificate of the client assertion is not within its valid time range.")]
    CertificateUntimely,
    /// It was not signed by the key that it names.
    #[error("The client assertion failed signature validation.")]
    BadSignature,
    /// It was used before, from elsewhere.
    #[error("The client assertion was used before; make a new one for each request.")]
    Replayed,
    /// It has no id by which a replay could be noticed.
    #[error("The client assertion has no jti.")]
    NoId,
}

impl<'a> Assertion<'a> {
    /// The longest assertion, in bytes.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// Reads an assertion.
    pub fn parse(text: &'a str) -> Result<Self, AssertionError> {
        Self::read(text).ok_or(AssertionError::Malformed)
    }

    fn read(text: &'a str) -> Option<Self> {
        let token = Jws::parse(text, Self::MAX_BYTES).filter(Jws::is_jwt)?;
        let claims = token.claims();
        let of = |name: &str| claims.get(name)?.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        Some(Self {
            issuer: of("iss")?,
            subject: of("sub")?,
            expires: time(claims.get("exp")?)?,
            not_before: claims.get("nbf").map_or(Some(None), |nbf| time(nbf).map(Some))?,
            // The signed part alone: the signature of some algorithms has several spellings.
            digest: sha256(text.rsplit_once('.')?.0.as_bytes()),
            token,
        })
    }

    /// Whom it says that it is of.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The name of the key with which it says that it is signed.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.token.header("kid").filter(|kid| !kid.is_empty())
    }

    /// Whether an application made it for itself.
    #[must_use]
    pub fn is_by(&self, application: ApplicationId) -> bool {
        let is = |text: &str| text.parse() == Ok(application);
        is(&self.issuer) && is(&self.subject)
    }

    /// Checks it against the certificates of an application; gives its id, by which a replay is noticed.
    pub fn verify_self(
        &self,
        registration: &Registration,
        audiences: &[String],
        now: UnixTime,
    ) -> Result<AssertionId, AssertionError> {
        let certificate = self.certificate(registration).ok_or(AssertionError::UnknownCertificate)?;
        if !self.token.is_signed_by(&certificate.key) {
            return Err(AssertionError::BadSignature);
        }
        if now < certificate.not_before || now >= certificate.expires {
            return Err(AssertionError::CertificateUntimely);
        }
        if !audiences_of(self.token.claims()).iter().any(|own| audiences.iter().any(|audience| audience == own)) {
            return Err(AssertionError::WrongAudience);
        }
        self.check_time(now)?;
        if self.expires > now.plus(LONGEST_SECONDS + LEEWAY_SECONDS) {
            return Err(AssertionError::TooLong);
        }
        let id = self.token.claims().get("jti").and_then(Value::as_str).filter(|id| (1..=256).contains(&id.len()));
        let id = id.ok_or(AssertionError::NoId)?;
        Ok(AssertionId {
            id: sha256(format!("{}\n{id}", registration.application).as_bytes()),
            digest: self.digest,
            ends: self.expires.plus(LEEWAY_SECONDS),
        })
    }

    /// Takes the claims, if an issuer's key signed them and the time is theirs.
    pub fn verify_foreign(self, key: &VerificationKey, now: UnixTime) -> Result<ForeignToken, AssertionError> {
        if !self.token.is_signed_by(key) {
            return Err(AssertionError::BadSignature);
        }
        self.check_time(now)?;
        let issued_at = self.token.claims().get("iat").and_then(time).or(self.not_before).unwrap_or(now);
        Ok(ForeignToken {
            issuer: self.issuer,
            subject: self.subject,
            expires: self.expires,
            issued_at: issued_at.min(now),
            digest: self.digest,
            claims: self.token.into_claims(),
        })
    }

    fn check_time(&self, now: UnixTime) -> Result<(), AssertionError> {
        if now >= self.expires.plus(LEEWAY_SECONDS) {
            return Err(AssertionError::Expired);
        }
        if self.not_before.is_some_and(|nbf| now.plus(LEEWAY_SECONDS) < nbf) {
            return Err(AssertionError::NotYetValid);
        }
        Ok(())
    }

    /// The certificate that it names: by `x5t#S256`, or by `x5t`, with padding or without, as Python's library writes
    /// it. `x5c` is not looked at.
    fn certificate<'r>(&self, registration: &'r Registration) -> Option<&'r ClientCertificate> {
        use portcullis_crypto::jose::base64url::decode;
        let named = |name| decode(self.token.header(name)?.trim_end_matches('='));
        let (sha256, sha1) = (named("x5t#S256"), named("x5t"));
        if sha256.is_none() && sha1.is_none() {
            return None;
        }
        registration.certificates.iter().find(|certificate| {
            sha256.as_ref().is_none_or(|name| *name == certificate.thumbprint_sha256)
                && sha1.as_ref().is_none_or(|name| *name == certificate.thumbprint_sha1)
        })
    }
}

/// What a replay of an assertion is noticed by.
#[derive(Debug, Clone, Copy)]
pub struct AssertionId {
    id: [u8; 32],
    digest: [u8; 32],
    ends: UnixTime,
}

impl ForeignToken {
    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// For whom.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// From when on it is not valid.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.expires
    }

    /// When it was issued, not later than now.
    #[must_use]
    pub const fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// The SHA-256 of what was signed.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that is a list of texts; its other members are left out.
    pub fn texts(&self, claim: &str) -> impl Iterator<Item = &str> {
        self.claims.get(claim).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// A claim that is a time.
    #[must_use]
    pub fn time(&self, claim: &str) -> Option<UnixTime> {
        time(self.claims.get(claim)?)
    }

    /// Whether it is meant for one of these.
    #[must_use]
    pub fn is_for<'s>(&self, audiences: impl IntoIterator<Item = &'s str>) -> bool {
        let own = audiences_of(&self.claims);
        audiences.into_iter().any(|audience| own.contains(&audience))
    }
}

/// `aud`: a text or a list of texts.
fn audiences_of(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(audience)) => vec![audience],
        Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

/// A time in seconds; Python's library writes fractions.
fn time(value: &Value) -> Option<UnixTime> {
    if let Some(seconds) = value.as_i64() {
        return (0..=MOST_TIME).contains(&seconds).then_some(UnixTime(seconds));
    }
    let seconds = value.as_f64().filter(|seconds| (0.0..=253_402_300_799.0).contains(seconds))?;
    // In bounds of both types; the fraction is dropped.
    format!("{:.0}", seconds.floor()).parse().ok().map(UnixTime)
}

/// By how much clocks may differ (behaviour, section 3.2).
const LEEWAY_SECONDS: i64 = 300;
/// For how long an assertion of an application may be valid: as long as its id is remembered.
const LONGEST_SECONDS: i64 = 3600;
/// The end of the year 9999.
const MOST_TIME: i64 = 253_402_300_799;

#[cfg(test)]
mod tests;
