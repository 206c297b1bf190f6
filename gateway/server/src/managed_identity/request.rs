//! What a process asks for, in either of the two shapes that SDKs speak.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use http::header::{HOST, ORIGIN, REFERER};
use http::{HeaderMap, Method, StatusCode, Uri};
use portcullis_crypto::SecretHash;
use portcullis_model::{ApplicationId, PrincipalId};

/// Whose shape a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The instance metadata service's: a header `Metadata: true`.
    InstanceMetadata,
    /// The App Service's: a header with a value that the environment of the process has.
    AppService,
}

/// At which listener a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// On loopback.
    Tcp,
    /// At the Unix socket.
    Unix,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) shape: Shape,
    /// What the token shall be for.
    pub(super) resource: String,
    /// The identity's client id.
    pub(super) application: Option<ApplicationId>,
    /// The identity's object id.
    pub(super) principal: Option<PrincipalId>,
    /// Whether the client handles claims challenges (`cp1`).
    pub(super) claims_challenges: bool,
}

/// Why no token is given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// Another path or method.
    #[error("there is no such resource; ask with GET at /metadata/identity/oauth2/token or /msi/token")]
    Path,
    /// The request was forwarded.
    #[error("a forwarded request is not answered: only processes on this machine have its identities")]
    Forwarded,
    /// A browser sent the request.
    #[error("a browser's request is not answered: it has one of the headers Origin, Referer, Sec-Fetch-*")]
    Browser,
    /// The request was sent to another name.
    #[error("the header Host is missing, or is neither localhost, an address on loopback nor 169.254.169.254")]
    Host,
    /// The header that says that the caller means it.
    #[error("the header `Metadata: true` is missing")]
    Metadata,
    /// The App Service's header.
    #[error("the header X-IDENTITY-HEADER is missing or wrong")]
    IdentityHeader,
    /// The api-version.
    #[error("the api-version is missing or not accepted: 2018-02-01 and later, or 2019-08-01 at /msi/token")]
    Version,
    /// A parameter.
    #[error("the parameter {0} is missing, given twice or malformed")]
    Parameter(&'static str),
    /// The resource.
    #[error("the resource is none of this gateway's")]
    Resource,
    /// The system does not say who asks.
    #[error("the system does not say which process asks")]
    UnknownProcess,
    /// The process may not use such an identity.
    #[error("no managed identity of that name is for this process")]
    NotAllowed,
    /// The identity is for certain programs, and the Unix socket does not tell them.
    #[error(
        "a managed identity with `executables` is not given out over the Unix socket; ask at the address on loopback"
    )]
    Pinned,
    /// The process may use several.
    #[error("several managed identities are for this process; name one by client_id")]
    Several,
    /// All tokens of the identity were ended in this second, and so would be another one.
    #[error("all tokens of the managed identity were just ended; try again")]
    JustEnded,
    /// The identity may have no token.
    #[error("the managed identity has no tokens: {0}")]
    Identity(String),
}

impl Refused {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Path => StatusCode::NOT_FOUND,
            Self::JustEnded => StatusCode::SERVICE_UNAVAILABLE,
            Self::IdentityHeader | Self::UnknownProcess | Self::NotAllowed | Self::Pinned | Self::Identity(_) => {
                StatusCode::FORBIDDEN
            }
            Self::Forwarded
            | Self::Browser
            | Self::Host
            | Self::Metadata
            | Self::Version
            | Self::Parameter(_)
            | Self::Resource
            | Self::Several => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Resource => "invalid_resource",
            Self::JustEnded => "temporarily_unavailable",
            Self::IdentityHeader | Self::UnknownProcess | Self::NotAllowed | Self::Pinned | Self::Identity(_) => {
                "unauthorized_client"
            }
            Self::Path
            | Self::Forwarded
            | Self::Browser
            | Self::Host
            | Self::Metadata
            | Self::Version
            | Self::Parameter(_)
            | Self::Several => "invalid_request",
        }
    }
}

