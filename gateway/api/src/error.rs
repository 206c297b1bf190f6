//! The errors that a caller sees: one table of codes and one shape.

use std::borrow::Cow;

use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::Answer;

/// One row of the table of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorRow {
    /// The status.
    pub status: StatusCode,
    /// `error.code`.
    pub code: &'static str,
    /// `error.innererror.code`.
    pub inner: Option<&'static str>,
}

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $variant:ident = $status:ident $code:literal $(/ $inner:literal)?;)+) => {
        /// Every error that the gateway answers with (wire contract, sections 7 and 13).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ErrorCode {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The status and the codes on the wire.
            #[must_use]
            pub const fn row(self) -> ErrorRow {
                match self {
                    $(Self::$variant => ErrorRow {
                        status: StatusCode::$status,
                        code: $code,
                        inner: errors!(@inner $($inner)?),
                    },)+
                }
            }
        }
    };
    (@inner) => { None };
    (@inner $inner:literal) => { Some($inner) };
}

errors! {
    /// Malformed JSON, a bad name or value, an api-version that is not accepted, a bad backup.
    BadParameter = BAD_REQUEST "BadParameter";
    /// No token, or one that is not acceptable.
    Unauthorized = UNAUTHORIZED "Unauthorized";
    /// No role assignment permits the action.
    ForbiddenByRbac = FORBIDDEN "Forbidden" / "ForbiddenByRbac";
    /// No access policy of the vault is for the caller.
    AccessDenied = FORBIDDEN "Forbidden" / "AccessDenied";
    /// Access policies of the vault are for the caller, and none permits the operation.
    ForbiddenByPolicy = FORBIDDEN "Forbidden" / "ForbiddenByPolicy";
    /// The client's address is not allowed.
    ForbiddenByFirewall = FORBIDDEN "Forbidden" / "ForbiddenByFirewall";
    /// Public access is disabled and the path is not a private one.
    ForbiddenByConnection = FORBIDDEN "Forbidden" / "ForbiddenByConnection";
    /// A policy plugin denied, or failed.
    ForbiddenByPlugin = FORBIDDEN "Forbidden" / "ForbiddenByPlugin";
    /// Conditional access blocked the request.
    ForbiddenByConditionalAccess = FORBIDDEN "Forbidden" / "ForbiddenByConditionalAccess";
    /// The token's own restrictions do not cover the request.
    ForbiddenByToken = FORBIDDEN "Forbidden" / "ForbiddenByToken";
    /// The secret's value was asked for while the secret is disabled.
    SecretDisabled = FORBIDDEN "Forbidden" / "SecretDisabled";
    /// A disabled key was to be used.
    KeyDisabled = FORBIDDEN "Forbidden" / "KeyDisabled";
    /// A key was to be used outside of its validity.
    KeyNotYetValidOrExpired = FORBIDDEN "Forbidden" / "KeyNotYetValidOrExpired";
    /// A key was to be used for what it is not meant for.
    KeyOperationForbidden = FORBIDDEN "Forbidden" / "KeyOperationForbidden";
    /// The environment did not attest what the key's release policy demands.
    ForbiddenByReleasePolicy = FORBIDDEN "Forbidden" / "ForbiddenByReleasePolicy";
    /// An object that belongs to a certificate was to be changed by itself.
    ForbiddenManaged = FORBIDDEN "Forbidden";
    /// A purge under purge protection.
    ForbiddenByPurgeProtection = FORBIDDEN "Forbidden" / "ForbiddenByPurgeProtection";
    /// No such path.
    NotFound = NOT_FOUND "NotFound";
    /// No such secret, or no such deleted secret.
    SecretNotFound = NOT_FOUND "SecretNotFound";
    /// No such key, or no such deleted key.
    KeyNotFound = NOT_FOUND "KeyNotFound";
    /// No such certificate, or no such deleted certificate.
    CertificateNotFound = NOT_FOUND "CertificateNotFound";
    /// No certificate is being made under the name, or not the one that is asked for.
    PendingCertificateNotFound = NOT_FOUND "PendingCertificateNotFound";
    /// No such certificate issuer.
    CertificateIssuerNotFound = NOT_FOUND "CertificateIssuerNotFound";
    /// The vault has no certificate contacts.
    ContactsNotFound = NOT_FOUND "ContactsNotFound";
    /// The host names no vault.
    VaultNotFound = NOT_FOUND "VaultNotFound";
    /// The path does not take the method.
    MethodNotAllowed = METHOD_NOT_ALLOWED "MethodNotAllowed";
    /// The request did not arrive in time.
    RequestTimeout = REQUEST_TIMEOUT "RequestTimeout";
    /// A certificate is being made under the name (the reference's code for it is `Forbidden`).
    CertificateInProgress = CONFLICT "Forbidden";
    /// A restore over a name that exists, or a write that lost a race.
    Conflict = CONFLICT "Conflict";
    /// The name belongs to a deleted object.
    ObjectIsDeletedButRecoverable = CONFLICT "Conflict" / "ObjectIsDeletedButRecoverable";
    /// The object is on its way to being deleted.
    ObjectIsBeingDeleted = CONFLICT "Conflict" / "ObjectIsBeingDeleted";
    /// The object is on its way back.
    ObjectIsBeingRecovered = CONFLICT "Conflict" / "ObjectIsBeingRecovered";
    /// The body is over its limit.
    PayloadTooLarge = PAYLOAD_TOO_LARGE "RequestEntityTooLarge";
    /// The request target is over its limit.
    UriTooLong = URI_TOO_LONG "UriTooLong";
    /// The connection may not carry requests for this host.
    MisdirectedRequest = MISDIRECTED_REQUEST "MisdirectedRequest";
    /// Too many requests to a vault.
    Throttled = TOO_MANY_REQUESTS "Throttled";
    /// The headers are over their limit.
    HeadersTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE "RequestHeaderFieldsTooLarge";
    /// A fault of the gateway's.
    InternalServerError = INTERNAL_SERVER_ERROR "InternalServerError";
    /// Something that the gateway needs cannot be reached.
    ServiceUnavailable = SERVICE_UNAVAILABLE "ServiceUnavailable";

    /// Management: no token.
    AuthenticationFailed = UNAUTHORIZED "AuthenticationFailed";
    /// Management: a token that is not acceptable.
    InvalidAuthenticationToken = UNAUTHORIZED "InvalidAuthenticationToken";
    /// Management: an expired token.
    ExpiredAuthenticationToken = UNAUTHORIZED "ExpiredAuthenticationToken";
    /// Management: a token of another tenant.
    InvalidAuthenticationTokenTenant = UNAUTHORIZED "InvalidAuthenticationTokenTenant";
    /// Management: a token for another audience.
    InvalidAuthenticationTokenAudience = UNAUTHORIZED "InvalidAuthenticationTokenAudience";
    /// Management: no role assignment permits the action.
    AuthorizationFailed = FORBIDDEN "AuthorizationFailed";
    /// Management: conditional access or a policy plugin refuses.
    RequestDisallowedByPolicy = FORBIDDEN "RequestDisallowedByPolicy";
    /// Management: a request that the resource cannot take.
    BadRequest = BAD_REQUEST "BadRequest";
    /// Management: a body that is malformed or holds a bad value.
    InvalidRequestContent = BAD_REQUEST "InvalidRequestContent";
    /// Management: no api-version.
    MissingApiVersionParameter = BAD_REQUEST "MissingApiVersionParameter";
    /// Management: an api-version that is not accepted.
    InvalidApiVersionParameter = BAD_REQUEST "InvalidApiVersionParameter";
    /// Management: no such resource, or no such path.
    ResourceNotFound = NOT_FOUND "ResourceNotFound";
    /// Management: no such resource group.
    ResourceGroupNotFound = NOT_FOUND "ResourceGroupNotFound";
    /// Management: no such deleted vault.
    DeletedVaultNotFound = NOT_FOUND "DeletedVaultNotFound";
    /// Management: the name is another vault's.
    VaultAlreadyExists = CONFLICT "VaultAlreadyExists";
    /// Management: the operation is not allowed on this resource, such as a purge under purge protection.
    OperationNotAllowed = FORBIDDEN "OperationNotAllowed";
    /// Management: the resource is not in the state that the caller saw.
    PreconditionFailed = PRECONDITION_FAILED "PreconditionFailed";
    /// Management: no such subscription.
    SubscriptionNotFound = NOT_FOUND "SubscriptionNotFound";
    /// Management: the role definition does not exist.
    RoleDefinitionDoesNotExist = NOT_FOUND "RoleDefinitionDoesNotExist";
    /// Management: the directory does not know the principal.
    PrincipalNotFound = BAD_REQUEST "PrincipalNotFound";
    /// Management: the principal's id is not a GUID.
    InvalidPrincipalId = BAD_REQUEST "InvalidPrincipalId";
    /// Management: the assignment exists with another role, principal or scope.
    RoleAssignmentUpdateNotPermitted = BAD_REQUEST "RoleAssignmentUpdateNotPermitted";
    /// Management: the subscription or the principal has as many role assignments as it may.
    RoleAssignmentLimitExceeded = BAD_REQUEST "RoleAssignmentLimitExceeded";
    /// Management: the same role, principal and scope under another id.
    RoleAssignmentExists = CONFLICT "RoleAssignmentExists";
    /// Management: there is no such role assignment.
    RoleAssignmentNotFound = NOT_FOUND "RoleAssignmentNotFound";
    /// Management: the role cannot be assigned at that scope.
    RoleNotAssignable = BAD_REQUEST "InvalidRoleAssignmentScope";
    /// Management: the last owner stays.
    LastOwner = BAD_REQUEST "LastOwnerCannotBeRemoved";
    /// Management: a request about privileged access cannot be carried out.
    InvalidScheduleRequest = BAD_REQUEST "RoleAssignmentRequestPolicyValidationFailed";
    /// Management: the id of a request is taken.
    ScheduleRequestExists = CONFLICT "RoleAssignmentRequestExists";
    /// Management: nobody approves his own request.
    SelfApprovalForbidden = FORBIDDEN "SelfApprovalForbidden";
    /// Management: the network rules would keep out their writer.
    NetworkRulesExcludeCaller = BAD_REQUEST "NetworkRulesExcludeCaller";
    /// Management: a built-in role, a scope outside, or a deny assignment that cannot be.
    InvalidRoleDefinition = BAD_REQUEST "InvalidRoleDefinition";
    /// Management: the role is assigned.
    RoleDefinitionHasAssignments = BAD_REQUEST "RoleDefinitionHasAssignments";
    /// Management: the name of the role is taken.
    RoleDefinitionWithSameNameExists = CONFLICT "RoleDefinitionWithSameNameExists";
    /// Management: as many custom roles as there may be.
    RoleDefinitionLimitExceeded = BAD_REQUEST "RoleDefinitionLimitExceeded";
    /// Management: there is no such deny assignment.
    DenyAssignmentNotFound = NOT_FOUND "DenyAssignmentNotFound";
    /// Management: a deny assignment that cannot be.
    InvalidDenyAssignment = BAD_REQUEST "InvalidDenyAssignment";
    /// Management: there is no such plugin.
    PluginNotFound = NOT_FOUND "PluginNotFound";
    /// Management: the configuration declares a plugin of the name.
    PluginIsDeclared = CONFLICT "PluginIsDeclared";
    /// Management: as many plugins, or components, as there may be.
    PluginLimitExceeded = BAD_REQUEST "PluginLimitExceeded";
    /// Management: the component was not brought before.
    ComponentNotFound = BAD_REQUEST "ComponentNotFound";
    /// Management: the bytes are no component that can be used, or not those of the digest.
    InvalidComponent = BAD_REQUEST "InvalidComponent";
    /// Management: the plugin would refuse requests, and nobody said that this is meant.
    PluginWouldDeny = CONFLICT "PluginWouldDeny";
    /// Management: the plugin reported on no request yet.
    PluginUnobserved = CONFLICT "PluginUnobserved";
    /// Management: the component is not signed by a trusted key.
    InvalidPluginSignature = BAD_REQUEST "InvalidPluginSignature";
    /// Management: the plugin does not accept its settings.
    InvalidPluginSettings = BAD_REQUEST "InvalidPluginSettings";
    /// Directory: a request that cannot be.
    DirectoryBadRequest = BAD_REQUEST "Request_BadRequest";
    /// Directory: no such object.
    DirectoryObjectNotFound = NOT_FOUND "Request_ResourceNotFound";
    /// Directory: no role permits the action, or the object is the configuration's.
    DirectoryDenied = FORBIDDEN "Authorization_RequestDenied";
    /// Directory: the name or the member is there already.
    DirectoryConflict = CONFLICT "Request_MultipleObjectsWithSameKeyValue";
    /// Directory: as many objects as there may be.
    DirectoryQuotaExceeded = FORBIDDEN "Directory_QuotaExceeded";
    /// The state that the caller demands has not been reached.
    RevisionNotReached = PRECONDITION_FAILED "RevisionNotReached";
    /// Management: a write that lost a race.
    ConflictError = CONFLICT "ConflictError";
}

