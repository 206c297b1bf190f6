//! Where a management request points: the tenant's root, a subscription, a resource group, a vault or an object.

use crate::{ObjectKind, ObjectName, Resource, ResourceGroupName, SubscriptionId, VaultName, VaultPath};

/// A place in the tree of resources. Whether something stands there is for the control state to say: requests that
/// create a resource name it before it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourcePath {
    /// Above all subscriptions: what providers and tenants answer.
    Root,
    /// A subscription.
    Subscription(SubscriptionId),
    /// A resource group.
    Group(SubscriptionId, ResourceGroupName),
    /// A vault.
    Vault(VaultPath),
    /// One object of a vault.
    Object(VaultPath, ObjectKind, ObjectName),
    /// A deleted vault, which stands under its location.
    DeletedVault(SubscriptionId, String, VaultName),
}

impl ResourcePath {
    /// The resource id as the reference spells it, in the spelling given. The root's is `/`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Root => "/".to_owned(),
            Self::Subscription(subscription) => format!("/subscriptions/{subscription}"),
            Self::Group(subscription, group) => format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            Self::Vault(vault) => vault.id(),
            Self::Object(vault, kind, name) => format!("{}/{}/{name}", vault.id(), kind.collection()),
            Self::DeletedVault(subscription, location, name) => format!(
                "/subscriptions/{subscription}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}"
            ),
        }
    }

    /// The resource at which a request for this place is authorised.
    #[must_use]
    pub fn resource(&self) -> Resource {
        Resource::at(&self.id())
    }

    /// The subscription that it is, or is in.
    #[must_use]
    pub const fn subscription(&self) -> Option<SubscriptionId> {
        match self {
            Self::Root => None,
            Self::Subscription(subscription)
            | Self::Group(subscription, _)
            | Self::Vault(VaultPath { subscription, .. })
            | Self::Object(VaultPath { subscription, .. }, ..)
            | Self::DeletedVault(subscription, ..) => Some(*subscription),
        }
    }

    /// The vault that it is, or is in.
    #[must_use]
    pub const fn vault(&self) -> Option<&VaultPath> {
        match self {
            Self::Vault(vault) | Self::Object(vault, ..) => Some(vault),
            Self::Root | Self::Subscription(_) | Self::Group(..) | Self::DeletedVault(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_covers_what_is_below_it() {
        let subscription = SubscriptionId::from_bytes([1; 16]);
        let group: ResourceGroupName = "Rg".parse().unwrap();
        let vault = VaultPath { subscription, group: group.clone(), vault: "dev".parse().unwrap() };
        let places = [
            ResourcePath::Root,
            ResourcePath::Subscription(subscription),
            ResourcePath::Group(subscription, group),
            ResourcePath::Vault(vault.clone()),
            ResourcePath::Object(vault, ObjectKind::Key, "K".parse().unwrap()),
        ];
        for (depth, place) in places.iter().enumerate() {
            for (other, scope) in places.iter().enumerate() {
                assert_eq!(place.resource().is_within(&scope.id()), other <= depth, "{place:?} {scope:?}");
            }
        }
    }
}
