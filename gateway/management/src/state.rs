//! The control state as of one revision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portcullis_identity::{Directory, DirectoryParts};
use portcullis_model::{
    NetworkRules, PrincipalId, Resource, ResourceGroupName, ResourcePath, RoleAssignmentId, RoleDefinitionId,
    SubscriptionId, TenantId, VaultId, VaultName, management::VaultDescription,
};
use portcullis_policy::{
    AssignmentList, DirectoryFacts, NamedLocation, RoleAssignmentFact, RoleDefinitionFact, VaultFacts,
};

use crate::ManagementError;
use crate::record::{Record, StoredAssignment, StoredGroup, StoredSubscription, StoredVault};
use crate::roles;

/// A vault as a request sees it.
#[derive(Debug)]
pub struct VaultView {
    /// What policies and the engine know of it.
    pub facts: Arc<VaultFacts>,
    /// From where it may be used.
    pub network: NetworkRules,
    pub(crate) stored: StoredVault,
}

impl VaultView {
    pub(crate) fn new(stored: StoredVault) -> Self {
        let path = stored.path();
        let facts = VaultFacts {
            id: stored.id,
            resource: Resource::vault(&path),
            name: stored.name.as_str().into(),
            path,
            tenant: stored.tenant,
            location: stored.location.clone(),
            recovery: stored.recovery(),
        };
        Self { facts: Arc::new(facts), network: stored.network.clone(), stored }
    }

    pub(crate) fn describe(&self) -> VaultDescription {
        VaultDescription {
            path: self.facts.path.clone(),
            location: self.facts.location.clone(),
            tenant: self.facts.tenant,
            network: self.network.clone(),
            recovery: self.facts.recovery,
            tags: self.stored.tags.clone(),
            premium: self.stored.premium,
            etag: self.stored.etag(),
        }
    }
}