/// A refusal as the caller sees it. The message never repeats a value from the request's body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    companion: Option<Companion>,
}

/// The header that some refusals must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Companion {
    Challenge(HeaderValue),
    Allow(HeaderValue),
    RetryAfter(u32),
}

impl ApiError {
    /// A refusal with its message for the caller.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), companion: None }
    }

    /// The 401 that asks for a token (wire contract, section 2.1).
    #[must_use]
    pub fn token_missing(challenge: HeaderValue) -> Self {
        Self::new(ErrorCode::Unauthorized, "AKV10000: Request is missing a Bearer or PoP token.")
            .with_challenge(challenge)
    }

    /// The refusal with `WWW-Authenticate`.
    #[must_use]
    pub fn with_challenge(self, challenge: HeaderValue) -> Self {
        Self { companion: Some(Companion::Challenge(challenge)), ..self }
    }

    /// The refusal with `Retry-After` and `x-ms-retry-after-ms`, at least a second.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        Self { companion: Some(Companion::RetryAfter(seconds.max(1))), ..self }
    }

    pub(crate) fn bad_parameter(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadParameter, message)
    }

    pub(crate) fn method_not_allowed(allow: HeaderValue) -> Self {
        let error = Self::new(ErrorCode::MethodNotAllowed, "the path does not take this method");
        Self { companion: Some(Companion::Allow(allow)), ..error }
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// Its message for the caller.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The answer: `{"error":{"code","message"[,"innererror":{"code"}]}}`.
    #[must_use]
    pub fn render(&self) -> Answer {
        let row = self.code.row();
        let body = Body { error: Detail { code: row.code, message: &self.message, inner: row.inner.map(Inner::of) } };
        let mut answer = Answer::json(row.status, &body);
        match &self.companion {
            None => {}
            Some(Companion::Challenge(value)) => {
                answer.headers.insert(header::WWW_AUTHENTICATE, value.clone());
            }
            Some(Companion::Allow(value)) => {
                answer.headers.insert(header::ALLOW, value.clone());
            }
            Some(Companion::RetryAfter(seconds)) => {
                answer.headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
                answer.headers.insert("x-ms-retry-after-ms", HeaderValue::from(u64::from(*seconds) * 1000));
            }
        }
        answer
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(rename = "innererror", skip_serializing_if = "Option::is_none")]
    inner: Option<Inner<'a>>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
}

