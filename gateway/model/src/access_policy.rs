//! Access policies: the older of the two permission models (behaviour, section 4.2).

use std::str::FromStr;

use crate::{ApplicationId, PrincipalId, TenantId};

/// The greatest number of access policies of a vault.
pub const MAX_ACCESS_POLICIES: usize = 1024;

/// What decides who may use the objects of a vault. Exactly one of the two does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum PermissionModel {
    /// Role assignments (`enableRbacAuthorization` is true).
    #[default]
    RoleBased,
    /// The vault's access policies.
    AccessPolicies,
}

/// Whom an access policy permits what.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccessPolicy {
    /// The tenant of the principal: the vault's, or the policy does not count.
    pub tenant: TenantId,
    /// The object id of a user, a service principal or a group.
    pub object: PrincipalId,
    /// The application through which a user must act; absent for everybody else.
    pub application: Option<ApplicationId>,
    /// What is permitted.
    pub permissions: AccessPolicyPermissions,
}

impl AccessPolicy {
    /// Whether both are for the same: a vault has one entry for a tenant, an object and an application.
    #[must_use]
    pub fn is_for_the_same_as(&self, other: &Self) -> bool {
        self.tenant == other.tenant && self.object == other.object && self.application == other.application
    }
}

/// How entries are taken into the access policies of a vault, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessPolicyChange {
    /// The permissions of an entry are added to those that the same has.
    Add,
    /// An entry takes the place of that for the same.
    Replace,
    /// The permissions of an entry are taken from those that the same has; what permits nothing any more goes.
    Remove,
}

impl AccessPolicyChange {
    /// The access policies after the change.
    #[must_use]
    pub fn apply(self, entries: &[AccessPolicy], to: &[AccessPolicy]) -> Vec<AccessPolicy> {
        let mut policies = to.to_vec();
        for entry in entries {
            let stands = policies.iter().position(|policy| policy.is_for_the_same_as(entry));
            match (self, stands.and_then(|at| policies.get_mut(at))) {
                (Self::Add, Some(policy)) => policy.permissions.add(&entry.permissions),
                (Self::Replace, Some(policy)) => policy.permissions = entry.permissions.clone(),
                (Self::Add | Self::Replace, None) => policies.push(entry.clone()),
                (Self::Remove, Some(policy)) => {
                    policy.permissions.take(&entry.permissions);
                    policies.retain(|policy| !(policy.is_for_the_same_as(entry) && policy.permissions.is_empty()));
                }
                (Self::Remove, None) => {}
            }
        }
        policies
    }
}

/// Says that a text is none of the three changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("access policies are changed by `add`, `replace` or `remove`")]
pub struct ParseChangeError;

impl FromStr for AccessPolicyChange {
    type Err = ParseChangeError;

    fn from_str(text: &str) -> Result<Self, ParseChangeError> {
        let known = [("add", Self::Add), ("replace", Self::Replace), ("remove", Self::Remove)];
        let found = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, change)| change).ok_or(ParseChangeError)
    }
}

/// Permissions of an access policy, each a known name in its known spelling and each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AccessPolicyPermissions {
    /// Of keys.
    pub keys: Vec<String>,
    /// Of secrets.
    pub secrets: Vec<String>,
    /// Of certificates.
    pub certificates: Vec<String>,
    /// Of managed storage accounts, which are kept and told and permit nothing.
    pub storage: Vec<String>,
}

/// What permissions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PermissionCategory {
    /// Keys.
    Keys,
    /// Secrets.
    Secrets,
    /// Certificates.
    Certificates,
    /// Managed storage accounts.
    Storage,
}

impl PermissionCategory {
    /// All categories.
    pub const ALL: &'static [Self] = &[Self::Keys, Self::Secrets, Self::Certificates, Self::Storage];

