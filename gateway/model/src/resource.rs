//! What an operation acts on, as a resource id.

use crate::{ObjectKind, ObjectName, ResourceGroupName, SubscriptionId, VaultName};

/// Where a vault stands among the resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultPath {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The resource group.
    pub group: ResourceGroupName,
    /// The vault.
    pub vault: VaultName,
}

impl VaultPath {
    /// The vault's resource id as the reference spells it.
    #[must_use]
    pub fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}",
            self.subscription, self.group, self.vault
        )
    }
}

/// The resource at which an operation is authorised: a subscription, a resource group, a vault, or one object of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    id: Box<str>,
}

impl Resource {
    /// The vault itself.
    #[must_use]
    pub fn vault(path: &VaultPath) -> Self {
        Self { id: path.id().to_ascii_lowercase().into() }
    }

    /// What stands at a resource id. The root's is `/`.
    #[must_use]
    pub fn at(id: &str) -> Self {
        Self { id: id.to_ascii_lowercase().into() }
    }

    /// One object of a vault, given the vault's resource.
    #[must_use]
    pub fn object(vault: &Self, kind: ObjectKind, name: &ObjectName) -> Self {
        Self { id: format!("{}/{}/{}", vault.id, kind.collection(), name.folded()).into() }
    }

    /// The resource id in lower case.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether a scope covers this resource: it is the resource's id or a prefix of it that ends at a segment
    /// border, compared without case.
    #[must_use]
    pub fn is_within(&self, scope: &str) -> bool {
        let scope = scope.strip_suffix('/').unwrap_or(scope);
        let (Some(head), tail) = (self.id.get(..scope.len()), self.id.get(scope.len()..).unwrap_or("")) else {
            return false;
        };
        head.eq_ignore_ascii_case(scope) && (tail.is_empty() || tail.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource() -> Resource {
        let vault = Resource::vault(&VaultPath {
            subscription: "11111111-1111-1111-1111-111111111111".parse().unwrap(),
            group: "Rg".parse().unwrap(),
            vault: "dev".parse().unwrap(),
        });
        Resource::object(&vault, ObjectKind::Secret, &"Db".parse().unwrap())
    }

    #[test]
    fn a_scope_covers_whole_segments_only() {
        let id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/dev";
        for covering in
            ["/", "", id, &id.to_uppercase(), &format!("{id}/secrets"), &format!("{id}/secrets/DB"), &format!("{id}/")]
        {
            assert!(resource().is_within(covering), "{covering}");
        }
        for other in [
            &format!("{id}2"),
            &id[..id.len() - 1],
            &format!("{id}/secrets/D"),
            &format!("{id}/secrets/db/x"),
            &format!("{id}/keys"),
        ] {
            assert!(!resource().is_within(other), "{other}");
        }
    }
}
