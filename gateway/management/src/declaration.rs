//! What the configuration declares: tenants, applications, vaults and role assignments that shall be there.
//!
//! A declaration is applied at each start. What it names is created if absent and made as declared; what it does not
//! name stays as it is, so that changes made through the management plane survive a restart unless the file says
//! otherwise.

use std::collections::HashSet;

use portcullis_crypto::{Random, SecretHash, sha256};
use portcullis_identity::{ClientSecret, Principal, PrincipalKind};
use portcullis_model::{
    AccessPolicy, AccessPolicyPermissions, ApplicationId, NetworkRules, PermissionModel, PrincipalId,
    PrivateEndpointConnection, ResourceGroupName, RoleAssignmentId, RoleDefinitionId, SecretText, SubscriptionId,
    TenantId, VaultId, VaultName,
};

use crate::record::{Record, StoredAssignment, StoredGroup, StoredSubscription, StoredVault};
use crate::{ControlState, DeclaredGroup, DeclaredRegistration, DeclaredUser, ManagementError, roles};

/// Everything declared.
#[derive(Debug, Default)]
pub struct Declaration {
    /// Tenants.
    pub tenants: Vec<TenantId>,
    /// Applications with their service principals.
    pub applications: Vec<DeclaredApplication>,
    /// Registrations of applications.
    pub registrations: Vec<DeclaredRegistration>,
    /// Users.
    pub users: Vec<DeclaredUser>,
    /// Groups.
    pub groups: Vec<DeclaredGroup>,
    /// Vaults.
    pub vaults: Vec<DeclaredVault>,
    /// Role assignments.
    pub assignments: Vec<DeclaredAssignment>,
    /// Access policies.
    pub access_policies: Vec<DeclaredAccessPolicy>,
    /// Private endpoints.
    pub private_endpoints: Vec<DeclaredPrivateEndpoint>,
}

/// The connection of a private endpoint to a vault of the declaration. One of its name that is known, also as removed,
/// stays as it is: what the vault's owner said of it outlives a restart.
#[derive(Debug)]
pub struct DeclaredPrivateEndpoint {
    /// The vault.
    pub vault: VaultName,
    /// The connection as it begins.
    pub connection: PrivateEndpointConnection,
}

/// An access policy of a vault of the declaration.
#[derive(Debug)]
pub struct DeclaredAccessPolicy {
    /// The vault.
    pub vault: VaultName,
    /// For whom.
    pub principal: PrincipalId,
    /// The application through which a user must act.
    pub application: Option<ApplicationId>,
    /// What is permitted.
    pub permissions: AccessPolicyPermissions,
}

/// An application with its service principal.
#[derive(Debug)]
pub struct DeclaredApplication {
    /// The service principal's object id.
    pub principal: PrincipalId,
    /// The application's client id.
    pub application: ApplicationId,
    /// The tenant.
    pub tenant: TenantId,
    /// A name for people.
    pub display_name: String,
    /// Whether it may act.
    pub enabled: bool,
    /// The client secret; absent leaves the stored ones.
    pub secret: Option<SecretText>,
}

/// A vault.
#[derive(Debug)]
pub struct DeclaredVault {
    /// Its subscription.
    pub subscription: SubscriptionId,
    /// Its resource group.
    pub group: ResourceGroupName,
    /// Its name.
    pub name: VaultName,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its location.
    pub location: String,
    /// Its network rules; absent leaves the stored ones.
    pub network: Option<NetworkRules>,
    /// For how many days deleted objects are kept, 7 to 90; fixed when the vault is made.
    pub retention_days: u8,
    /// Whether nobody may purge before the end of those days; it cannot be turned off again.
    pub purge_protection: bool,
    /// What decides who may use its objects; absent leaves what is stored, and a new vault under roles.
    pub permission_model: Option<PermissionModel>,
}

/// A role assignment.
#[derive(Debug)]
pub struct DeclaredAssignment {
    /// To whom.
    pub principal: PrincipalId,
    /// The role's name or id.
    pub role: String,
    /// Where: a resource id, or `/`.
    pub scope: String,
}

