//! The path of a request. Whoever wants to know the order of checks reads [`handle`] and nothing else.

mod me;
mod overview;
mod what_if;

use std::sync::Arc;
use std::time::Duration;

use http::Response;
use http::request::Parts;
use http_body_util::Full;
use hyper::body::{Body, Bytes};
use portcullis_api::graph;
use portcullis_api::management::Overview;
use portcullis_api::{Answer, ApiError, ErrorCode, HostRole, authority, check_head, health_answer, is_health_status};
use portcullis_identity::{Assertion, AssertionError, AuthenticateError, Caller, Directory, Expected};
use portcullis_listener::{Connection, discard_body, read_body};
use portcullis_management::{ControlState, ManagementError};
use portcullis_model::management::{ManagementCall, ManagementOutcome};
use portcullis_model::plugins::MAX_COMPONENT_BYTES;
use portcullis_model::{Call, Operation, Outcome, OverLimit, Plane};
use portcullis_policy::{
    ByPlane, Counted, Decided, DirectoryFacts, Facts, HeaderNames, Headers, NetworkFacts, Owed, Permitted, Settled,
    StoredObject,
};

use crate::error::{Context, PipelineError, bearer};
use crate::exchange::{self, Exchange};
use crate::gateway::Gateway;
use crate::routed::{Routed, Subject};
use crate::throttling::Admitted;
use crate::trusted_issuers::ForeignTokenError;
use crate::{notes, oauth};
use overview::Asked;

/// Answers one request: finds whom it is for, handles it, records it.
pub(crate) async fn serve<B>(
    gateway: &Gateway,
    connection: Arc<Connection>,
    request: http::Request<B>,
) -> Response<Full<Bytes>>
where
    B: Body<Data = Bytes> + Unpin + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    if is_health_status(&head) && check_head(&head).is_ok() {
        // Asked by probes, many times a minute, whatever the host; it is not audited (behaviour, section 7.1).
        return exchange::unrecorded(gateway, &connection, &head, health_answer());
    }
    let mut exchange = Exchange::begin(gateway, &connection, &head);
    let mut context = Context::default();
    let result = match addressed(gateway, &connection, &head) {
        Ok(role) => {
            exchange.answered_by(&role);
            match role {
                HostRole::Management if let Some(overview) = Overview::of(&head) => {
                    Asked { gateway, connection: &connection, head: &head, overview }
                        .answer(&mut exchange, &mut context)
                        .await
                        .map_err(|error| context.explain(gateway, &mut exchange, error))
                }
                HostRole::Graph if graph::is_me(&head) => {
                    me::answer(gateway, &connection, &head, &mut exchange, &mut context)
                        .await
                        .map_err(|error| context.explain(gateway, &mut exchange, error))
                }
                HostRole::Ip | HostRole::Unknown => {
                    Err(context.explain(gateway, &mut exchange, PipelineError::Misdirected))
                }
                HostRole::Login => oauth::handle(gateway, &connection, &mut exchange, &head, body).await,
                HostRole::Vault(_) | HostRole::Management | HostRole::Graph => {
                    let mut body = body;
                    let handled =
                        handle(gateway, &connection, &mut exchange, &mut context, &role, &head, &mut body).await;
                    let unread = || !context.body_asked && !head.headers.contains_key(http::header::EXPECT);
                    if handled.is_err() && (context.large_body || unread()) {
                        discard_rest(&context, &mut body).await;
                    }
                    handled.map_err(|error| context.explain(gateway, &mut exchange, error))
                }
            }
        }
        Err(error) => Err(context.explain(gateway, &mut exchange, error)),
    };
    exchange.end(gateway, result)
}

/// The host that the request names. It must be the one that the TLS handshake named: a connection opened for one
/// vault carries no requests for another.
fn addressed(gateway: &Gateway, connection: &Connection, head: &Parts) -> Result<HostRole, PipelineError> {
    check_head(head)?;
    let authority = authority(head)?;
    let role = gateway.hosts().classify(authority)?;
    let host = authority.split(':').next().unwrap_or(authority);
    if !connection.tls.sni.as_deref().is_some_and(|sni| sni.eq_ignore_ascii_case(host)) {
        return Err(PipelineError::Misdirected);
    }
    Ok(role)
}

