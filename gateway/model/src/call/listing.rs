//! Lists of objects: which operations and calls are such, and what all their pages have in common.

use super::certificates::{CertificateCall, CertificateItem, CertificateOutcome};
use super::keys::{Deleted, KeyCall, KeyItem, KeyOutcome};
use super::secrets::{DeletedSecret, SecretBundle, SecretCall, SecretOutcome};
use super::{Call, Listed, Outcome, Page};
use crate::{ObjectAttributes, ObjectKind, ObjectName, ObjectVersion, Operation, Tags};

/// What an operation lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// Nothing.
    Nothing,
    /// Objects of a vault, or versions of one. What an item stands for is read by this operation.
    Objects(Operation),
    /// Something else.
    Others,
}

impl Operation {
    /// What the operation lists.
    #[must_use]
    pub const fn lists(self) -> Lists {
        match self {
            Self::SecretList | Self::SecretListVersions => Lists::Objects(Self::SecretGet),
            Self::SecretListDeleted => Lists::Objects(Self::SecretGetDeleted),
            Self::KeyList | Self::KeyListVersions => Lists::Objects(Self::KeyGet),
            Self::KeyListDeleted => Lists::Objects(Self::KeyGetDeleted),
            Self::CertificateList | Self::CertificateListVersions => Lists::Objects(Self::CertificateGet),
            Self::CertificateListDeleted => Lists::Objects(Self::CertificateGetDeleted),
            Self::CertificateIssuersList
            | Self::VaultList
            | Self::ResourceList
            | Self::DeletedVaultList
            | Self::ManagedHsmList
            | Self::DeletedManagedHsmList
            | Self::PrivateEndpointConnectionList
            | Self::VaultPrivateLinkResourceList
            | Self::GroupList
            | Self::RoleAssignmentList
            | Self::RoleDefinitionList
            | Self::DenyAssignmentList
            | Self::RoleEligibilityScheduleInstanceList
            | Self::RoleAssignmentScheduleRequestList
            | Self::RoleAssignmentScheduleInstanceList
            | Self::PermissionList
            | Self::PluginList
            | Self::DirectoryUserList
            | Self::DirectoryGroupList
            | Self::DirectoryApplicationList
            | Self::DirectoryPrincipalList
            | Self::DirectoryMemberList
            | Self::DirectoryMemberOf
            | Self::DirectoryOwnerList
            | Self::DirectoryObjectsByIds
            | Self::DirectoryMemberGroups => Lists::Others,
            _ => Lists::Nothing,
        }
    }
}

/// A call that lists objects, apart from its page: all that is needed to ask for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listing {
    /// The objects of a kind.
    Active {
        /// The kind.
        kind: ObjectKind,
        /// Whether certificates are listed too that are being made for the first time.
        include_pending: bool,
    },
    /// The deleted objects of a kind.
    Deleted(ObjectKind),
    /// The versions of an object.
    Versions(ObjectKind, ObjectName),
}

/// A place in a list of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListPosition {
    /// In a list of objects.
    Object(ObjectName),
    /// In a list of versions.
    Version(ObjectVersion),
}

impl Call {
    /// What the call lists, if that is objects, and how many of them its page holds.
    #[must_use]
    pub fn listing(&self) -> Option<(Listing, u8)> {
        let active = |kind, page: &Page<ObjectName>| (Listing::Active { kind, include_pending: false }, page.limit);
        Some(match self {
            Self::Secret(call) => match call {
                SecretCall::List { page } => active(ObjectKind::Secret, page),
                SecretCall::ListDeleted { page } => (Listing::Deleted(ObjectKind::Secret), page.limit),
                SecretCall::ListVersions { name, page } => {
                    (Listing::Versions(ObjectKind::Secret, name.clone()), page.limit)
                }
                _ => return None,
            },
            Self::Key(call) => match &**call {
                KeyCall::List { page } => active(ObjectKind::Key, page),
                KeyCall::ListDeleted { page } => (Listing::Deleted(ObjectKind::Key), page.limit),
                KeyCall::ListVersions { name, page } => (Listing::Versions(ObjectKind::Key, name.clone()), page.limit),
                _ => return None,
            },
            Self::Certificate(call) => match &**call {
                CertificateCall::List { page, include_pending } => {
                    let include_pending = *include_pending;
                    (Listing::Active { kind: ObjectKind::Certificate, include_pending }, page.limit)
                }
                CertificateCall::ListDeleted { page } => (Listing::Deleted(ObjectKind::Certificate), page.limit),
                CertificateCall::ListVersions { name, page } => {
                    (Listing::Versions(ObjectKind::Certificate, name.clone()), page.limit)
                }
                _ => return None,
            },
            Self::Management(_) => return None,
        })
    }
}

