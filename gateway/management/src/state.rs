//! The control state as of one revision.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portcullis_identity::{Directory, DirectoryParts, PrincipalKind};
use portcullis_model::access::{PRINCIPAL_ATTRIBUTE, PRINCIPAL_TYPE_ATTRIBUTE, PermissionSet, ROLE_ATTRIBUTE};
use portcullis_model::{
    AccessPolicy, ComponentDigest, NetworkRules, PluginName, PrincipalId, PrivateEndpointConnection, Resource,
    ResourceGroupName, ResourcePath, RoleAssignmentId, RoleDefinitionId, SubscriptionId, TenantId, VaultId, VaultName,
    management::{SystemData, VaultDescription},
};
use portcullis_network::{CallerTrust, Origin, Refusal, Verdict, judge};
use portcullis_policy::{
    AccessPolicyFact, AssignmentList, ConditionalAssignmentFact, ConditionalBlock, DenyAssignmentFact, DirectoryFacts,
    FactList, NamedLocation, PermissionBlock, PolicyHook, RoleAssignmentFact, RoleDefinitionFact, VaultFacts,
};

use crate::record::{
    self, Record, Revoked, Schedule, StoredActivation, StoredAssignment, StoredComponent, StoredDeny,
    StoredEligibility, StoredGroup, StoredPlugin, StoredRole, StoredSubscription, StoredVault,
};
use crate::roles::{self, Role};
use crate::{ManagementError, ReadyPlugins};

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
            permission_model: stored.permission_model,
        };
        Self { facts: Arc::new(facts), network: stored.network.clone(), stored }
    }

    /// Judges whether the vault may be used from where a request comes.
    ///
    /// # Errors
    /// The refusal, with the reference's text and our rule.
    pub fn judge(&self, origin: &Origin, trust: CallerTrust) -> Result<Verdict, Refusal> {
        judge(&self.network, &self.stored.private_endpoints, origin, trust)
    }

    /// The connections of private endpoints that are there.
    pub(crate) fn private_endpoints(&self) -> Vec<PrivateEndpointConnection> {
        self.stored.private_endpoints.iter().filter(|connection| connection.is_there()).cloned().collect()
    }

    /// The vault as it is told; the directory says what those are who wrote it.
    pub(crate) fn describe(&self, directory: &Directory) -> VaultDescription {
        let type_of = |id| directory.principal(id).map(|known| system_type(known.kind));
        VaultDescription {
            access_policies: self.stored.access_policies.clone(),
            system: self.stored.written.map(|written| SystemData {
                written,
                created_by_type: type_of(written.created_by),
                updated_by_type: type_of(written.updated_by),
            }),
            permission_model: self.facts.permission_model,
            path: self.facts.path.clone(),
            location: self.facts.location.clone(),
            tenant: self.facts.tenant,
            network: self.network.clone(),
            recovery: self.facts.recovery,
            private_endpoints: self.private_endpoints(),
            tags: self.stored.tags.clone(),
            premium: self.stored.premium,
            etag: self.stored.etag(),
        }
    }
}

