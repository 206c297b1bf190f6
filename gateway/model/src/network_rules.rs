//! A vault's network rules (behaviour of `properties.publicNetworkAccess` and `properties.networkAcls`).

use ipnet::IpNet;

use crate::SubnetId;

/// The greatest number of IP rules of a vault.
pub const MAX_IP_RULES: usize = 1000;
/// The greatest number of virtual-network rules of a vault.
pub const MAX_SUBNET_RULES: usize = 200;

/// Whether a vault can be reached other than through private endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum PublicNetworkAccess {
    /// It can; the network rules decide.
    Enabled,
    /// It cannot; the network rules are kept but not consulted.
    Disabled,
}

/// What happens to an address that no rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DefaultAction {
    /// It may come in.
    Allow,
    /// It may not.
    Deny,
}

/// Which callers skip the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Bypass {
    /// Trusted services, as the server's configuration lists them.
    AzureServices,
    /// Nobody.
    None,
}

/// The rule set (`networkAcls`).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NetworkAcls {
    /// Which callers skip the rules.
    pub bypass: Bypass,
    /// What happens to an address that no rule names.
    pub default_action: DefaultAction,
    /// Addresses that may come in, at most [`MAX_IP_RULES`].
    pub ip_rules: Vec<IpNet>,
    /// Subnets that may come in, at most [`MAX_SUBNET_RULES`].
    pub subnet_rules: Vec<SubnetId>,
}

/// From where a vault may be used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NetworkRules {
    /// Whether it can be reached other than through private endpoints.
    pub public_network_access: PublicNetworkAccess,
    /// The rule set; absent means that all networks may come in.
    pub acls: Option<NetworkAcls>,
}

impl NetworkRules {
    /// Reachable, without rules: as the reference makes a vault. Authentication and authorisation still apply.
    pub const OPEN: Self = Self { public_network_access: PublicNetworkAccess::Enabled, acls: None };
}

impl Default for NetworkRules {
    fn default() -> Self {
        Self::OPEN
    }
}

/// A change of network rules: members that are absent stay as they are; the rule set is replaced as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkRuleChanges {
    /// The new `publicNetworkAccess`.
    pub public_network_access: Option<PublicNetworkAccess>,
    /// The new rule set.
    pub acls: Option<NetworkAcls>,
}

impl NetworkRuleChanges {
    /// The rules after the change.
    #[must_use]
    pub fn apply(self, to: NetworkRules) -> NetworkRules {
        NetworkRules {
            public_network_access: self.public_network_access.unwrap_or(to.public_network_access),
            acls: self.acls.or(to.acls),
        }
    }
}