impl Listing {
    /// The call for the page after a position. None when the position is one of another list.
    #[must_use]
    pub fn after(&self, position: ListPosition, limit: u8) -> Option<Call> {
        let key = |call| Call::Key(Box::new(call));
        let certificate = |call| Call::Certificate(Box::new(call));
        Some(match (self, position) {
            (Self::Active { kind, include_pending }, ListPosition::Object(name)) => {
                let page = Page { limit, after: Some(name) };
                match kind {
                    ObjectKind::Secret => Call::Secret(SecretCall::List { page }),
                    ObjectKind::Key => key(KeyCall::List { page }),
                    ObjectKind::Certificate => {
                        certificate(CertificateCall::List { page, include_pending: *include_pending })
                    }
                }
            }
            (Self::Deleted(kind), ListPosition::Object(name)) => {
                let page = Page { limit, after: Some(name) };
                match kind {
                    ObjectKind::Secret => Call::Secret(SecretCall::ListDeleted { page }),
                    ObjectKind::Key => key(KeyCall::ListDeleted { page }),
                    ObjectKind::Certificate => certificate(CertificateCall::ListDeleted { page }),
                }
            }
            (Self::Versions(kind, name), ListPosition::Version(version)) => {
                let (name, page) = (name.clone(), Page { limit, after: Some(version) });
                match kind {
                    ObjectKind::Secret => Call::Secret(SecretCall::ListVersions { name, page }),
                    ObjectKind::Key => key(KeyCall::ListVersions { name, page }),
                    ObjectKind::Certificate => certificate(CertificateCall::ListVersions { name, page }),
                }
            }
            (Self::Active { .. } | Self::Deleted(_), ListPosition::Version(_))
            | (Self::Versions(..), ListPosition::Object(_)) => return None,
        })
    }

    /// The kind of the objects.
    #[must_use]
    pub const fn kind(&self) -> ObjectKind {
        match self {
            Self::Active { kind, .. } | Self::Deleted(kind) | Self::Versions(kind, _) => *kind,
        }
    }
}

/// An item of a list of objects.
pub trait ListItem {
    /// The object's name.
    fn name(&self) -> &ObjectName;

    /// The version that is told of.
    fn version(&self) -> &ObjectVersion;

    /// Its attributes.
    fn attributes(&self) -> &ObjectAttributes;

    /// Its tags.
    fn tags(&self) -> &Tags;
}

macro_rules! list_items {
    ($($item:ty),+) => {$(
        impl ListItem for $item {
            fn name(&self) -> &ObjectName {
                &self.name
            }

            fn version(&self) -> &ObjectVersion {
                &self.version
            }

            fn attributes(&self) -> &ObjectAttributes {
                &self.attributes
            }

            fn tags(&self) -> &Tags {
                &self.tags
            }
        }
    )+};
}

macro_rules! deleted_items {
    ($($item:ty, $object:ident);+) => {$(
        impl ListItem for $item {
            fn name(&self) -> &ObjectName {
                &self.$object.name
            }

            fn version(&self) -> &ObjectVersion {
                &self.$object.version
            }

            fn attributes(&self) -> &ObjectAttributes {
                &self.$object.attributes
            }

            fn tags(&self) -> &Tags {
                &self.$object.tags
            }
        }
    )+};
}

list_items!(SecretBundle, KeyItem, CertificateItem);
deleted_items!(DeletedSecret, bundle; Deleted<KeyItem>, object; Deleted<CertificateItem>, object);

