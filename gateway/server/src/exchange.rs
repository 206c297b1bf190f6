//! One request and its answer: ids, origin, the audit scope, and the headers that every answer carries.

use std::sync::Arc;
use std::time::Instant;

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use portcullis_api::{Answer, ApiError, ErrorCode, HostRole, MAX_URI_BYTES, RequestMarks, client_request_id};
use portcullis_audit::{AuditError, AuditEvent, AuditScope, RequestNote};
use portcullis_listener::Connection;
use portcullis_model::{PrivateEndpointId, RequestId, Resource, SubnetId};
use portcullis_network::Origin;
use portcullis_policy::{Creditor, Evaluation, JudgedItem, VaultFacts};

use crate::gateway::Gateway;
use crate::notes;

/// The revision of the control state that an answer was judged by.
const REVISION: HeaderName = HeaderName::from_static("x-portcullis-revision");
/// The greatest stretch of a header that is taken into the audit record.
const NOTED: usize = 1024;
/// The greatest stretch of a request target; longer ones are refused.
const NOTED_TARGET: usize = MAX_URI_BYTES;

/// A request under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    id: RequestId,
    began: Instant,
    origin: Origin,
    scope: AuditScope,
    client_request_id: Option<HeaderValue>,
    /// Which of the gateway's roles answers; it decides on the standard headers.
    role: HostRole,
    revision: Option<u64>,
    /// Whether the request was about to be carried out; if its record cannot be written, its caller is told so.
    announced: bool,
    location: Option<String>,
    /// Whether a policy forbids that the answer be stored.
    storing_forbidden: bool,
}

impl Exchange {
    /// Begins with the connection and the head; from here on the request leaves exactly one audit record.
    pub(crate) fn begin(gateway: &Gateway, connection: &Connection, head: &Parts) -> Self {
        let (id, began) = (RequestId::random(), Instant::now());
        let origin = origin(gateway, connection);
        let client_request_id = client_request_id(&head.headers);
        let scope = gateway.audit().begin(RequestNote {
            request_id: id.to_string().into(),
            method: head.method.as_str().to_owned().into(),
            uri: uri(head).into(),
            user_agent: noted(&head.headers, &http::header::USER_AGENT).map(Into::into),
            correlation_id: client_request_id.as_ref().and_then(|id| id.to_str().ok()).map(|id| id.to_owned().into()),
            client: origin.address(),
            tls_version: connection.tls.version.as_str(),
            connection: connection.id,
        });
        let role = HostRole::Unknown;
        Self {
            id,
            began,
            origin,
            scope,
            client_request_id,
            role,
            revision: None,
            announced: false,
            location: None,
            storing_forbidden: false,
        }
    }

    /// The request's id.
    pub(crate) const fn id(&self) -> RequestId {
        self.id
    }

    /// Where the request comes from.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The audit event, to be filled along the way.
    pub(crate) const fn event(&mut self) -> &mut AuditEvent {
        self.scope.event()
    }

    /// The client's own id of the request.
    pub(crate) fn correlation(&self) -> Option<&str> {
        self.client_request_id.as_ref().and_then(|id| id.to_str().ok())
    }

    /// Notes which of the gateway's roles answers.
    pub(crate) fn answered_by(&mut self, role: &HostRole) {
        self.role = role.clone();
    }

    /// Notes the revision that the request is judged by.
    pub(crate) fn judged_by(&mut self, revision: u64) {
        self.revision = Some(revision);
        self.event().revision(revision);
    }

    /// Notes and counts what each plugin decided.
    pub(crate) fn evaluated(&mut self, gateway: &Gateway, evaluations: &[Evaluation]) {
        notes::evaluations(self.event(), evaluations);
        gateway.metrics().evaluated(evaluations);
        gateway.installed_plugins().observations().note(self.id, evaluations);
    }

    /// Writes, once, that the request is about to be carried out. What cannot be announced must not be done.
    pub(crate) fn announce(&mut self) -> Result<(), AuditError> {
        if !self.announced {
            self.scope.announce()?;
            self.announced = true;
        }
        Ok(())
    }

    /// Notes what the request is about: the vault, if one is there, or the place where something may be.
    pub(crate) fn is_about(&mut self, vault: Option<&VaultFacts>, resource: &Resource) {
        self.event().resource(vault.map_or(resource, |vault| &vault.resource).id().to_owned());
        self.location = vault.map(|vault| vault.location.clone());
    }