    /// The category's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Secrets => "secrets",
            Self::Certificates => "certificates",
            Self::Storage => "storage",
        }
    }

    /// The permissions that there are, `all` among them.
    #[must_use]
    pub const fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Keys => &[
                "all",
                "encrypt",
                "decrypt",
                "wrapKey",
                "unwrapKey",
                "sign",
                "verify",
                "get",
                "list",
                "create",
                "update",
                "import",
                "delete",
                "backup",
                "restore",
                "recover",
                "purge",
                "release",
                "rotate",
                "getrotationpolicy",
                "setrotationpolicy",
            ],
            Self::Secrets => &["all", "get", "list", "set", "delete", "backup", "restore", "recover", "purge"],
            Self::Certificates => &[
                "all",
                "get",
                "list",
                "delete",
                "create",
                "import",
                "update",
                "managecontacts",
                "getissuers",
                "listissuers",
                "setissuers",
                "deleteissuers",
                "manageissuers",
                "recover",
                "purge",
                "backup",
                "restore",
            ],
            Self::Storage => &[
                "all",
                "get",
                "list",
                "delete",
                "set",
                "update",
                "regeneratekey",
                "recover",
                "purge",
                "backup",
                "restore",
                "setsas",
                "listsas",
                "getsas",
                "deletesas",
            ],
        }
    }

    /// The known spelling of a permission, which compares without case.
    #[must_use]
    pub fn known(self, text: &str) -> Option<&'static str> {
        self.permissions().iter().copied().find(|known| known.eq_ignore_ascii_case(text))
    }
}

impl AccessPolicyPermissions {
    /// The permissions of a category.
    #[must_use]
    pub fn of(&self, category: PermissionCategory) -> &[String] {
        match category {
            PermissionCategory::Keys => &self.keys,
            PermissionCategory::Secrets => &self.secrets,
            PermissionCategory::Certificates => &self.certificates,
            PermissionCategory::Storage => &self.storage,
        }
    }

    /// The permissions of a category, to be changed.
    pub const fn of_mut(&mut self, category: PermissionCategory) -> &mut Vec<String> {
        match category {
            PermissionCategory::Keys => &mut self.keys,
            PermissionCategory::Secrets => &mut self.secrets,
            PermissionCategory::Certificates => &mut self.certificates,
            PermissionCategory::Storage => &mut self.storage,
        }
    }

    /// Whether nothing is permitted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        PermissionCategory::ALL.iter().all(|category| self.of(*category).is_empty())
    }

    /// Adds permissions that are not there yet.
    pub fn add(&mut self, other: &Self) {
        for category in PermissionCategory::ALL {
            for name in other.of(*category) {
                if !self.of(*category).contains(name) {
                    self.of_mut(*category).push(name.clone());
                }
            }
        }
    }

    /// Takes permissions away. What `all` or `manageissuers` stands for is written out before a part of it is taken, so
    /// that the part is really gone; taking one of the two away takes all that it stands for, and `all` takes `purge`
    /// along: whoever takes everything away expects that nothing is left.
    pub fn take(&mut self, other: &Self) {
        for category in PermissionCategory::ALL {
            let taken = other.of(*category);
            let takes = |name: &str| taken.iter().any(|taken| taken.eq_ignore_ascii_case(name));
            if taken.is_empty() {
                continue;
            }
            if takes("all") {
                self.of_mut(*category).clear();
                continue;
            }
            let issuers = *category == PermissionCategory::Certificates;
            let held: Vec<&'static str> = self.held(*category).collect();
            let stays = |name: &&str| {
                let by_managing = issuers && takes("manageissuers") && ISSUERS.contains(name);
                !takes(name) && !by_managing
            };
            let left: Vec<String> = held.iter().copied().filter(stays).map(str::to_owned).collect();
            // Nothing was taken of what was held, so it stays as it was given.
            if left.len() < held.len() {
                let part = issuers && ISSUERS.iter().any(|name| takes(name));
                *self.of_mut(*category) = left.into_iter().filter(|name| !(part && name == "manageissuers")).collect();
            }
        }
    }

    /// The permissions of a category with those that `all` and `manageissuers` stand for, without `all`.
    fn held(&self, category: PermissionCategory) -> impl Iterator<Item = &'static str> {
        let given = move |name: &str| self.of(category).iter().any(|given| given.eq_ignore_ascii_case(name));
        category.permissions().iter().copied().filter(|known| *known != "all").filter(move |known| {
            let managed = category == PermissionCategory::Certificates && ISSUERS.contains(known);
            given(known) || (given("all") && *known != "purge") || (managed && given("manageissuers"))
        })
    }

    /// What is permitted in the end, as `secrets/get` in lower case. `all` is every permission of its category but
    /// `purge`, which must be given by name; `manageissuers` is all that can be done with issuers.
    #[must_use]
    pub fn effective(&self) -> Vec<String> {
        let of = |category: &PermissionCategory| {
            let name = category.name();
            self.held(*category).map(move |known| format!("{name}/{}", known.to_ascii_lowercase()))
        };
        PermissionCategory::ALL.iter().flat_map(of).collect()
    }
}

