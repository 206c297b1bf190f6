//! Every way in which a request can fail, and what its caller is told: one match from failures to error codes.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use portcullis_api::{
    ApiError, CallerLine, ErrorCode, Explanation, HostRole, VaultLine, access_policy_denial, authorization_failed,
    claims_challenge, management_challenge, network_denial, policy_denial, rbac_denial, vault_challenge,
};
use portcullis_audit::AuditError;
use portcullis_engine::{CertificateState, EngineError, KeyUnusable, NotReleased, OperationError};
use portcullis_identity::{Audience, AuthenticateError};
use portcullis_listener::BodyError;
use portcullis_management::{DirectoryRefusal, ManagementError};
use portcullis_model::{Budget, ObjectKind, OverLimit, PermissionModel, Plane, TenantId};
use portcullis_network::{Refusal, RefusalKind};
use portcullis_policy::{Denial, Denied, Facts, OtherOperation, Stage};

use crate::exchange::Exchange;
use crate::gateway::Gateway;
use crate::notes;
use crate::signals::BadSignals;

/// Why a request was not carried out, one variant for each stage.
#[derive(Debug)]
pub(crate) enum PipelineError {
    /// The head, the path, the query or the body is not acceptable.
    Request(ApiError),
    /// The host is not the one that the TLS handshake named, or none of ours.
    Misdirected,
    /// There is no bearer token.
    NoToken,
    /// The token is not acceptable.
    Token(AuthenticateError),
    /// What a signal source told of the caller is not acceptable.
    Signals(BadSignals),
    /// The control state is behind the revision that the caller demands.
    Behind {
        /// The revision demanded.
        wanted: u64,
    },
    /// There is no such vault.
    VaultNotFound,
    /// There is no such subscription.
    SubscriptionNotFound,
    /// The network rules refuse.
    Network(Refusal),
    /// The body could not be read.
    Body(BodyError),
    /// Policy refuses.
    Policy(Box<Denied>),
    /// There is no room for the request.
    Throttled(OverLimit),
    /// The call is not the operation that was decided on.
    OtherOperation(OtherOperation),
    /// The audit log cannot take the request, so it is not carried out.
    Unrecorded(AuditError),
    /// The engine could not do it.
    Engine(EngineError),
    /// The management plane could not do it.
    Management(ManagementError),
}

macro_rules! from {
    ($($source:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$source> for PipelineError {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}

from! {
    ApiError => Request,
    AuthenticateError => Token,
    BadSignals => Signals,
    Refusal => Network,
    BodyError => Body,
    Box<Denied> => Policy,
    OverLimit => Throttled,
    OtherOperation => OtherOperation,
    AuditError => Unrecorded,
    EngineError => Engine,
    ManagementError => Management,
}

/// What is known of a request when it fails, for the explanation.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) plane: Plane,
    /// The tenant that the request must be of: the vault's, or the one that a vault which does not exist seems to have.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) facts: Option<Arc<Facts>>,
    /// Whether the request has a body of many megabytes, which its sender may still be writing when it is refused.
    pub(crate) large_body: bool,
    /// Whether the body was asked for; reading it has bounds of its own.
    pub(crate) body_asked: bool,
}

/// The bearer token of a request: exactly one `Authorization` header of the scheme `Bearer`.
pub(crate) fn bearer(head: &Parts) -> Result<&str, PipelineError> {
    let mut values = head.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(PipelineError::NoToken) };
    let text = value.to_str().map_err(|_| PipelineError::NoToken)?;
    let (scheme, token) = text.split_once(' ').ok_or(PipelineError::NoToken)?;
    let token = token.trim_start_matches(' ');
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Ok(token) } else { Err(PipelineError::NoToken) }
}

impl Default for Context {
    fn default() -> Self {
        Self { plane: Plane::Data, tenant: None, facts: None, large_body: false, body_asked: false }
    }
}