/// A page of a list of objects, of whichever kind.
pub trait ObjectPage {
    /// How many items it has.
    fn len(&self) -> usize;

    /// Whether it has none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    fn item(&self, at: usize) -> Option<&dyn ListItem>;

    /// Keeps the items to whose places there is a `true`, and no others.
    fn keep(&mut self, kept: &[bool]);

    /// Keeps so many items at most. If there are more, the list goes on after the last that is kept.
    fn cut(&mut self, items: usize);

    /// The position to go on from, if there may be more.
    fn position(&self) -> Option<ListPosition>;
}

/// What names the place of an item in a list.
trait Place: Clone {
    fn of(item: &dyn ListItem) -> Self;
    fn position(&self) -> ListPosition;
}

impl Place for ObjectName {
    fn of(item: &dyn ListItem) -> Self {
        item.name().clone()
    }

    fn position(&self) -> ListPosition {
        ListPosition::Object(self.clone())
    }
}

impl Place for ObjectVersion {
    fn of(item: &dyn ListItem) -> Self {
        item.version().clone()
    }

    fn position(&self) -> ListPosition {
        ListPosition::Version(self.clone())
    }
}

impl<T: ListItem, P: Place> ObjectPage for Listed<T, P> {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn item(&self, at: usize) -> Option<&dyn ListItem> {
        self.items.get(at).map(|item| item as _)
    }

    fn keep(&mut self, kept: &[bool]) {
        let mut kept = kept.iter();
        self.items.retain(|_| kept.next() == Some(&true));
    }

    fn cut(&mut self, items: usize) {
        if self.items.len() > items {
            self.items.truncate(items);
            self.next = self.items.last().map(|last| P::of(last)).or_else(|| self.next.take());
        }
    }

    fn position(&self) -> Option<ListPosition> {
        self.next.as_ref().map(Place::position)
    }
}

impl<T, P> Listed<T, P> {
    /// Adds the page that follows.
    fn append(&mut self, mut following: Self) {
        self.items.append(&mut following.items);
        self.next = following.next;
    }
}

impl Outcome {
    /// The page that the outcome is, if it is one of a list of objects.
    pub fn object_page(&mut self) -> Option<&mut dyn ObjectPage> {
        Some(match self {
            Self::Secret(SecretOutcome::List(page)) => page,
            Self::Secret(SecretOutcome::Versions(page)) => page,
            Self::Secret(SecretOutcome::DeletedList(page)) => page,
            Self::Key(KeyOutcome::List(page)) => page,
            Self::Key(KeyOutcome::Versions(page)) => page,
            Self::Key(KeyOutcome::DeletedList(page)) => page,
            Self::Certificate(CertificateOutcome::List(page)) => page,
            Self::Certificate(CertificateOutcome::Versions(page)) => page,
            Self::Certificate(CertificateOutcome::DeletedList(page)) => page,
            Self::Secret(_) | Self::Key(_) | Self::Certificate(_) | Self::Management(_) => return None,
        })
    }

