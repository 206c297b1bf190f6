//! Tokens for managed identities: for processes on this machine that the configuration allows, without any secret.
//!
//! It answers in plain HTTP on loopback or on a Unix socket, as the instance metadata service and the App Service do.
//! Who asks is who the system says made the socket at the other end: `peer.rs` says how much that is worth. A machine
//! that forwards requests for others would lend them its identity, so what looks forwarded is refused. So is what a
//! browser sends, and what was sent to a name that is not this machine's.

mod peer;
mod request;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use portcullis_audit::{AuditScope, RequestNote};
use portcullis_crypto::SecretHash;
use portcullis_identity::IssuedToken;
use portcullis_model::{ApplicationId, PrincipalId, RequestId, TenantId};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::gateway::Gateway;
use crate::plain_http::answer_one;
use peer::Peer;
use request::{Asked, Refused, Shape, Way};

/// The endpoint for managed identities.
#[derive(Debug)]
pub struct IdentityEndpointConfig {
    /// Where it listens: on loopback.
    pub address: Option<SocketAddr>,
    /// The Unix socket on which it listens.
    pub socket: Option<PathBuf>,
    /// By what the value of `X-IDENTITY-HEADER` is recognised; without it the App Service's shape is not answered.
    pub header: Option<SecretHash>,
    /// The identities.
    pub identities: Vec<ManagedIdentityConfig>,
}

impl IdentityEndpointConfig {
    /// Whether any identity is for this user.
    fn knows(&self, user: u32) -> bool {
        self.identities.iter().any(|identity| identity.users.contains(&user))
    }
}

/// A managed identity, and the processes that may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedIdentityConfig {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its client id.
    pub application: ApplicationId,
    /// Its service principal.
    pub principal: PrincipalId,
    /// The user ids whose processes may use it.
    pub users: Vec<u32>,
    /// The programs that may use it, over loopback alone; any, and over the Unix socket too, if there is none.
    pub executables: Vec<PathBuf>,
}

/// The endpoint, bound.
#[derive(Debug)]
pub(crate) struct Endpoint {
    config: IdentityEndpointConfig,
    tcp: Option<TcpListener>,
    unix: Option<UnixListener>,
}

impl Endpoint {
    /// Binds it.
    ///
    /// # Errors
    /// When an address cannot be bound, and which one.
    pub(crate) async fn bind(config: IdentityEndpointConfig) -> Result<Self, (String, std::io::Error)> {
        let tcp = match config.address {
            Some(address) => Some(TcpListener::bind(address).await.map_err(|error| (address.to_string(), error))?),
            None => None,
        };
        let unix = match &config.socket {
            Some(path) => Some(bind_socket(path).map_err(|error| (path.display().to_string(), error))?),
            None => None,
        };
        Ok(Self { config, tcp, unix })
    }

    /// The address on loopback, if there is one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, gateway: Arc<Gateway>) {
        let Self { config, tcp, unix } = self;
        let config = Arc::new(config);
        let over_tcp = async {
            if let Some(listener) = tcp {
                serve_tcp(&listener, &gateway, &config).await;
            }
        };
        let over_unix = async {
            if let Some(listener) = unix {
                serve_unix(&listener, &gateway, &config).await;
            }
        };
        tokio::join!(over_tcp, over_unix);
    }
}

/// Each listener has its own room, so that whoever fills the one leaves the other open.
async fn serve_tcp(listener: &TcpListener, gateway: &Arc<Gateway>, config: &Arc<IdentityEndpointConfig>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Some((place, (stream, ends))) = next(&room, accept_tcp(listener)).await else { continue };
        let (gateway, config) = (Arc::clone(gateway), Arc::clone(config));
        tokio::spawn(async move {
            connection(&gateway, &config, stream, Whose::Tcp(ends)).await;
            drop(place);
        });
    }
}

