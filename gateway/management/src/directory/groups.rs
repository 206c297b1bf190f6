//! Groups and their members.

use portcullis_identity::Group;
use portcullis_model::PrincipalId;
use portcullis_model::directory::{DirectoryOutcome, GroupChanges, ObjectRef};

use super::{Context, DirectoryRefusal, describe, find};
use crate::ManagementError;
use crate::record::{Record, group_of_directory_key};
use crate::service::Change;

impl Context<'_> {
    pub(super) fn group_create(&self, wanted: &GroupChanges) -> Result<(Change, DirectoryOutcome), ManagementError> {
        self.check_room()?;
        let display_name = wanted.display_name.clone().ok_or_else(|| DirectoryRefusal::Invalid {
            property: "displayName",
            why: "a group has a name".to_owned(),
        })?;
        let group = Group {
            id: PrincipalId::random(),
            tenant: self.asker.tenant,
            display_name,
            description: wanted.description.clone().filter(|text| !text.is_empty()),
            nickname: wanted.nickname.clone(),
            members: Vec::new(),
        };
        let outcome = DirectoryOutcome::Created(Box::new(describe::group(&group)));
        Ok((Change { puts: vec![Record::Group(group)], deletes: Vec::new() }, outcome))
    }

    pub(super) fn group_update(
        &self,
        group: &ObjectRef,
        changes: &GroupChanges,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().group(group)?;
        self.declared.check(stored.id)?;
        let changed = Group {
            display_name: changes.display_name.clone().unwrap_or_else(|| stored.display_name.clone()),
            description: match &changes.description {
                Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
                None => stored.description.clone(),
            },
            nickname: changes.nickname.clone().or_else(|| stored.nickname.clone()),
            ..Group::clone(stored)
        };
        Ok((put(changed), DirectoryOutcome::Done))
    }

    pub(super) fn group_delete(&self, group: &ObjectRef) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().group(group)?;
        self.declared.check(stored.id)?;
        let mut change = self.out_of_groups(stored.id);
        change.deletes.push(group_of_directory_key(stored.id).into_bytes());
        Ok((change, DirectoryOutcome::Done))
    }

    pub(super) fn member_add(
        &self,
        group: &ObjectRef,
        member: PrincipalId,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let (find, directory) = (self.find(), self.state.directory());
        let stored = find.group(group)?;
        self.declared.check(stored.id)?;
        let principal = directory.principal(member).is_some_and(|it| it.tenant == find.tenant);
        let inner = directory.group(member).filter(|it| it.tenant == find.tenant);
        if !principal && inner.is_none() {
            return Err(find::not_found("user, service principal or group", &ObjectRef::Id(member)).into());
        }
        if stored.members.contains(&member) {
            return Err(DirectoryRefusal::AlreadyMember.into());
        }
        // The group would be within the member that it is to contain.
        if member == stored.id || (inner.is_some() && directory.groups_of(stored.id).contains(&member)) {
            return Err(DirectoryRefusal::Cyclic { group: stored.id }.into());
        }
        // Members that are gone make room.
        let known = |id: &PrincipalId| directory.principal(*id).is_some() || directory.group(*id).is_some();
        let mut members: Vec<PrincipalId> = stored.members.iter().copied().filter(known).collect();
        if members.len() >= MOST_MEMBERS {
            return Err(DirectoryRefusal::Full { most: MOST_MEMBERS, what: "members of a group" }.into());
        }
        members.push(member);
        Ok((put(Group { members, ..Group::clone(stored) }), DirectoryOutcome::Done))
    }

    pub(super) fn member_remove(
        &self,
        group: &ObjectRef,
        member: PrincipalId,
    ) -> Result<(Change, DirectoryOutcome), ManagementError> {
        let stored = self.find().group(group)?;
        self.declared.check(stored.id)?;
        if !stored.members.contains(&member) {
            return Err(find::not_found("member", &ObjectRef::Id(member)).into());
        }
        let members = stored.members.iter().copied().filter(|it| *it != member).collect();
        Ok((put(Group { members, ..Group::clone(stored) }), DirectoryOutcome::Done))
    }

    /// Takes something out of the groups that it is in. In those that one write has no room for, its id stays and means
    /// nothing: ids are not used again.
    pub(super) fn out_of_groups(&self, member: PrincipalId) -> Change {
        let around = self.find().groups_around(member).into_iter().take(MOST_REWRITTEN);
        let without = |group: &std::sync::Arc<Group>| {
            let members = group.members.iter().copied().filter(|it| *it != member).collect();
            Record::Group(Group { members, ..Group::clone(group) })
        };
        // What the configuration declares is put right by whoever changes it.
        let own = around.filter(|group| self.declared.check(group.id).is_ok());
        Change { puts: own.map(without).collect(), deletes: Vec::new() }
    }
}

fn put(group: Group) -> Change {
    Change { puts: vec![Record::Group(group)], deletes: Vec::new() }
}

/// Members of a group; their ids have to fit into one record.
const MOST_MEMBERS: usize = 2_000;
/// Groups that are written with the removal of a member: a write has a bound in bytes.
const MOST_REWRITTEN: usize = 8;