    /// Puts the page that follows behind this one. One of another list changes nothing and is given back.
    ///
    /// # Errors
    /// The other outcome, when it is no page of the same list.
    pub fn append_page(&mut self, following: Self) -> Result<(), Box<Self>> {
        match (self, following) {
            (Self::Secret(SecretOutcome::List(page)), Self::Secret(SecretOutcome::List(next))) => page.append(next),
            (Self::Secret(SecretOutcome::Versions(page)), Self::Secret(SecretOutcome::Versions(next))) => {
                page.append(next);
            }
            (Self::Secret(SecretOutcome::DeletedList(page)), Self::Secret(SecretOutcome::DeletedList(next))) => {
                page.append(next);
            }
            (Self::Key(KeyOutcome::List(page)), Self::Key(KeyOutcome::List(next))) => page.append(next),
            (Self::Key(KeyOutcome::Versions(page)), Self::Key(KeyOutcome::Versions(next))) => page.append(next),
            (Self::Key(KeyOutcome::DeletedList(page)), Self::Key(KeyOutcome::DeletedList(next))) => page.append(next),
            (Self::Certificate(CertificateOutcome::List(page)), Self::Certificate(CertificateOutcome::List(next))) => {
                page.append(next)
            }
            (
                Self::Certificate(CertificateOutcome::Versions(page)),
                Self::Certificate(CertificateOutcome::Versions(next)),
            ) => page.append(next),
            (
                Self::Certificate(CertificateOutcome::DeletedList(page)),
                Self::Certificate(CertificateOutcome::DeletedList(next)),
            ) => page.append(next),
            (_, other) => return Err(Box::new(other)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plane;

    /// A list that is not known as one would not be filtered.
    #[test]
    fn every_list_is_known_as_one() {
        for operation in Operation::ALL {
            let row = operation.row();
            let told_by_ids = [Operation::DirectoryObjectsByIds, Operation::DirectoryMemberGroups];
            let named = row.name.contains("List") || row.wire_name.contains("List");
            let lists = operation.lists();
            assert_eq!(lists != Lists::Nothing, named || told_by_ids.contains(operation), "{}", row.name);
            if let Lists::Objects(reading) = lists {
                let read = reading.row();
                assert_eq!(
                    (row.plane, read.plane, read.object),
                    (Plane::Data, Plane::Data, row.object),
                    "{}",
                    row.name
                );
                assert!(reading.lists() == Lists::Nothing && reading.changes_nothing(), "{}", row.name);
            }
        }
    }

    fn item(name: &str) -> KeyItem {
        let attributes = crate::Attributes::default();
        let recovery = crate::RecoveryLevel { days: 7, purge_protected: false };
        let (created, updated) = (crate::UnixTime(1), crate::UnixTime(1));
        KeyItem {
            name: name.parse().unwrap(),
            version: ObjectVersion::from_bytes([1; 16]),
            attributes: ObjectAttributes { set: attributes, created, updated, recovery },
            exportable: false,
            tags: Tags::default(),
            managed: false,
        }
    }

    fn page(names: &[&str], next: Option<&str>) -> Outcome {
        let items = names.iter().map(|name| item(name)).collect();
        Outcome::Key(KeyOutcome::List(Listed { items, next: next.map(|name| name.parse().unwrap()) }))
    }

    fn names(outcome: &mut Outcome) -> Vec<String> {
        let page = outcome.object_page().unwrap();
        (0..page.len()).map(|at| page.item(at).unwrap().name().as_str().to_owned()).collect()
    }

    #[test]
    fn pages_are_kept_in_part_joined_and_cut() {
        let mut all = page(&["a", "b", "c"], Some("c"));
        all.object_page().unwrap().keep(&[true, false, true]);
        assert_eq!(names(&mut all), ["a", "c"]);
        all.append_page(page(&["d", "e"], None)).unwrap();
        assert_eq!((names(&mut all).len(), all.object_page().unwrap().position()), (4, None));
        all.object_page().unwrap().cut(4);
        assert_eq!(all.object_page().unwrap().position(), None, "nothing was cut");
        all.object_page().unwrap().cut(2);
        let after = ListPosition::Object("c".parse().unwrap());
        assert_eq!(
            (names(&mut all), all.object_page().unwrap().position()),
            (vec!["a".into(), "c".into()], Some(after))
        );
        // What is not said to be kept is not.
        all.object_page().unwrap().keep(&[true]);
        assert_eq!(names(&mut all), ["a"]);
        let deleted = Outcome::Key(KeyOutcome::DeletedList(Listed { items: Vec::new(), next: None }));
        assert!(all.append_page(deleted).is_err());
    }

    #[test]
    fn a_listing_asks_for_its_next_page() {
        let call = Call::Certificate(Box::new(CertificateCall::List {
            page: Page { limit: 3, after: None },
            include_pending: true,
        }));
        let (listing, limit) = call.listing().unwrap();
        assert_eq!(limit, 3);
        let next = listing.after(ListPosition::Object("a".parse().unwrap()), 25).unwrap();
        assert_eq!((next.operation(), next.listing().unwrap()), (Operation::CertificateList, (listing.clone(), 25)));
        assert!(listing.after(ListPosition::Version(ObjectVersion::from_bytes([1; 16])), 25).is_none());
    }
}