/// What `manageissuers` stands for.
const ISSUERS: [&str; 4] = ["getissuers", "listissuers", "setissuers", "deleteissuers"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operation;

    fn effective(category: PermissionCategory, names: &[&str]) -> Vec<String> {
        let mut permissions = AccessPolicyPermissions::default();
        *permissions.of_mut(category) = names.iter().map(ToString::to_string).collect();
        permissions.effective()
    }

    #[test]
    fn every_permission_that_an_operation_needs_can_be_given() {
        for needed in Operation::ALL.iter().filter_map(|operation| operation.row().access_policy) {
            let category = PermissionCategory::ALL.iter().find(|category| category.name() == needed.category).unwrap();
            assert_eq!(category.known(needed.name), Some(needed.name), "{needed}");
            assert_eq!(effective(*category, &[needed.name])[0], needed.to_string().to_lowercase());
        }
    }

    #[test]
    fn all_is_everything_but_purge() {
        for category in PermissionCategory::ALL {
            let all = effective(*category, &["All"]);
            assert_eq!(all.len() + 2, category.permissions().len(), "{all:?}");
            assert!(all.iter().all(|name| !name.ends_with("/purge")));
            assert!(effective(*category, &["all", "purge"]).contains(&format!("{}/purge", category.name())));
        }
    }

    fn permissions(category: PermissionCategory, names: &[&str]) -> AccessPolicyPermissions {
        let mut permissions = AccessPolicyPermissions::default();
        *permissions.of_mut(category) = names.iter().map(ToString::to_string).collect();
        permissions
    }

    fn policy(object: u8, names: &[&str]) -> AccessPolicy {
        AccessPolicy {
            tenant: TenantId::from_bytes([1; 16]),
            object: PrincipalId::from_bytes([object; 16]),
            application: None,
            permissions: permissions(PermissionCategory::Secrets, names),
        }
    }

    #[test]
    fn entries_are_added_replaced_and_removed_each_by_itself() {
        use AccessPolicyChange::{Add, Remove, Replace};
        let stored = [policy(1, &["get"]), policy(2, &["get", "list"])];
        assert_eq!(
            Add.apply(&[policy(2, &["list", "set"])], &stored),
            [policy(1, &["get"]), policy(2, &["get", "list", "set"])]
        );
        assert_eq!(Add.apply(&[policy(3, &["get"])], &stored).len(), 3);
        assert_eq!(Replace.apply(&[policy(2, &["set"])], &stored), [policy(1, &["get"]), policy(2, &["set"])]);
        assert_eq!(
            Remove.apply(&[policy(1, &["get", "set"]), policy(9, &["get"])], &stored),
            [policy(2, &["get", "list"])]
        );
        let compound = AccessPolicy { application: Some(ApplicationId::from_bytes([7; 16])), ..policy(1, &["get"]) };
        assert_eq!(Remove.apply(&[compound], &stored), stored, "another application is another entry");
    }

    #[test]
    fn what_is_taken_from_all_is_gone() {
        let taken = |category, held: &[&str], taken: &[&str]| {
            let mut left = permissions(category, held);
            left.take(&permissions(category, taken));
            left
        };
        let secrets = PermissionCategory::Secrets;
        let left = taken(secrets, &["all", "purge"], &["get"]).effective();
        assert!(!left.contains(&"secrets/get".to_owned()) && left.contains(&"secrets/purge".to_owned()), "{left:?}");
        assert_eq!(left.len(), 7);
        assert!(taken(secrets, &["all", "purge"], &["all"]).is_empty());
        assert_eq!(taken(secrets, &["all"], &["purge"]), permissions(secrets, &["all"]), "purge is none of all");
        let certificates = PermissionCategory::Certificates;
        let left = taken(certificates, &["get", "manageissuers"], &["setissuers"]).effective();
        assert_eq!(
            left,
            ["certificates/get", "certificates/getissuers", "certificates/listissuers", "certificates/deleteissuers"]
        );
        assert_eq!(
            taken(certificates, &["all"], &["manageissuers"])
                .effective()
                .iter()
                .filter(|name| name.contains("issuers"))
                .count(),
            0
        );
    }

    #[test]
    fn managing_issuers_is_all_that_can_be_done_with_them() {
        let managed = effective(PermissionCategory::Certificates, &["manageissuers"]);
        assert_eq!(managed.len(), 5, "{managed:?}");
        assert!(managed.iter().all(|name| name.contains("issuers")));
    }
}