/// The order of checks: route; then vault, caller, network and policy; then arguments; then room; then execution.
async fn handle<B>(
    gateway: &Gateway,
    connection: &Connection,
    exchange: &mut Exchange,
    context: &mut Context,
    role: &HostRole,
    head: &Parts,
    body: &mut B,
) -> Result<Answer, PipelineError>
where
    B: Body<Data = Bytes> + Unpin + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    exchange.event().stage("route");
    context.answers_for(role);
    let routed = Routed::route(role, head, gateway.positions())?;
    context.large_body = routed.operation() == Operation::PluginComponentPut;
    exchange.event().operation(routed.operation().row().name).api_version(routed.api_version().to_owned());
    let request = Request { gateway, connection, head, routed: &routed, counted: Arc::default() };
    let mut arguments = Bytes::new();
    let before = if routed.is_judged_with_body() {
        // What the caller's roles permit may depend on the body, so only who calls is known before it is read.
        request.identify(exchange, context).await?;
        None
    } else {
        Some(request.judge(exchange, context, &arguments).await?)
    };
    // Held until the request is done: what was read stays in memory as long.
    let _room = if context.large_body { Some(room_for_component(gateway)?) } else { None };
    let before = if body.is_end_stream() {
        before
    } else {
        exchange.event().stage("arguments");
        context.body_asked = true;
        arguments = read_body(body, routed.body_limit(), gateway.body_timeout()).await?;
        // A body takes the time that its sender likes. What was judged before it came is judged again: a right that
        // was lost meanwhile is lost for this request too.
        before.filter(|_| context.facts.as_deref().is_some_and(|facts| request.still_holds(facts)))
    };
    let mut decided = match before {
        Some(decided) => decided,
        None => request.judge(exchange, context, &arguments).await?,
    };
    // Only what is permitted counts, and it counts once.
    exchange.event().stage("throttling");
    let admitted = request.admit(&decided)?;
    let mut turn = None;
    for _ in 0..JUDGEMENTS {
        let call = routed.parse(&arguments)?;
        let as_all = request.judge_also(exchange, context, decided, &call).await?;
        let (permitted, owed) = as_all.permit(call)?;
        announce(exchange, routed.operation())?;
        exchange.event().stage("execution");
        match execute(gateway, exchange, permitted, admitted.as_ref()).await {
            // The control state moved between the judgement and the write.
            // Whoever was overtaken waits for its turn, so that many who write at once do not overtake each other.
            Err(PipelineError::Management(ManagementError::Stale)) => {
                if turn.is_none() {
                    turn = Some(gateway.management().turn().await);
                }
                decided = request.judge(exchange, context, &arguments).await?
            }
            Err(error) => return Err(error),
            Ok(outcome) => return request.answer(exchange, outcome, owed, admitted.as_ref()).await,
        }
    }
    Err(PipelineError::Management(ManagementError::Busy))
}

/// Room for the body of a component.
fn room_for_component(gateway: &Gateway) -> Result<tokio::sync::SemaphorePermit<'_>, PipelineError> {
    gateway.component_bodies().try_acquire().map_err(|_| {
        let text = "other components are being brought; try again";
        PipelineError::Request(ApiError::new(ErrorCode::Throttled, text).with_retry_after(1))
    })
}

/// Reads on and throws away what is left of the body of a refused request, so that its sender reads why. A decision may
/// be there before the body is, and a connection with an unread body is closed: a client that has its answer and goes on
/// would lose its next request. Who waits to be told to send it (`Expect`) is answered as it is. Of those who have not
/// shown who they are, no more is read than of any other body.
async fn discard_rest<B: Body<Data = Bytes> + Unpin>(context: &Context, body: &mut B) {
    let (bytes, time) = if context.large_body && context.facts.is_some() {
        (MAX_COMPONENT_BYTES, Duration::from_secs(10))
    } else {
        (1 << 20, Duration::from_secs(1))
    };
    if !body.is_end_stream() {
        discard_body(body, bytes, time).await;
    }
}

