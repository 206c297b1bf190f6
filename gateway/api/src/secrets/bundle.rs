//! Secrets as answers tell them.

use std::collections::BTreeMap;

use portcullis_model::ObjectKind;
use portcullis_model::secrets::{DeletedSecret, SecretBundle};
use serde::Serialize;

use crate::told::{AttributesTold, DeletedTold, IdForm, is_false, object_id};

/// A secret bundle, or an item of a list.
#[derive(Debug, Serialize)]
pub(crate) struct BundleBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    id: String,
    #[serde(rename = "contentType", skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    attributes: AttributesTold,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
    /// The key of the certificate that the secret belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    managed: bool,
}

impl<'a> BundleBody<'a> {
    pub(crate) fn new(bundle: &'a SecretBundle, vault_url: &str, form: IdForm) -> Self {
        let id = |kind| object_id(vault_url, kind, &bundle.name, &bundle.version, form);
        Self {
            value: bundle.value.as_ref().map(portcullis_model::SecretText::expose),
            id: id(ObjectKind::Secret),
            content_type: bundle.content_type.as_ref().map(portcullis_model::ContentType::as_str),
            attributes: AttributesTold::new(&bundle.attributes),
            tags: bundle.tags.iter().collect(),
            kid: (bundle.managed && form == IdForm::WithVersion).then(|| id(ObjectKind::Key)),
            managed: bundle.managed,
        }
    }

    pub(crate) fn without_value(self) -> Self {
        Self { value: None, ..self }
    }
}

/// Deleted secrets never carry a value, whatever the bundle holds.
pub(crate) fn deleted<'a>(deleted: &'a DeletedSecret, url: &str, form: IdForm) -> DeletedTold<BundleBody<'a>> {
    let body = BundleBody::new(&deleted.bundle, url, form).without_value();
    let place = (url, ObjectKind::Secret, &deleted.bundle.name);
    DeletedTold::new(body, place, (deleted.deleted, deleted.scheduled_purge))
}