    /// Writes the audit record, then gives the response to send. When the record cannot be written, the response is
    /// the error that says so: what was not recorded is not told.
    pub(crate) fn end(self, gateway: &Gateway, result: Result<Answer, ApiError>) -> Response<Full<Bytes>> {
        let Self {
            id,
            began,
            origin,
            mut scope,
            client_request_id,
            role,
            revision,
            announced,
            location,
            storing_forbidden,
        } = self;
        let answer = result.unwrap_or_else(|error| {
            scope.event().description(error.message().to_owned());
            error.render()
        });
        let operation = scope.event().operation_name();
        let finished = scope.finish(answer.status.as_u16());
        let mut answer = finished.map_or_else(|error| withheld(id, announced, &error), |()| answer);
        gateway.metrics().answered(operation, answer.status.as_u16(), began.elapsed());
        let marks = RequestMarks { request_id: id, client_request_id: client_request_id.as_ref() };
        let standard = gateway.standard_headers();
        match role {
            HostRole::Login => standard.apply_login(&mut answer.headers, marks),
            HostRole::Management | HostRole::Graph => standard.apply_management(&mut answer.headers, marks),
            HostRole::Vault(_) | HostRole::Ip | HostRole::Unknown => {
                standard.apply_vault(&mut answer.headers, marks, &origin.network_info(), location.as_deref());
            }
        }
        if storing_forbidden {
            answer.headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        if let Some(revision) = revision {
            answer.headers.insert(REVISION, HeaderValue::from(revision));
        }
        response(answer)
    }
}

impl Creditor for Exchange {
    fn forbid_storing(&mut self) {
        self.storing_forbidden = true;
        self.event().obligation("no-store");
    }

    fn notify(&mut self, topic: &Arc<str>) {
        tracing::warn!(topic = topic.as_ref(), request = %self.id, "a policy wants it known that a request was permitted");
        self.event().obligation(format!("notify {topic}"));
    }

    /// Nothing of it is counted or observed: an item of a list is no request.
    fn judged(&mut self, item: &JudgedItem) {
        notes::item(self.event(), item);
    }

    fn filtered(&mut self) {
        self.event().obligation("filter-list");
    }
}

/// The response to a request that leaves no audit record.
pub(crate) fn unrecorded(
    gateway: &Gateway,
    connection: &Connection,
    head: &Parts,
    mut answer: Answer,
) -> Response<Full<Bytes>> {
    let client_request_id = client_request_id(&head.headers);
    let marks = RequestMarks { request_id: RequestId::random(), client_request_id: client_request_id.as_ref() };
    let network_info = origin(gateway, connection).network_info();
    gateway.standard_headers().apply_vault(&mut answer.headers, marks, &network_info, None);
    response(answer)
}

fn origin(gateway: &Gateway, connection: &Connection) -> Origin {
    let bound = connection.binding.as_deref();
    if let Some(endpoint) = bound.and_then(|endpoint| endpoint.parse::<PrivateEndpointId>().ok()) {
        return Origin::through(endpoint, connection.client.ip());
    }
    let binding: Option<SubnetId> = bound.and_then(|subnet| subnet.parse().ok());
    gateway.networks().origin(connection.client.ip(), binding.as_ref())
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// What was not recorded is not told.
fn withheld(id: RequestId, announced: bool, error: &AuditError) -> Answer {
    tracing::error!(%error, request = %id, "the answer was withheld");
    let text = if announced {
        "how the request ended could not be recorded, so its answer is withheld; a later read shows whether it was \
         carried out"
    } else {
        "the request could not be recorded, so its answer is withheld; nothing was changed"
    };
    ApiError::new(ErrorCode::ServiceUnavailable, text).render()
}

/// The full request target; credentials in its query are masked when the record is written.
fn uri(head: &Parts) -> String {
    let host = noted(&head.headers, &http::header::HOST)
        .or_else(|| head.uri.authority().map(|authority| authority.as_str().to_owned()))
        .unwrap_or_default();
    let target = head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let target = target.get(..target.floor_char_boundary(NOTED_TARGET)).unwrap_or_default();
    format!("https://{host}{target}")
}

fn noted(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    let bytes = value.as_bytes();
    Some(String::from_utf8_lossy(bytes.get(..NOTED).unwrap_or(bytes)).into_owned())
}