/// What a principal is, as resources tell of those who wrote them.
const fn system_type(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::ServicePrincipal => "Application",
        PrincipalKind::User => "User",
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
    revocations: Vec<Revoked>,
    assignments: HashMap<RoleAssignmentId, StoredAssignment>,
    /// The assignments of each principal, in the order of their ids, made once so that requests share them.
    lists: HashMap<PrincipalId, Arc<AssignmentList>>,
    none: Arc<AssignmentList>,
    /// Those with a condition or a term, in the same order.
    conditional: HashMap<PrincipalId, Vec<ConditionalAssignmentFact>>,
    no_conditional: Arc<FactList<ConditionalAssignmentFact>>,
    /// The custom roles, as they are stored and as plugins are told of them.
    roles: BTreeMap<RoleDefinitionId, (StoredRole, Role)>,
    no_blocks: Arc<FactList<ConditionalBlock>>,
    denies: BTreeMap<RoleAssignmentId, StoredDeny>,
    eligibilities: BTreeMap<RoleAssignmentId, StoredEligibility>,
    activations: BTreeMap<RoleAssignmentId, StoredActivation>,
    /// The installed plugins, by their keys in the store.
    plugins: BTreeMap<String, StoredPlugin>,
    components: BTreeMap<(TenantId, ComponentDigest), StoredComponent>,
    ready: ReadyPlugins,
    no_denies: Arc<FactList<DenyAssignmentFact>>,
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
        let mut revocations = Vec::new();
        let (mut roles, mut denies) = (BTreeMap::new(), BTreeMap::new());
        let (mut eligibilities, mut activations) = (BTreeMap::new(), BTreeMap::new());
        let (mut plugins, mut components) = (BTreeMap::new(), BTreeMap::new());
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
                    revocations.push(revoked);
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
                Record::Role(role) => {
                    let told = Role::new(&role.describe());
                    roles.insert(role.id, (*role, told));
                }
                Record::Eligibility(eligibility) => {
                    eligibilities.insert(eligibility.id, *eligibility);
                }
                Record::Activation(activation) => {
                    activations.insert(activation.id, *activation);
                }
                Record::Deny(deny) => {
                    denies.insert(deny.id, *deny);
                }
                Record::Plugin(plugin) => {
                    plugins.insert(record::plugin_key(plugin.tenant, &plugin.scope, &plugin.name), *plugin);
                }
                Record::Component(component) => {
                    components.insert((component.tenant, component.digest), component);
                }
            }
        }
        let directory = Directory::of(parts).map_err(|error| ManagementError::Declaration {
            what: "the directory".to_owned(),
            why: error.to_string(),
        })?;
        let lists = lists(&assignments);
        let conditional = conditional(&assignments, &eligibilities);
        Ok(Self {
            revision,
            directory,
            vaults,
            deleted,
            subscriptions,
            groups,
            erasures,
            revocations,
            assignments,
            lists,
            none: Arc::new(AssignmentList::new([])),
            conditional,
            no_conditional: Arc::new(FactList::new([])),
            roles,
            no_blocks: Arc::new(FactList::new([])),
            denies,
            eligibilities,
            activations,
            plugins,
            components,
            ready: ReadyPlugins::default(),
            no_denies: Arc::new(FactList::new([])),
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

    /// The subscriptions of a tenant, in the order of their ids.
    #[must_use]
    pub fn subscriptions_of(&self, tenant: TenantId) -> Vec<SubscriptionId> {
        let known = self.subscriptions.keys().copied();
        let all: std::collections::BTreeSet<_> =
            known.chain(self.vaults.values().map(|vault| vault.facts.path.subscription)).collect();
        all.into_iter().filter(|subscription| self.tenant_of(*subscription) == Some(tenant)).collect()
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

    /// The revoked tokens and sessions, those among them that have ended.
    pub(crate) fn revocations(&self) -> impl Iterator<Item = &Revoked> {
        self.revocations.iter()
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

    /// What conditions can know of a role assignment that stands at a scope.
    #[must_use]
    pub fn assignment_attributes(&self, scope: &ResourcePath, id: RoleAssignmentId) -> Vec<(&'static str, String)> {
        let stands = self.assignment(id).filter(|stored| stored.scope.eq_ignore_ascii_case(&scope.id()));
        let told = |stored: &StoredAssignment| {
            vec![(ROLE_ATTRIBUTE, stored.role.to_string()), (PRINCIPAL_ATTRIBUTE, stored.principal.to_string())]
        };
        self.with_principal_type(stands.map(told).unwrap_or_default())
    }

    /// Adds the type of the principal that a role assignment names, as the directory knows it: what the request says of
    /// it is not believed.
    #[must_use]
    pub fn with_principal_type(&self, mut attributes: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
        let named = attributes.iter().find(|(name, _)| *name == PRINCIPAL_ATTRIBUTE);
        let known = named.and_then(|(_, id)| crate::access::type_of(&self.directory, id.parse().ok()?));
        if let Some(known) = known {
            attributes.push((PRINCIPAL_TYPE_ATTRIBUTE, known.to_owned()));
        }
        attributes
    }

    pub(crate) fn assignment(&self, id: RoleAssignmentId) -> Option<&StoredAssignment> {
        self.assignments.get(&id)
    }

    /// All assignments but those that were taken by an eligibility that is gone.
    pub(crate) fn assignments(&self) -> impl Iterator<Item = &StoredAssignment> {
        self.assignments.values().filter(move |it| !is_void(&self.eligibilities, it.schedule.as_ref()))
    }

    /// A custom role.
    pub(crate) fn role(&self, id: RoleDefinitionId) -> Option<&StoredRole> {
        self.roles.get(&id).map(|(stored, _)| stored)
    }

    pub(crate) fn roles(&self) -> impl Iterator<Item = &StoredRole> {
        self.roles.values().map(|(stored, _)| stored)
    }

    /// Where a role that a tenant has can be assigned.
    pub(crate) fn assignable_scopes(&self, id: RoleDefinitionId, tenant: TenantId) -> Option<&[String]> {
        let custom = || self.role(id).filter(|role| role.tenant == tenant).map(|role| role.scopes.as_slice());
        roles::description(id).map(|role| role.scopes.as_slice()).or_else(custom)
    }

    /// The installation of a name at a scope, in any spelling of it.
    pub(crate) fn plugin(&self, tenant: TenantId, scope: &str, name: &PluginName) -> Option<&StoredPlugin> {
        self.plugins.get(&record::plugin_key(tenant, scope, name)).filter(|plugin| self.stands(plugin))
    }

    /// All installations.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &StoredPlugin> {
        self.plugins.values().filter(|plugin| self.stands(plugin))
    }

    /// The keys of installations that are at a resource or below it, of those too whose vault is gone.
    pub(crate) fn plugins_within(&self, resource: &Resource) -> impl Iterator<Item = &str> {
        let within = |plugin: &StoredPlugin| Resource::at(&plugin.scope).is_within(resource.id());
        self.plugins.iter().filter(move |(_, plugin)| within(plugin)).map(|(key, _)| key.as_str())
    }

    /// Whether the vault that a plugin is installed at is still the same, deleted or not: nothing that another vault of
    /// its name had comes to a new one.
    fn stands(&self, plugin: &StoredPlugin) -> bool {
        let has = |id: VaultId| self.vaults.values().chain(self.deleted.values()).any(|view| view.facts.id == id);
        plugin.vault.is_none_or(has)
    }

    /// What is known of a tenant's component.
    pub(crate) fn component(&self, tenant: TenantId, digest: ComponentDigest) -> Option<&StoredComponent> {
        self.components.get(&(tenant, digest))
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &StoredComponent> {
        self.components.values()
    }

    /// The installed plugins, ready to be asked.
    pub(crate) const fn ready(&self) -> &ReadyPlugins {
        &self.ready
    }

    pub(crate) fn with_ready(self, ready: ReadyPlugins) -> Self {
        Self { ready, ..self }
    }

    pub(crate) fn deny(&self, id: RoleAssignmentId) -> Option<&StoredDeny> {
        self.denies.get(&id)
    }

    pub(crate) fn eligibilities(&self) -> impl Iterator<Item = &StoredEligibility> {
        self.eligibilities.values()
    }

    pub(crate) fn activation(&self, id: RoleAssignmentId) -> Option<&StoredActivation> {
        self.activations.get(&id)
    }

    /// All requests but those whose eligibility is gone.
    pub(crate) fn activations(&self) -> impl Iterator<Item = &StoredActivation> {
        self.activations.values().filter(move |it| !is_void(&self.eligibilities, Some(&it.schedule)))
    }

    /// The keys of what was taken by an eligibility and of what was asked for by it, whether it is there or not.
    pub(crate) fn dependants(&self, eligibility: RoleAssignmentId) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.resting(move |id| id == eligibility)
    }

    /// The keys of what was taken or asked for by eligibilities that are gone.
    pub(crate) fn void(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        self.resting(move |id| !self.eligibilities.contains_key(&id))
    }

    fn resting<'a>(&'a self, on: impl Fn(RoleAssignmentId) -> bool + Copy + 'a) -> impl Iterator<Item = Vec<u8>> + 'a {
        let rests = move |schedule: Option<&Schedule>| schedule.and_then(|it| it.eligibility).is_some_and(on);
        let taken = self.assignments.values().filter(move |it| rests(it.schedule.as_ref()));
        let asked = self.activations.values().filter(move |it| rests(Some(&it.schedule)));
        let taken = taken.map(|it| record::assignment_key(it.id));
        taken.chain(asked.map(|it| record::activation_key(it.id))).map(String::into_bytes)
    }

    /// The keys of all that gives or could give roles at a resource or below it.
    pub(crate) fn grants_within<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = Vec<u8>> + 'a {
        let within = |scope: &str| Resource::at(scope).is_within(resource.id());
        let assignments = self.assignments_within(resource).map(|it| record::assignment_key(it.id));
        let eligibilities = self.eligibilities.values().filter(move |it| within(&it.scope));
        let activations = self.activations.values().filter(move |it| within(&it.scope));
        let eligibilities = eligibilities.map(|it| record::eligibility_key(it.id));
        let activations = activations.map(|it| record::activation_key(it.id));
        assignments.chain(eligibilities).chain(activations).map(String::into_bytes)
    }

    /// The keys of the deny assignments at a resource or below it.
    pub(crate) fn denies_within<'a>(&'a self, resource: &'a Resource) -> impl Iterator<Item = Vec<u8>> + 'a {
        let within = |deny: &&StoredDeny| Resource::at(&deny.scope).is_within(resource.id());
        self.denies.values().filter(within).map(|deny| record::deny_key(deny.id).into_bytes())
    }

    pub(crate) fn denies(&self) -> impl Iterator<Item = &StoredDeny> {
        self.denies.values()
    }

    /// How many assignments there are at or below a subscription, and of a principal anywhere.
    pub(crate) fn count_assignments(&self, subscription: SubscriptionId, principal: PrincipalId) -> (usize, usize) {
        let at = format!("/subscriptions/{subscription}");
        let within = |scope: &str| {
            let head = scope.get(..at.len()).is_some_and(|head| head.eq_ignore_ascii_case(&at));
            head && matches!(scope.as_bytes().get(at.len()), None | Some(b'/'))
        };
        let in_subscription = self.assignments.values().filter(|assignment| within(&assignment.scope)).count()
            + self.eligibilities.values().filter(|eligibility| within(&eligibility.scope)).count();
        let plain = self.lists.get(&principal).map_or(0, |list| list.items().len());
        // Those with a term, and eligibilities, are read by each decision too.
        (in_subscription, plain + self.conditional.get(&principal).map_or(0, Vec::len))
    }

    /// The assignment with the same principal, role and scope, if there is one.
    pub(crate) fn same_assignment(&self, wanted: &StoredAssignment) -> Option<&StoredAssignment> {
        self.assignments().find(|assignment| {
            assignment.principal == wanted.principal
                && assignment.role == wanted.role
                && assignment.scope.eq_ignore_ascii_case(&wanted.scope)
        })
    }
}

/// Whether what a request gives or asks for rests on an eligibility that is gone: it counts no more from then on,
/// though its record may stand until it is swept.
fn is_void(eligibilities: &BTreeMap<RoleAssignmentId, StoredEligibility>, schedule: Option<&Schedule>) -> bool {
    let rests_on = schedule.and_then(|it| it.eligibility);
    rests_on.is_some_and(|id| !eligibilities.contains_key(&id))
}

fn lists(assignments: &HashMap<RoleAssignmentId, StoredAssignment>) -> HashMap<PrincipalId, Arc<AssignmentList>> {
    let mut by_principal: HashMap<PrincipalId, Vec<&StoredAssignment>> = HashMap::new();
    for assignment in assignments.values().filter(|assignment| !assignment.is_conditional()) {
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

fn conditional(
    assignments: &HashMap<RoleAssignmentId, StoredAssignment>,
    eligibilities: &BTreeMap<RoleAssignmentId, StoredEligibility>,
) -> HashMap<PrincipalId, Vec<ConditionalAssignmentFact>> {
    let holds = |it: &&StoredAssignment| it.is_conditional() && !is_void(eligibilities, it.schedule.as_ref());
    let mut stored: Vec<_> = assignments.values().filter(holds).collect();
    stored.sort_by_key(|assignment| assignment.id);
    let mut by_principal: HashMap<PrincipalId, Vec<ConditionalAssignmentFact>> = HashMap::new();
    for assignment in stored {
        by_principal.entry(assignment.principal).or_default().push(ConditionalAssignmentFact {
            id: assignment.id,
            scope: assignment.scope.as_str().into(),
            role: assignment.role,
            condition: assignment.condition.as_deref().map(Into::into),
            starts: assignment.starts,
            ends: assignment.ends,
        });
    }
    for eligibility in eligibilities.values() {
        by_principal.entry(eligibility.principal).or_default().push(ConditionalAssignmentFact {
            id: eligibility.id,
            scope: eligibility.scope.as_str().into(),
            role: roles::ELIGIBLE,
            condition: None,
            starts: Some(eligibility.starts),
            ends: eligibility.ends,
        });
    }
    by_principal
}

fn denial(deny: &StoredDeny) -> DenyAssignmentFact {
    let block = |set: &PermissionSet| PermissionBlock {
        actions: set.actions.clone(),
        not_actions: set.not_actions.clone(),
        data_actions: set.data_actions.clone(),
        not_data_actions: set.not_data_actions.clone(),
    };
    DenyAssignmentFact {
        id: deny.id,
        scope: deny.scope.as_str().into(),
        scope_alone: deny.wanted.scope_alone,
        permissions: deny.wanted.permissions.iter().map(block).collect(),
    }
}

/// Whether an assignment's scope is at, above or below a resource.
pub(crate) fn concerns(around: &Resource, scope: &str) -> bool {
    let below = || {
        // Everything is below the root, whose id is `/`.
        let id = around.id().trim_end_matches('/');
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
        if id == roles::ELIGIBLE {
            return Some(Arc::clone(&roles::eligible().plain));
        }
        let custom = || self.roles.get(&id).map(|(_, role)| Arc::clone(&role.plain));
        roles::built_in(id).map(|role| Arc::clone(&role.plain)).or_else(custom)
    }

    fn conditional_assignments(
        &self,
        principal: PrincipalId,
        groups: &[PrincipalId],
        around: &Resource,
    ) -> Arc<FactList<ConditionalAssignmentFact>> {
        let lists = std::iter::once(&principal).chain(groups).filter_map(|id| self.conditional.get(id));
        let mut items = lists.flatten().filter(|item| concerns(around, &item.scope)).peekable();
        if items.peek().is_none() {
            return Arc::clone(&self.no_conditional);
        }
        Arc::new(FactList::new(items.cloned()))
    }

    fn conditional_permissions(&self, id: RoleDefinitionId) -> Arc<FactList<ConditionalBlock>> {
        // Custom roles have no conditions.
        roles::built_in(id).map_or_else(|| Arc::clone(&self.no_blocks), |role| Arc::clone(&role.conditional))
    }

    fn deny_assignments(
        &self,
        principal: PrincipalId,
        groups: &[PrincipalId],
        around: &Resource,
    ) -> Arc<FactList<DenyAssignmentFact>> {
        if self.denies.is_empty() {
            return Arc::clone(&self.no_denies);
        }
        let tenant = self.directory.principal(principal).map(|known| known.tenant);
        let meant = self.denies.values().filter(|deny| {
            Some(deny.tenant) == tenant && concerns(around, &deny.scope) && deny.wanted.is_for(principal, groups)
        });
        Arc::new(FactList::new(meant.map(denial)))
    }

    fn access_policies(
        &self,
        principal: PrincipalId,
        groups: &[PrincipalId],
        vault: &VaultFacts,
    ) -> Arc<FactList<AccessPolicyFact>> {
        let stored = self.vaults.get(&vault.path.vault).filter(|view| view.facts.id == vault.id);
        let meant = stored.into_iter().flat_map(|view| &view.stored.access_policies).filter(|policy| {
            policy.tenant == vault.tenant && (policy.object == principal || groups.contains(&policy.object))
        });
        // A GUID of zeros is how some clients say that there is no application.
        let application = |policy: &AccessPolicy| policy.application.filter(|id| *id.as_bytes() != [0; 16]);
        Arc::new(FactList::new(meant.map(|policy| AccessPolicyFact {
            application: application(policy),
            permissions: policy.permissions.effective(),
        })))
    }

    fn named_location(&self, name: &str) -> Option<&NamedLocation> {
        self.locations.get(name)
    }

    fn installed_plugins(&self) -> Option<&Arc<dyn PolicyHook>> {
        self.ready.hook.as_ref()
    }
}
