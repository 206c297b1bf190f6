//! Answers on the data plane: an outcome becomes the bytes that clients expect.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use portcullis_model::Operation;
use portcullis_model::secrets::{DeletedSecret, SecretBundle, SecretOutcome};
use serde::Serialize;

use crate::page::{MAX_PAGE, Position};
use crate::secrets::bundle::{BundleBody, DeletedBody, IdForm};
use crate::{Answer, Hosts, Routed};

/// What an answer needs to know of its request: ids and links carry the address that the client used.
#[derive(Debug, Clone, Copy)]
pub struct RenderContext<'a> {
    /// The gateway's addresses.
    pub hosts: &'a Hosts,
    /// The request.
    pub routed: &'a Routed,
}

/// The answer that tells an outcome.
#[must_use]
pub fn render(outcome: &SecretOutcome, context: RenderContext<'_>) -> Answer {
    let url = context.hosts.vault_url(&context.routed.vault);
    match outcome {
        SecretOutcome::Bundle(bundle) => {
            let size = 1024 + bundle.value.as_ref().map_or(0, |value| value.expose().len() * 2);
            Answer::json_of_size(StatusCode::OK, &BundleBody::new(bundle, &url, IdForm::WithVersion), size)
        }
        SecretOutcome::Deleted(deleted) => {
            Answer::json(StatusCode::OK, &DeletedBody::new(deleted, &url, IdForm::WithVersion))
        }
        SecretOutcome::List { items, next } => {
            let next = next.clone().map(Position::Object);
            list(bundles(items, &url, IdForm::WithoutVersion), next, &url, context.routed)
        }
        SecretOutcome::Versions { items, next } => {
            let next = next.clone().map(Position::Version);
            list(bundles(items, &url, IdForm::WithVersion), next, &url, context.routed)
        }
        SecretOutcome::DeletedList { items, next } => {
            let next = next.clone().map(Position::Object);
            list(deleted_items(items, &url), next, &url, context.routed)
        }
        SecretOutcome::Backup(blob) => {
            let value = URL_SAFE_NO_PAD.encode(blob);
            Answer::json_of_size(StatusCode::OK, &BackupBody { value: &value }, value.len() + 64)
        }
        SecretOutcome::Purged => Answer::empty(StatusCode::NO_CONTENT),
    }
}

#[derive(Serialize)]
struct BackupBody<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct ListBody<T> {
    value: Vec<T>,
    /// `null` on the last page, as the reference sends it.
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

/// Items of lists never carry a value, whatever the bundles hold.
fn bundles<'a>(items: &'a [SecretBundle], url: &str, form: IdForm) -> Vec<BundleBody<'a>> {
    items.iter().map(|item| BundleBody::new(item, url, form).without_value()).collect()
}

fn deleted_items<'a>(items: &'a [DeletedSecret], url: &str) -> Vec<DeletedBody<'a>> {
    items.iter().map(|item| DeletedBody::new(item, url, IdForm::WithoutVersion)).collect()
}

fn list<T: Serialize>(value: Vec<T>, next: Option<Position>, url: &str, routed: &Routed) -> Answer {
    let next_link = next.map(|position| next_link(&position, url, routed));
    let size = 256 + value.len() * 512;
    Answer::json_of_size(StatusCode::OK, &ListBody { value, next_link }, size)
}

fn next_link(position: &Position, url: &str, routed: &Routed) -> String {
    let path = match (routed.operation, &routed.object) {
        (Operation::SecretListDeleted, _) => "/deletedsecrets".to_owned(),
        (_, Some((kind, name))) => format!("/{}/{name}/versions", kind.collection()),
        (_, None) => "/secrets".to_owned(),
    };
    let token = routed.list().token(position);
    let limit = routed.page.as_ref().ok().and_then(Option::as_ref).map_or(MAX_PAGE, |page| page.limit);
    format!("{url}{path}?api-version={}&$skiptoken={token}&maxresults={limit}", routed.api_version)
}

#[cfg(test)]
mod tests;
