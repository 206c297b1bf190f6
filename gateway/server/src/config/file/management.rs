//! `[management]` and `[[activation]]`: who may do what on the management plane beyond what roles say.

use std::time::Duration;

use portcullis_management::{AccessPolicyWriters, ActivationRule, ActivationRules, is_role};
use portcullis_model::RoleDefinitionId;

use super::super::reader::{Noted, Reader, Unique, Value};

/// Reads `[management]`.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<AccessPolicyWriters, Noted> {
    let mut writers = AccessPolicyWriters::default();
    reader.set("access_policy_writers", &mut writers, |value| {
        value.parsed_with("\"vault-writers\" or \"role-assigners\"", |text| match text {
            "vault-writers" => Some(AccessPolicyWriters::VaultWriters),
            "role-assigners" => Some(AccessPolicyWriters::RoleAssigners),
            _ => None,
        })
    });
    Ok(writers)
}

/// Reads `[[activation]]`: on which terms roles are taken.
pub(super) fn activation(root: &mut Reader<'_>) -> Result<ActivationRules, Noted> {
    let mut roles = Unique::new("role");
    let rules = root.tables("activation", |reader| {
        let role = reader.required("role", "\"Key Vault Administrator\"").and_then(|value| {
            let known = |text: &str| is_role(text) || text.parse::<RoleDefinitionId>().is_ok();
            let role = value
                .parsed_with("the name of a built-in role, or a GUID", |text| known(text).then(|| text.to_owned()))?;
            roles.add(role.clone(), &value).map(|()| role)
        });
        let mut rule = ActivationRule::default();
        let (least, longest) = (Duration::from_secs(300), Duration::from_secs(86_400));
        let mut most = Duration::from_secs(u64::try_from(rule.most_seconds).unwrap_or_default());
        reader.set("longest", &mut most, |value| value.duration(least, longest));
        reader.set("justification", &mut rule.justification, Value::flag);
        reader.set("approval", &mut rule.approval, Value::flag);
        rule.most_seconds = i64::try_from(most.as_secs()).unwrap_or(rule.most_seconds);
        Ok((role?, rule))
    })?;
    // INVARIANT: each role was found to be one above.
    Ok(ActivationRules::new(rules.iter().map(|(role, rule)| (role.as_str(), *rule))).unwrap_or_default())
}
