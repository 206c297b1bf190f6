//! What answers tell of objects of every kind: ids, attributes, deletion.

use portcullis_model::{ObjectAttributes, ObjectKind, ObjectName, ObjectVersion, UnixTime};
use serde::Serialize;

/// Whether an id names the version: ids in lists of objects do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    WithVersion,
    WithoutVersion,
}

/// The id of an object, with the address that the client used.
pub(crate) fn object_id(
    vault_url: &str,
    kind: ObjectKind,
    name: &ObjectName,
    version: &ObjectVersion,
    form: IdForm,
) -> String {
    match form {
        IdForm::WithVersion => format!("{vault_url}/{}/{name}/{version}", kind.collection()),
        IdForm::WithoutVersion => format!("{vault_url}/{}/{name}", kind.collection()),
    }
}

/// `attributes` as answers tell them.
#[derive(Debug, Serialize)]
pub(crate) struct AttributesTold {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    exportable: Option<bool>,
    #[serde(rename = "hsmPlatform", skip_serializing_if = "Option::is_none")]
    hsm_platform: Option<&'static str>,
}

impl AttributesTold {
    pub(crate) fn new(attributes: &ObjectAttributes) -> Self {
        Self {
            enabled: attributes.set.enabled,
            nbf: attributes.set.nbf.map(|time| time.0),
            exp: attributes.set.exp.map(|time| time.0),
            created: attributes.created.0,
            updated: attributes.updated.0,
            recovery_level: attributes.recovery.wire_name(),
            recoverable_days: attributes.recovery.days,
            exportable: None,
            hsm_platform: None,
        }
    }

    /// Those of a key, all of which are kept in software here.
    pub(crate) fn of_key(attributes: &ObjectAttributes, exportable: bool) -> Self {
        Self { exportable: Some(exportable), hsm_platform: Some("0"), ..Self::new(attributes) }
    }
}

/// A deleted object: what is told of the object, and of its deletion.
#[derive(Debug, Serialize)]
pub(crate) struct DeletedTold<T> {
    #[serde(rename = "recoveryId")]
    recovery_id: String,
    #[serde(rename = "deletedDate")]
    deleted: i64,
    #[serde(rename = "scheduledPurgeDate")]
    scheduled_purge: i64,
    #[serde(flatten)]
    object: T,
}

impl<T> DeletedTold<T> {
    pub(crate) fn new(
        object: T,
        (vault_url, kind, name): (&str, ObjectKind, &ObjectName),
        (deleted, scheduled_purge): (UnixTime, UnixTime),
    ) -> Self {
        let recovery_id = format!("{vault_url}/{}/{name}", kind.deleted_collection());
        Self { recovery_id, deleted: deleted.0, scheduled_purge: scheduled_purge.0, object }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes members by reference")]
pub(crate) const fn is_false(value: &bool) -> bool {
    !*value
}
