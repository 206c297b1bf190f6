//! `[[vault]]`: the vaults and from where they may be used.

use portcullis_management::DeclaredVault;
use portcullis_model::{
    Bypass, DefaultAction, MAX_IP_RULES, MAX_SUBNET_RULES, NetworkAcls, NetworkRules, PermissionModel,
    PublicNetworkAccess, VaultName, VaultPath,
};

use super::super::reader::{Noted, Reader, Unique, Value};
use super::declaration::{Declared, GUID};

/// Reads `[[vault]]`.
pub(super) fn vaults(root: &mut Reader<'_>, declared: &mut Declared<'_>) -> Result<Vec<DeclaredVault>, Noted> {
    let mut names = Unique::new("vault name");
    root.tables("vault", |reader| vault(reader, declared, &mut names))
}

fn vault(
    reader: &mut Reader<'_>,
    declared: &mut Declared<'_>,
    names: &mut Unique<VaultName>,
) -> Result<DeclaredVault, Noted> {
    let path = path(reader, declared, names);
    let tenant = reader.required("tenant", GUID).and_then(|value| declared.tenant(&value));
    let (mut location, mut retention_days, mut purge_protection) = ("local".to_owned(), 90, false);
    reader.set("location", &mut location, |value| value.label().map(str::to_owned));
    reader.set("retention_days", &mut retention_days, |value| value.integer(7, 90));
    reader.set("purge_protection", &mut purge_protection, Value::flag);
    let models = [("roles", PermissionModel::RoleBased), ("access-policies", PermissionModel::AccessPolicies)];
    let permission_model = reader.optional("permission_model").map(|value| value.one_of(&models)).transpose();
    let network = reader.optional("network").map(|value| value.table(|reader| network(reader, declared))).transpose();
    let path = path?;
    Ok(DeclaredVault {
        subscription: path.subscription,
        group: path.group,
        name: path.vault,
        tenant: tenant?,
        location,
        network: network?,
        retention_days,
        purge_protection,
        permission_model: permission_model?,
    })
}

fn path(
    reader: &mut Reader<'_>,
    declared: &mut Declared<'_>,
    names: &mut Unique<VaultName>,
) -> Result<VaultPath, Noted> {
    let name = reader.required("name", "\"team-a\"").and_then(|value| {
        let name: VaultName = value.parsed()?;
        names.add(name.clone(), &value).map(|()| name)
    });
    let subscription = reader.required("subscription", GUID).and_then(|value| value.parsed());
    let group = reader.required("resource_group", "\"vaults\"").and_then(|value| value.parsed());
    let vault = name?;
    let path = (|| Ok(VaultPath { subscription: subscription?, group: group?, vault: vault.clone() }))();
    declared.vaults.insert(vault, path.clone());
    path
}

fn network(reader: &mut Reader<'_>, declared: &Declared<'_>) -> Result<NetworkRules, Noted> {
    let mut public_network_access = PublicNetworkAccess::Enabled;
    let accesses = [("Enabled", PublicNetworkAccess::Enabled), ("Disabled", PublicNetworkAccess::Disabled)];
    reader.set("public_network_access", &mut public_network_access, |value| value.one_of(&accesses));
    let actions = [("Allow", DefaultAction::Allow), ("Deny", DefaultAction::Deny)];
    let default_action = reader.optional("default_action").map(|value| value.one_of(&actions)).transpose();
    let callers = [("AzureServices", Bypass::AzureServices), ("None", Bypass::None)];
    let bypass = reader.optional("bypass").map(|value| value.one_of(&callers)).transpose();
    let ip_rules = rules(reader.optional("ip_rules"), "a list of prefixes", MAX_IP_RULES, Value::prefix);
    let subnets = reader.optional("virtual_networks");
    let subnet_rules = rules(subnets, "a list of subnet ids", MAX_SUBNET_RULES, |value| declared.subnet(value));
    let (default_action, bypass, ip_rules, subnet_rules) = (default_action?, bypass?, ip_rules?, subnet_rules?);
    let ruled = default_action.is_some() || bypass.is_some() || ip_rules.is_some() || subnet_rules.is_some();
    // Whoever gives one part of the rule set means to restrict: the parts left out let nobody in.
    let acls = ruled.then(|| NetworkAcls {
        bypass: bypass.unwrap_or(Bypass::None),
        default_action: default_action.unwrap_or(DefaultAction::Deny),
        ip_rules: ip_rules.unwrap_or_default(),
        subnet_rules: subnet_rules.unwrap_or_default(),
    });
    Ok(NetworkRules { public_network_access, acls })
}

fn rules<'a, T>(
    value: Option<Value<'a>>,
    expected: &str,
    most: usize,
    read: impl FnMut(&Value<'a>) -> Result<T, Noted>,
) -> Result<Option<Vec<T>>, Noted> {
    let Some(value) = value else { return Ok(None) };
    let rules = value.each(expected, read)?;
    if rules.len() > most {
        return Err(value.wrong(format!("has {} rules; a vault has at most {most} of these", rules.len())));
    }
    Ok(Some(rules))
}