/// Everything that decisions rest on besides the request, immutable.
#[derive(Debug)]
pub struct ControlState {
    revision: u64,
    directory: Directory,
    vaults: HashMap<VaultName, Arc<VaultView>>,
    deleted: HashMap<VaultName, Arc<VaultView>>,
    subscriptions: HashMap<SubscriptionId, TenantId>,
    /// By subscription and folded name.
    groups: BTreeMap<(SubscriptionId, String), StoredGroup>,
    /// The vaults whose objects are to be erased.
    erasures: Vec<VaultId>,
    assignments: HashMap<RoleAssignmentId, StoredAssignment>,
    /// The assignments of each principal, in the order of their ids, made once so that requests share them.
    lists: HashMap<PrincipalId, Arc<AssignmentList>>,
    none: Arc<AssignmentList>,
    locations: Arc<HashMap<String, NamedLocation>>,
    /// All records but the head as they are sealed, for the digest.
    pub(crate) sealed: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl ControlState {
    pub(crate) fn new(
        revision: u64,
        records: Vec<Record>,
        sealed: BTreeMap<Vec<u8>, Vec<u8>>,
        locations: Arc<HashMap<String, NamedLocation>>,
    ) -> Result<Self, ManagementError> {
        let mut parts = DirectoryParts::default();
        let (mut vaults, mut deleted, mut assignments) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (mut subscriptions, mut groups, mut erasures) = (HashMap::new(), BTreeMap::new(), Vec::new());
        for record in records {
            match record {
                Record::Tenant(id) => parts.tenants.push(id),
                Record::Principal(principal) => parts.principals.push(*principal),
                Record::Registration(registration) => parts.registrations.push(*registration),
                Record::Account(account) => parts.accounts.push(*account),
                Record::Group(group) => parts.groups.push(group),
                Record::SignedOut(signed_out) => parts.signed_out.push((signed_out.principal, signed_out.before)),
                Record::Revoked(revoked) => {
                    // Its id was written by us; one that is none names no token.
                    parts.revoked.extend(hex::decode(&revoked.id).map(|id| (id, revoked.ends)));
                }
                Record::Vault(vault) => {
                    let among = if vault.deleted.is_some() { &mut deleted } else { &mut vaults };
                    among.insert(vault.name.clone(), Arc::new(VaultView::new(*vault)));
                }
                Record::Subscription(StoredSubscription { id, tenant }) => {
                    subscriptions.insert(id, tenant);
                }
                Record::ResourceGroup(group) => {
                    groups.insert((group.subscription, group.name.as_str().to_ascii_lowercase()), group);
                }
                Record::Erasure(vault) => erasures.push(vault),
                Record::Assignment(assignment) => {
                    assignments.insert(assignment.id, assignment);
                }
            }
        }
        let directory = Directory::of(parts).map_err(|error| ManagementError::Declaration {
            what: "the directory".to_owned(),
            why: error.to_string(),
        })?;
        let lists = lists(&assignments);
        let none = Arc::new(AssignmentList::new([]));
        Ok(Self {
            revision,
            directory,
            vaults,
            deleted,
            subscriptions,
            groups,
            erasures,
            assignments,
            lists,
            none,
            locations,
            sealed,
        })
    }

    /// The principals and tenants.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// A vault by its name.
    #[must_use]
    pub fn vault(&self, name: &VaultName) -> Option<&Arc<VaultView>> {
        self.vaults.get(name)
    }

    /// A vault by its id.
    #[must_use]
    pub fn vault_of(&self, id: VaultId) -> Option<&Arc<VaultView>> {
        self.vaults.values().find(|vault| vault.facts.id == id)
    }

    /// The names of all vaults, in no order.
    pub fn vaults(&self) -> impl Iterator<Item = &Arc<VaultView>> {
        self.vaults.values()
    }

    /// The tenant of a subscription. Stores from before subscriptions were kept know it by the vaults in it.
    #[must_use]
    pub fn tenant_of(&self, subscription: SubscriptionId) -> Option<TenantId> {
        let of_vaults = || {
            let mut vaults = self.vaults.values().filter(|vault| vault.facts.path.subscription == subscription);
            vaults.next().map(|vault| vault.facts.tenant)
        };
        self.subscriptions.get(&subscription).copied().or_else(of_vaults)
    }

    /// A deleted vault by its name.
    pub(crate) fn deleted_vault(&self, name: &VaultName) -> Option<&Arc<VaultView>> {
        self.deleted.get(name)
    }

    /// All deleted vaults, in no order.
    pub(crate) fn deleted_vaults(&self) -> impl Iterator<Item = &Arc<VaultView>> {
        self.deleted.values()
    }

    pub(crate) fn subscription(&self, id: SubscriptionId) -> Option<TenantId> {
        self.subscriptions.get(&id).copied()
    }

    pub(crate) fn group(&self, subscription: SubscriptionId, name: &ResourceGroupName) -> Option<&StoredGroup> {
        self.groups.get(&(subscription, name.as_str().to_ascii_lowercase()))
    }

    /// The resource groups of a subscription, in the order of their names.
    pub(crate) fn groups(&self, subscription: SubscriptionId) -> impl Iterator<Item = &StoredGroup> {
        self.groups
            .range((subscription, String::new())..)
            .map(|(_, group)| group)
            .take_while(move |group| group.subscription == subscription)
    }

    /// The vaults that are gone and whose objects are still to be erased.
    #[must_use]
    pub fn erasures(&self) -> &[VaultId] {
        &self.erasures
    }

    /// The assignments at a resource or below it.
    pub(crate) fn assignments_within(&self, resource: &Resource) -> impl Iterator<Item = &StoredAssignment> {
        self.assignments.values().filter(|assignment| Resource::at(&assignment.scope).is_within(resource.id()))
    }

    /// The vault that stands at a place, or that the object at a place is in. Names are global, so a vault of the right
    /// name may stand elsewhere.
    #[must_use]
    pub fn vault_at(&self, path: &ResourcePath) -> Option<&Arc<VaultView>> {
        let asked = path.vault()?;
        self.vault(&asked.vault).filter(|view| {
            let stands = &view.facts.path;
            stands.subscription == asked.subscription
                && stands.group.as_str().eq_ignore_ascii_case(asked.group.as_str())
        })
    }

    pub(crate) fn assignment(&self, id: RoleAssignmentId) -> Option<&StoredAssignment> {
        self.assignments.get(&id)
    }

    /// How many assignments there are at or below a subscription, and of a principal anywhere.
    pub(crate) fn count_assignments(&self, subscription: SubscriptionId, principal: PrincipalId) -> (usize, usize) {
        let at = format!("/subscriptions/{subscription}");
        let within = |scope: &str| {
            let head = scope.get(..at.len()).is_some_and(|head| head.eq_ignore_ascii_case(&at));
            head && matches!(scope.as_bytes().get(at.len()), None | Some(b'/'))
        };
        let in_subscription = self.assignments.values().filter(|assignment| within(&assignment.scope)).count();
        (in_subscription, self.lists.get(&principal).map_or(0, |list| list.items().len()))
    }

    /// The assignment with the same principal, role and scope, if there is one.
    pub(crate) fn same_assignment(&self, wanted: &StoredAssignment) -> Option<&StoredAssignment> {
        self.assignments.values().find(|assignment| {
            assignment.principal == wanted.principal
                && assignment.role == wanted.role
                && assignment.scope.eq_ignore_ascii_case(&wanted.scope)
        })
    }
}

fn lists(assignments: &HashMap<RoleAssignmentId, StoredAssignment>) -> HashMap<PrincipalId, Arc<AssignmentList>> {
    let mut by_principal: HashMap<PrincipalId, Vec<&StoredAssignment>> = HashMap::new();
    for assignment in assignments.values() {
        by_principal.entry(assignment.principal).or_default().push(assignment);
    }
    let list = |mut assignments: Vec<&StoredAssignment>| {
        assignments.sort_by_key(|assignment| assignment.id);
        Arc::new(AssignmentList::new(assignments.into_iter().map(|assignment| RoleAssignmentFact {
            id: assignment.id,
            scope: assignment.scope.as_str().into(),
            role: assignment.role,
        })))
    };
    by_principal.into_iter().map(|(principal, assignments)| (principal, list(assignments))).collect()
}

/// Whether an assignment's scope is at, above or below a resource.
fn concerns(around: &Resource, scope: &str) -> bool {
    let below = || {
        // Everything is below the root, whose id is `/`.
        let id = around.id().strip_suffix('/').unwrap_or_else(|| around.id());
        scope.get(..id.len()).is_some_and(|head| head.eq_ignore_ascii_case(id))
            && scope.as_bytes().get(id.len()) == Some(&b'/')
    };
    around.is_within(scope) || below()
}

impl DirectoryFacts for ControlState {
    fn revision(&self) -> u64 {
        self.revision
    }

    fn role_assignments(
        &self,
        principal: PrincipalId,
        groups: &[PrincipalId],
        around: &Resource,
    ) -> Arc<AssignmentList> {
        let own = self.lists.get(&principal).unwrap_or(&self.none);
        let all_concern = |list: &AssignmentList| list.items().iter().all(|item| concerns(around, &item.scope));
        if groups.iter().all(|group| !self.lists.contains_key(group)) && all_concern(own) {
            return Arc::clone(own);
        }
        let lists = std::iter::once(own).chain(groups.iter().filter_map(|group| self.lists.get(group)));
        let items = lists.flat_map(|list| list.items()).filter(|item| concerns(around, &item.scope));
        Arc::new(AssignmentList::new(items.cloned()))
    }

    fn role_definition(&self, id: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        roles::built_in(id)
    }

    fn named_location(&self, name: &str) -> Option<&NamedLocation> {
        self.locations.get(name)
    }
}
