//! What is read of the directory.

use portcullis_identity::PrincipalKind;
use portcullis_model::directory::{
    DirectoryCall, DirectoryObject, DirectoryOutcome, ObjectRef, ObjectType, Property, Selection, Test,
};
use portcullis_model::{PrincipalId, TenantId};

use super::find::{Find, not_found};
use super::{DirectoryRefusal, describe};
use crate::{ControlState, ManagementError};

pub(super) fn read(
    state: &ControlState,
    call: &DirectoryCall,
    tenant: TenantId,
) -> Result<DirectoryOutcome, ManagementError> {
    let find = Find { directory: state.directory(), tenant };
    Ok(match call {
        DirectoryCall::List { of, selection } => page(all(find, *of), selection),
        DirectoryCall::Get { of, object } => DirectoryOutcome::Object(Box::new(get(find, *of, object)?)),
        DirectoryCall::MemberList { group, selection } => {
            let members = find.group(group)?.members.iter().filter_map(|id| by_id(find, *id));
            page(members.collect(), selection)
        }
        DirectoryCall::ByIds { ids, types } => {
            let wanted = |object: &DirectoryObject| types.contains(&object.object_type());
            let found = ids.iter().filter_map(|id| by_id(find, *id).or_else(|| registration(find, *id)));
            DirectoryOutcome::Objects(found.filter(wanted).collect(), None)
        }
        DirectoryCall::MemberGroups { object } => DirectoryOutcome::Ids(groups_of(find, object)?),
        DirectoryCall::MemberCheck { object, groups } => {
            let within = groups_of(find, object)?;
            DirectoryOutcome::Ids(groups.iter().copied().filter(|group| within.contains(group)).collect())
        }
        DirectoryCall::MemberOf { object, selection } => {
            let around = find.groups_around(member(find, object)?);
            page(around.into_iter().map(|group| describe::group(group)).collect(), selection)
        }
        DirectoryCall::OwnerList { object } => {
            let ObjectRef::Id(id) = object else { return Err(not_found("object", object).into()) };
            by_id(find, *id).or_else(|| registration(find, *id)).ok_or_else(|| not_found("object", object))?;
            DirectoryOutcome::Objects(Vec::new(), None)
        }
        // Writes are carried out elsewhere; here none of them is.
        _ => return Err(ManagementError::Stale),
    })
}

fn get(find: Find<'_>, of: ObjectType, object: &ObjectRef) -> Result<DirectoryObject, DirectoryRefusal> {
    Ok(match of {
        ObjectType::User => describe::principal(find.directory, find.user(object)?),
        ObjectType::Group => describe::group(find.group(object)?),
        ObjectType::Application => describe::registration(find.registration(object)?),
        ObjectType::ServicePrincipal => describe::principal(find.directory, find.service_principal(object)?),
    })
}

/// A user, a service principal or a group of the tenant.
fn by_id(find: Find<'_>, id: PrincipalId) -> Option<DirectoryObject> {
    let principal = find.directory.principal(id).filter(|it| it.tenant == find.tenant);
    let group = || find.directory.group(id).filter(|it| it.tenant == find.tenant).map(|it| describe::group(it));
    principal.map(|it| describe::principal(find.directory, it)).or_else(group)
}

fn registration(find: Find<'_>, id: PrincipalId) -> Option<DirectoryObject> {
    find.registration(&ObjectRef::Id(id)).ok().map(|it| describe::registration(it))
}

/// The id of a user, a service principal or a group.
fn member(find: Find<'_>, object: &ObjectRef) -> Result<PrincipalId, DirectoryRefusal> {
    match object {
        ObjectRef::Name(_) => find.user(object).map(|user| user.id),
        ObjectRef::Id(id) => by_id(find, *id).map(|found| found.id()).ok_or_else(|| not_found("object", object)),
    }
}

/// The groups that something is in, directly or through other groups.
fn groups_of(find: Find<'_>, object: &ObjectRef) -> Result<Vec<PrincipalId>, DirectoryRefusal> {
    let id = member(find, object)?;
    Ok(find.directory.groups_of(id))
}

fn all(find: Find<'_>, of: ObjectType) -> Vec<DirectoryObject> {
    let principals = |kind: PrincipalKind| {
        let of_kind = find.directory.principals().filter(move |it| it.tenant == find.tenant && it.kind == kind);
        of_kind.map(|it| describe::principal(find.directory, it)).collect()
    };
    match of {
        ObjectType::User => principals(PrincipalKind::User),
        ObjectType::ServicePrincipal => principals(PrincipalKind::ServicePrincipal),
        ObjectType::Group => {
            find.directory.groups().filter(|it| it.tenant == find.tenant).map(|it| describe::group(it)).collect()
        }
        ObjectType::Application => find
            .directory
            .registrations()
            .filter(|it| it.tenant == find.tenant)
            .map(|it| describe::registration(it))
            .collect(),
    }
}

/// The objects of a page, in the order of their ids.
fn page(mut objects: Vec<DirectoryObject>, selection: &Selection) -> DirectoryOutcome {
    objects.retain(|object| {
        selection.after.is_none_or(|after| after < object.id())
            && selection.terms.iter().all(|(property, test)| fits(object, *property, test))
    });
    objects.sort_unstable_by_key(DirectoryObject::id);
    let more = objects.len() > selection.most;
    objects.truncate(selection.most);
    let last = objects.last().filter(|_| more).map(DirectoryObject::id);
    DirectoryOutcome::Objects(objects, last)
}

fn fits(object: &DirectoryObject, property: Property, test: &Test) -> bool {
    let fits = |value: &str| match test {
        Test::Equals(text) => value.to_lowercase() == text.to_lowercase(),
        Test::StartsWith(text) => value.to_lowercase().starts_with(&text.to_lowercase()),
    };
    let (id, application);
    let values: Vec<&str> = match (property, object) {
        (Property::Id, object) => {
            id = object.id().to_string();
            vec![&id]
        }
        (
            Property::DisplayName,
            DirectoryObject::User { display_name, .. }
            | DirectoryObject::Group { display_name, .. }
            | DirectoryObject::Application { display_name, .. }
            | DirectoryObject::ServicePrincipal { display_name, .. },
        ) => vec![display_name],
        (
            Property::ApplicationId,
            DirectoryObject::Application { application: known, .. }
            | DirectoryObject::ServicePrincipal { application: known, .. },
        ) => {
            application = known.to_string();
            vec![&application]
        }
        (Property::UserName, DirectoryObject::User { name, .. }) => name.as_deref().into_iter().collect(),
        (Property::Nickname, DirectoryObject::User { name, .. }) => {
            name.as_deref().and_then(|name| name.split('@').next()).into_iter().collect()
        }
        (Property::Nickname, DirectoryObject::Group { nickname, .. }) => nickname.as_deref().into_iter().collect(),
        (Property::IdentifierUris, DirectoryObject::Application { identifier_uris, .. }) => {
            identifier_uris.iter().map(String::as_str).collect()
        }
        (Property::Names, DirectoryObject::ServicePrincipal { names, .. }) => {
            names.iter().map(String::as_str).collect()
        }
        // A property that objects of the type do not have.
        _ => Vec::new(),
    };
    values.into_iter().any(fits)
}
