//! Routing on the directory. Words of paths compare without case.

use std::sync::LazyLock;

use http::HeaderValue;
use http::request::Parts;
use portcullis_model::directory::{DirectoryCall, MOST_IDS, MOST_LISTED, ObjectRef, ObjectType, Selection};
use portcullis_model::management::ManagementCall;
use portcullis_model::{Call, Operation, Plane, PrincipalId};
use serde::Deserialize;

use super::body::{bad_request, ids, invalid, parse, texts};
use super::{application, filter, user};
use crate::head::client_request_id;
use crate::json::Member;
use crate::path::{self, PathError};
use crate::query::Query;
use crate::routes::Routes;
use crate::{ApiError, ErrorCode, MAX_BODY_BYTES, payload_too_large};

/// What a request to the directory asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DirectoryRouted {
    /// The operation.
    pub operation: Operation,
    /// The object that the path names.
    object: Option<ObjectRef>,
    /// The member that the path names.
    member: Option<PrincipalId>,
    /// The raw path, for the link to the next page.
    pub(super) path: String,
    /// `$filter`, as it was given.
    pub(super) filter: Option<String>,
    /// `$top`, as it was given.
    pub(super) top: Option<usize>,
    after: Option<PrincipalId>,
    /// The client's own id of the request, to be echoed.
    pub client_request_id: Option<HeaderValue>,
}

/// Whether a request asks who the caller is, which is told to everybody of themselves.
#[must_use]
pub fn is_me(head: &Parts) -> bool {
    head.method == http::Method::GET && head.uri.path().eq_ignore_ascii_case("/v1.0/me")
}

/// Routes a request to the directory. The caller has checked the head and classified its host.
pub fn route(head: &Parts) -> Result<DirectoryRouted, ApiError> {
    let raw = head.uri.path();
    // References end in `$ref`, and users are named by names with `@`.
    path::check_with(raw, b"$@'!+^").map_err(refused)?;
    let pattern = ROUTES.find(&raw.to_ascii_lowercase()).ok_or_else(|| unknown(raw))?;
    let operation = pattern.operation(&head.method)?;
    let query = Query::parse(head.uri.query()).map_err(|error| bad_request(error.to_string()))?;
    let segment = |name| {
        let found = pattern.parameter(name, raw);
        found.map(|(_, segment)| path::decode(segment).map_err(refused)).transpose()
    };
    let object = segment("id")?.map(|text| object(&text, raw)).transpose()?;
    let member = segment("member")?.map(|text| text.parse().map_err(|_| not_an_id("member"))).transpose()?;
    let top = query.top.as_deref().map(|text| text.parse().ok().filter(|top| (1..=MOST_LISTED).contains(top)));
    let top = top
        .map(|top| top.ok_or_else(|| bad_request(format!("the query's $top is not a number from 1 to {MOST_LISTED}"))));
    let after = query.skiptoken.as_deref().map(|text| text.parse());
    let after = after.transpose().map_err(|_| bad_request("the query's $skiptoken is none that was given out here"))?;
    Ok(DirectoryRouted {
        operation,
        object,
        member,
        path: raw.to_owned(),
        filter: query.filter.as_deref().map(str::to_owned),
        top: top.transpose()?,
        after,
        client_request_id: client_request_id(&head.headers),
    })
}

