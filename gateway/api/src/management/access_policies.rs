//! `properties.accessPolicies`: the access policies of a vault, read and told.

use portcullis_model::management::VaultDescription;
use portcullis_model::{
    AccessPolicy, AccessPolicyPermissions, ApplicationId, MAX_ACCESS_POLICIES, PermissionCategory, PrincipalId,
    TenantId,
};
use serde::{Deserialize, Serialize};

use super::vault::{given, invalid, invalid_content, properties};
use crate::ApiError;
use crate::json::{Member, Object};

const PROPERTY: &str = "properties.accessPolicies";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyBody {
    #[serde(default)]
    tenant_id: Member<String>,
    #[serde(default)]
    object_id: Member<String>,
    #[serde(default)]
    application_id: Member<String>,
    #[serde(default)]
    permissions: Member<Object<PermissionsBody>>,
}

#[derive(Debug, Default, Deserialize)]
struct PermissionsBody {
    #[serde(default)]
    keys: Member<Names>,
    #[serde(default)]
    secrets: Member<Names>,
    #[serde(default)]
    certificates: Member<Names>,
    #[serde(default)]
    storage: Member<Names>,
}

type Names = Vec<Member<String>>;

/// A list of access policies as bodies have it.
pub(super) type Policies = Vec<Member<Object<PolicyBody>>>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    access_policies: Member<Policies>,
}

/// The entries of a change of access policies, which must be given.
pub(super) fn entries(body: &[u8]) -> Result<Vec<AccessPolicy>, ApiError> {
    let properties: Properties = properties(body)?;
    list(properties.access_policies)?.ok_or_else(|| invalid_content(format!("Property {PROPERTY} is required")))
}

/// A list of access policies, each for another principal and application. More than a vault can have are refused before
/// any is read.
pub(super) fn list(member: Member<Policies>) -> Result<Option<Vec<AccessPolicy>>, ApiError> {
    let Some(given) = member.optional().map_err(|_| invalid(PROPERTY))? else { return Ok(None) };
    if given.len() > MAX_ACCESS_POLICIES {
        return Err(invalid_content(format!("Property {PROPERTY} has more than {MAX_ACCESS_POLICIES} entries")));
    }
    let mut policies: Vec<AccessPolicy> = Vec::with_capacity(given.len());
    let mut seen = std::collections::HashSet::new();
    for (at, entry) in given.into_iter().enumerate() {
        let at = format!("{PROPERTY}[{at}]");
        let Member::Given(Object(entry)) = entry else { return Err(invalid(&at)) };
        let policy = policy(entry, &at)?;
        if !seen.insert((policy.tenant, policy.object, policy.application)) {
            let message = format!("Property {at} has invalid value: an entry before it is for the same");
            return Err(invalid_content(message));
        }
        policies.push(policy);
    }
    Ok(Some(policies))
}

fn policy(body: PolicyBody, at: &str) -> Result<AccessPolicy, ApiError> {
    let Object(permissions) = given(body.permissions, &format!("{at}.permissions"))?;
    let at_permissions = format!("{at}.permissions");
    let names = |category: PermissionCategory, names| permission_names(category, names, &at_permissions);
    Ok(AccessPolicy {
        tenant: guid::<TenantId>(body.tenant_id, &format!("{at}.tenantId"))?,
        object: guid::<PrincipalId>(body.object_id, &format!("{at}.objectId"))?,
        application: application(body.application_id, &format!("{at}.applicationId"))?,
        permissions: AccessPolicyPermissions {
            keys: names(PermissionCategory::Keys, permissions.keys)?,
            secrets: names(PermissionCategory::Secrets, permissions.secrets)?,
            certificates: names(PermissionCategory::Certificates, permissions.certificates)?,
            storage: names(PermissionCategory::Storage, permissions.storage)?,
        },
    })
}

fn guid<T: std::str::FromStr>(member: Member<String>, property: &str) -> Result<T, ApiError> {
    given(member, property)?.parse().map_err(|_| invalid(property))
}

/// A GUID of zeros is how some clients say that there is no application.
fn application(member: Member<String>, property: &str) -> Result<Option<ApplicationId>, ApiError> {
    let text = member.optional().map_err(|_| invalid(property))?.filter(|text| !text.is_empty());
    let id: Option<ApplicationId> = text.map(|text| text.parse()).transpose().map_err(|_| invalid(property))?;
    Ok(id.filter(|id| *id.as_bytes() != [0; 16]))
}

/// The known spellings of the permissions of a list; one given twice counts once.
fn permission_names(category: PermissionCategory, member: Member<Names>, at: &str) -> Result<Vec<String>, ApiError> {
    let property = format!("{at}.{}", category.name());
    let given = member.optional().map_err(|_| invalid(&property))?.unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for (at, name) in given.into_iter().enumerate() {
        let known = name.optional().ok().flatten().and_then(|name| category.known(&name));
        let known = known.ok_or_else(|| invalid(&format!("{property}[{at}]")))?;
        if !names.iter().any(|name| name == known) {
            names.push(known.to_owned());
        }
    }
    Ok(names)
}