impl Context {
    /// Notes the plane whose errors are told.
    pub(crate) fn answers_for(&mut self, role: &HostRole) {
        self.plane = match role {
            HostRole::Management => Plane::Management,
            HostRole::Graph => Plane::Directory,
            HostRole::Vault(_) | HostRole::Login | HostRole::Ip | HostRole::Unknown => Plane::Data,
        };
    }

    /// What the token must be for.
    pub(crate) const fn audience(&self) -> Audience {
        match self.plane {
            Plane::Data => Audience::Vault,
            Plane::Management => Audience::Management,
            Plane::Directory => Audience::Graph,
        }
    }

    /// What the caller is told, after the audit event has been told more.
    pub(crate) fn explain(&self, gateway: &Gateway, exchange: &mut Exchange, error: PipelineError) -> ApiError {
        match error {
            PipelineError::Request(error) => error,
            PipelineError::Signals(error) => ApiError::new(ErrorCode::BadRequest, error.to_string()),
            PipelineError::Misdirected => ApiError::new(
                ErrorCode::MisdirectedRequest,
                "the host of the request is not the server name of the TLS connection, or none that is served here",
            ),
            PipelineError::NoToken => {
                exchange.event().operation("Authentication");
                self.unauthorized(gateway, ApiErrorText::Missing)
            }
            PipelineError::Token(error) => {
                exchange.event().operation("Authentication").denied_by("authentication");
                self.token(gateway, &error)
            }
            PipelineError::Behind { wanted } => ApiError::new(
                ErrorCode::RevisionNotReached,
                format!(
                    "the gateway has not reached revision {wanted} that x-portcullis-min-revision demands; try again"
                ),
            )
            .with_retry_after(1),
            PipelineError::VaultNotFound => match self.plane {
                Plane::Data => ApiError::new(ErrorCode::VaultNotFound, "there is no vault of this name"),
                Plane::Management | Plane::Directory => {
                    ApiError::new(ErrorCode::ResourceNotFound, "there is no vault at this resource id")
                }
            },
            PipelineError::SubscriptionNotFound => {
                ApiError::new(ErrorCode::SubscriptionNotFound, "the subscription could not be found")
            }
            PipelineError::Network(refusal) => self.network(exchange, &refusal),
            PipelineError::Body(error) => body(&error),
            PipelineError::Policy(denied) => self.policy(gateway, exchange, &denied),
            PipelineError::Throttled(over) => self.throttled(exchange, over),
            PipelineError::OtherOperation(error) => {
                tracing::error!(%error, request = %exchange.id(), "the pipeline failed");
                internal()
            }
            PipelineError::Unrecorded(error) => {
                tracing::error!(%error, request = %exchange.id(), "the request was not carried out");
                let text = "the request cannot be recorded, so it was not carried out";
                ApiError::new(ErrorCode::ServiceUnavailable, text).with_retry_after(1)
            }
            PipelineError::Engine(error) => engine(self, exchange, &error),
            PipelineError::Management(error) => management(exchange, &error),
        }
    }

    fn unauthorized(&self, gateway: &Gateway, text: ApiErrorText) -> ApiError {
        let tenant = self.tenant.unwrap_or_else(|| gateway.no_tenant());
        match self.plane {
            Plane::Data => {
                let challenge = vault_challenge(gateway.hosts(), &tenant);
                match text {
                    ApiErrorText::Missing => ApiError::token_missing(challenge),
                    ApiErrorText::Refused(message, _) => {
                        ApiError::new(ErrorCode::Unauthorized, message).with_challenge(challenge)
                    }
                }
            }
            Plane::Management | Plane::Directory => {
                let challenge = management_challenge(gateway.hosts(), &tenant);
                let error = match text {
                    ApiErrorText::Missing => ApiError::new(
                        ErrorCode::AuthenticationFailed,
                        "Authentication failed. The 'Authorization' header is missing.",
                    ),
                    ApiErrorText::Refused(message, code) => ApiError::new(code, message),
                };
                error.with_challenge(challenge)
            }
        }
    }

