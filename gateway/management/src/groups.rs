//! Subscriptions and resource groups.

use std::collections::BTreeMap;

use portcullis_model::management::{GroupDescription, ManagementOutcome};
use portcullis_model::{ResourceGroupName, ResourcePath, SubscriptionId};

use crate::plugins::MOST_PLUGINS_AT_SCOPE;
use crate::record::{Record, StoredGroup, group_key};
use crate::service::Change;
use crate::{ControlState, ManagementError};

/// As many as Azure has in a subscription. All of them are held in memory.
const MOST_GROUPS: usize = 980;

pub(crate) fn subscription_get(
    state: &ControlState,
    subscription: SubscriptionId,
) -> Result<ManagementOutcome, ManagementError> {
    let tenant = state.tenant_of(subscription).ok_or(ManagementError::SubscriptionNotFound { subscription })?;
    Ok(ManagementOutcome::Subscription(subscription, tenant))
}

pub(crate) fn group_list(state: &ControlState, subscription: SubscriptionId) -> ManagementOutcome {
    ManagementOutcome::Groups(state.groups(subscription).map(describe).collect())
}

pub(crate) fn group_get(
    state: &ControlState,
    subscription: SubscriptionId,
    name: &ResourceGroupName,
) -> Result<ManagementOutcome, ManagementError> {
    let group = state.group(subscription, name);
    let group = group.ok_or_else(|| ManagementError::ResourceGroupNotFound { group: name.clone() })?;
    Ok(ManagementOutcome::Group(describe(group), false))
}

pub(crate) fn group_put(
    state: &ControlState,
    subscription: SubscriptionId,
    name: &ResourceGroupName,
    location: &str,
    tags: &BTreeMap<String, String>,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    let stored = state.group(subscription, name);
    if stored.is_some_and(|stored| !stored.location.replace(' ', "").eq_ignore_ascii_case(location)) {
        let why = "the location of a resource group cannot be changed";
        return Err(ManagementError::PropertyCannotChange { property: "location", why });
    }
    if stored.is_none() && state.groups(subscription).count() >= MOST_GROUPS {
        return Err(ManagementError::ResourceGroupLimit { most: MOST_GROUPS });
    }
    let group = StoredGroup {
        subscription,
        name: stored.map_or_else(|| name.clone(), |stored| stored.name.clone()),
        location: stored.map_or_else(|| location.to_owned(), |stored| stored.location.clone()),
        tags: tags.clone(),
    };
    let outcome = ManagementOutcome::Group(describe(&group), stored.is_none());
    let puts = if stored == Some(&group) { Vec::new() } else { vec![Record::ResourceGroup(group)] };
    Ok((Change { puts, deletes: Vec::new() }, outcome))
}

/// Removes a group. One that holds vaults, deleted ones among them, is left: they would be nowhere.
pub(crate) fn group_delete(
    state: &ControlState,
    subscription: SubscriptionId,
    name: &ResourceGroupName,
) -> Result<(Change, ManagementOutcome), ManagementError> {
    if state.group(subscription, name).is_none() {
        return Ok((Change::none(), ManagementOutcome::Removed(false)));
    }
    let holds = state.vaults().chain(state.deleted_vaults()).any(|view| {
        let at = &view.facts.path;
        at.subscription == subscription && at.group.as_str().eq_ignore_ascii_case(name.as_str())
    });
    if holds {
        return Err(ManagementError::ResourceGroupNotEmpty { group: name.clone() });
    }
    // What is left of the plugins that were installed here would come back with a group of the same name.
    let resource = ResourcePath::Group(subscription, name.clone()).resource();
    let plugins = state.plugins_within(&resource).take(MOST_PLUGINS_AT_SCOPE).map(str::to_owned);
    let deletes = std::iter::once(group_key(subscription, name)).chain(plugins).map(String::into_bytes).collect();
    Ok((Change { puts: Vec::new(), deletes }, ManagementOutcome::Removed(true)))
}

fn describe(group: &StoredGroup) -> GroupDescription {
    GroupDescription {
        subscription: group.subscription,
        name: group.name.clone(),
        location: group.location.clone(),
        tags: group.tags.clone(),
    }
}
