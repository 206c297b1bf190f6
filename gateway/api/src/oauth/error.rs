//! The errors of the token endpoint: one table (wire contract, section 3.4) and one shape.

use std::borrow::Cow;

use http::{HeaderValue, StatusCode, header};
use portcullis_model::{RequestId, UnixTime};
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::{Answer, Hosts};

macro_rules! oauth_errors {
    ($($(#[doc = $doc:literal])+ $variant:ident = $status:ident $error:literal $number:literal;)+) => {
        /// Every error of the token endpoint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum OAuthErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl OAuthErrorCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The status of the answer.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// `error`, as RFC 6749 names it.
            #[must_use]
            pub const fn error(self) -> &'static str {
                match self { $(Self::$variant => $error,)+ }
            }

            /// The number after `AADSTS`.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self { $(Self::$variant => $number,)+ }
            }
        }
    };
}

oauth_errors! {
    /// The client secret is wrong.
    WrongSecret = UNAUTHORIZED "invalid_client" 7000215;
    /// The client secret has expired.
    SecretExpired = UNAUTHORIZED "invalid_client" 7000222;
    /// No client secret and no assertion.
    CredentialMissing = UNAUTHORIZED "invalid_client" 7000218;
    /// A client assertion that is not acceptable.
    AssertionRefused = UNAUTHORIZED "invalid_client" 700027;
    /// The tenant does not know the application.
    ApplicationUnknown = BAD_REQUEST "unauthorized_client" 700016;
    /// The application's service principal is disabled.
    PrincipalDisabled = UNAUTHORIZED "unauthorized_client" 7000112;
    /// There is no such tenant.
    TenantUnknown = BAD_REQUEST "invalid_request" 90002;
    /// There is no such resource.
    ResourceUnknown = BAD_REQUEST "invalid_resource" 500011;
    /// The scope is not one resource with `/.default`.
    ScopeMalformed = BAD_REQUEST "invalid_scope" 70011;
    /// A parameter is missing.
    ParameterMissing = BAD_REQUEST "invalid_request" 900144;
    /// The request is malformed.
    RequestMalformed = BAD_REQUEST "invalid_request" 9002313;
    /// The body is over its limit.
    BodyTooLarge = PAYLOAD_TOO_LARGE "invalid_request" 9002313;
    /// A grant that is not served.
    GrantUnsupported = BAD_REQUEST "unsupported_grant_type" 70003;
    /// No token of the assertion's issuer may stand for the application.
    IssuerUnknown = UNAUTHORIZED "invalid_client" 700211;
    /// No token of the assertion's subject may stand for the application.
    SubjectUnknown = UNAUTHORIZED "invalid_client" 700213;
    /// No token that is meant for the assertion's audience may stand for the application.
    AudienceUnknown = UNAUTHORIZED "invalid_client" 700212;
    /// The name or the password is wrong.
    WrongPassword = BAD_REQUEST "invalid_grant" 50126;
    /// The account is locked for a while.
    AccountLocked = BAD_REQUEST "invalid_grant" 50053;
    /// The user is disabled.
    UserDisabled = BAD_REQUEST "invalid_grant" 50057;
    /// A code or refresh token that was not given, has expired or was used.
    GrantRefused = BAD_REQUEST "invalid_grant" 70000;
    /// A refresh token whose session was revoked.
    GrantRevoked = BAD_REQUEST "invalid_grant" 50173;
    /// A refresh token that has expired.
    GrantExpired = BAD_REQUEST "invalid_grant" 700082;
    /// The code verifier does not fit its challenge.
    VerifierWrong = BAD_REQUEST "invalid_grant" 501481;
    /// The token of the user is not acceptable.
    UserTokenRefused = BAD_REQUEST "invalid_grant" 50013;
    /// A second factor is needed.
    SecondFactor = BAD_REQUEST "interaction_required" 50076;
    /// The person must sign in anew.
    SignInAnew = BAD_REQUEST "interaction_required" 70044;
    /// Nobody has entered the device code yet.
    DevicePending = BAD_REQUEST "authorization_pending" 70016;
    /// The person declined.
    DeviceDeclined = BAD_REQUEST "authorization_declined" 70000;
    /// The device code has expired.
    DeviceExpired = BAD_REQUEST "expired_token" 70020;
    /// There is no such device code.
    DeviceUnknown = BAD_REQUEST "bad_verification_code" 70019;
    /// Too many requests.
    TooMany = TOO_MANY_REQUESTS "temporarily_unavailable" 90055;
    /// The endpoint has more to do than it can.
    Unavailable = SERVICE_UNAVAILABLE "temporarily_unavailable" 90033;
    /// A fault of the gateway's.
    Internal = INTERNAL_SERVER_ERROR "server_error" 50000;
}

/// A refusal of the token endpoint. The message never repeats a value from the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OAuthError {
    code: OAuthErrorCode,
    message: Cow<'static, str>,
    retry_after: Option<u32>,
    claims: Option<String>,
}

/// What marks one answer.
#[derive(Debug, Clone, Copy)]
pub struct OAuthMarks<'a> {
    /// The gateway's addresses.
    pub hosts: &'a Hosts,
    /// The gateway's id of the request.
    pub trace: RequestId,
    /// The client's, or the gateway's where the client sent none.
    pub correlation: RequestId,
    /// The present second.
    pub now: UnixTime,
}

impl OAuthError {
    /// A refusal with its message for the caller.
    pub fn new(code: OAuthErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None, claims: None }
    }

    /// The refusal with `Retry-After`, at least a second.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    /// The refusal with the claims that the client must ask for in a sign-in, as JSON.
    #[must_use]
    pub fn with_claims(self, claims: String) -> Self {
        Self { claims: Some(claims), ..self }
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> OAuthErrorCode {
        self.code
    }

    /// The answer, not to be stored.
    #[must_use]
    pub fn render(&self, marks: OAuthMarks<'_>) -> Answer {
        let timestamp = timestamp(marks.now);
        let number = self.code.number();
        let body = Body {
            error: self.code.error(),
            error_description: format!(
                "AADSTS{number}: {} Trace ID: {} Correlation ID: {} Timestamp: {timestamp}",
                self.message, marks.trace, marks.correlation
            ),
            error_codes: [number],
            timestamp,
            trace_id: marks.trace,
            correlation_id: marks.correlation,
            error_uri: format!("{}/error?code={number}", marks.hosts.login_url()),
            suberror: self.claims.as_ref().map(|_| "basic_action"),
            claims: self.claims.as_deref(),
        };
        let mut answer = Answer::json(self.code.status(), &body);
        answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.code.status() == StatusCode::UNAUTHORIZED {
            // RFC 6749, section 5.2: a client that tried the Authorization header must be told the scheme.
            answer.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="token""#));
        }
        if let Some(seconds) = self.retry_after {
            answer.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'static str,
    error_description: String,
    error_codes: [u32; 1],
    timestamp: String,
    trace_id: RequestId,
    correlation_id: RequestId,
    error_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suberror: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claims: Option<&'a str>,
}

/// `2026-01-01 00:00:00Z`.
fn timestamp(now: UnixTime) -> String {
    let time = OffsetDateTime::from_unix_timestamp(now.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    time.format(&form).unwrap_or_default()
}