    fn token(&self, gateway: &Gateway, error: &AuthenticateError) -> ApiError {
        let code = match error {
            AuthenticateError::Exhausted => {
                return ApiError::new(ErrorCode::ServiceUnavailable, error.to_string()).with_retry_after(1);
            }
            AuthenticateError::Expired => ErrorCode::ExpiredAuthenticationToken,
            AuthenticateError::WrongAudience { .. } => ErrorCode::InvalidAuthenticationTokenAudience,
            AuthenticateError::WrongTenant { .. } => ErrorCode::InvalidAuthenticationTokenTenant,
            AuthenticateError::Malformed
            | AuthenticateError::TooLarge
            | AuthenticateError::TooComplex(_)
            | AuthenticateError::BadSignature
            | AuthenticateError::NotYetValid
            | AuthenticateError::UnknownPrincipal
            | AuthenticateError::PrincipalDisabled
            | AuthenticateError::Revoked => ErrorCode::InvalidAuthenticationToken,
        };
        self.unauthorized(gateway, ApiErrorText::Refused(error.to_string(), code))
    }

    fn network(&self, exchange: &mut Exchange, refusal: &Refusal) -> ApiError {
        let origin = exchange.origin().clone();
        notes::refused(exchange.event(), refusal, &origin);
        let (code, address) = match refusal.kind {
            RefusalKind::Connection => (ErrorCode::ForbiddenByConnection, None),
            RefusalKind::Firewall => (ErrorCode::ForbiddenByFirewall, Some(refusal.address)),
        };
        let why = Explanation { decision: refusal.rule, facts: &refusal.explanation, trace: exchange.id() };
        let text = self.lines(|caller, vault| network_denial(refusal.first_line, address, caller, vault, why));
        ApiError::new(code, text)
    }

    fn policy(&self, gateway: &Gateway, exchange: &mut Exchange, denied: &Denied) -> ApiError {
        exchange.evaluated(gateway, &denied.evaluations);
        let by = denied.plugin.as_deref().unwrap_or_else(|| denied.stage.name());
        exchange.event().stage(denied.stage.name()).denied_by(by.to_owned());
        if denied.stage == Stage::Authorization {
            // At the stages before it nobody asked for role assignments.
            exchange.event().rbac_authorized(false);
        }
        let decision = format!("{}; {}; {}: {}", denied.stage.name(), by, denied.rule, denied.reason);
        let facts = denied.facts.join("; ");
        let why = Explanation { decision: &decision, facts: &facts, trace: exchange.id() };
        let told = |first: &str| self.lines(|caller, vault| policy_denial(first, caller, vault, why));
        match &denied.denial {
            Denial::NotAllowed => self.not_allowed(why),
            Denial::ByPlugin if denied.stage == Stage::ConditionalAccess => {
                let code = self.blocked(ErrorCode::ForbiddenByConditionalAccess);
                ApiError::new(code, told("Access has been blocked by Conditional Access policies."))
            }
            Denial::ByPlugin => {
                let code = self.blocked(ErrorCode::ForbiddenByPlugin);
                ApiError::new(code, told("Access was denied by a policy plugin."))
            }
            Denial::TokenRestricted => ApiError::new(
                ErrorCode::ForbiddenByToken,
                told("The token is restricted and does not cover this request."),
            ),
            Denial::TokenExhausted => ApiError::new(
                ErrorCode::ServiceUnavailable,
                told("The token's restrictions are too costly to evaluate."),
            ),
            Denial::Challenge(claims) => {
                let able = self.facts.as_ref().is_some_and(|facts| facts.caller.handles_claims_challenges());
                if able {
                    ApiError::new(self.insufficient(), told("A fresher or stronger token is required."))
                        .with_challenge(claims_challenge(gateway.hosts(), claims))
                } else {
                    // A client that does not announce the capability could not answer the challenge.
                    let code = self.blocked(ErrorCode::ForbiddenByConditionalAccess);
                    ApiError::new(code, told("A stronger token is required."))
                }
            }
        }
    }