/// Records that something is about to be changed. Without it a log that fails now would leave a change that nobody
/// knows of; an answer can be withheld, a change cannot be taken back.
fn announce(exchange: &mut Exchange, operation: Operation) -> Result<(), PipelineError> {
    if operation.changes_nothing() { Ok(()) } else { Ok(exchange.announce()?) }
}

/// How often a write of the management plane is judged when others write too.
const JUDGEMENTS: usize = 8;

/// How often, and after which pauses, it is looked whether the revision that a caller demands has come.
const REVISION_LOOKS: usize = 100;
const REVISION_PAUSE: Duration = Duration::from_millis(20);

/// The revision that the caller demands (`x-portcullis-min-revision`), if he demands one.
fn demanded_revision(head: &Parts) -> Result<Option<u64>, PipelineError> {
    let mut values = head.headers.get_all("x-portcullis-min-revision").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok()).filter(|_| values.next().is_none());
    number.map(Some).ok_or_else(|| {
        let text = "the header x-portcullis-min-revision is not one number";
        PipelineError::Request(ApiError::new(ErrorCode::BadRequest, text))
    })
}

/// Who calls, and the one state by which that was found out.
struct Identified {
    control: Arc<ControlState>,
    subject: Subject,
    caller: Caller,
}

/// A routed request on its way.
struct Request<'a> {
    gateway: &'a Gateway,
    connection: &'a Connection,
    head: &'a Parts,
    routed: &'a Routed,
    /// What it was counted under, however often it is judged.
    counted: Arc<Counted>,
}