impl DirectoryRouted {
    /// The greatest body that this request may have, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        MAX_BODY_BYTES
    }

    /// The call that the request and its body make.
    pub fn parse(&self, body: &[u8]) -> Result<Call, ApiError> {
        if body.len() > self.body_limit() {
            return Err(payload_too_large());
        }
        Ok(Call::Management(ManagementCall::Directory(self.call(body)?)))
    }

    fn call(&self, body: &[u8]) -> Result<DirectoryCall, ApiError> {
        use {DirectoryCall as C, ObjectType as T, Operation as O};
        let object = || self.object.clone().ok_or_else(unreadable);
        Ok(match self.operation {
            O::DirectoryUserList => self.list(T::User)?,
            O::DirectoryGroupList => self.list(T::Group)?,
            O::DirectoryApplicationList => self.list(T::Application)?,
            O::DirectoryPrincipalList => self.list(T::ServicePrincipal)?,
            O::DirectoryUserGet => C::Get { of: T::User, object: object()? },
            O::DirectoryGroupGet => C::Get { of: T::Group, object: object()? },
            O::DirectoryApplicationGet => C::Get { of: T::Application, object: object()? },
            O::DirectoryPrincipalGet => C::Get { of: T::ServicePrincipal, object: object()? },
            O::DirectoryUserDelete => C::Delete { of: T::User, object: object()? },
            O::DirectoryGroupDelete => C::Delete { of: T::Group, object: object()? },
            O::DirectoryApplicationDelete => C::Delete { of: T::Application, object: object()? },
            O::DirectoryPrincipalDelete => C::Delete { of: T::ServicePrincipal, object: object()? },
            O::DirectoryUserCreate => C::UserCreate(user::create(body)?),
            O::DirectoryUserUpdate => C::UserUpdate { user: object()?, changes: user::update(body)? },
            O::DirectoryGroupCreate => C::GroupCreate(user::group(body, true)?),
            O::DirectoryGroupUpdate => C::GroupUpdate { group: object()?, changes: user::group(body, false)? },
            O::DirectoryApplicationCreate => C::ApplicationCreate(application::application(body, true)?),
            O::DirectoryApplicationUpdate => {
                C::ApplicationUpdate { application: object()?, changes: application::application(body, false)? }
            }
            O::DirectoryPrincipalCreate => {
                let (application, enabled) = application::principal(body)?;
                C::PrincipalCreate { application, enabled }
            }
            O::DirectoryPrincipalUpdate => {
                let (display_name, enabled) = application::principal_update(body)?;
                C::PrincipalUpdate { principal: object()?, display_name, enabled }
            }
            O::DirectoryUserSignOut => C::SignOut { of: T::User, object: object()? },
            O::DirectoryPrincipalSignOut => C::SignOut { of: T::ServicePrincipal, object: object()? },
            O::DirectoryTokenRevoke => application::revocation(body)?,
            O::DirectoryApplicationPasswordAdd => {
                C::PasswordAdd { of: T::Application, object: object()?, wanted: application::password(body)? }
            }
            O::DirectoryPrincipalPasswordAdd => {
                C::PasswordAdd { of: T::ServicePrincipal, object: object()?, wanted: application::password(body)? }
            }
            O::DirectoryApplicationPasswordRemove => {
                C::PasswordRemove { of: T::Application, object: object()?, key: application::key_id(body)? }
            }
            O::DirectoryPrincipalPasswordRemove => {
                C::PasswordRemove { of: T::ServicePrincipal, object: object()?, key: application::key_id(body)? }
            }
            O::DirectoryMemberList => C::MemberList { group: object()?, selection: self.whole()? },
            O::DirectoryMemberAdd => C::MemberAdd { group: object()?, member: user::reference(body)? },
            O::DirectoryMemberRemove => {
                C::MemberRemove { group: object()?, member: self.member.ok_or_else(unreadable)? }
            }
            O::DirectoryObjectsByIds => by_ids(body)?,
            O::DirectoryMemberGroups => C::MemberGroups { object: object()? },
            O::DirectoryMemberCheck => C::MemberCheck { object: object()?, groups: group_ids(body)? },
            O::DirectoryMemberOf => C::MemberOf { object: object()?, selection: self.whole()? },
            O::DirectoryOwnerList => C::OwnerList { object: object()? },
            // Routing gives operations of this plane alone; were it not so, the request is refused.
            _ => return Err(unreadable()),
        })
    }

    fn list(&self, of: ObjectType) -> Result<DirectoryCall, ApiError> {
        let terms = self.filter.as_deref().map(|text| filter::parse(text, of)).transpose()?.unwrap_or_default();
        Ok(DirectoryCall::List { of, selection: self.selection(terms) })
    }

    /// A list that cannot be filtered.
    fn whole(&self) -> Result<Selection, ApiError> {
        match self.filter {
            None => Ok(self.selection(Vec::new())),
            Some(_) => Err(bad_request("this list takes no $filter")),
        }
    }

    fn selection(
        &self,
        terms: Vec<(portcullis_model::directory::Property, portcullis_model::directory::Test)>,
    ) -> Selection {
        Selection { terms, after: self.after, most: self.top.unwrap_or(USUAL_PAGE) }
    }
}

fn by_ids(body: &[u8]) -> Result<DirectoryCall, ApiError> {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        ids: Member<Vec<Member<String>>>,
        #[serde(default)]
        types: Member<Vec<Member<String>>>,
    }
    let body: Body = parse(body)?;
    let names = texts(body.types, "types", 20)?.unwrap_or_default();
    let types = names.iter().filter_map(|name| match name.to_ascii_lowercase().as_str() {
        "user" => Some(ObjectType::User),
        "group" => Some(ObjectType::Group),
        "application" => Some(ObjectType::Application),
        "serviceprincipal" => Some(ObjectType::ServicePrincipal),
        // There are no devices and partners here.
        _ => None,
    });
    let types: Vec<ObjectType> = types.collect();
    let any = names.is_empty() || names.iter().any(|name| name.eq_ignore_ascii_case("directoryObject"));
    let types = if any { ALL_TYPES.to_vec() } else { types };
    Ok(DirectoryCall::ByIds { ids: ids(body.ids, "ids", MOST_IDS)?, types })
}

fn group_ids(body: &[u8]) -> Result<Vec<PrincipalId>, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        #[serde(default)]
        group_ids: Member<Vec<Member<String>>>,
    }
    let body: Body = parse(body)?;
    ids(body.group_ids, "groupIds", 20)
}

/// Users alone have names that paths take.
fn object(text: &str, raw: &str) -> Result<ObjectRef, ApiError> {
    if let Ok(id) = text.parse() {
        return Ok(ObjectRef::Id(id));
    }
    let of_user = raw.get(..USERS.len()).is_some_and(|head| head.eq_ignore_ascii_case(USERS));
    if of_user && text.contains('@') { Ok(ObjectRef::Name(text.to_owned())) } else { Err(not_an_id("object")) }
}

fn not_an_id(what: &str) -> ApiError {
    bad_request(format!("the path's {what} is not an object id, a GUID"))
}

fn unreadable() -> ApiError {
    invalid("of the request")
}

fn unknown(raw: &str) -> ApiError {
    let not_found = || ApiError::new(ErrorCode::DirectoryObjectNotFound, "there is no resource at this path");
    path::oddity(raw).map_or_else(not_found, refused)
}

fn refused(error: PathError) -> ApiError {
    bad_request(error.to_string())
}

static ROUTES: LazyLock<Routes> = LazyLock::new(|| Routes::of(Plane::Directory));
const USERS: &str = "/v1.0/users/";
const USUAL_PAGE: usize = 100;
const ALL_TYPES: [ObjectType; 4] =
    [ObjectType::User, ObjectType::Group, ObjectType::Application, ObjectType::ServicePrincipal];

#[cfg(test)]
mod tests;