    fn throttled(&self, exchange: &mut Exchange, over: OverLimit) -> ApiError {
        let OverLimit { budget, class, most, seconds } = over;
        exchange.event().stage("throttling").denied_by("throttling");
        let decision = format!("throttling; {}", budget.name());
        let facts = format!("{class}, at most {most} in 10 s; there is room in {seconds} s");
        let why = Explanation { decision: &decision, facts: &facts, trace: exchange.id() };
        let text = match budget {
            Budget::Vault => self.told_throttled("VaultRequestTypeLimitReached", why),
            Budget::Caller => self.told_throttled("CallerRequestTypeLimitReached", why),
            Budget::Address => {
                exchange.event().operation("Authentication");
                format!(
                    "Request was not processed because too many bad tokens were received from the client's address. Retry in {seconds} s."
                )
            }
        };
        ApiError::new(ErrorCode::Throttled, text).with_retry_after(seconds)
    }

    /// The reference's sentence, and ours.
    fn told_throttled(&self, reason: &str, why: Explanation<'_>) -> String {
        let first = format!("Request was not processed because too many requests were received. Reason: {reason}");
        self.lines(|caller, vault| policy_denial(&first, caller, vault, why))
    }

    /// The code of a refusal by a plugin. Resource Manager knows one for all of them.
    const fn blocked(&self, on_data_plane: ErrorCode) -> ErrorCode {
        match self.plane {
            Plane::Data => on_data_plane,
            Plane::Management => ErrorCode::RequestDisallowedByPolicy,
            Plane::Directory => ErrorCode::DirectoryDenied,
        }
    }

    /// The code of the answer to a token that is acceptable, but not for this request.
    const fn insufficient(&self) -> ErrorCode {
        match self.plane {
            Plane::Data => ErrorCode::Unauthorized,
            Plane::Management | Plane::Directory => ErrorCode::InvalidAuthenticationToken,
        }
    }

    /// Nobody allowed: the reference's text for a missing role assignment.
    fn not_allowed(&self, why: Explanation<'_>) -> ApiError {
        let Some(facts) = &self.facts else { return internal() };
        let action = facts.request.operation.row().action;
        let resource = &facts.request.resource;
        let vault = facts.vault.as_ref().filter(|it| it.permission_model == PermissionModel::AccessPolicies);
        match (self.plane, vault) {
            (Plane::Data, Some(vault)) => {
                let principal = facts.caller.principal();
                let none = facts.directory.access_policies(principal.id, &principal.groups, vault).items().is_empty();
                let needed = facts.request.operation.row().access_policy;
                let needed = needed.map_or_else(|| action.to_owned(), |it| format!("{} {}", it.category, it.name));
                let text = self
                    .lines(|caller, vault| access_policy_denial(caller, principal.groups.len(), &needed, vault, why));
                ApiError::new(if none { ErrorCode::AccessDenied } else { ErrorCode::ForbiddenByPolicy }, text)
            }
            (Plane::Data, None) => {
                let text = self
                    .lines(|caller, vault| rbac_denial(caller, action, resource, "DeniedWithNoValidRBAC", vault, why));
                ApiError::new(ErrorCode::ForbiddenByRbac, text)
            }
            (plane @ (Plane::Management | Plane::Directory), _) => {
                let principal = facts.caller.principal();
                let id = principal.id.to_string();
                let text = authorization_failed(&principal.display_name, &id, action, resource, why);
                if plane == Plane::Management {
                    ApiError::new(ErrorCode::AuthorizationFailed, text)
                } else {
                    let text = format!("Insufficient privileges to complete the operation. {text}");
                    ApiError::new(ErrorCode::DirectoryDenied, text)
                }
            }
        }
    }

