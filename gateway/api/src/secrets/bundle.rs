//! Secrets as answers tell them.

use std::collections::BTreeMap;

use portcullis_model::secrets::{DeletedSecret, SecretBundle};
use portcullis_model::{ObjectAttributes, ObjectKind, ObjectName};
use serde::Serialize;

/// Whether an id names the version: ids in lists of objects do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    WithVersion,
    WithoutVersion,
}

/// A secret bundle, or an item of a list.
#[derive(Debug, Serialize)]
pub(crate) struct BundleBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    id: String,
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    attributes: AttributesBody,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
}

/// A deleted secret, or an item of the list of them.
#[derive(Debug, Serialize)]
pub(crate) struct DeletedBody<'a> {
    #[serde(rename = "recoveryId")]
    recovery_id: String,
    #[serde(rename = "deletedDate")]
    deleted: i64,
    #[serde(rename = "scheduledPurgeDate")]
    scheduled_purge: i64,
    #[serde(flatten)]
    bundle: BundleBody<'a>,
}

#[derive(Debug, Serialize)]
struct AttributesBody {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    created: i64,
    updated: i64,
    #[serde(rename = "recoveryLevel")]
    recovery_level: &'static str,
    #[serde(rename = "recoverableDays")]
    recoverable_days: u8,
}

impl<'a> BundleBody<'a> {
    pub(crate) fn new(bundle: &'a SecretBundle, vault_url: &str, form: IdForm) -> Self {
        let id = object_id(vault_url, ObjectKind::Secret.collection(), &bundle.name);
        let id = match form {
            IdForm::WithVersion => format!("{id}/{}", bundle.version),
            IdForm::WithoutVersion => id,
        };
        Self {
            value: bundle.value.as_ref().map(portcullis_model::SecretText::expose),
            id,
            content_type: bundle.content_type.as_ref().map(portcullis_model::ContentType::as_str),
            attributes: AttributesBody::new(&bundle.attributes),
            tags: bundle.tags.iter().collect(),
        }
    }

    pub(crate) fn without_value(self) -> Self {
        Self { value: None, ..self }
    }
}

impl<'a> DeletedBody<'a> {
    /// Deleted secrets never carry a value, whatever the bundle holds.
    pub(crate) fn new(deleted: &'a DeletedSecret, vault_url: &str, form: IdForm) -> Self {
        Self {
            recovery_id: object_id(vault_url, "deletedsecrets", &deleted.bundle.name),
            deleted: deleted.deleted.0,
            scheduled_purge: deleted.scheduled_purge.0,
            bundle: BundleBody::new(&deleted.bundle, vault_url, form).without_value(),
        }
    }
}

impl AttributesBody {
    fn new(attributes: &ObjectAttributes) -> Self {
        Self {
            enabled: attributes.set.enabled,
            nbf: attributes.set.nbf.map(|time| time.0),
            exp: attributes.set.exp.map(|time| time.0),
            created: attributes.created.0,
            updated: attributes.updated.0,
            recovery_level: attributes.recovery.wire_name(),
            recoverable_days: attributes.recovery.days,
        }
    }
}

fn object_id(vault_url: &str, collection: &str, name: &ObjectName) -> String {
    format!("{vault_url}/{collection}/{name}")
}