impl Declaration {
    /// The records that differ from the present state.
    pub(crate) fn changes(&self, state: &ControlState, random: &dyn Random) -> Result<Vec<Record>, ManagementError> {
        let mut records = Vec::new();
        let missing = |tenant: &&TenantId| !state.directory().has_tenant(**tenant);
        records.extend(self.tenants.iter().filter(missing).map(|tenant| Record::Tenant(*tenant)));
        for application in &self.applications {
            records.extend(application.change(state, random)?.map(|principal| Record::Principal(Box::new(principal))));
        }
        records.extend(self.registrations.iter().filter_map(|registration| registration.change(state)));
        records.extend(self.users.iter().flat_map(|user| user.changes(state)));
        records.extend(self.groups.iter().filter_map(|group| group.change(state)));
        let mut places = HashSet::new();
        for vault in &self.vaults {
            self.check_subscription(vault, state)?;
            // Vaults share their subscription, and often their group.
            records.extend(vault.places(state).into_iter().filter(|place| places.insert(place.key())));
            let stored = || state.vault(&vault.name).map(|view| view.stored.clone());
            let made = vault.change(state)?;
            let changed = made.is_some();
            let Some(mut made) = made.or_else(stored) else { continue };
            let of_vault = self.access_policies.iter().filter(|policy| policy.vault == vault.name);
            let permitted = of_vault.filter(|policy| policy.apply(&mut made)).count() > 0;
            let of_vault = self.private_endpoints.iter().filter(|endpoint| endpoint.vault == vault.name);
            let connected = of_vault.filter(|endpoint| endpoint.apply(&mut made)).count() > 0;
            if changed || permitted || connected {
                records.push(Record::Vault(Box::new(made)));
            }
        }
        for assignment in &self.assignments {
            records.extend(assignment.change(state)?.map(Record::Assignment));
        }
        Ok(records)
    }

    /// A subscription belongs to one tenant, that of its vaults.
    fn check_subscription(&self, vault: &DeclaredVault, state: &ControlState) -> Result<(), ManagementError> {
        let in_it = |other: &&DeclaredVault| other.subscription == vault.subscription;
        let mut declared = self.vaults.iter().filter(in_it).map(|other| other.tenant);
        if declared.any(|tenant| tenant != vault.tenant)
            || state.tenant_of(vault.subscription).is_some_and(|tenant| tenant != vault.tenant)
        {
            return Err(ManagementError::Declaration {
                what: format!("vault `{}`", vault.name),
                why: "its subscription has vaults of another tenant; give each tenant a subscription of its own"
                    .to_owned(),
            });
        }
        Ok(())
    }
}

impl DeclaredApplication {
    fn change(&self, state: &ControlState, random: &dyn Random) -> Result<Option<Principal>, ManagementError> {
        let stored = state.directory().principal(self.principal);
        let mut secrets: Vec<ClientSecret> = stored.map(|principal| principal.secrets.clone()).unwrap_or_default();
        let mut changed = stored.is_none_or(|principal| {
            principal.enabled != self.enabled
                || principal.display_name != self.display_name
                || principal.application != Some(self.application)
                || principal.tenant != self.tenant
        });
        if let Some(secret) = &self.secret {
            let bytes = secret.expose().as_bytes();
            if !secrets.iter().any(|known| known.hash.verify(bytes)) {
                let hash = SecretHash::new(bytes, random).map_err(|_| ManagementError::Seal)?;
                // The file is the truth for the secret: a replaced one stops working.
                secrets = vec![ClientSecret { id: "declared".to_owned(), name: None, hash, expires: None }];
                changed = true;
            }
        }
        Ok(changed.then(|| Principal {
            id: self.principal,
            tenant: self.tenant,
            kind: PrincipalKind::ServicePrincipal,
            application: Some(self.application),
            display_name: self.display_name.clone(),
            enabled: self.enabled,
            groups: Vec::new(),
            secrets,
        }))
    }
}

impl DeclaredVault {
    /// The subscription and the resource group that the vault is in, where they are not there yet. A group that was
    /// removed comes back with the vault that it is for.
    fn places(&self, state: &ControlState) -> Vec<Record> {
        let mut records = Vec::new();
        if state.subscription(self.subscription).is_none() {
            records.push(Record::Subscription(StoredSubscription { id: self.subscription, tenant: self.tenant }));
        }
        if state.group(self.subscription, &self.group).is_none() {
            records.push(Record::ResourceGroup(StoredGroup {
                subscription: self.subscription,
                name: self.group.clone(),
                location: self.location.clone(),
                tags: std::collections::BTreeMap::new(),
            }));
        }
        records
    }

