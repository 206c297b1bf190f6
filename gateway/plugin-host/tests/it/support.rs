//! A small world to ask about: one vault, a caller, a directory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use portcullis_identity::{Caller, Principal, PrincipalKind};
use portcullis_model::{
    ObjectKind, ObjectName, Operation, PrincipalId, RecoveryLevel, Resource, RoleAssignmentId, RoleDefinitionId, Scope,
    TenantId, UnixTime, VaultId, VaultPath,
};
use portcullis_network::VirtualNetworks;
use portcullis_plugin_host::{HostSettings, PluginHost};
use portcullis_policy::{
    AssignmentList, DirectoryFacts, Facts, NamedLocation, NetworkFacts, PermissionBlock, RequestFacts,
    RoleAssignmentFact, RoleDefinitionFact, VaultFacts,
};

/// The group that the caller is in.
pub(crate) const GROUP: &str = "00000000-0000-0000-0000-00000000000a";
/// The caller.
pub(crate) const CALLER: &str = "00000000-0000-0000-0000-000000000001";
/// The role that may read secrets.
pub(crate) const READER: &str = "00000000-0000-0000-0000-0000000000b1";
/// The role that may do anything on the management plane and nothing on the data plane.
pub(crate) const CONTRIBUTOR: &str = "00000000-0000-0000-0000-0000000000b2";
/// The assignment of the reader.
pub(crate) const ASSIGNMENT: &str = "00000000-0000-0000-0000-0000000000c1";

/// The control state.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    pub(crate) revision: u64,
    pub(crate) assignments: HashMap<PrincipalId, Arc<AssignmentList>>,
    pub(crate) roles: HashMap<RoleDefinitionId, Arc<RoleDefinitionFact>>,
    pub(crate) locations: HashMap<String, NamedLocation>,
}

impl DirectoryFacts for Directory {
    fn revision(&self) -> u64 {
        self.revision
    }

    fn role_assignments(&self, principal: PrincipalId, _: &[PrincipalId], _: &Resource) -> Arc<AssignmentList> {
        self.assignments.get(&principal).cloned().unwrap_or_else(|| Arc::new(AssignmentList::new([])))
    }

    fn role_definition(&self, id: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        self.roles.get(&id).cloned()
    }

    fn named_location(&self, name: &str) -> Option<&NamedLocation> {
        self.locations.get(name)
    }
}

impl Directory {
    /// The caller reads secrets of the vault; `office` is 10.0.0.0/8.
    pub(crate) fn usual() -> Self {
        let block = |actions: &[&str], data_actions: &[&str]| PermissionBlock {
            actions: actions.iter().map(ToString::to_string).collect(),
            not_actions: Vec::new(),
            data_actions: data_actions.iter().map(ToString::to_string).collect(),
            not_data_actions: Vec::new(),
        };
        let role = |id: &str, name: &str, block: PermissionBlock| RoleDefinitionFact {
            id: id.parse().unwrap(),
            name: name.to_owned(),
            permissions: vec![block],
        };
        let roles = [
            role(READER, "Key Vault Secrets User", block(&[], &["Microsoft.KeyVault/vaults/secrets/getSecret/action"])),
            role(CONTRIBUTOR, "Key Vault Contributor", block(&["Microsoft.KeyVault/*"], &[])),
        ];
        let mut directory = Self {
            revision: 1,
            roles: roles.into_iter().map(|role| (role.id, Arc::new(role))).collect(),
            ..Self::default()
        };
        directory.locate("office", "10.0.0.0/8");
        directory.assign(CALLER, [(ASSIGNMENT, path().id().as_str(), READER)]);
        directory
    }

    /// Gives a principal these assignments: id, scope and role.
    pub(crate) fn assign<'a>(&mut self, principal: &str, items: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) {
        let items = items.into_iter().map(|(id, scope, role)| RoleAssignmentFact {
            id: id.parse::<RoleAssignmentId>().unwrap(),
            scope: scope.into(),
            role: role.parse().unwrap(),
        });
        self.assignments.insert(principal.parse().unwrap(), Arc::new(AssignmentList::new(items)));
    }

    /// Names a location.
    pub(crate) fn locate(&mut self, name: &str, prefix: &str) {
        self.locations.insert(name.to_owned(), NamedLocation { prefixes: vec![prefix.parse().unwrap()] });
    }
}

/// A request to be made into facts.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) directory: Arc<Directory>,
    pub(crate) operation: Operation,
    pub(crate) object: &'static str,
    pub(crate) principal: &'static str,
    pub(crate) source: &'static str,
    pub(crate) time: i64,
    pub(crate) stored: Option<portcullis_policy::ObjectFacts>,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            directory: Arc::new(Directory::usual()),
            operation: Operation::SecretGet,
            object: "db",
            principal: CALLER,
            source: "10.1.2.3",
            time: 1_800_000_000,
            stored: None,
        }
    }
}

impl Request {
    /// The facts of the request.
    pub(crate) fn facts(&self) -> Arc<Facts> {
        let path = path();
        let vault = Resource::vault(&path);
        let name: ObjectName = self.object.parse().unwrap();
        let resource = match self.operation.row().scope {
            Scope::Object => Resource::object(&vault, ObjectKind::Secret, &name),
            Scope::Vault | Scope::Resource => vault.clone(),
        };
        let object = (self.operation.row().scope == Scope::Object).then_some((ObjectKind::Secret, name));
        Arc::new(Facts {
            request: RequestFacts {
                operation: self.operation,
                object,
                version: None,
                vault: None,
                resource,
                time: UnixTime(self.time),
                headers: portcullis_policy::Headers::default(),
                attributes: portcullis_policy::Attributes::default(),
                made_as: None,
            },
            vault: Some(Arc::new(VaultFacts {
                id: VaultId::from_bytes([1; 16]),
                name: path.vault.as_str().into(),
                path,
                resource: vault,
                tenant: tenant(),
                location: "local".to_owned(),
                recovery: RecoveryLevel { days: 90, purge_protected: false },
                permission_model: portcullis_model::PermissionModel::RoleBased,
            })),
            caller: Caller::for_test(Arc::new(principal(self.principal))),
            network: NetworkFacts {
                origin: VirtualNetworks::default().origin(self.source.parse().unwrap(), None),
                tls_version: "TLS1_3",
                private_endpoint: None,
                client_certificate: None,
            },
            directory: Arc::clone(&self.directory) as Arc<dyn DirectoryFacts>,
            signals: Arc::default(),
            object: portcullis_policy::StoredObject::known(self.stored.clone()),
            counted: Arc::default(),
        })
    }
}

/// Where the vault stands.
pub(crate) fn path() -> VaultPath {
    VaultPath {
        subscription: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
        group: "rg".parse().unwrap(),
        vault: "dev".parse().unwrap(),
    }
}

fn tenant() -> TenantId {
    TenantId::from_bytes([7; 16])
}

fn principal(id: &str) -> Principal {
    Principal {
        id: id.parse().unwrap(),
        tenant: tenant(),
        kind: PrincipalKind::ServicePrincipal,
        application: None,
        display_name: "a caller".to_owned(),
        enabled: true,
        groups: vec![GROUP.parse().unwrap()],
        secrets: Vec::new(),
    }
}

/// A host with the usual bounds.
/// The time of an evaluation, longer than in production: tests run many at once, on busy machines.
pub(crate) const LONG: Duration = Duration::from_secs(10);

pub(crate) fn host() -> PluginHost {
    PluginHost::new(HostSettings { sandboxes: 8, time: LONG, ..HostSettings::default() }).unwrap()
}