/// Refuses what a page in a browser could send. Whoever points a name of theirs at this machine (DNS rebinding) makes
/// their page and this endpoint one origin, and the page may then set any header that is asked for. But it sends that
/// name as `Host`. No page reaches a Unix socket, so there `Host` may be anything.
pub(super) fn no_browser(way: Way, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
    let fetched = headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"));
    if fetched || headers.contains_key(ORIGIN) || headers.contains_key(REFERER) {
        return Err(Refused::Browser);
    }
    if way == Way::Unix {
        return Ok(());
    }
    let mut hosts = headers.get_all(HOST).iter();
    let ours = hosts.next().and_then(|host| host.to_str().ok()).is_some_and(is_this_machine)
        && hosts.next().is_none()
        && uri.authority().is_none_or(|authority| is_this_machine(authority.as_str()));
    if ours { Ok(()) } else { Err(Refused::Host) }
}

/// Whether a `Host`, with a port or without, is one that only this machine can have.
fn is_this_machine(host: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok();
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.to_canonical().is_loopback());
    }
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback() || address == INSTANCE_METADATA)
}

impl Asked {
    /// Reads a request. Its header is compared in a time that tells nothing of the right one.
    pub(super) fn read(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        header: Option<&SecretHash>,
    ) -> Result<Self, Refused> {
        if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
            return Err(Refused::Forwarded);
        }
        let shape = match uri.path() {
            "/metadata/identity/oauth2/token" => Shape::InstanceMetadata,
            "/msi/token" => Shape::AppService,
            _ => return Err(Refused::Path),
        };
        if method != Method::GET {
            return Err(Refused::Path);
        }
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            values.next().filter(|_| values.next().is_none()).map(http::HeaderValue::as_bytes)
        };
        match shape {
            Shape::InstanceMetadata => {
                let meant = only("metadata").is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
                if !meant {
                    return Err(Refused::Metadata);
                }
            }
            Shape::AppService => {
                let known = header.zip(only("x-identity-header")).is_some_and(|(header, value)| header.verify(value));
                if !known {
                    return Err(Refused::IdentityHeader);
                }
            }
        }
        Self::of_query(shape, uri.query().unwrap_or_default())
    }

    fn of_query(shape: Shape, query: &str) -> Result<Self, Refused> {
        let version = parameter(query, "api-version")?.ok_or(Refused::Version)?;
        let accepted = match shape {
            Shape::AppService => version == "2019-08-01",
            Shape::InstanceMetadata => is_date(&version) && *version >= *"2018-02-01",
        };
        if !accepted {
            return Err(Refused::Version);
        }
        let id = |names: [&'static str; 2]| -> Result<Option<Cow<'_, str>>, Refused> {
            Ok(match parameter(query, names[0])? {
                Some(value) => Some(value),
                None => parameter(query, names[1])?,
            })
        };
        for unknown in ["msi_res_id", "mi_res_id"] {
            if parameter(query, unknown)?.is_some() {
                return Err(Refused::Parameter(unknown));
            }
        }
        let resource = parameter(query, "resource")?.filter(|text| (1..=512).contains(&text.len()));
        let application = id(["client_id", "clientid"])?;
        let principal = id(["object_id", "principal_id"])?;
        let capabilities = parameter(query, "xms_cc")?;
        Ok(Self {
            shape,
            resource: resource.ok_or(Refused::Parameter("resource"))?.into_owned(),
            application: application
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Refused::Parameter("client_id"))?,
            principal: principal.map(|text| text.parse()).transpose().map_err(|_| Refused::Parameter("object_id"))?,
            claims_challenges: capabilities
                .is_some_and(|list| list.split(',').any(|it| it.eq_ignore_ascii_case("cp1"))),
        })
    }
}

/// A parameter that is given at most once.
fn parameter<'q>(query: &'q str, name: &'static str) -> Result<Option<Cow<'q, str>>, Refused> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let pair = format!("={value}");
            let decoded = form_urlencoded::parse(pair.as_bytes()).next().map(|(_, decoded)| decoded.into_owned());
            Ok(Some(Cow::Owned(decoded.unwrap_or_default())))
        }
        (Some(_), Some(_)) => Err(Refused::Parameter(name)),
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// Where clouds have their instance metadata service.
const INSTANCE_METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// What proxies add to requests that they pass on.
const FORWARDED: [&str; 6] =
    ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip", "via"];