    /// The lines that name caller and vault; both are known wherever something is refused after authentication.
    fn lines(&self, text: impl Fn(CallerLine<'_>, Option<VaultLine<'_>>) -> String) -> String {
        let Some(facts) = &self.facts else { return "the request was refused".to_owned() };
        let principal = facts.caller.principal();
        let application = facts.caller.application().map(|id| id.to_string());
        let (id, issuer) = (principal.id.to_string(), notes::issuer(principal.tenant));
        let caller = CallerLine { application: application.as_deref(), principal: &id, issuer: &issuer };
        let vault = facts.vault.as_ref();
        text(caller, vault.map(|vault| VaultLine { vault: &vault.path.vault, location: &vault.location }))
    }
}

/// What a 401 says.
enum ApiErrorText {
    /// That there is no token.
    Missing,
    /// What is wrong with the token, and the management plane's code for it.
    Refused(String, ErrorCode),
}

fn internal() -> ApiError {
    ApiError::new(ErrorCode::InternalServerError, "the gateway failed; its log has more under this request's id")
}

fn unavailable(exchange: &Exchange, error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, request = %exchange.id(), "the request could not be served");
    ApiError::new(
        ErrorCode::ServiceUnavailable,
        "the store cannot serve the request now; nothing was changed unless a later read shows it",
    )
    .with_retry_after(1)
}

fn body(error: &BodyError) -> ApiError {
    match error {
        BodyError::TooLarge { .. } => portcullis_api::payload_too_large(),
        BodyError::TooSlow => ApiError::new(ErrorCode::RequestTimeout, "the request's body was not complete in time"),
        BodyError::Broken { .. } => ApiError::new(ErrorCode::BadParameter, "the request's body could not be read"),
    }
}

/// The engine's errors, in the reference's words where it has some.
fn engine(context: &Context, exchange: &mut Exchange, error: &EngineError) -> ApiError {
    let told = |code, message: String| ApiError::new(code, message);
    match error {
        EngineError::NotFound { kind: kind @ ObjectKind::Certificate, name, .. } => {
            told(not_found(*kind), format!("{} not found: {name}", title(*kind)))
        }
        EngineError::NotFound { kind: kind @ (ObjectKind::Secret | ObjectKind::Key), name, .. } => told(
            not_found(*kind),
            format!(
                "A {noun} with (name/id) {name} was not found in this key vault. If you recently deleted this {noun} you may be able to recover it.",
                noun = kind.noun()
            ),
        ),
        EngineError::DeletedNotFound { kind, name } => {
            told(not_found(*kind), format!("Deleted {} not found: {name}", title(*kind)))
        }
        EngineError::DeletedButRecoverable { kind, name } => told(
            ErrorCode::ObjectIsDeletedButRecoverable,
            format!(
                "{} {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the {} can only be recovered or purged.",
                title(*kind),
                kind.noun()
            ),
        ),
        EngineError::AlreadyExists { .. } => told(ErrorCode::Conflict, error.to_string()),
        EngineError::Managed { .. } => told(ErrorCode::ForbiddenManaged, error.to_string()),
        EngineError::Disabled { .. } => {
            told(ErrorCode::SecretDisabled, "Operation get is not allowed on a disabled secret.".to_owned())
        }
        EngineError::KeyUnusable { why } => key_unusable(*why),
        EngineError::NotReleased { why } => not_released(exchange, *why),
        EngineError::BadKey { why } => told(ErrorCode::BadParameter, why.to_string()),
        EngineError::KeyOperation(why) => key_operation(exchange, why),
        EngineError::BadCertificate { why } => told(ErrorCode::BadParameter, why.to_string()),
        EngineError::CertificateState(why) => certificate_state(why),
        EngineError::OverLimit(over) => context.throttled(exchange, *over),
        EngineError::NoConversion => told(ErrorCode::BadParameter, error.to_string()),
        EngineError::Provider(_) => told(ErrorCode::ServiceUnavailable, error.to_string()).with_retry_after(5),
        EngineError::PurgeProtected { scheduled_purge, .. } => {
            exchange.event().denied_by("purge-protection");
            let facts = format!("the service purges the object at {scheduled_purge} (seconds since 1970)");
            let why = Explanation { decision: "engine/purge-protection", facts: &facts, trace: exchange.id() };
            let first = "Operation \"purge\" is not allowed because purge protection is enabled for this vault.";
            let text = context.lines(|caller, vault| policy_denial(first, caller, vault, why));
            told(ErrorCode::ForbiddenByPurgeProtection, text)
        }
        EngineError::BadBackup(why) => told(ErrorCode::BadParameter, format!("{error}: {why}")),
        EngineError::ValueTooLarge { .. }
        | EngineError::TooManyVersions { .. }
        | EngineError::BackupTooLarge { .. } => told(ErrorCode::BadParameter, error.to_string()),
        EngineError::Busy { .. } | EngineError::Stopping => {
            told(ErrorCode::ServiceUnavailable, error.to_string()).with_retry_after(1)
        }
        EngineError::Store(source) => unavailable(exchange, source),
        EngineError::NoVault
        | EngineError::Tampered { .. }
        | EngineError::Corrupt { .. }
        | EngineError::Random(_)
        | EngineError::Certificate(_)
        | EngineError::Generation(_) => {
            tracing::error!(%error, request = %exchange.id(), "the engine failed");
            internal()
        }
    }
}

