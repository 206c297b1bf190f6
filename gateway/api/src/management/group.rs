//! Bodies and answers of resource groups and subscriptions, and the question whether a name is free.

use std::collections::BTreeMap;

use portcullis_model::management::{GroupDescription, NameCheck};
use portcullis_model::{SubscriptionId, TenantId};
use serde::{Deserialize, Serialize};

use super::location::Location;
use super::render::ResourceAnswer;
use super::vault::{given, invalid, invalid_content, tags};
use crate::ApiError;
use crate::json::{self, Member};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    location: Member<String>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

/// The location and the tags of a resource group that is put.
pub(super) fn parse(body: &[u8]) -> Result<(String, BTreeMap<String, String>), ApiError> {
    let body: Body = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    Ok((location(body.location)?, tags(body.tags)?.unwrap_or_default()))
}

/// A location, which must be given.
pub(super) fn location(member: Member<String>) -> Result<String, ApiError> {
    let text = given(member, "location")?;
    text.parse().map(|Location(name)| name).map_err(|_| invalid("location"))
}

#[derive(Debug, Deserialize)]
struct NameCheckBody {
    #[serde(default)]
    name: Member<String>,
    #[serde(default, rename = "type")]
    kind: Member<String>,
}

/// The name that is asked about.
pub(super) fn parse_name_check(body: &[u8]) -> Result<String, ApiError> {
    let body: NameCheckBody = json::parse(body).map_err(|error| invalid_content(error.to_string()))?;
    if !given(body.kind, "type")?.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
        return Err(invalid("type"));
    }
    given(body.name, "name")
}

/// The answer to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NameCheckAnswer {
    name_available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl NameCheckAnswer {
    pub(super) const fn new(check: NameCheck) -> Self {
        let (reason, message) = match check {
            NameCheck::Free => (None, None),
            NameCheck::Taken => (
                Some("AlreadyExists"),
                Some(
                    "A vault of this name exists, or one that was deleted and is kept; recover or purge that one, or choose another name.",
                ),
            ),
            NameCheck::Invalid => (
                Some("AccountNameInvalid"),
                Some(
                    "A vault name has 3 to 24 letters, digits and single hyphens, begins with a letter and ends with a letter or digit.",
                ),
            ),
        };
        Self { name_available: matches!(check, NameCheck::Free), reason, message }
    }
}

/// A resource group as it is told.
#[derive(Debug, Serialize)]
pub(super) struct GroupAnswer<'a> {
    #[serde(flatten)]
    resource: ResourceAnswer<'a>,
    properties: GroupProperties,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupProperties {
    provisioning_state: &'static str,
}

impl<'a> GroupAnswer<'a> {
    pub(super) fn new(group: &'a GroupDescription) -> Self {
        let resource = ResourceAnswer {
            id: format!("/subscriptions/{}/resourceGroups/{}", group.subscription, group.name),
            name: group.name.as_str(),
            kind: "Microsoft.Resources/resourceGroups",
            location: &group.location,
            tags: &group.tags,
        };
        Self { resource, properties: GroupProperties { provisioning_state: "Succeeded" } }
    }
}

/// A subscription as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SubscriptionAnswer {
    id: String,
    subscription_id: SubscriptionId,
    tenant_id: TenantId,
    display_name: String,
    state: &'static str,
}

impl SubscriptionAnswer {
    pub(super) fn new(subscription: SubscriptionId, tenant: TenantId) -> Self {
        Self {
            id: format!("/subscriptions/{subscription}"),
            subscription_id: subscription,
            tenant_id: tenant,
            display_name: subscription.to_string(),
            state: "Enabled",
        }
    }
}
