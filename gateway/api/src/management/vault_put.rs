//! Vaults_CreateOrUpdate: the body of `PUT` on a vault.

use portcullis_model::management::VaultWanted;
use portcullis_model::{PermissionModel, TenantId};
use serde::Deserialize;

use super::group::location;
use super::vault::{self, given, invalid, invalid_content};
use crate::ApiError;
use crate::json::{self, Member, Object};

/// The members that a `PATCH` does not have; the others are read as there.
#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    location: Member<String>,
    #[serde(default)]
    properties: Member<Object<Properties>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    #[serde(default)]
    tenant_id: Member<String>,
    #[serde(default)]
    sku: Member<Object<Sku>>,
    #[serde(default)]
    create_mode: Member<String>,
    #[serde(default)]
    soft_delete_retention_in_days: Member<i64>,
    #[serde(default)]
    enabled_for_deployment: Member<bool>,
    #[serde(default)]
    enabled_for_disk_encryption: Member<bool>,
    #[serde(default)]
    enabled_for_template_deployment: Member<bool>,
}

#[derive(Debug, Deserialize)]
struct Sku {
    #[serde(default)]
    family: Member<String>,
    #[serde(default)]
    name: Member<String>,
}

/// `new_model` is what a vault is made under when the body does not say it, by the api-version.
pub(super) fn parse(body: &[u8], new_model: PermissionModel) -> Result<VaultWanted, ApiError> {
    let changes = vault::parse(body)?;
    let body: Body = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    let location = location(body.location)?;
    let Object(properties) = given(body.properties, "properties")?;
    let tenant = given(properties.tenant_id, "properties.tenantId")?;
    let tenant: TenantId = tenant.parse().map_err(|_| invalid("properties.tenantId"))?;
    must_stay_off(properties.enabled_for_deployment, "properties.enabledForDeployment")?;
    must_stay_off(properties.enabled_for_disk_encryption, "properties.enabledForDiskEncryption")?;
    must_stay_off(properties.enabled_for_template_deployment, "properties.enabledForTemplateDeployment")?;
    Ok(VaultWanted {
        location,
        tenant,
        premium: is_premium(properties.sku)?,
        retention_days: retention(properties.soft_delete_retention_in_days)?,
        recover: recovers(properties.create_mode)?,
        new_model,
        changes,
    })
}

fn is_premium(member: Member<Object<Sku>>) -> Result<bool, ApiError> {
    let Object(sku) = given(member, "properties.sku")?;
    match sku.family.optional().map_err(|_| invalid("properties.sku.family"))? {
        Some(family) if !family.eq_ignore_ascii_case("A") => return Err(invalid("properties.sku.family")),
        Some(_) | None => {}
    }
    match given(sku.name, "properties.sku.name")? {
        name if name.eq_ignore_ascii_case("standard") => Ok(false),
        name if name.eq_ignore_ascii_case("premium") => Ok(true),
        _ => Err(invalid("properties.sku.name")),
    }
}

/// For how many days what is deleted is kept: 7 to 90.
fn retention(member: Member<i64>) -> Result<Option<u8>, ApiError> {
    let property = "properties.softDeleteRetentionInDays";
    let days = member.optional().map_err(|_| invalid(property))?;
    let within = |days: i64| u8::try_from(days).ok().filter(|days| (7..=90).contains(days));
    days.map(|days| {
        within(days).ok_or_else(|| invalid_content(format!("Property {property} has invalid value: it is 7 to 90")))
    })
    .transpose()
}

fn recovers(member: Member<String>) -> Result<bool, ApiError> {
    match member.optional().map_err(|_| invalid("properties.createMode"))? {
        None => Ok(false),
        Some(mode) if mode.eq_ignore_ascii_case("default") => Ok(false),
        Some(mode) if mode.eq_ignore_ascii_case("recover") => Ok(true),
        Some(_) => Err(invalid("properties.createMode")),
    }
}

/// Nothing here deploys machines or templates; `true` is refused rather than ignored, because the caller would believe
/// it.
fn must_stay_off(member: Member<bool>, property: &'static str) -> Result<(), ApiError> {
    match member.optional().map_err(|_| invalid(property))? {
        None | Some(false) => Ok(()),
        Some(true) => Err(invalid_content(format!("Property {property} cannot be true: there is nothing to deploy"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(body: &[u8]) -> Result<VaultWanted, ApiError> {
        super::parse(body, PermissionModel::RoleBased)
    }

    fn body(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut body = json!({"location": "West Europe", "properties": {
            "tenantId": TenantId::from_bytes([1; 16]).to_string(), "sku": {"family": "A", "name": "standard"},
        }});
        change(&mut body);
        body.to_string().into_bytes()
    }

    #[test]
    fn the_least_body_is_read() {
        let wanted = parse(&body(|_| {})).unwrap();
        assert_eq!((wanted.location.as_str(), wanted.premium, wanted.recover), ("westeurope", false, false));
        assert_eq!(wanted.retention_days, None);
        assert!(parse(&body(|it| it["properties"]["createMode"] = json!("recover"))).unwrap().recover);
    }

    #[test]
    fn a_bad_or_missing_member_is_named_and_its_value_is_not() {
        let refused = |member: &str, change: fn(&mut Value)| {
            let error = parse(&body(change)).unwrap_err();
            assert!(error.message().contains(&format!("Property {member} ")), "{error}");
            assert!(!error.message().contains("c4n4ry"), "{error}");
        };
        refused("location", |it| it["location"] = json!("c4n4ry/"));
        refused("location", |it| it["location"] = Value::Null);
        refused("properties", |it| it["properties"] = Value::Null);
        refused("properties.tenantId", |it| it["properties"]["tenantId"] = json!("c4n4ry"));
        refused("properties.sku", |it| it["properties"]["sku"] = Value::Null);
        refused("properties.sku.name", |it| it["properties"]["sku"]["name"] = json!("c4n4ry"));
        refused("properties.sku.family", |it| it["properties"]["sku"]["family"] = json!("c4n4ry"));
        refused("properties.createMode", |it| it["properties"]["createMode"] = json!("c4n4ry"));
        for days in [0, 6, 91, 256 + 7, -7] {
            let error = parse(&body(|it| it["properties"]["softDeleteRetentionInDays"] = json!(days))).unwrap_err();
            assert!(error.message().contains("properties.softDeleteRetentionInDays"), "{days}");
        }
        refused("properties.enabledForDeployment", |it| it["properties"]["enabledForDeployment"] = json!(true));
    }
}
