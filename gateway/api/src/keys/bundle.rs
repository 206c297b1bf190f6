//! Keys as answers tell them. Private members are never told.

use std::collections::BTreeMap;

use portcullis_model::keys::{Deleted, KeyBundle, KeyItem, PublicJwk};
use portcullis_model::{KeyOperation, ObjectKind, ReleasePolicy};
use serde::Serialize;

use crate::base64url;
use crate::told::{AttributesTold, DeletedTold, IdForm, is_false, object_id};

/// A key bundle.
#[derive(Debug, Serialize)]
pub(super) struct BundleBody<'a> {
    key: JwkTold,
    attributes: AttributesTold,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "is_false")]
    managed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    release_policy: Option<PolicyTold<'a>>,
}

/// An item of a list.
#[derive(Debug, Serialize)]
pub(super) struct ItemBody<'a> {
    kid: String,
    attributes: AttributesTold,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "is_false")]
    managed: bool,
}

/// The public members of a JSON Web Key (RFC 7518 section 6).
#[derive(Debug, Serialize)]
struct JwkTold {
    kid: String,
    kty: &'static str,
    key_ops: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// The wrapped key, of a release.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_hsm: Option<String>,
}

/// A key bundle as the answer of a release tells it: with the wrapped key among its members.
#[derive(Debug, Serialize)]
pub(super) struct ReleasedBody<'a>(BundleBody<'a>);

impl<'a> ReleasedBody<'a> {
    pub(super) fn new(bundle: &'a KeyBundle, vault_url: &str, wrapped: String) -> Self {
        let body = BundleBody::new(bundle, vault_url);
        Self(BundleBody { key: JwkTold { key_hsm: Some(wrapped), ..body.key }, ..body })
    }
}

#[derive(Debug, Serialize)]
struct PolicyTold<'a> {
    #[serde(rename = "contentType")]
    content_type: &'a str,
    data: String,
    immutable: bool,
}

impl<'a> BundleBody<'a> {
    pub(super) fn new(bundle: &'a KeyBundle, vault_url: &str) -> Self {
        let kid = object_id(vault_url, ObjectKind::Key, &bundle.name, &bundle.version, IdForm::WithVersion);
        Self {
            key: JwkTold::new(kid, bundle),
            attributes: AttributesTold::of_key(&bundle.attributes, bundle.exportable),
            tags: bundle.tags.iter().collect(),
            managed: bundle.managed,
            release_policy: bundle.release_policy.as_ref().map(PolicyTold::new),
        }
    }
}

impl<'a> ItemBody<'a> {
    pub(super) fn new(item: &'a KeyItem, vault_url: &str, form: IdForm) -> Self {
        Self {
            kid: object_id(vault_url, ObjectKind::Key, &item.name, &item.version, form),
            attributes: AttributesTold::of_key(&item.attributes, item.exportable),
            tags: item.tags.iter().collect(),
            managed: item.managed,
        }
    }
}

pub(super) fn deleted<'a>(deleted: &'a Deleted<KeyBundle>, url: &str) -> DeletedTold<BundleBody<'a>> {
    let place = (url, ObjectKind::Key, &deleted.object.name);
    DeletedTold::new(BundleBody::new(&deleted.object, url), place, (deleted.deleted, deleted.scheduled_purge))
}

pub(super) fn deleted_item<'a>(deleted: &'a Deleted<KeyItem>, url: &str) -> DeletedTold<ItemBody<'a>> {
    let place = (url, ObjectKind::Key, &deleted.object.name);
    let item = ItemBody::new(&deleted.object, url, IdForm::WithoutVersion);
    DeletedTold::new(item, place, (deleted.deleted, deleted.scheduled_purge))
}

impl JwkTold {
    fn new(kid: String, bundle: &KeyBundle) -> Self {
        let key_ops = bundle.operations.iter().map(KeyOperation::as_str).collect();
        let empty = Self { kid, kty: "oct", key_ops, n: None, e: None, crv: None, x: None, y: None, key_hsm: None };
        let number = |bytes: &[u8]| Some(base64url::encode(bytes));
        match &bundle.key {
            PublicJwk::Rsa { n, e } => Self { kty: "RSA", n: number(n), e: number(e), ..empty },
            PublicJwk::Ec { curve, x, y } => {
                Self { kty: "EC", crv: Some(curve.as_str()), x: number(x), y: number(y), ..empty }
            }
            PublicJwk::Oct => empty,
        }
    }
}

impl<'a> PolicyTold<'a> {
    fn new(policy: &'a ReleasePolicy) -> Self {
        let ReleasePolicy { content_type, data, immutable } = policy;
        Self { content_type, data: base64url::encode(data), immutable: *immutable }
    }
}
