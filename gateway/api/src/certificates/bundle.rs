//! Certificates as answers tell them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::certificates::{CertificateBundle, CertificateItem, PendingCertificate, PendingStatus};
use portcullis_model::keys::Deleted;
use portcullis_model::{ObjectKind, Tags};
use serde::Serialize;

use super::policy::{IssuerTold, PolicyTold};
use crate::base64url;
use crate::told::{AttributesTold, DeletedTold, IdForm, object_id};

/// A certificate bundle.
#[derive(Debug, Serialize)]
pub(super) struct BundleBody<'a> {
    id: String,
    kid: String,
    sid: String,
    x5t: String,
    cer: String,
    attributes: AttributesTold,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyTold<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<PendingLink>,
    #[serde(rename = "preserveCertOrder", skip_serializing_if = "Option::is_none")]
    preserve_order: Option<bool>,
}

#[derive(Debug, Serialize)]
struct PendingLink {
    id: String,
}

/// An item of a list.
#[derive(Debug, Serialize)]
pub(super) struct ItemBody<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<String>,
    attributes: AttributesTold,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
}

/// `CertificateOperation`.
#[derive(Debug, Serialize)]
pub(super) struct PendingBody<'a> {
    id: String,
    issuer: IssuerTold<'a>,
    csr: String,
    cancellation_requested: bool,
    status: &'static str,
    status_details: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
    #[serde(rename = "preserveCertOrder", skip_serializing_if = "Option::is_none")]
    preserve_order: Option<bool>,
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    message: &'a str,
}

impl<'a> BundleBody<'a> {
    pub(super) fn new(bundle: &'a CertificateBundle, vault_url: &str) -> Self {
        let id = |kind| object_id(vault_url, kind, &bundle.name, &bundle.version, IdForm::WithVersion);
        let pending = || PendingLink { id: format!("{vault_url}/certificates/{}/pending", bundle.name) };
        Self {
            id: id(ObjectKind::Certificate),
            kid: id(ObjectKind::Key),
            sid: id(ObjectKind::Secret),
            x5t: base64url::encode(bundle.thumbprint),
            cer: STANDARD.encode(&bundle.certificate),
            attributes: AttributesTold::new(&bundle.attributes),
            tags: bundle.tags.iter().collect(),
            policy: bundle.policy.as_ref().map(|policy| PolicyTold::new(vault_url, &bundle.name, policy)),
            pending: bundle.pending.then(pending),
            preserve_order: bundle.preserve_order,
        }
    }
}

impl<'a> ItemBody<'a> {
    pub(super) fn new(item: &'a CertificateItem, vault_url: &str, form: IdForm) -> Self {
        Self {
            id: object_id(vault_url, ObjectKind::Certificate, &item.name, &item.version, form),
            x5t: item.thumbprint.map(base64url::encode),
            attributes: AttributesTold::new(&item.attributes),
            tags: tags(&item.tags),
        }
    }
}

fn tags(tags: &Tags) -> BTreeMap<&str, &str> {
    tags.iter().collect()
}

pub(super) fn deleted<'a>(deleted: &'a Deleted<CertificateBundle>, url: &str) -> DeletedTold<BundleBody<'a>> {
    let place = (url, ObjectKind::Certificate, &deleted.object.name);
    DeletedTold::new(BundleBody::new(&deleted.object, url), place, (deleted.deleted, deleted.scheduled_purge))
}

pub(super) fn deleted_item<'a>(deleted: &'a Deleted<CertificateItem>, url: &str) -> DeletedTold<ItemBody<'a>> {
    let place = (url, ObjectKind::Certificate, &deleted.object.name);
    let item = ItemBody::new(&deleted.object, url, IdForm::WithoutVersion);
    DeletedTold::new(item, place, (deleted.deleted, deleted.scheduled_purge))
}

impl<'a> PendingBody<'a> {
    pub(super) fn new(pending: &'a PendingCertificate, vault_url: &str) -> Self {
        Self::with_status(pending, &pending.status, vault_url)
    }

    /// As it is told when it begins, whatever has come of it already: the Python SDK gives its caller nothing at all
    /// where the first answer says that there is nothing to wait for.
    pub(super) fn begun(pending: &'a PendingCertificate, vault_url: &str) -> Self {
        Self::with_status(pending, &PendingStatus::InProgress, vault_url)
    }

    fn with_status(pending: &'a PendingCertificate, status: &'a PendingStatus, vault_url: &str) -> Self {
        let certificate = format!("{vault_url}/certificates/{}", pending.name);
        let target = (*status == PendingStatus::Completed).then(|| certificate.clone());
        let error = match status {
            PendingStatus::Failed(why) => Some(ErrorBody { code: "IssuerRefused", message: why }),
            PendingStatus::InProgress | PendingStatus::Cancelled | PendingStatus::Completed => None,
        };
        // Clients end their polls on any spelling of the running state but this one.
        let (word, details) = match status {
            PendingStatus::InProgress if pending.issuer.is_unknown() => {
                ("inProgress", "the certificate waits to be merged")
            }
            PendingStatus::InProgress => ("inProgress", "the certificate is with its issuer"),
            PendingStatus::Cancelled => ("cancelled", "the certificate operation was cancelled"),
            PendingStatus::Completed => ("completed", "the certificate was made"),
            PendingStatus::Failed(_) => ("failed", "the issuer refused"),
        };
        Self {
            id: format!("{certificate}/pending"),
            issuer: IssuerTold::new(&pending.issuer),
            csr: STANDARD.encode(&pending.request),
            cancellation_requested: *status == PendingStatus::Cancelled,
            status: word,
            status_details: details,
            error,
            target,
            preserve_order: pending.preserve_order,
            request_id: pending.id.as_str(),
        }
    }
}