impl Request<'_> {
    /// Finds out who calls, as of a state that is not behind the revision that the caller demands. Waits for it a
    /// little.
    async fn identify(&self, exchange: &mut Exchange, context: &mut Context) -> Result<Identified, PipelineError> {
        let wanted = demanded_revision(self.head)?;
        for _ in 0..REVISION_LOOKS {
            let identified = self.identify_now(exchange, context).await?;
            if wanted.is_none_or(|wanted| wanted <= identified.control.revision()) {
                return Ok(identified);
            }
            tokio::time::sleep(REVISION_PAUSE).await;
        }
        Err(PipelineError::Behind { wanted: wanted.unwrap_or_default() })
    }

    async fn identify_now(&self, exchange: &mut Exchange, context: &mut Context) -> Result<Identified, PipelineError> {
        let Self { gateway, head, routed, .. } = self;
        let control = gateway.management().state();
        exchange.judged_by(control.revision());
        exchange.event().judged_anew();
        let subject = routed.subject(&control);
        let named = subject.name.as_ref().and_then(|name| control.vault(name));
        // By the name alone, and so the same on both planes: if they differed, the name would be a vault's.
        let unknown = || gateway.tenant_of_unknown(subject.name.as_ref(), control.directory());
        let seeming = || named.map_or_else(unknown, |vault| vault.facts.tenant);
        context.tenant = Some(subject.tenant.unwrap_or_else(seeming));

        exchange.event().stage("authentication");
        let expected = Expected { audience: context.audience(), tenant: subject.demanded_tenant(context.tenant) };
        let caller = authenticate(gateway, self.connection, bearer(head)?, expected, control.directory()).await?;
        notes::caller(exchange.event(), &caller);
        Ok(Identified { control, subject, caller })
    }

    /// Judges the request as of now: one control state and one moment for all of it. What conditions may name is taken
    /// from the body, as far as that is known.
    async fn judge(
        &self,
        exchange: &mut Exchange,
        context: &mut Context,
        body: &[u8],
    ) -> Result<Decided, PipelineError> {
        let Self { gateway, connection, head, routed, counted } = self;
        let Identified { control, subject, caller } = self.identify(exchange, context).await?;
        subject.check()?;
        let now = gateway.clock().now();
        let signals = gateway.signal_sources().read(head, connection.client.ip(), caller.principal().id, now)?;
        let request = routed
            .facts(&subject, &control, now, headers(gateway.visible_headers(), head), body)
            .ok_or(PipelineError::VaultNotFound)?;
        let vault = subject.vault.as_ref().map(|vault| Arc::clone(&vault.facts));
        exchange.is_about(vault.as_deref(), &request.resource);
        let facts = Arc::new(Facts {
            request,
            vault,
            caller,
            network: NetworkFacts {
                origin: exchange.origin().clone(),
                tls_version: connection.tls.version.as_str(),
                private_endpoint: exchange.origin().private_endpoint(),
                client_certificate: None,
            },
            directory: control,
            signals,
            object: StoredObject::read_by(Arc::clone(gateway.objects())),
            counted: Arc::clone(counted),
        });
        context.facts = Some(Arc::clone(&facts));

        exchange.event().stage("network");
        let trust = gateway.trusted().trust(&facts.caller);
        let verdict = routed.judge_network(&subject, exchange.origin(), trust)?;
        notes::admitted(exchange.event(), &verdict, &facts.caller);

        exchange.event().stage("policy");
        let decided = gateway.policy().decide(&verdict, &facts).await?;
        exchange.evaluated(gateway, decided.evaluations());
        exchange.event().rbac_authorized(true).applied_assignment(decided.grant().rule().to_string());
        Ok(decided)
    }

    /// Judges a permitted request as another operation too, if it does more than its own says. The state is that of the
    /// first judgement; if another one is in place meanwhile, the execution finds out.
    async fn judge_also(
        &self,
        exchange: &mut Exchange,
        context: &mut Context,
        decided: Decided,
        call: &Call,
    ) -> Result<Decided, PipelineError> {
        let Call::Management(call) = call else { return Ok(decided) };
        let Some(operation) = self.gateway.management().also_needed(call) else { return Ok(decided) };
        exchange.event().stage("policy");
        let (also, noted) = (decided.also(operation), decided.evaluations().len());
        context.facts = Some(Arc::clone(also.facts()));
        let decided = self.gateway.policy().decide_also(decided, &also).await?;
        exchange.evaluated(self.gateway, decided.evaluations().get(noted..).unwrap_or_default());
        Ok(decided)
    }

    /// Whether a judgement on these facts would be the same now: the control state is the very one, and no second has
    /// passed. What else it may rest on is the stored object, if a plugin asked; that can change while a request is read.
    fn still_holds(&self, facts: &Facts) -> bool {
        let control: Arc<dyn DirectoryFacts> = self.gateway.management().state();
        std::ptr::addr_eq(Arc::as_ptr(&facts.directory), Arc::as_ptr(&control))
            && facts.request.time == self.gateway.clock().now()
            && !facts.object.is_read()
    }

    /// Whether there is room for the request, at the vault and for its caller. The management plane has its own bounds.
    fn admit(&self, decided: &Decided) -> Result<Option<Admitted<'_>>, OverLimit> {
        let operation = self.routed.operation();
        let Some(throttling) = self.gateway.throttling().filter(|_| operation.row().plane == Plane::Data) else {
            return Ok(None);
        };
        let grant = decided.grant();
        let Some(vault) = grant.vault() else { return Ok(None) };
        let admitted = throttling.admit(operation, vault.id, grant.caller().principal().id, self.gateway.clock().now());
        admitted.map(Some)
    }

    /// Does what is owed and tells the rest. A list that is filtered may take more than one page to be read.
    async fn answer(
        &self,
        exchange: &mut Exchange,
        mut outcome: Outcome,
        mut owed: Owed,
        admitted: Option<&Admitted<'_>>,
    ) -> Result<Answer, PipelineError> {
        let told = loop {
            match owed.settle(self.gateway.policy(), outcome, exchange).await? {
                Settled::Whole(told) => break told,
                Settled::GoOn(permitted, rest) => {
                    // Other requests' turn: many items may have been judged without waiting for anything.
                    tokio::task::yield_now().await;
                    admitted.map_or(Ok(()), Admitted::judges_a_page)?;
                    outcome = execute(self.gateway, exchange, permitted, admitted).await?;
                    owed = rest;
                }
            }
        };
        let hosts = self.gateway.hosts();
        if let Some(vault) = self.routed.data_vault() {
            notes::outcome(exchange.event(), told.outcome(), || hosts.vault_url(vault));
        }
        exchange.event().stage("done");
        Ok(self.routed.render(hosts, self.gateway.positions(), &told))
    }
}

