//! Pages of lists as answers, and backups.

use http::StatusCode;
use serde::Serialize;

use crate::page::{MAX_PAGE, Position};
use crate::{Answer, ApiError, ErrorCode, RenderContext, base64url};

#[derive(Serialize)]
struct ListBody<T> {
    value: Vec<T>,
    /// `null` on the last page, as the reference sends it.
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

/// A page, with the link to the next one if there may be more.
pub(crate) fn page<T: Serialize>(
    value: Vec<T>,
    next: Option<Position>,
    url: &str,
    context: RenderContext<'_>,
) -> Answer {
    let next_link = match next.map(|position| next_link(&position, url, context)) {
        None => None,
        Some(Some(link)) => Some(link),
        // A page without the link would say that the list ends.
        Some(None) => {
            let text = "where the list goes on cannot be told; try again";
            return ApiError::new(ErrorCode::InternalServerError, text).render();
        }
    };
    let size = 256 + value.len() * 512;
    Answer::json_of_size(StatusCode::OK, &ListBody { value, next_link }, size)
}

fn next_link(position: &Position, url: &str, context: RenderContext<'_>) -> Option<String> {
    let routed = context.routed;
    let path = match (&routed.object, routed.operation.row().paths) {
        (Some((kind, name)), _) => format!("/{}/{name}/versions", kind.collection()),
        // A list of objects has one path without parameters.
        (None, [path, ..]) => (*path).to_owned(),
        (None, []) => String::new(),
    };
    let token = routed.list().token(position, context.seal)?;
    let limit = routed.page.as_ref().ok().and_then(Option::as_ref).map_or(MAX_PAGE, |page| page.limit);
    // Clients follow the link as it is, so it asks for what the first page was asked for.
    let pending = if routed.include_pending { "&includePending=true" } else { "" };
    Some(format!("{url}{path}?api-version={}&$skiptoken={token}&maxresults={limit}{pending}", routed.api_version))
}

#[derive(Serialize)]
struct BackupBody<'a> {
    value: &'a str,
}

/// A backup.
pub(crate) fn backup(blob: &[u8]) -> Answer {
    let value = base64url::encode(blob);
    Answer::json_of_size(StatusCode::OK, &BackupBody { value: &value }, value.len() + 64)
}