const fn not_found(kind: ObjectKind) -> ErrorCode {
    match kind {
        ObjectKind::Secret => ErrorCode::SecretNotFound,
        ObjectKind::Key => ErrorCode::KeyNotFound,
        ObjectKind::Certificate => ErrorCode::CertificateNotFound,
    }
}

/// The kind at the beginning of a sentence.
const fn title(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Secret => "Secret",
        ObjectKind::Key => "Key",
        ObjectKind::Certificate => "Certificate",
    }
}

fn certificate_state(why: &CertificateState) -> ApiError {
    let code = match why {
        CertificateState::NoPending { .. } => ErrorCode::PendingCertificateNotFound,
        CertificateState::InProgress { .. } => ErrorCode::CertificateInProgress,
        CertificateState::NotInProgress { .. } => ErrorCode::BadParameter,
        CertificateState::IssuerAtWork { .. } => ErrorCode::ForbiddenManaged,
        CertificateState::NoIssuer { .. } => ErrorCode::CertificateIssuerNotFound,
        CertificateState::NoContacts => ErrorCode::ContactsNotFound,
    };
    ApiError::new(code, why.to_string())
}

fn key_unusable(why: KeyUnusable) -> ApiError {
    match why {
        KeyUnusable::Disabled { operation } => {
            ApiError::new(ErrorCode::KeyDisabled, format!("Operation {operation} is not allowed on a disabled key."))
        }
        KeyUnusable::NotYetValidOrExpired { operation } => ApiError::new(
            ErrorCode::KeyNotYetValidOrExpired,
            format!("Operation {operation} is not allowed on a key that is not yet valid or has expired."),
        ),
        KeyUnusable::OperationNotPermitted { operation } => ApiError::new(
            ErrorCode::KeyOperationForbidden,
            format!("Operation {operation} is not permitted on this key."),
        ),
    }
}

