//! Outcomes of calls about keys as answers.

use http::StatusCode;
use portcullis_model::ObjectKind;
use portcullis_model::keys::{KeyItem, KeyOutcome, KeyResult};
use serde::Serialize;

use super::bundle::{BundleBody, ItemBody, deleted, deleted_item};
use super::release;
use super::rotation_policy::PolicyTold;
use crate::page::Position;
use crate::told::{IdForm, object_id};
use crate::{Answer, RenderContext, base64url, list};

pub(crate) fn render(outcome: &KeyOutcome, context: RenderContext<'_>) -> Answer {
    let url = context.hosts.vault_url(&context.routed.vault);
    let page = |items: &[KeyItem], next, form| {
        let items = items.iter().map(|item| ItemBody::new(item, &url, form)).collect();
        list::page(items, next, &url, context)
    };
    match outcome {
        KeyOutcome::Bundle(bundle) => Answer::json_of_size(StatusCode::OK, &BundleBody::new(bundle, &url), 2048),
        KeyOutcome::Deleted(key) => Answer::json_of_size(StatusCode::OK, &deleted(key, &url), 2048),
        KeyOutcome::List(listed) => {
            page(&listed.items, listed.next.clone().map(Position::Object), IdForm::WithoutVersion)
        }
        KeyOutcome::Versions(listed) => {
            page(&listed.items, listed.next.clone().map(Position::Version), IdForm::WithVersion)
        }
        KeyOutcome::DeletedList(listed) => {
            let items = listed.items.iter().map(|item| deleted_item(item, &url)).collect();
            list::page(items, listed.next.clone().map(Position::Object), &url, context)
        }
        KeyOutcome::Backup(blob) => list::backup(blob),
        KeyOutcome::Purged => Answer::empty(StatusCode::NO_CONTENT),
        KeyOutcome::Result(result) => Answer::json(StatusCode::OK, &ResultBody::new(result, &url)),
        KeyOutcome::Verified { valid, .. } => Answer::json(StatusCode::OK, &VerifiedBody { value: *valid }),
        KeyOutcome::Random(bytes) => {
            Answer::json(StatusCode::OK, &RandomBody { value: base64url::encode(bytes.expose()) })
        }
        KeyOutcome::Released(released) => release::render(released, &url, context),
        KeyOutcome::RotationPolicy { name, policy } => {
            Answer::json(StatusCode::OK, &PolicyTold::new(&url, name, policy))
        }
    }
}

#[derive(Serialize)]
struct VerifiedBody {
    value: bool,
}

#[derive(Serialize)]
struct RandomBody {
    value: String,
}

/// `KeyOperationResult`.
#[derive(Serialize)]
struct ResultBody {
    kid: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    iv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aad: Option<String>,
}

impl ResultBody {
    fn new(result: &KeyResult, vault_url: &str) -> Self {
        let encoded = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(base64url::encode);
        Self {
            kid: object_id(vault_url, ObjectKind::Key, &result.name, &result.version, IdForm::WithVersion),
            value: base64url::encode(result.value.expose()),
            iv: encoded(&result.iv),
            tag: encoded(&result.tag),
            aad: encoded(&result.aad),
        }
    }
}
