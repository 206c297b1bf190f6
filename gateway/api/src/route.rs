//! Routing on the data plane: a request's head becomes what it asks for, parsed once.

use std::sync::LazyLock;

use http::HeaderValue;
use http::request::Parts;
use portcullis_model::{ObjectKind, ObjectName, ObjectVersion, Operation, Plane, SecretForm, VaultName};

use crate::head::client_request_id;
use crate::page::{ListOf, PageRequest, PositionSeal};
use crate::path::{self, PathError};
use crate::query::Query;
use crate::routes::{Pattern, Routes};
use crate::{ApiError, ApiVersion, ErrorCode};

/// What a request to a vault asks for. Firewall, policy, engine and audit read this and never the path.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Routed {
    /// The vault, from the host.
    pub vault: VaultName,
    /// The operation.
    pub operation: Operation,
    /// The object that the path names.
    pub object: Option<(ObjectKind, ObjectName)>,
    /// The version that the path names; absent means the latest.
    pub version: Option<ObjectVersion>,
    /// The api-version.
    pub api_version: ApiVersion,
    /// The certificate issuer that the path names.
    pub issuer: Option<ObjectName>,
    /// Whether a list of certificates holds those that are being made (`includePending`).
    pub(crate) include_pending: bool,
    /// The id that the making of a certificate must have (`request_id`).
    pub(crate) request_id: Option<ObjectVersion>,
    /// The form in which the secret of a certificate is wanted (`outContentType`).
    pub(crate) convert: Option<SecretForm>,
    /// The page, of lists. What is wrong with it is told by [`Routed::parse`]: an argument is nothing to judge before
    /// the caller is known.
    pub(crate) page: Result<Option<PageRequest>, ApiError>,
    /// The client's own id of the request, to be echoed.
    pub client_request_id: Option<HeaderValue>,
}

/// Routes a request to a vault. The caller has checked the head ([`crate::check_head`]) and classified its host. `seal`
/// opens the positions that it has sealed.
pub fn route(head: &Parts, vault: &VaultName, seal: &dyn PositionSeal) -> Result<Routed, ApiError> {
    let raw = head.uri.path();
    path::check(raw).map_err(refused)?;
    let pattern = ROUTES.find(raw).ok_or_else(|| unknown(raw))?;
    let operation = pattern.operation(&head.method)?;
    let query = Query::parse(head.uri.query()).map_err(|error| ApiError::bad_parameter(error.to_string()))?;
    let api_version = api_version(&query)?;
    let name = object(pattern, "name", raw)?;
    let issuer = object(pattern, "issuer", raw)?;
    let version = version(pattern, raw)?;
    let mut arguments = Arguments::default();
    let read = arguments.read(&query, operation, &api_version);
    let page = read.and_then(|()| page(&query, operation, vault, name.as_ref(), seal));
    let Arguments { include_pending, request_id, convert } = arguments;
    let object = operation.row().object.zip(name);
    let client_request_id = client_request_id(&head.headers);
    let vault = vault.clone();
    Ok(Routed {
        vault,
        operation,
        object,
        version,
        api_version,
        issuer,
        include_pending,
        request_id,
        convert,
        page,
        client_request_id,
    })
}

impl Routed {
    /// The list that this request asks for, as its positions name it.
    pub(crate) fn list(&self) -> ListOf<'_> {
        ListOf { vault: &self.vault, operation: self.operation, object: self.object.as_ref().map(|(_, name)| name) }
    }
}

static ROUTES: LazyLock<Routes> = LazyLock::new(|| Routes::of(Plane::Data));

fn api_version(query: &Query<'_>) -> Result<ApiVersion, ApiError> {
    let Some(text) = query.api_version.as_deref() else {
        return Err(ApiError::bad_parameter(format!(
            "the query parameter api-version is required; accepted are {}",
            ApiVersion::DATA_PLANE
        )));
    };
    ApiVersion::data_plane(text).ok_or_else(|| {
        ApiError::bad_parameter(format!("the api-version is not accepted; accepted are {}", ApiVersion::DATA_PLANE))
    })
}

fn object(pattern: &Pattern, parameter: &str, raw: &str) -> Result<Option<ObjectName>, ApiError> {
    let Some((place, segment)) = pattern.parameter(parameter, raw) else { return Ok(None) };
    let text = path::decode(segment).map_err(refused)?;
    let collection = raw.split('/').nth(1).unwrap_or("");
    // A reserved word wins only in its literal spelling; every other spelling of it would be a second name for the
    // same thing to some reader.
    if ROUTES.is_reserved(collection, place, &text) {
        return Err(ApiError::bad_parameter("the object name is a reserved word"));
    }
    let name = text.parse().map_err(|error| ApiError::bad_parameter(format!("{error}")))?;
    Ok(Some(name))
}

/// What the query asks for besides the page. A bad one is told by [`Routed::parse`], as a bad page is.
#[derive(Default)]
struct Arguments {
    include_pending: bool,
    request_id: Option<ObjectVersion>,
    convert: Option<SecretForm>,
}

impl Arguments {
    fn read(&mut self, query: &Query<'_>, operation: Operation, api_version: &ApiVersion) -> Result<(), ApiError> {
        let refused = |name| ApiError::bad_parameter(format!("the query parameter {name} has invalid value"));
        self.include_pending = query.includes_pending().ok_or_else(|| refused("includePending"))?;
        if let Some(text) = query.request_id.as_deref() {
            self.request_id = Some(text.parse().map_err(|_| refused("request_id"))?);
        }
        self.convert = conversion(query, operation, api_version)?;
        Ok(())
    }
}

fn version(pattern: &Pattern, raw: &str) -> Result<Option<ObjectVersion>, ApiError> {
    let Some((_, segment)) = pattern.parameter("version", raw) else { return Ok(None) };
    let text = path::decode(segment).map_err(refused)?;
    text.parse().map(Some).map_err(|error| ApiError::bad_parameter(format!("{error}")))
}

fn page(
    query: &Query<'_>,
    operation: Operation,
    vault: &VaultName,
    object: Option<&ObjectName>,
    seal: &dyn PositionSeal,
) -> Result<Option<PageRequest>, ApiError> {
    match operation {
        Operation::SecretList
        | Operation::SecretListVersions
        | Operation::SecretListDeleted
        | Operation::KeyList
        | Operation::KeyListVersions
        | Operation::KeyListDeleted
        | Operation::CertificateList
        | Operation::CertificateListVersions
        | Operation::CertificateListDeleted
        | Operation::CertificateIssuersList => {
            PageRequest::parse(query, ListOf { vault, operation, object }, seal).map(Some)
        }
        _ => Ok(None),
    }
}

/// `outContentType` asks for the secret of a certificate in another form. Versions before 2025-07-01 do not know the
/// parameter (wire contract, section 1.1).
fn conversion(
    query: &Query<'_>,
    operation: Operation,
    api_version: &ApiVersion,
) -> Result<Option<SecretForm>, ApiError> {
    match query.out_content_type.as_deref() {
        Some(text) if operation == Operation::SecretGet && api_version.is_from("2025-07-01") => {
            let refused = || ApiError::bad_parameter("the query parameter outContentType has invalid value");
            SecretForm::from_content_type(text).map(Some).ok_or_else(refused)
        }
        Some(_) | None => Ok(None),
    }
}

fn refused(error: PathError) -> ApiError {
    ApiError::bad_parameter(error.to_string())
}

fn unknown(raw: &str) -> ApiError {
    path::oddity(raw).map_or_else(|| ApiError::new(ErrorCode::NotFound, "there is nothing at this path"), refused)
}

#[cfg(test)]
mod tests;
