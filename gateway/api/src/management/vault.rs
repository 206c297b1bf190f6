//! Vaults_Update: the body of `PATCH` on a vault.

use std::collections::BTreeMap;

use portcullis_model::management::VaultChanges;
use portcullis_model::{NetworkRuleChanges, PermissionModel, PublicNetworkAccess};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::access_policies::{self, Policies};
use super::network_acls::{self, AclsBody};
use crate::json::{self, Member, Object};
use crate::{ApiError, ErrorCode};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Member<Object<Properties>>,
}

/// Read-only members are ignored, since clients send back what they were told. Members that would change what the
/// gateway cannot change are read to be refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    network_acls: Member<Object<AclsBody>>,
    #[serde(default)]
    public_network_access: Member<String>,
    #[serde(default)]
    enable_purge_protection: Member<bool>,
    #[serde(default)]
    enable_soft_delete: Member<bool>,
    #[serde(default)]
    enable_rbac_authorization: Member<bool>,
    #[serde(default)]
    access_policies: Member<Policies>,
}

pub(super) fn parse(body: &[u8]) -> Result<VaultChanges, ApiError> {
    let body: Body = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let properties = body.properties.optional().map_err(|_| invalid("properties"))?;
    let Object(properties) = properties.unwrap_or_else(|| Object(Properties::default()));
    let network = NetworkRuleChanges {
        public_network_access: public_network_access(properties.public_network_access)?,
        acls: network_acls::parse(properties.network_acls)?,
    };
    let purge_protection =
        properties.enable_purge_protection.optional().map_err(|_| invalid("properties.enablePurgeProtection"))?;
    must_stay(properties.enable_soft_delete, "properties.enableSoftDelete")?;
    Ok(VaultChanges {
        network,
        purge_protection,
        tags: tags(body.tags)?,
        permission_model: permission_model(properties.enable_rbac_authorization)?,
        access_policies: access_policies::list(properties.access_policies)?,
    })
}

fn permission_model(member: Member<bool>) -> Result<Option<PermissionModel>, ApiError> {
    let role_based = member.optional().map_err(|_| invalid("properties.enableRbacAuthorization"))?;
    Ok(role_based.map(|it| if it { PermissionModel::RoleBased } else { PermissionModel::AccessPolicies }))
}

/// The refusal of a member, by name; a value is never repeated.
pub(super) fn invalid(property: &str) -> ApiError {
    invalid_content(format!("Property {property} has invalid value"))
}

/// A body of which `properties` are read and nothing else.
#[derive(Debug, Deserialize)]
#[serde(bound = "P: DeserializeOwned")]
struct Envelope<P> {
    #[serde(default)]
    properties: Member<Object<P>>,
}

/// The `properties` of a body, if it has any.
pub(super) fn optional_properties<P: DeserializeOwned>(body: &[u8]) -> Result<Option<P>, ApiError> {
    let body: Envelope<P> = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let properties = body.properties.optional().map_err(|_| invalid("properties"))?;
    Ok(properties.map(|Object(properties)| properties))
}

/// The `properties` of a body, which must be there.
pub(super) fn properties<P: DeserializeOwned>(body: &[u8]) -> Result<P, ApiError> {
    optional_properties(body)?.ok_or_else(|| invalid_content("Property properties is required".to_owned()))
}

/// A member that must be there.
pub(super) fn given<T>(member: Member<T>, property: &str) -> Result<T, ApiError> {
    let value = member.optional().map_err(|_| invalid(property))?;
    value.ok_or_else(|| invalid_content(format!("Property {property} is required")))
}

pub(super) fn invalid_content(message: String) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequestContent, message)
}

fn public_network_access(member: Member<String>) -> Result<Option<PublicNetworkAccess>, ApiError> {
    let property = "properties.publicNetworkAccess";
    let Some(text) = member.optional().map_err(|_| invalid(property))? else { return Ok(None) };
    if text.eq_ignore_ascii_case("Enabled") {
        Ok(Some(PublicNetworkAccess::Enabled))
    } else if text.eq_ignore_ascii_case("Disabled") {
        Ok(Some(PublicNetworkAccess::Disabled))
    } else {
        Err(invalid(property))
    }
}

/// A property that is always true here: `false` is refused rather than ignored, because the caller would believe it.
fn must_stay(member: Member<bool>, property: &'static str) -> Result<(), ApiError> {
    match member.optional().map_err(|_| invalid(property))? {
        None | Some(true) => Ok(()),
        Some(false) => Err(invalid_content(format!("Property {property} cannot be false"))),
    }
}

/// At most 50 tags with names of at most 512 and values of at most 256 characters, as resources have them.
pub(super) fn tags(member: Member<BTreeMap<String, String>>) -> Result<Option<BTreeMap<String, String>>, ApiError> {
    let Some(tags) = member.optional().map_err(|_| invalid("tags"))? else { return Ok(None) };
    let fits =
        |(name, value): (&String, &String)| (1..=512).contains(&name.chars().count()) && value.chars().count() <= 256;
    if tags.len() > 50 || !tags.iter().all(fits) {
        return Err(invalid("tags"));
    }
    Ok(Some(tags))
}

#[cfg(test)]
mod tests;
