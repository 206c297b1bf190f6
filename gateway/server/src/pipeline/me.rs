//! Who the caller is, in the directory's words. It is told to everybody of themselves, so no role is asked for.

use http::request::Parts;
use portcullis_api::{Answer, ApiError, ErrorCode, HostRole, graph};
use portcullis_identity::{Audience, Expected, PrincipalKind};
use portcullis_listener::Connection;
use portcullis_model::directory::DirectoryObject;
use portcullis_policy::DirectoryFacts as _;

use crate::error::{Context, PipelineError, bearer};
use crate::exchange::Exchange;
use crate::gateway::Gateway;
use crate::notes;

/// Answers the question.
pub(super) async fn answer(
    gateway: &Gateway,
    connection: &Connection,
    head: &Parts,
    exchange: &mut Exchange,
    context: &mut Context,
) -> Result<Answer, PipelineError> {
    context.answers_for(&HostRole::Graph);
    exchange.event().operation("DirectoryMe").stage("authentication");
    let control = gateway.management().state();
    exchange.judged_by(control.revision());
    let expected = Expected { audience: Audience::Graph, tenant: None };
    let caller = super::authenticate(gateway, connection, bearer(head)?, expected, control.directory()).await?;
    notes::caller(exchange.event(), &caller);
    exchange.event().stage("done");
    let principal = caller.principal();
    if principal.kind != PrincipalKind::User {
        let text = "/me request is only valid with delegated authentication flow.";
        return Err(ApiError::new(ErrorCode::DirectoryBadRequest, text).into());
    }
    Ok(graph::me(&DirectoryObject::User {
        id: principal.id,
        name: control.directory().account(principal.id).map(|account| account.name.clone()),
        display_name: principal.display_name.clone(),
        enabled: principal.enabled,
    }))
}