    fn change(&self, state: &ControlState) -> Result<Option<StoredVault>, ManagementError> {
        // Whoever deletes a declared vault is not undone by a restart; it stays deleted until it is recovered or purged.
        if state.deleted_vault(&self.name).is_some() {
            return Ok(None);
        }
        let Some(view) = state.vault(&self.name) else {
            return Ok(Some(StoredVault {
                id: VaultId::random(),
                subscription: self.subscription,
                group: self.group.clone(),
                name: self.name.clone(),
                location: self.location.clone(),
                tenant: self.tenant,
                network: self.network.clone().unwrap_or_default(),
                retention_days: self.retention_days,
                purge_protected: self.purge_protection,
                tags: std::collections::BTreeMap::new(),
                premium: false,
                private_endpoints: Vec::new(),
                written: None,
                deleted: None,
                permission_model: self.permission_model.unwrap_or_default(),
                access_policies: Vec::new(),
            }));
        };
        let stored = &view.stored;
        let fixed = |why: &str| {
            Err(ManagementError::Declaration { what: format!("vault `{}`", self.name), why: why.to_owned() })
        };
        if stored.path()
            != (portcullis_model::VaultPath {
                subscription: self.subscription,
                group: self.group.clone(),
                vault: self.name.clone(),
            })
        {
            return fixed("it exists in another subscription or resource group");
        }
        if stored.tenant != self.tenant {
            return fixed("it belongs to another tenant");
        }
        if stored.retention_days != self.retention_days {
            return fixed("the retention of a vault cannot be changed");
        }
        let wanted = StoredVault {
            network: self.network.clone().unwrap_or_else(|| stored.network.clone()),
            permission_model: self.permission_model.unwrap_or(stored.permission_model),
            // It may have been turned on through the management plane, and it cannot be turned off.
            purge_protected: stored.purge_protected || self.purge_protection,
            ..stored.clone()
        };
        Ok((wanted != *stored).then_some(wanted))
    }
}

impl DeclaredPrivateEndpoint {
    /// Makes the connection if it is not there, and anew if it is that of another endpoint. Says whether that changed
    /// anything.
    fn apply(&self, vault: &mut StoredVault) -> bool {
        let known = vault.private_endpoints.iter().position(|known| known.name == self.connection.name);
        match known.and_then(|at| vault.private_endpoints.get_mut(at)) {
            Some(known) if known.endpoint == self.connection.endpoint => return false,
            Some(known) => *known = self.connection.clone(),
            None => vault.private_endpoints.push(self.connection.clone()),
        }
        true
    }
}

impl DeclaredAccessPolicy {
    /// Makes the policy of this principal and application as declared. Says whether that changed anything.
    fn apply(&self, vault: &mut StoredVault) -> bool {
        let wanted = AccessPolicy {
            tenant: vault.tenant,
            object: self.principal,
            application: self.application,
            permissions: self.permissions.clone(),
        };
        let same = |policy: &AccessPolicy| policy.object == wanted.object && policy.application == wanted.application;
        if vault.access_policies.contains(&wanted) {
            return false;
        }
        vault.access_policies.retain(|policy| !same(policy));
        vault.access_policies.push(wanted);
        true
    }
}

impl DeclaredAssignment {
    fn change(&self, state: &ControlState) -> Result<Option<StoredAssignment>, ManagementError> {
        let Some(role) = roles::named(&self.role) else {
            return Err(ManagementError::Declaration {
                what: format!("the role assignment at `{}`", self.scope),
                why: format!("there is no role `{}`", self.role),
            });
        };
        let wanted = StoredAssignment::plain(self.id(role), self.scope.clone(), self.principal, role);
        Ok(state.same_assignment(&wanted).is_none().then_some(wanted))
    }

    /// The same declaration has the same id wherever it is applied.
    fn id(&self, role: RoleDefinitionId) -> RoleAssignmentId {
        let scope = self.scope.to_ascii_lowercase();
        let digest = sha256(&[self.principal.as_bytes(), role.as_bytes(), scope.as_bytes()].concat());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        // A GUID of version 8, made as its maker likes (RFC 9562, section 5.8).
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        RoleAssignmentId::from_bytes(bytes)
    }
}