/// An access policy as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PolicyAnswer<'a> {
    tenant_id: TenantId,
    object_id: PrincipalId,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<ApplicationId>,
    permissions: PermissionsAnswer<'a>,
}

#[derive(Debug, Serialize)]
struct PermissionsAnswer<'a> {
    keys: &'a [String],
    secrets: &'a [String],
    certificates: &'a [String],
    storage: &'a [String],
}

impl<'a> PolicyAnswer<'a> {
    pub(super) fn new(policy: &'a AccessPolicy) -> Self {
        let AccessPolicyPermissions { keys, secrets, certificates, storage } = &policy.permissions;
        Self {
            tenant_id: policy.tenant,
            object_id: policy.object,
            application_id: policy.application,
            permissions: PermissionsAnswer { keys, secrets, certificates, storage },
        }
    }
}

/// The access policies of a vault after a change of them.
#[derive(Debug, Serialize)]
pub(super) struct AccessPoliciesAnswer<'a> {
    id: String,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    location: &'a str,
    properties: PoliciesAnswer<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PoliciesAnswer<'a> {
    access_policies: Vec<PolicyAnswer<'a>>,
}

impl<'a> AccessPoliciesAnswer<'a> {
    pub(super) fn new(vault: &'a VaultDescription) -> Self {
        Self {
            id: format!("{}/accessPolicies/", vault.path.id()),
            name: vault.path.vault.as_str(),
            kind: "Microsoft.KeyVault/vaults/accessPolicies",
            location: &vault.location,
            properties: PoliciesAnswer {
                access_policies: vault.access_policies.iter().map(PolicyAnswer::new).collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const GUID: &str = "11111111-1111-1111-1111-111111111111";

    fn read(policies: &Value) -> Result<Vec<AccessPolicy>, ApiError> {
        entries(json!({"properties": {"accessPolicies": policies}}).to_string().as_bytes())
    }

    fn entry(change: impl FnOnce(&mut Value)) -> Value {
        let mut entry = json!({"tenantId": GUID, "objectId": GUID, "permissions": {"keys": ["get"]}});
        change(&mut entry);
        entry
    }

    #[test]
    fn names_of_permissions_have_one_spelling_and_stand_once() {
        let read = read(&json!([entry(
            |it| it["permissions"] = json!({"keys": ["WRAPKEY", "wrapKey", "All"], "storage": null})
        )]));
        assert_eq!(read.unwrap()[0].permissions.keys, ["wrapKey", "all"]);
    }

    #[test]
    fn no_application_has_three_spellings() {
        for none in [json!(null), json!(""), json!("00000000-0000-0000-0000-000000000000")] {
            assert_eq!(read(&json!([entry(|it| it["applicationId"] = none)])).unwrap()[0].application, None);
        }
        assert!(read(&json!([entry(|it| it["applicationId"] = json!(GUID))])).unwrap()[0].application.is_some());
    }

    #[test]
    fn a_bad_member_is_named_by_its_place_and_its_value_is_not() {
        let with =
            |change: fn(&mut Value)| json!([entry(|it| it["objectId"] = json!(GUID.replace('1', "2"))), entry(change)]);
        for (property, policies) in [
            ("properties.accessPolicies", json!("c4n4ry")),
            ("properties.accessPolicies[0]", json!(["c4n4ry"])),
            ("properties.accessPolicies[1].tenantId", with(|it| it["tenantId"] = json!("c4n4ry"))),
            ("properties.accessPolicies[1].objectId", with(|it| it["objectId"] = Value::Null)),
            ("properties.accessPolicies[1].applicationId", with(|it| it["applicationId"] = json!("c4n4ry"))),
            ("properties.accessPolicies[1].permissions", with(|it| it["permissions"] = json!(["c4n4ry"]))),
            ("properties.accessPolicies[1].permissions.keys", with(|it| it["permissions"]["keys"] = json!("c4n4ry"))),
            (
                "properties.accessPolicies[1].permissions.keys[1]",
                with(|it| it["permissions"]["keys"] = json!(["get", "c4n4ry"])),
            ),
            (
                "properties.accessPolicies[1].permissions.secrets[0]",
                with(|it| it["permissions"]["secrets"] = json!(["sign"])),
            ),
            ("properties.accessPolicies[1]", with(|it| it["objectId"] = json!(GUID.replace('1', "2")))),
        ] {
            let error = read(&policies).unwrap_err();
            assert!(error.message().contains(&format!("Property {property} ")), "{policies}: {error}");
            assert!(!format!("{error:?}").contains("c4n4ry"), "{error:?}");
        }
        assert!(entries(b"{}").is_err() && entries(b"{\"properties\":{}}").is_err(), "a list must be given");
    }

    #[test]
    fn the_list_is_bounded() {
        let many = |count: u128| {
            let id = |at: u128| PrincipalId::from_bytes(at.to_be_bytes()).to_string();
            let entries = (1..=count).map(|at| entry(|it| it["objectId"] = json!(id(at))));
            read(&Value::Array(entries.collect()))
        };
        assert_eq!(many(1_024).unwrap().len(), 1_024);
        assert!(many(1_025).unwrap_err().message().contains("more than 1024"));
    }
}
