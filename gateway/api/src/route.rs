//! Routing on the data plane: a request's head becomes what it asks for, parsed once.

use std::sync::LazyLock;

use http::HeaderValue;
use http::request::Parts;
use portcullis_model::{ObjectKind, ObjectName, ObjectVersion, Operation, Plane, VaultName};

use crate::head::client_request_id;
use crate::page::{ListOf, PageRequest};
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
    /// The page, of lists. What is wrong with it is told by [`Routed::parse`]: an argument is nothing to judge before
    /// the caller is known.
    pub(crate) page: Result<Option<PageRequest>, ApiError>,
    /// The client's own id of the request, to be echoed.
    pub client_request_id: Option<HeaderValue>,
}

/// Routes a request to a vault. The caller has checked the head ([`crate::check_head`]) and classified its host.
pub fn route(head: &Parts, vault: &VaultName) -> Result<Routed, ApiError> {
    let raw = head.uri.path();
    path::check(raw).map_err(refused)?;
    let pattern = ROUTES.find(raw).ok_or_else(|| unknown(raw))?;
    let operation = pattern.operation(&head.method)?;
    let query = Query::parse(head.uri.query()).map_err(|error| ApiError::bad_parameter(error.to_string()))?;
    let api_version = api_version(&query)?;
    let name = object(pattern, operation, raw)?;
    let version = version(pattern, raw)?;
    let page =
        check_conversion(&query, operation, &api_version).and_then(|()| page(&query, operation, vault, name.as_ref()));
    let object = operation.row().object.zip(name);
    let client_request_id = client_request_id(&head.headers);
    Ok(Routed { vault: vault.clone(), operation, object, version, api_version, page, client_request_id })
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

fn object(pattern: &Pattern, operation: Operation, raw: &str) -> Result<Option<ObjectName>, ApiError> {
    let Some((place, segment)) = pattern.parameter("name", raw) else { return Ok(None) };
    let text = path::decode(segment).map_err(refused)?;
    let collection = raw.split('/').nth(1).unwrap_or("");
    // A reserved word wins only in its literal spelling; every other spelling of it would be a second name for the
    // same thing to some reader.
    if ROUTES.is_reserved(collection, place, &text) {
        return Err(ApiError::bad_parameter("the object name is a reserved word"));
    }
    let name = text.parse().map_err(|error| ApiError::bad_parameter(format!("{error}")))?;
    debug_assert!(operation.row().object.is_some(), "an operation that names an object has a kind of object");
    Ok(Some(name))
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
) -> Result<Option<PageRequest>, ApiError> {
    match operation {
        Operation::SecretList | Operation::SecretListVersions | Operation::SecretListDeleted => {
            PageRequest::parse(query, ListOf { vault, operation, object }).map(Some)
        }
        Operation::SecretSet
        | Operation::SecretGet
        | Operation::SecretUpdate
        | Operation::SecretDelete
        | Operation::SecretBackup
        | Operation::SecretRestore
        | Operation::SecretGetDeleted
        | Operation::SecretRecover
        | Operation::SecretPurge
        | Operation::VaultGet
        | Operation::VaultPatch
        | Operation::RoleAssignmentPut
        | Operation::RoleAssignmentDelete => Ok(None),
    }
}

/// `outContentType` converts the value of a secret that belongs to a certificate; there are none such, and conversions
/// that cannot be made are 400 (wire contract, section 9). Versions before 2025-07-01 do not know the parameter.
fn check_conversion(query: &Query<'_>, operation: Operation, api_version: &ApiVersion) -> Result<(), ApiError> {
    let asked = operation == Operation::SecretGet && query.out_content_type.is_some();
    if asked && api_version.is_from("2025-07-01") {
        return Err(ApiError::bad_parameter("outContentType applies only to secrets that belong to a certificate"));
    }
    Ok(())
}

fn refused(error: PathError) -> ApiError {
    ApiError::bad_parameter(error.to_string())
}

fn unknown(raw: &str) -> ApiError {
    path::oddity(raw).map_or_else(|| ApiError::new(ErrorCode::NotFound, "there is nothing at this path"), refused)
}

#[cfg(test)]
mod tests;