/// Finds out who calls, unless the address has shown too many bad tokens. Whoever shows none is challenged without
/// being counted: every client begins so. A token that was found good before costs nothing and is let through, so
/// that nobody is kept out by others behind the same address.
async fn authenticate(
    gateway: &Gateway,
    connection: &Connection,
    token: &str,
    expected: Expected,
    directory: &Directory,
) -> Result<Caller, PipelineError> {
    let authenticator = gateway.authenticator();
    let Some(throttling) = gateway.throttling() else {
        return Ok(find_caller(gateway, token, expected, directory).await?);
    };
    let (address, now) = (connection.client.bucket(), gateway.clock().now());
    if !authenticator.remembers(token) {
        throttling.may_show_token(address, now)?;
    }
    let found = find_caller(gateway, token, expected, directory).await;
    Ok(found.inspect_err(|_| throttling.count_bad_token(address, now))?)
}

/// Our own tokens have no dot; those of other issuers have two.
async fn find_caller(
    gateway: &Gateway,
    token: &str,
    expected: Expected,
    directory: &Directory,
) -> Result<Caller, AuthenticateError> {
    let authenticator = gateway.authenticator();
    if !token.contains('.') {
        return authenticator.authenticate(token, expected, directory);
    }
    let (issuers, now) = (gateway.trusted_issuers(), gateway.clock().now());
    let foreign = Assertion::parse(token).map_err(|_| AuthenticateError::Malformed)?;
    let trust = issuers.direct(&foreign).ok_or(AuthenticateError::BadSignature)?;
    let foreign = issuers.verify(foreign, now).await.map_err(|error| match error {
        ForeignTokenError::Unreachable => AuthenticateError::Exhausted,
        ForeignTokenError::Token(AssertionError::Expired) => AuthenticateError::Expired,
        ForeignTokenError::Token(AssertionError::NotYetValid) => AuthenticateError::NotYetValid,
        _ => AuthenticateError::BadSignature,
    })?;
    authenticator.authenticate_foreign(&foreign, trust, expected, directory)
}

/// The headers that plugins may see.
fn headers(names: &HeaderNames, head: &Parts) -> Headers {
    Headers::new(names, |name| head.headers.get_all(name).iter().map(http::HeaderValue::as_bytes))
}

/// Carries out what was permitted, in the plane that it belongs to.
async fn execute(
    gateway: &Gateway,
    exchange: &mut Exchange,
    permitted: Permitted<Call>,
    admitted: Option<&Admitted<'_>>,
) -> Result<Outcome, PipelineError> {
    match permitted.by_plane() {
        ByPlane::Secret(permitted) => Ok(Outcome::Secret(gateway.engine().execute(permitted).await?)),
        ByPlane::Key(permitted) => {
            let engine = gateway.engine();
            Ok(Outcome::Key(match admitted {
                Some(meter) => engine.execute_key_metered(permitted, meter).await?,
                None => engine.execute_key(permitted).await?,
            }))
        }
        ByPlane::Certificate(permitted) => {
            Ok(Outcome::Certificate(gateway.engine().execute_certificate(permitted).await?))
        }
        ByPlane::Management(permitted) => {
            if let ManagementCall::VaultWhatIf { vault, asked } = permitted.call() {
                let control = gateway.management().state();
                exchange.judged_by(control.revision());
                let found = what_if::answer(gateway, &control, permitted.grant(), asked).await;
                let gone = || ManagementError::VaultNotFound { vault: vault.vault.clone() };
                return Ok(Outcome::Management(ManagementOutcome::WhatIf(found.ok_or_else(gone)?)));
            }
            let executed = gateway.management().execute(permitted).await?;
            exchange.judged_by(executed.revision);
            Ok(Outcome::Management(executed.outcome))
        }
    }
}