/// The refusals of a release, which the audit record attributes to the key's own policy.
fn not_released(exchange: &mut Exchange, why: NotReleased) -> ApiError {
    let refused = |exchange: &mut Exchange, code| {
        exchange.event().denied_by("release-policy");
        ApiError::new(code, format!("Operation release is not allowed: {why}."))
    };
    match why {
        NotReleased::NotExportable => refused(exchange, ErrorCode::KeyOperationForbidden),
        NotReleased::Unverified | NotReleased::Untimely | NotReleased::NotFulfilled => {
            refused(exchange, ErrorCode::ForbiddenByReleasePolicy)
        }
        NotReleased::Malformed | NotReleased::NoTransportKey => {
            ApiError::new(ErrorCode::BadParameter, format!("Property target has invalid value: {why}"))
        }
        NotReleased::Unreachable(_) => {
            ApiError::new(ErrorCode::ServiceUnavailable, why.to_string()).with_retry_after(1)
        }
    }
}

fn key_operation(exchange: &Exchange, why: &OperationError) -> ApiError {
    match why {
        OperationError::WrongAlgorithm => {
            ApiError::new(ErrorCode::BadParameter, format!("Property alg has invalid value: {why}"))
        }
        OperationError::Unsupported
        | OperationError::DigestLength { .. }
        | OperationError::TooLong { .. }
        | OperationError::ValueLength
        | OperationError::Missing(_)
        | OperationError::Unwanted(_)
        | OperationError::ParameterLength(_)
        | OperationError::DecryptionFailed => ApiError::new(ErrorCode::BadParameter, why.to_string()),
        OperationError::Random(_) | OperationError::Library => {
            tracing::error!(%why, request = %exchange.id(), "a key operation failed");
            internal()
        }
    }
}

