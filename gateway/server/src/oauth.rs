//! The token endpoint: shares the head of the path with the other planes, then asks identity for a token.

use std::time::Duration;

use http::request::Parts;
use hyper::body::{Body, Bytes};
use portcullis_api::oauth::{
    self, ClientCredential, MAX_TOKEN_BODY_BYTES, OAuthError, OAuthErrorCode, OAuthMarks, OAuthRequest,
    ProtocolVersion, TenantName,
};
use portcullis_api::{Answer, ApiError};
use portcullis_identity::{ClientCredentials, IssueError, IssuedToken};
use portcullis_listener::{BodyError, Connection, read_body};
use portcullis_model::{RequestId, TenantId};

use crate::exchange::Exchange;
use crate::gateway::Gateway;

/// Answers a request to the token endpoint.
pub(crate) async fn handle<B>(
    gateway: &Gateway,
    connection: &Connection,
    exchange: &mut Exchange,
    head: &Parts,
    body: B,
) -> Result<Answer, ApiError>
where
    B: Body<Data = Bytes> + Unpin + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    exchange.event().operation("Discovery").stage("route");
    let result = match oauth::route(head)? {
        OAuthRequest::OpenIdConfiguration { tenant, version } => {
            resolve(gateway, &tenant).map(|tenant| oauth::openid_configuration(gateway.hosts(), &tenant, version))
        }
        OAuthRequest::InstanceDiscovery => {
            let any = gateway.management().state().directory().tenants().min();
            any.map(|tenant| oauth::instance_discovery(gateway.hosts(), &tenant)).ok_or_else(unknown_tenant)
        }
        // Access tokens are Biscuits that only this gateway reads; there are no keys for others.
        OAuthRequest::Keys { tenant } => resolve(gateway, &tenant).map(|_| oauth::keys()),
        OAuthRequest::ReleaseKeys => Ok(portcullis_api::release_keys(gateway.release_signer())),
        OAuthRequest::Token { tenant, version } => {
            exchange.event().operation("TokenIssue");
            issue(gateway, connection, exchange, head, body, &tenant, version).await
        }
    };
    Ok(result.unwrap_or_else(|error| {
        exchange.event().description(error.to_string()).denied_by("authentication");
        let correlation = exchange.correlation().and_then(|id| id.parse().ok()).unwrap_or_else(|| exchange.id());
        let (hosts, now) = (gateway.hosts(), gateway.clock().now());
        error.render(OAuthMarks { hosts, trace: exchange.id(), correlation, now })
    }))
}

async fn issue<B>(
    gateway: &Gateway,
    connection: &Connection,
    exchange: &mut Exchange,
    head: &Parts,
    body: B,
    tenant: &TenantName,
    version: ProtocolVersion,
) -> Result<Answer, OAuthError>
where
    B: Body<Data = Bytes> + Unpin + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    exchange.event().stage("authentication");
    let tenant = resolve(gateway, tenant)?;
    let body = read(gateway, connection, body).await?;
    let request = oauth::parse_token_request(head, version, &body)?;
    exchange.event().claimed_application(request.client.to_string());
    let ClientCredential::Secret(secret) = &request.credential else {
        return Err(OAuthError::new(
            OAuthErrorCode::AssertionRefused,
            "Client assertions are not accepted; use a client secret.",
        ));
    };
    let state = gateway.management().state();
    let credentials = ClientCredentials {
        tenant,
        client_id: request.client,
        client_secret: secret,
        audience: &request.audience,
        continuous_access: request.handles_claims_challenges,
    };
    let issued = gateway.issuer().issue(&credentials, state.directory(), gateway.audiences());
    let IssuedToken { access_token, expires_in, principal, token_id } =
        issued.map_err(|error| refusal(&error, exchange.id()))?;
    exchange
        .event()
        .authenticated()
        .claim("oid", principal.id.to_string())
        .claim("tid", principal.tenant.to_string())
        .claim("appid", request.client.to_string())
        .claim("uti", token_id.to_string())
        .stage("done");
    Ok(oauth::token_answer(&access_token, expires_in))
}

/// Reads a body for somebody who has shown nothing yet: not much, not for long, and not for many at once.
async fn read<B>(gateway: &Gateway, connection: &Connection, body: B) -> Result<Bytes, OAuthError>
where
    B: Body<Data = Bytes> + Unpin + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Some(_place) = gateway.token_bodies().admit(connection.client.bucket()) else {
        let message = "Too many token requests are being read. Try again.";
        return Err(OAuthError::new(OAuthErrorCode::Unavailable, message).with_retry_after(1));
    };
    let timeout = gateway.body_timeout().min(BODY_TIMEOUT);
    read_body(body, MAX_TOKEN_BODY_BYTES, timeout).await.map_err(|error| match error {
        BodyError::TooLarge { .. } => {
            OAuthError::new(OAuthErrorCode::BodyTooLarge, "The request body is over its limit.")
        }
        BodyError::TooSlow | BodyError::Broken { .. } => {
            OAuthError::new(OAuthErrorCode::RequestMalformed, "The request body could not be read.")
        }
    })
}

fn resolve(gateway: &Gateway, name: &TenantName) -> Result<TenantId, OAuthError> {
    match name {
        TenantName::Id(id) if gateway.management().state().directory().has_tenant(*id) => Ok(*id),
        TenantName::Id(_) | TenantName::Any | TenantName::Domain(_) => Err(unknown_tenant()),
    }
}

fn unknown_tenant() -> OAuthError {
    let message = "The tenant was not found. Check the tenant id in the request's path.";
    OAuthError::new(OAuthErrorCode::TenantUnknown, message)
}

fn refusal(error: &IssueError, request: RequestId) -> OAuthError {
    let (code, message) = match error {
        IssueError::UnknownTenant => (OAuthErrorCode::TenantUnknown, "The tenant was not found."),
        IssueError::UnknownApplication => (
            OAuthErrorCode::ApplicationUnknown,
            "The application was not found in the directory. Check the client id and the tenant.",
        ),
        IssueError::WrongSecret => (OAuthErrorCode::WrongSecret, "Invalid client secret provided."),
        IssueError::SecretExpired => (OAuthErrorCode::SecretExpired, "The provided client secret has expired."),
        IssueError::PrincipalDisabled => (OAuthErrorCode::PrincipalDisabled, "The application is disabled."),
        IssueError::UnknownResource => {
            (OAuthErrorCode::ResourceUnknown, "The resource was not found. Ask for the resource of the challenge.")
        }
        IssueError::Random(_) | IssueError::Signing(_) => {
            tracing::error!(%error, %request, "no token could be issued");
            (OAuthErrorCode::Internal, "No token could be issued.")
        }
    };
    OAuthError::new(code, message)
}

/// How long a body may take at most. Its few hundred bytes come with the head, as a rule.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);
