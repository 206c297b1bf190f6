//! `[[tenant]]`, `[[application]]`, `[[user]]`, `[[group]]`, `[[managed_identity]]`, `[[trusted_issuer]]`, `[[vault]]` and `[[role_assignment]]`: what shall be there.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use portcullis_management::Declaration;
use portcullis_model::{PrincipalId, SubnetId, TenantId, VaultName, VaultPath};

use super::super::reader::{Noted, Reader, Unique, Value, nearest};
use super::super::{ManagedIdentityConfig, TrustedIssuerConfig};
use super::{
    access_policy, application, assignment, managed_identity, people, private_endpoint, trusted_issuer, vault,
};

/// What has been declared so far, for references to it.
///
/// A name whose declaration is wrong otherwise is known too: one mistake shall not be told twice.
#[derive(Debug)]
pub(super) struct Declared<'s> {
    pub(super) tenants: HashSet<TenantId>,
    pub(super) applications: HashMap<String, Result<PrincipalId, Noted>>,
    pub(super) vaults: HashMap<VaultName, Result<VaultPath, Noted>>,
    pub(super) subnets: &'s Result<HashSet<SubnetId>, Noted>,
}

/// Reads everything declared. Tenants come first, since the rest refers to them.
pub(super) fn read(
    root: &mut Reader<'_>,
    folder: &Path,
    subnets: &Result<HashSet<SubnetId>, Noted>,
) -> Result<(Declaration, Vec<TrustedIssuerConfig>, Vec<ManagedIdentityConfig>), Noted> {
    let mut declared =
        Declared { tenants: HashSet::new(), applications: HashMap::new(), vaults: HashMap::new(), subnets };
    let mut ids = Unique::new("tenant id");
    let tenants = root.tables("tenant", |reader| {
        let value = reader.required("id", GUID)?;
        let tenant = value.parsed()?;
        declared.tenants.insert(tenant);
        ids.add(tenant, &value).map(|()| tenant)
    });
    let applications = application::applications(root, folder, &mut declared);
    let users = people::users(root, folder, &mut declared);
    let identities = managed_identity::identities(root, folder, &mut declared);
    let groups = people::groups(root, &mut declared);
    let issuers = trusted_issuer::issuers(root, folder, &declared);
    let vaults = vault::vaults(root, &mut declared);
    let assignments = assignment::assignments(root, &declared);
    let access_policies = access_policy::policies(root, &declared);
    let private_endpoints = private_endpoint::endpoints(root, &declared);
    let (mut applications, mut registrations): (Vec<_>, Vec<_>) = applications?.into_iter().unzip();
    let mut configs = Vec::new();
    for identity in identities? {
        applications.push(identity.application);
        registrations.push(identity.registration);
        configs.push(identity.config);
    }
    let declaration = Declaration {
        tenants: tenants?,
        applications,
        registrations,
        users: users?,
        groups: groups?,
        vaults: vaults?,
        assignments: assignments?,
        access_policies: access_policies?,
        private_endpoints: private_endpoints?,
    };
    Ok((declaration, issuers?, configs))
}

impl Declared<'_> {
    /// A tenant that is declared.
    pub(super) fn tenant(&self, value: &Value<'_>) -> Result<TenantId, Noted> {
        let tenant = value.parsed()?;
        if self.tenants.contains(&tenant) {
            return Ok(tenant);
        }
        Err(value.wrong("no such tenant is declared; add `[[tenant]]` with this `id`".to_owned()))
    }

    /// A subnet from which connections can come.
    pub(super) fn subnet(&self, value: &Value<'_>) -> Result<SubnetId, Noted> {
        let subnet = value.parsed()?;
        match self.subnets {
            Ok(known) if !known.contains(&subnet) => {
                let message =
                    "no such subnet is declared; add `[[virtual_network]]` with this `subnet`, or a listener with it";
                Err(value.wrong(message.to_owned()))
            }
            Ok(_) | Err(_) => Ok(subnet),
        }
    }

    /// The principal that a value names: by its object id, or by the name of an application.
    pub(super) fn principal(&self, value: &Value<'_>) -> Result<PrincipalId, Noted> {
        let text = value.text()?;
        if let Ok(principal) = text.parse() {
            return Ok(principal);
        }
        self.applications.get(text).copied().unwrap_or_else(|| {
            let hint = suggestion(text, self.applications.keys().map(String::as_str));
            Err(value.wrong(format!("neither a GUID nor the name of a declared application, user or group{hint}")))
        })
    }

    /// The vault that a value names.
    pub(super) fn vault(&self, value: &Value<'_>) -> Result<VaultPath, Noted> {
        let name: VaultName = value.parsed()?;
        self.vaults.get(&name).cloned().unwrap_or_else(|| {
            let hint = suggestion(name.as_str(), self.vaults.keys().map(VaultName::as_str));
            Err(value.wrong(format!("no vault `{name}` is declared; add it, or use `scope`{hint}")))
        })
    }
}

fn suggestion<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> String {
    // In order, so that the message does not change from run to run.
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    nearest(text, known).map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
}

/// What a GUID looks like.
pub(super) const GUID: &str = "\"00000000-0000-0000-0000-000000000000\"";
