//! Vaults are made, changed, deleted, brought back and removed: state and arguments in, change and outcome out.

use portcullis_model::management::{
    DeletedVaultDescription, ManagementOutcome, NameCheck, VaultChanges, VaultDescription, VaultWanted,
};
use portcullis_model::{
    AccessPolicy, AccessPolicyChange, MAX_ACCESS_POLICIES, ResourcePath, SubscriptionId, TenantId, UnixTime, VaultId,
    VaultName, VaultPath,
};

use crate::access::Writer;
use crate::execute::find;
use crate::lock_out::{self, Place};
use crate::plugins::MOST_PLUGINS_AT_SCOPE;
use crate::record::{Record, StoredDeletion, StoredVault, vault_key};
use crate::service::Change;
use crate::{ControlState, ManagementError, VaultView};

const DAY: i64 = 86_400;
/// For how many days deleted things are kept where nothing else is said.
const DEFAULT_RETENTION: u8 = 90;

type Done = Result<(Change, ManagementOutcome), ManagementError>;

/// Refuses a write that rests on another state of the vault than the present one.
pub(crate) fn check_etag(stored: &StoredVault, if_match: Option<&str>) -> Result<(), ManagementError> {
    match if_match {
        Some(expected) if expected != stored.etag() => Err(ManagementError::PreconditionFailed),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn vault_put(
    state: &ControlState,
    path: &VaultPath,
    wanted: &VaultWanted,
    if_match: Option<&str>,
    (writer, place): (Writer, Place<'_>),
) -> Done {
    if let Some(view) = state.vault(&path.vault) {
        if state.vault_at(&ResourcePath::Vault(path.clone())).is_none() {
            return Err(ManagementError::VaultAlreadyExists { vault: path.vault.clone() });
        }
        check_etag(&view.stored, if_match)?;
        return put_existing(state, view, wanted, (writer, place));
    }
    // A state that is gone is not the state that the caller saw.
    if if_match.is_some() {
        return Err(ManagementError::PreconditionFailed);
    }
    if let Some(view) = state.deleted_vault(&path.vault) {
        return if wanted.recover { recover(state, view, path, wanted, writer) } else { Err(deleted(path)) };
    }
    if wanted.recover {
        return Err(ManagementError::DeletedVaultNotFound { vault: path.vault.clone() });
    }
    create(state, path, wanted, (writer, place))
}

fn deleted(path: &VaultPath) -> ManagementError {
    ManagementError::VaultIsDeleted { vault: path.vault.clone() }
}

fn create(state: &ControlState, path: &VaultPath, wanted: &VaultWanted, (writer, place): (Writer, Place<'_>)) -> Done {
    let tenant = state.tenant_of(path.subscription);
    let tenant = tenant.ok_or(ManagementError::SubscriptionNotFound { subscription: path.subscription })?;
    if tenant != wanted.tenant {
        return Err(fixed("properties.tenantId", "it is not the tenant of the subscription"));
    }
    let group = state.group(path.subscription, &path.group);
    let group = group.ok_or_else(|| ManagementError::ResourceGroupNotFound { group: path.group.clone() })?;
    let changes = &wanted.changes;
    let access_policies = changes.access_policies.clone().unwrap_or_default();
    check_policies(&access_policies, tenant)?;
    let stored = StoredVault {
        id: VaultId::random(),
        subscription: path.subscription,
        group: group.name.clone(),
        name: path.vault.clone(),
        location: wanted.location.clone(),
        tenant,
        network: changes.network.clone().apply(portcullis_model::NetworkRules::default()),
        retention_days: wanted.retention_days.unwrap_or(DEFAULT_RETENTION),
        purge_protected: changes.purge_protection.unwrap_or(false),
        tags: changes.tags.clone().unwrap_or_default(),
        premium: wanted.premium,
        private_endpoints: Vec::new(),
        written: None,
        deleted: None,
        permission_model: changes.permission_model.unwrap_or(wanted.new_model),
        access_policies,
    };
    let warning = lock_out::warn_of_new(&stored.network, place);
    let (change, described) = mark(state, stored, writer);
    Ok((change, ManagementOutcome::VaultWritten(described, warning)))
}

/// Writes a vault, noting by whom.
fn mark(state: &ControlState, stored: StoredVault, writer: Writer) -> (Change, VaultDescription) {
    let stored = StoredVault { written: Some(writer.mark(stored.written)), ..stored };
    let described = VaultView::new(stored.clone()).describe(state.directory());
    (Change { puts: vec![Record::Vault(Box::new(stored))], deletes: Vec::new() }, described)
}

/// Writes a vault that differs from what is stored; what does not leaves everything as it is.
pub(crate) fn put_changed(
    state: &ControlState,
    view: &VaultView,
    changed: StoredVault,
    writer: Writer,
) -> (Change, VaultDescription) {
    if changed == view.stored {
        return (Change::none(), view.describe(state.directory()));
    }
    mark(state, changed, writer)
}

/// The vault after a change of what `PUT` and `PATCH` have in common.
fn changed(stored: &StoredVault, changes: &VaultChanges) -> Result<StoredVault, ManagementError> {
    if stored.purge_protected && changes.purge_protection == Some(false) {
        return Err(ManagementError::PurgeProtectionIsIrreversible);
    }
    if let Some(policies) = &changes.access_policies {
        check_policies(policies, stored.tenant)?;
    }
    Ok(StoredVault {
        network: changes.network.clone().apply(stored.network.clone()),
        purge_protected: changes.purge_protection.unwrap_or(stored.purge_protected),
        tags: changes.tags.clone().unwrap_or_else(|| stored.tags.clone()),
        permission_model: changes.permission_model.unwrap_or(stored.permission_model),
        access_policies: changes.access_policies.clone().unwrap_or_else(|| stored.access_policies.clone()),
        ..stored.clone()
    })
}

/// Access policies are for the vault's tenant; one for another would never count, and its writer would believe it did.
fn check_policies(policies: &[AccessPolicy], tenant: TenantId) -> Result<(), ManagementError> {
    match policies.iter().position(|policy| policy.tenant != tenant) {
        Some(at) => Err(ManagementError::AccessPolicyTenant { at }),
        None if policies.len() > MAX_ACCESS_POLICIES => {
            Err(ManagementError::AccessPolicyLimit { most: MAX_ACCESS_POLICIES })
        }
        None => Ok(()),
    }
}

pub(crate) fn vault_patch(
    state: &ControlState,
    path: &VaultPath,
    changes: &VaultChanges,
    if_match: Option<&str>,
    (writer, place): (Writer, Place<'_>),
) -> Done {
    let view = find(state, path)?;
    check_etag(&view.stored, if_match)?;
    let changed = changed(&view.stored, changes)?;
    let warning = lock_out::check(&view.stored.network, &changed.network, place)?;
    let (change, described) = put_changed(state, view, changed, writer);
    Ok((change, ManagementOutcome::VaultWritten(described, warning)))
}

/// Takes entries into the access policies, each by itself: those of others stay as they are.
pub(crate) fn access_policies_change(
    state: &ControlState,
    path: &VaultPath,
    (how, entries): (AccessPolicyChange, &[AccessPolicy]),
    if_match: Option<&str>,
    writer: Writer,
) -> Done {
    let view = find(state, path)?;
    let stored = &view.stored;
    check_etag(stored, if_match)?;
    check_policies(entries, stored.tenant)?;
    let access_policies = how.apply(entries, &stored.access_policies);
    check_policies(&access_policies, stored.tenant)?;
    let (change, described) = put_changed(state, view, StoredVault { access_policies, ..stored.clone() }, writer);
    Ok((change, ManagementOutcome::AccessPolicies(described)))
}

fn put_existing(
    state: &ControlState,
    view: &VaultView,
    wanted: &VaultWanted,
    (writer, place): (Writer, Place<'_>),
) -> Done {
    let stored = &view.stored;
    if wanted.recover {
        return Err(fixed("properties.createMode", "the vault is not deleted"));
    }
    if wanted.tenant != stored.tenant {
        return Err(fixed("properties.tenantId", "the tenant of a vault cannot be changed"));
    }
    if !same_location(&wanted.location, &stored.location) {
        return Err(fixed("location", "the location of a vault cannot be changed"));
    }
    if wanted.retention_days.is_some_and(|days| days != stored.retention_days) {
        let property = "properties.softDeleteRetentionInDays";
        return Err(fixed(property, "it was fixed when the vault was made"));
    }
    let changed = StoredVault {
        tags: wanted.changes.tags.clone().unwrap_or_default(),
        premium: wanted.premium,
        ..changed(stored, &wanted.changes)?
    };
    let warning = lock_out::check(&stored.network, &changed.network, place)?;
    let (change, described) = put_changed(state, view, changed, writer);
    Ok((change, ManagementOutcome::VaultWritten(described, warning)))
}

/// Restores every property from before the deletion; what else the body says is not looked at.
fn recover(state: &ControlState, view: &VaultView, path: &VaultPath, wanted: &VaultWanted, writer: Writer) -> Done {
    let stored = &view.stored;
    let at = &view.facts.path;
    if at.subscription != path.subscription {
        return Err(ManagementError::DeletedVaultNotFound { vault: path.vault.clone() });
    }
    if !at.group.as_str().eq_ignore_ascii_case(path.group.as_str())
        || !same_location(&wanted.location, &stored.location)
    {
        return Err(fixed("location", "a vault is recovered in the resource group and the location in which it was"));
    }
    let (change, described) = mark(state, StoredVault { deleted: None, ..stored.clone() }, writer);
    Ok((change, ManagementOutcome::VaultWritten(described, None)))
}

fn same_location(a: &str, b: &str) -> bool {
    a.replace(' ', "").eq_ignore_ascii_case(&b.replace(' ', ""))
}

fn fixed(property: &'static str, why: &'static str) -> ManagementError {
    ManagementError::PropertyCannotChange { property, why }
}

/// Deletes a vault, which keeps its properties, its policies and its objects; its name stays taken.
pub(crate) fn vault_delete(state: &ControlState, path: &VaultPath, if_match: Option<&str>, now: UnixTime) -> Done {
    let Some(view) = state.vault_at(&ResourcePath::Vault(path.clone())) else {
        return Ok((Change::none(), ManagementOutcome::Removed(false)));
    };
    check_etag(&view.stored, if_match)?;
    let purge = now.plus(i64::from(view.stored.retention_days) * DAY);
    // As roles, connections do not come back with the vault.
    let private_endpoints = crate::private_endpoints::disconnected(&view.stored);
    let deleted = Some(StoredDeletion { at: now, purge });
    let stored = StoredVault { deleted, private_endpoints, ..view.stored.clone() };
    let change = Change { puts: vec![Record::Vault(Box::new(stored))], deletes: Vec::new() };
    Ok((change, ManagementOutcome::Removed(true)))
}

pub(crate) fn vault_list(state: &ControlState, within: &ResourcePath) -> Vec<VaultDescription> {
    let resource = within.resource();
    let inside = state.vaults().filter(|view| view.facts.resource.is_within(resource.id()));
    let mut vaults: Vec<VaultDescription> = inside.map(|view| view.describe(state.directory())).collect();
    vaults.sort_by(|a, b| a.path.vault.cmp(&b.path.vault));
    vaults
}

pub(crate) fn name_check(state: &ControlState, name: &str) -> NameCheck {
    match name.parse::<VaultName>() {
        Err(_) => NameCheck::Invalid,
        Ok(name) if state.vault(&name).is_some() || state.deleted_vault(&name).is_some() => NameCheck::Taken,
        Ok(_) => NameCheck::Free,
    }
}

fn find_deleted<'a>(
    state: &'a ControlState,
    subscription: SubscriptionId,
    location: &str,
    name: &VaultName,
) -> Result<(&'a VaultView, StoredDeletion), ManagementError> {
    let found = state
        .deleted_vault(name)
        .filter(|view| view.facts.path.subscription == subscription && same_location(&view.facts.location, location));
    let found = found.and_then(|view| Some((view.as_ref(), view.stored.deleted?)));
    found.ok_or_else(|| ManagementError::DeletedVaultNotFound { vault: name.clone() })
}

pub(crate) fn deleted_get(
    state: &ControlState,
    subscription: SubscriptionId,
    location: &str,
    name: &VaultName,
) -> Result<DeletedVaultDescription, ManagementError> {
    find_deleted(state, subscription, location, name).map(|(view, deletion)| describe_deleted(view, deletion))
}

pub(crate) fn deleted_list(state: &ControlState, subscription: SubscriptionId) -> Vec<DeletedVaultDescription> {
    let inside = state.deleted_vaults().filter(|view| view.facts.path.subscription == subscription);
    let described = inside.filter_map(|view| Some(describe_deleted(view, view.stored.deleted?)));
    let mut vaults: Vec<DeletedVaultDescription> = described.collect();
    vaults.sort_by(|a, b| a.path.vault.cmp(&b.path.vault));
    vaults
}

fn describe_deleted(view: &VaultView, deletion: StoredDeletion) -> DeletedVaultDescription {
    DeletedVaultDescription {
        path: view.facts.path.clone(),
        location: view.facts.location.clone(),
        deleted: deletion.at,
        scheduled_purge: deletion.purge,
        purge_protected: view.facts.recovery.purge_protected,
        tags: view.stored.tags.clone(),
    }
}

/// Removes a deleted vault. Its objects are erased afterwards; the record of that is written with the removal, so that
/// nothing is left behind whatever happens in between.
pub(crate) fn deleted_purge(
    state: &ControlState,
    subscription: SubscriptionId,
    location: &str,
    name: &VaultName,
) -> Done {
    let (view, _) = find_deleted(state, subscription, location, name)?;
    if view.stored.purge_protected {
        return Err(ManagementError::PurgeProtected { vault: name.clone() });
    }
    Ok((remove(state, view), ManagementOutcome::Removed(true)))
}

fn remove(state: &ControlState, view: &VaultView) -> Change {
    let plugins = state.plugins_within(&view.facts.resource).take(MOST_PLUGINS_AT_SCOPE);
    let deletes = std::iter::once(vault_key(&view.facts.path.vault)).chain(plugins.map(str::to_owned));
    Change { puts: vec![Record::Erasure(view.facts.id)], deletes: deletes.map(String::into_bytes).collect() }
}

/// Removes a deleted vault whose time is over, if there is one: its deny assignments first, at most so many at once.
pub(crate) fn purge_due(state: &ControlState, now: UnixTime, most: usize) -> Change {
    let due = |view: &&std::sync::Arc<VaultView>| view.stored.deleted.is_some_and(|deletion| deletion.purge <= now);
    state.deleted_vaults().find(due).map_or_else(Change::none, |view| {
        let deletes = denies_of_deleted(state, &view.facts.path.vault, most);
        if deletes.is_empty() { remove(state, view) } else { Change { puts: Vec::new(), deletes } }
    })
}

/// The keys of deny assignments at a deleted vault and below it, at most so many.
pub(crate) fn denies_of_deleted(state: &ControlState, name: &VaultName, most: usize) -> Vec<Vec<u8>> {
    let view = state.deleted_vault(name);
    view.map(|view| state.denies_within(&view.facts.resource).take(most).collect()).unwrap_or_default()
}