async fn serve_unix(listener: &UnixListener, gateway: &Arc<Gateway>, config: &Arc<IdentityEndpointConfig>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Some((place, (stream, user))) = next(&room, accept_unix(listener)).await else { continue };
        // Nothing here is for this user, who shall not take a place from those who may ask.
        if !config.knows(user) {
            continue;
        }
        let (gateway, config) = (Arc::clone(gateway), Arc::clone(config));
        tokio::spawn(async move {
            connection(&gateway, &config, stream, Whose::Unix(user)).await;
            drop(place);
        });
    }
}

/// The next connection with its place; none, after a pause, if it could not be accepted.
async fn next<T>(
    room: &Arc<Semaphore>,
    accepting: impl Future<Output = std::io::Result<T>>,
) -> Option<(OwnedSemaphorePermit, T)> {
    let admitted = async {
        let place = Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>((place, accepting.await?))
    };
    match admitted.await {
        Ok(admitted) => Some(admitted),
        Err(error) => {
            tracing::warn!(%error, "a connection to the endpoint of managed identities could not be accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// Whose connection it is.
#[derive(Debug, Clone, Copy)]
enum Whose {
    /// Whoever the system says has the other end, asked when the request is there.
    Tcp(peer::Ends),
    /// The user whom the system told when the connection was made.
    Unix(u32),
}

impl Whose {
    const fn way(self) -> Way {
        match self {
            Self::Tcp(_) => Way::Tcp,
            Self::Unix(_) => Way::Unix,
        }
    }
}

/// A socket that every user can connect to: who may have a token is decided by who connects. A socket of before, which
/// nobody listens on, is replaced; anything else is not.
fn bind_socket(path: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt as _;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

async fn accept_tcp(listener: &TcpListener) -> std::io::Result<(tokio::net::TcpStream, peer::Ends)> {
    let (stream, theirs) = listener.accept().await?;
    let ours = stream.local_addr()?;
    Ok((stream, peer::Ends { theirs, ours }))
}

async fn accept_unix(listener: &UnixListener) -> std::io::Result<(tokio::net::UnixStream, u32)> {
    let (stream, _) = listener.accept().await?;
    let user = stream.peer_cred()?.uid();
    Ok((stream, user))
}

async fn connection<S>(gateway: &Gateway, config: &IdentityEndpointConfig, stream: S, whose: Whose)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    answer_one(stream, PATIENCE, |head| async move { answer(gateway, config, whose, &head).await }).await;
}

async fn answer(
    gateway: &Gateway,
    config: &IdentityEndpointConfig,
    whose: Whose,
    head: &http::Request<Incoming>,
) -> Response<Full<Bytes>> {
    let mut scope = begin(gateway, whose, head);
    scope.event().operation("ManagedIdentityTokenIssue").stage("authentication");
    let told = issue(gateway, config, whose, head, &mut scope).await;
    let (status, body) = match told {
        Ok(told) => (StatusCode::OK, told),
        Err(refused) => {
            scope.event().description(refused.to_string()).denied_by("authentication");
            (refused.status(), json!({ "error": refused.code(), "error_description": refused.to_string() }))
        }
    };
    // What was not recorded is not told.
    if let Err(error) = scope.finish(status.as_u16()) {
        tracing::error!(%error, "a token for a managed identity was withheld");
        return response(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "temporarily_unavailable" }));
    }
    response(status, &body)
}

async fn issue(
    gateway: &Gateway,
    config: &IdentityEndpointConfig,
    whose: Whose,
    head: &http::Request<Incoming>,
    scope: &mut AuditScope,
) -> Result<serde_json::Value, Refused> {
    request::no_browser(whose.way(), head.uri(), head.headers())?;
    let asked = Asked::read(head.method(), head.uri(), head.headers(), config.header.as_ref())?;
    let peer = match whose {
        Whose::Unix(user) => Peer { user, executables: Vec::new() },
        Whose::Tcp(ends) => {
            let programs = config.identities.iter().any(|identity| !identity.executables.is_empty());
            let found = tokio::task::spawn_blocking(move || peer::of_connection(ends, programs)).await;
            found.ok().flatten().ok_or(Refused::UnknownProcess)?
        }
    };
    scope.event().claim("uid", peer.user.to_string());
    let identity = choose(&config.identities, whose.way(), &peer, &asked)?;
    let state = gateway.management().state();
    let client = gateway.issuer().managed_identity(identity.tenant, identity.application, state.directory());
    let client = client.map_err(|error| Refused::Identity(error.to_string()))?;
    if state.directory().is_signed_out(identity.principal, gateway.clock().now()) {
        return Err(Refused::JustEnded);
    }
    let audience = gateway.audiences().resolve(&asked.resource).ok_or(Refused::Resource)?;
    let issued = gateway.issuer().issue_to_client(&client, gateway.audiences().name(audience), asked.claims_challenges);
    let issued = issued.map_err(|error| Refused::Identity(error.to_string()))?;
    scope
        .event()
        .authenticated()
        .revision(portcullis_policy::DirectoryFacts::revision(&*state))
        .claim("oid", issued.principal.id.to_string())
        .claim("tid", issued.principal.tenant.to_string())
        .claim("appid", identity.application.to_string())
        .claim("uti", issued.token_id.to_string())
        .stage("done");
    Ok(tell(&asked, identity, &issued))
}

/// The identity that is asked for, among those that the process may use. Whether there are others is not told.
fn choose<'a>(
    identities: &'a [ManagedIdentityConfig],
    way: Way,
    peer: &Peer,
    asked: &Asked,
) -> Result<&'a ManagedIdentityConfig, Refused> {
    let named = identities.iter().filter(|identity| {
        identity.users.contains(&peer.user)
            && asked.application.is_none_or(|id| id == identity.application)
            && asked.principal.is_none_or(|id| id == identity.principal)
    });
    // Over the Unix socket nobody says which processes hold the other end, so no program can be vouched for.
    let mut own = named.clone().filter(|identity| {
        identity.executables.is_empty() || (way == Way::Tcp && peer.runs_only(&identity.executables))
    });
    let pinned = way == Way::Unix && named.clone().next().is_some();
    match (own.next(), own.next()) {
        (None, _) if pinned => Err(Refused::Pinned),
        (None, _) => Err(Refused::NotAllowed),
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Refused::Several),
    }
}

