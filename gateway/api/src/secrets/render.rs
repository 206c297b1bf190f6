//! Outcomes of calls about secrets as answers.

use http::StatusCode;
use portcullis_model::Listed;
use portcullis_model::secrets::{SecretBundle, SecretOutcome};

use super::bundle::{BundleBody, deleted};
use crate::page::Position;
use crate::told::IdForm;
use crate::{Answer, RenderContext, list};

pub(crate) fn render(outcome: &SecretOutcome, context: RenderContext<'_>) -> Answer {
    let url = context.hosts.vault_url(&context.routed.vault);
    let page = |items: &[SecretBundle], next, form| list::page(bundles(items, &url, form), next, &url, context);
    match outcome {
        SecretOutcome::Bundle(bundle) => {
            let size = 1024 + bundle.value.as_ref().map_or(0, |value| value.expose().len() * 2);
            Answer::json_of_size(StatusCode::OK, &BundleBody::new(bundle, &url, IdForm::WithVersion), size)
        }
        SecretOutcome::Deleted(secret) => Answer::json(StatusCode::OK, &deleted(secret, &url, IdForm::WithVersion)),
        SecretOutcome::List(Listed { items, next }) => {
            page(items, next.clone().map(Position::Object), IdForm::WithoutVersion)
        }
        SecretOutcome::Versions(Listed { items, next }) => {
            page(items, next.clone().map(Position::Version), IdForm::WithVersion)
        }
        SecretOutcome::DeletedList(Listed { items, next }) => {
            let items = items.iter().map(|item| deleted(item, &url, IdForm::WithoutVersion)).collect();
            list::page(items, next.clone().map(Position::Object), &url, context)
        }
        SecretOutcome::Backup(blob) => list::backup(blob),
        SecretOutcome::Purged => Answer::empty(StatusCode::NO_CONTENT),
    }
}

/// Items of lists never carry a value, whatever the bundles hold.
fn bundles<'a>(items: &'a [SecretBundle], url: &str, form: IdForm) -> Vec<BundleBody<'a>> {
    items.iter().map(|item| BundleBody::new(item, url, form).without_value()).collect()
}