impl<'a> Inner<'a> {
    const fn of(code: &'a str) -> Self {
        Self { code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json_of;

    #[test]
    fn every_row_renders_as_the_shape_that_clients_read() {
        for code in ErrorCode::ALL {
            let row = code.row();
            let answer = ApiError::new(*code, "a message").render();
            assert_eq!(answer.status, row.status, "{code:?}");
            assert!(row.status.is_client_error() || row.status.is_server_error(), "{code:?}");
            let body = json_of(&answer);
            assert_eq!(body["error"]["code"], row.code);
            assert_eq!(body["error"]["message"], "a message");
            assert_eq!(body["error"].get("innererror").map(|inner| &inner["code"]), row.inner.map(Into::into).as_ref());
            assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json; charset=utf-8");
        }
    }

    #[test]
    fn carries_the_header_that_the_status_asks_for() {
        let challenge = ApiError::token_missing(HeaderValue::from_static("Bearer x=\"y\"")).render();
        assert_eq!(challenge.headers[header::WWW_AUTHENTICATE], "Bearer x=\"y\"");
        assert_eq!(json_of(&challenge)["error"]["message"], "AKV10000: Request is missing a Bearer or PoP token.");
        let throttled = ApiError::new(ErrorCode::Throttled, "too many").with_retry_after(0).render();
        assert_eq!(throttled.headers[header::RETRY_AFTER], "1");
        assert_eq!(throttled.headers["x-ms-retry-after-ms"], "1000");
    }

    #[test]
    fn stays_small_enough_to_return_by_value() {
        assert!(size_of::<ApiError>() <= 96);
    }
}