/// The token in the shape that was asked for: all values are texts, and App Services know fewer of them.
fn tell(asked: &Asked, identity: &ManagedIdentityConfig, issued: &IssuedToken) -> serde_json::Value {
    let mut told = json!({
        "access_token": issued.access_token.expose(),
        "client_id": identity.application,
        "expires_on": issued.expires.0.to_string(),
        "resource": asked.resource,
        "token_type": "Bearer",
    });
    if asked.shape == Shape::InstanceMetadata {
        told["expires_in"] = issued.expires_in.to_string().into();
        told["ext_expires_in"] = issued.expires_in.to_string().into();
        told["not_before"] = issued.expires.plus(-i64::from(issued.expires_in) - 1).0.to_string().into();
    }
    told
}

fn begin(gateway: &Gateway, whose: Whose, head: &http::Request<Incoming>) -> AuditScope {
    let user_agent = head.headers().get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    let target = head.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let target = target.get(..target.floor_char_boundary(NOTED)).unwrap_or_default();
    gateway.audit().begin(RequestNote {
        request_id: RequestId::random().to_string().into(),
        method: head.method().as_str().to_owned().into(),
        uri: format!("http://managed-identity{target}").into(),
        user_agent: user_agent.map(|text| text.chars().take(NOTED).collect::<String>().into()),
        correlation_id: None,
        client: match whose {
            Whose::Tcp(ends) => ends.theirs.ip(),
            Whose::Unix(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        },
        tls_version: "none",
        connection: 0,
    })
}

fn response(status: StatusCode, body: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// How many connections are served at once at each listener; more wait in the system's queue.
const CONNECTIONS: usize = 64;
/// How long a connection may take for a request and its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after a connection could not be accepted, most often for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);
/// The greatest stretch of a text of the client's that is taken into the audit record.
const NOTED: usize = 1024;

#[cfg(test)]
mod tests;
