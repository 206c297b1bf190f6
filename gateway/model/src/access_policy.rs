//! Access policies: the older of the two permission models (behaviour, section 4.2).

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

    /// What is permitted in the end, as `secrets/get` in lower case. `all` is every permission of its category but
    /// `purge`, which must be given by name; `manageissuers` is all that can be done with issuers.
    #[must_use]
    pub fn effective(&self) -> Vec<String> {
        const ISSUERS: [&str; 4] = ["getissuers", "listissuers", "setissuers", "deleteissuers"];
        let mut effective = Vec::new();
        for category in PermissionCategory::ALL {
            let given = |name: &str| self.of(*category).iter().any(|given| given.eq_ignore_ascii_case(name));
            for known in category.permissions().iter().filter(|known| **known != "all") {
                let implied = (given("all") && *known != "purge")
                    || (*category == PermissionCategory::Certificates
                        && ISSUERS.contains(known)
                        && given("manageissuers"));
                if implied || given(known) {
                    effective.push(format!("{}/{}", category.name(), known.to_ascii_lowercase()));
                }
            }
        }
        effective
    }
}

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

    #[test]
    fn managing_issuers_is_all_that_can_be_done_with_them() {
        let managed = effective(PermissionCategory::Certificates, &["manageissuers"]);
        assert_eq!(managed.len(), 5, "{managed:?}");
        assert!(managed.iter().all(|name| name.contains("issuers")));
    }
}
