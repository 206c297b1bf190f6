//! The token endpoint: shares the head of the path with the other planes, then asks identity for a token.

mod authorize;
mod clients;
mod id_token;
mod refusal;
mod token;

use std::net::IpAddr;
use std::time::Duration;

use http::request::Parts;
use hyper::body::{Body, Bytes};
use portcullis_api::oauth::{
    self, MAX_TOKEN_BODY_BYTES, OAuthError, OAuthErrorCode, OAuthMarks, OAuthRequest, TenantName,
};
use portcullis_api::{Answer, ApiError};
use portcullis_listener::{BodyError, Connection, read_body};
use portcullis_model::TenantId;

use crate::exchange::Exchange;
use crate::gateway::Gateway;

/// A request to the login host on its way.
pub(crate) struct LoginRequest<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) head: &'a Parts,
    /// The client's address, standing for all that it can move about in.
    pub(crate) from: IpAddr,
}

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
    let request = LoginRequest { gateway, head, from: connection.client.bucket() };
    let result = match oauth::route(head)? {
        OAuthRequest::OpenIdConfiguration { tenant, version } => {
            resolve(gateway, &tenant).map(|tenant| oauth::openid_configuration(gateway.hosts(), &tenant, version))
        }
        OAuthRequest::InstanceDiscovery => {
            let any = gateway.management().state().directory().tenants().min();
            any.map(|tenant| oauth::instance_discovery(gateway.hosts(), &tenant)).ok_or_else(unknown_tenant)
        }
        OAuthRequest::UserRealm => Ok(oauth::user_realm(gateway.hosts())),
        // Access tokens are Biscuits that only this gateway reads; the one key is that of id tokens.
        OAuthRequest::Keys { tenant } => resolve(gateway, &tenant).map(|_| oauth::keys(gateway.id_signer())),
        OAuthRequest::ReleaseKeys => Ok(portcullis_api::release_keys(gateway.release_signer())),
        OAuthRequest::Token { tenant, version } => {
            exchange.event().operation("TokenIssue").stage("authentication");
            match form(gateway, connection, &tenant, body).await {
                Ok((tenant, body)) => request.issue(exchange, tenant, version, &body).await,
                Err(error) => Err(error),
            }
        }
        OAuthRequest::DeviceCode { tenant } => {
            exchange.event().operation("DeviceCodeIssue").stage("authentication");
            form(gateway, connection, &tenant, body).await.and_then(|(tenant, body)| request.device_code(tenant, &body))
        }
        OAuthRequest::Authorize { tenant } => {
            exchange.event().operation("SignIn").stage("authentication");
            resolve(gateway, &tenant).map(|tenant| request.authorize(exchange, tenant))
        }
        OAuthRequest::DeviceLogin => {
            exchange.event().operation("SignIn").stage("authentication");
            Ok(request.device_login())
        }
        OAuthRequest::SignIn => {
            exchange.event().operation("SignIn").stage("authentication");
            match read(gateway, connection, body).await {
                Ok(body) => Ok(request.sign_in(exchange, &body).await),
                Err(error) => Err(error),
            }
        }
    };
    Ok(result.unwrap_or_else(|error| {
        exchange.event().description(error.to_string()).denied_by("authentication");
        let correlation = exchange.correlation().and_then(|id| id.parse().ok()).unwrap_or_else(|| exchange.id());
        let (hosts, now) = (gateway.hosts(), gateway.clock().now());
        error.render(OAuthMarks { hosts, trace: exchange.id(), correlation, now })
    }))
}

/// The tenant that a form is for, and the form, which is read in any case.
async fn form<B>(
    gateway: &Gateway,
    connection: &Connection,
    tenant: &TenantName,
    body: B,
) -> Result<(TenantId, Bytes), OAuthError>
where
    B: Body<Data = Bytes> + Unpin + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (tenant, body) = (resolve(gateway, tenant), read(gateway, connection, body).await);
    Ok((tenant?, body?))
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

/// The tenant of a name. Whoever names none is of the only one, if there is only one.
fn resolve(gateway: &Gateway, name: &TenantName) -> Result<TenantId, OAuthError> {
    let state = gateway.management().state();
    match name {
        TenantName::Id(id) if state.directory().has_tenant(*id) => Ok(*id),
        TenantName::Any => {
            let mut tenants = state.directory().tenants();
            tenants.next().filter(|_| tenants.next().is_none()).ok_or_else(unknown_tenant)
        }
        TenantName::Id(_) | TenantName::Domain(_) => Err(unknown_tenant()),
    }
}

fn unknown_tenant() -> OAuthError {
    let message = "The tenant was not found. Check the tenant id in the request's path.";
    OAuthError::new(OAuthErrorCode::TenantUnknown, message)
}

/// How long a body may take at most. Its few hundred bytes come with the head, as a rule.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);
