//! What a client of the token endpoint is told when it gets nothing.

use portcullis_api::oauth::{OAuthError, OAuthErrorCode};
use portcullis_identity::{ClientError, IssueError};
use portcullis_management::{ManagementError, SessionError};
use portcullis_model::{OverLimit, RequestId};

use crate::sign_in::attempts::Wait;
use crate::trusted_issuers::ForeignTokenError;

/// The refusal of a client that is not who it says.
pub(super) fn client(error: &ClientError) -> OAuthError {
    let (code, message) = match error {
        ClientError::UnknownTenant => (OAuthErrorCode::TenantUnknown, "The tenant was not found."),
        ClientError::UnknownApplication => (
            OAuthErrorCode::ApplicationUnknown,
            "The application was not found in the directory. Check the client id and the tenant.",
        ),
        ClientError::WrongSecret => (OAuthErrorCode::WrongSecret, "Invalid client secret provided."),
        ClientError::SecretExpired => (OAuthErrorCode::SecretExpired, "The provided client secret has expired."),
        ClientError::Disabled => (OAuthErrorCode::PrincipalDisabled, "The application or the user is disabled."),
        ClientError::Confidential => (
            OAuthErrorCode::CredentialMissing,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        ),
        ClientError::Assertion(error) => return OAuthError::new(OAuthErrorCode::AssertionRefused, error.to_string()),
        ClientError::UnknownIssuer => (
            OAuthErrorCode::IssuerUnknown,
            "No matching federated identity record found for the presented assertion's issuer.",
        ),
        ClientError::UnknownSubject => (
            OAuthErrorCode::SubjectUnknown,
            "No matching federated identity record found for the presented assertion's subject.",
        ),
        ClientError::WrongAudience => (
            OAuthErrorCode::AudienceUnknown,
            "No matching federated identity record found for the presented assertion's audience.",
        ),
        ClientError::NoRoom => return busy(),
    };
    OAuthError::new(code, message)
}

/// The refusal when no token could be issued.
pub(super) fn issue(error: &IssueError, request: RequestId) -> OAuthError {
    match error {
        IssueError::Client(error) => client(error),
        IssueError::UnknownResource => unknown_resource(),
        IssueError::Random(_) | IssueError::Signing(_) => {
            tracing::error!(%error, %request, "no token could be issued");
            internal()
        }
    }
}

/// The refusal of a token of another issuer.
pub(super) fn foreign(error: ForeignTokenError) -> OAuthError {
    match error {
        ForeignTokenError::UnknownIssuer => client(&ClientError::UnknownIssuer),
        ForeignTokenError::UnknownKey => OAuthError::new(
            OAuthErrorCode::AssertionRefused,
            "The key of the client assertion is not among those that its issuer publishes.",
        ),
        ForeignTokenError::Unreachable => OAuthError::new(
            OAuthErrorCode::Unavailable,
            "The keys of the client assertion's issuer cannot be fetched now. Try again.",
        )
        .with_retry_after(5),
        ForeignTokenError::Token(error) => client(&ClientError::Assertion(error)),
    }
}

/// The refusal of a refresh token.
pub(super) fn session(error: &SessionError) -> OAuthError {
    match error {
        SessionError::Unknown | SessionError::OtherApplication => OAuthError::new(
            OAuthErrorCode::GrantRevoked,
            "The refresh token is unknown, or its session is over. Sign in again.",
        ),
        SessionError::Reused { .. } => OAuthError::new(
            OAuthErrorCode::GrantRevoked,
            "The refresh token was used before, so its session was ended. Sign in again.",
        ),
        SessionError::Ended => {
            OAuthError::new(OAuthErrorCode::GrantExpired, "The refresh token has expired. Sign in again.")
        }
        SessionError::Failed(error) => management(error),
    }
}

pub(super) fn management(error: &ManagementError) -> OAuthError {
    tracing::error!(%error, "a session could not be kept");
    OAuthError::new(OAuthErrorCode::Unavailable, "The session could not be kept. Try again.").with_retry_after(1)
}

pub(super) fn unknown_resource() -> OAuthError {
    let message = "The resource was not found. Ask for the resource of the challenge.";
    OAuthError::new(OAuthErrorCode::ResourceUnknown, message)
}

pub(super) fn too_many(over: &OverLimit) -> OAuthError {
    wait(Wait(over.seconds))
}

pub(super) fn wait(Wait(seconds): Wait) -> OAuthError {
    OAuthError::new(OAuthErrorCode::TooMany, "Too many wrong attempts. Wait before the next one.")
        .with_retry_after(seconds)
}

pub(super) fn busy() -> OAuthError {
    OAuthError::new(OAuthErrorCode::Unavailable, "Too much is pending at once. Try again.").with_retry_after(5)
}

pub(super) fn internal() -> OAuthError {
    OAuthError::new(OAuthErrorCode::Internal, "No token could be issued.")
}