fn management(exchange: &mut Exchange, error: &ManagementError) -> ApiError {
    let code = match error {
        ManagementError::PluginUntried { .. } => {
            return ApiError::new(ErrorCode::ServiceUnavailable, error.to_string()).with_retry_after(5);
        }
        ManagementError::VaultNotFound { .. } | ManagementError::PrivateEndpointConnectionNotFound { .. } => {
            ErrorCode::ResourceNotFound
        }
        ManagementError::SubscriptionNotFound { .. } => ErrorCode::SubscriptionNotFound,
        ManagementError::ResourceGroupNotFound { .. } => ErrorCode::ResourceGroupNotFound,
        ManagementError::DeletedVaultNotFound { .. } => ErrorCode::DeletedVaultNotFound,
        ManagementError::VaultAlreadyExists { .. } => ErrorCode::VaultAlreadyExists,
        ManagementError::VaultIsDeleted { .. } | ManagementError::ResourceGroupNotEmpty { .. } => {
            ErrorCode::ConflictError
        }
        ManagementError::PurgeProtected { .. } => {
            exchange.event().denied_by("purge-protection");
            ErrorCode::OperationNotAllowed
        }
        ManagementError::AccessPolicyTenant { .. } | ManagementError::AccessPolicyLimit { .. } => {
            ErrorCode::InvalidRequestContent
        }
        ManagementError::PropertyCannotChange { .. }
        | ManagementError::ResourceGroupLimit { .. }
        | ManagementError::ScopeNotSupported => ErrorCode::BadRequest,
        ManagementError::PreconditionFailed => ErrorCode::PreconditionFailed,
        ManagementError::PurgeProtectionIsIrreversible => ErrorCode::BadRequest,
        ManagementError::PrincipalNotFound { .. } => ErrorCode::PrincipalNotFound,
        ManagementError::RoleDefinitionNotFound { .. } => ErrorCode::RoleDefinitionDoesNotExist,
        ManagementError::RoleAssignmentExists { .. } => ErrorCode::RoleAssignmentExists,
        ManagementError::RoleAssignmentLimit { .. } => ErrorCode::RoleAssignmentLimitExceeded,
        ManagementError::RoleAssignmentNotFound { .. } => ErrorCode::RoleAssignmentNotFound,
        ManagementError::Condition(_) => ErrorCode::InvalidRequestContent,
        ManagementError::RoleNotAssignable { .. } => ErrorCode::RoleNotAssignable,
        ManagementError::ScheduleRequest { .. } | ManagementError::ActivationTooLong { .. } => {
            ErrorCode::InvalidScheduleRequest
        }
        ManagementError::ScheduleRequestExists { .. } => ErrorCode::ScheduleRequestExists,
        ManagementError::ScheduleRequestNotFound { .. } => ErrorCode::ResourceNotFound,
        ManagementError::SelfApproval => {
            exchange.event().denied_by("self-approval");
            ErrorCode::SelfApprovalForbidden
        }
        ManagementError::LastOwner => ErrorCode::LastOwner,
        ManagementError::ExcludesCaller { .. } => ErrorCode::NetworkRulesExcludeCaller,
        ManagementError::RoleIsBuiltIn { .. } | ManagementError::RoleScopeOutside { .. } => {
            ErrorCode::InvalidRoleDefinition
        }
        ManagementError::RoleNameTaken { .. } => ErrorCode::RoleDefinitionWithSameNameExists,
        ManagementError::RoleLimit { .. } => ErrorCode::RoleDefinitionLimitExceeded,
        ManagementError::RoleInUse { .. } => ErrorCode::RoleDefinitionHasAssignments,
        ManagementError::DenyAssignmentNotFound { .. } => ErrorCode::DenyAssignmentNotFound,
        ManagementError::DenyAssignmentUpdateNotPermitted
        | ManagementError::DeniesItsWriter
        | ManagementError::DenyLimit { .. } => ErrorCode::InvalidDenyAssignment,
        ManagementError::RoleAssignmentUpdateNotPermitted => ErrorCode::RoleAssignmentUpdateNotPermitted,
        ManagementError::PluginNotFound { .. } | ManagementError::GenerationNotFound { .. } => {
            ErrorCode::PluginNotFound
        }
        ManagementError::PluginIsDeclared { .. } => ErrorCode::PluginIsDeclared,
        ManagementError::PluginLimit { .. } | ManagementError::ComponentLimit { .. } => ErrorCode::PluginLimitExceeded,
        ManagementError::ComponentNotFound { .. } => ErrorCode::ComponentNotFound,
        ManagementError::DigestMismatch { .. } | ManagementError::PluginRefused { property: "component", .. } => {
            ErrorCode::InvalidComponent
        }
        ManagementError::PluginWouldDeny { .. } => ErrorCode::PluginWouldDeny,
        ManagementError::PluginUnobserved => ErrorCode::PluginUnobserved,
        ManagementError::PluginRefused { property: "signature", .. } => ErrorCode::InvalidPluginSignature,
        ManagementError::PluginRefused { .. } => ErrorCode::InvalidPluginSettings,
        ManagementError::Directory(refusal) => directory(refusal),
        ManagementError::Busy | ManagementError::Stale => ErrorCode::ConflictError,
        ManagementError::Store(source) => return unavailable(exchange, source),
        ManagementError::NotEmpty
        | ManagementError::Declaration { .. }
        | ManagementError::Unreadable { .. }
        | ManagementError::Seal => {
            tracing::error!(%error, request = %exchange.id(), "the management plane failed");
            return internal();
        }
    };
    ApiError::new(code, error.to_string())
}

const fn directory(refusal: &DirectoryRefusal) -> ErrorCode {
    match refusal {
        DirectoryRefusal::NotFound { .. } => ErrorCode::DirectoryObjectNotFound,
        DirectoryRefusal::Invalid { .. } | DirectoryRefusal::AlreadyMember | DirectoryRefusal::Cyclic { .. } => {
            ErrorCode::DirectoryBadRequest
        }
        DirectoryRefusal::Declared { .. } | DirectoryRefusal::Oneself => ErrorCode::DirectoryDenied,
        DirectoryRefusal::Taken { .. } => ErrorCode::DirectoryConflict,
        DirectoryRefusal::Full { .. } => ErrorCode::DirectoryQuotaExceeded,
    }
}
