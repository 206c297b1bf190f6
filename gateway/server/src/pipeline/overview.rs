//! What is asked above all subscriptions. Where the endpoints are is told to everybody; the rest to whoever is
//! authenticated: their own tenant, the operations that there are, and of the subscriptions those that they may read.

use std::sync::Arc;

use http::request::Parts;
use portcullis_api::management::{self, Overview};
use portcullis_api::{Answer, ApiError, HostRole};
use portcullis_identity::{Audience, Caller, Expected};
use portcullis_listener::Connection;
use portcullis_model::{ResourcePath, SubscriptionId};
use portcullis_policy::{DirectoryFacts as _, Stage};

use super::Request;
use crate::error::{Context, PipelineError, bearer};
use crate::exchange::Exchange;
use crate::gateway::Gateway;
use crate::notes;
use crate::routed::Routed;

/// A question on its way.
pub(super) struct Asked<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) connection: &'a Connection,
    pub(super) head: &'a Parts,
    pub(super) overview: Overview,
}

impl Asked<'_> {
    /// Answers the question.
    pub(super) async fn answer(&self, exchange: &mut Exchange, context: &mut Context) -> Result<Answer, PipelineError> {
        context.answers_for(&HostRole::Management);
        exchange.event().operation(self.overview.name());
        Ok(match self.overview {
            Overview::Metadata => management::metadata(self.gateway.hosts()),
            Overview::Tenants => management::tenants(self.authenticate(exchange).await?.principal().tenant),
            Overview::Operations => {
                self.authenticate(exchange).await?;
                management::operations()
            }
            Overview::Subscriptions => {
                let caller = self.authenticate(exchange).await?;
                let visible = self.visible(exchange, context, &caller).await?;
                management::subscriptions(&visible, caller.principal().tenant)
            }
        })
    }

    fn at(&self, path: ResourcePath) -> Result<Routed, ApiError> {
        self.overview.at(path, self.head).map(Routed::Management)
    }

    fn request<'a>(&'a self, routed: &'a Routed) -> Request<'a> {
        let Self { gateway, connection, head, .. } = self;
        Request { gateway, connection, head, routed, counted: Arc::default() }
    }

    /// Who asks. Each tenant sees its own, so none is demanded.
    async fn authenticate(&self, exchange: &mut Exchange) -> Result<Caller, PipelineError> {
        let routed = self.at(ResourcePath::Root)?;
        exchange.event().api_version(routed.api_version().to_owned()).stage("authentication");
        let control = self.gateway.management().state();
        exchange.judged_by(control.revision());
        let expected = Expected { audience: Audience::Management, tenant: None };
        let caller =
            super::authenticate(self.gateway, self.connection, bearer(self.head)?, expected, control.directory())
                .await?;
        notes::caller(exchange.event(), &caller);
        Ok(caller)
    }

    /// The subscriptions that the caller may read, each judged as if it were asked for. What conditional access or the
    /// token's own restrictions refuse is refused whole, so that the caller learns why.
    async fn visible(
        &self,
        exchange: &mut Exchange,
        context: &mut Context,
        caller: &Caller,
    ) -> Result<Vec<SubscriptionId>, PipelineError> {
        let all = self.gateway.management().state().subscriptions_of(caller.principal().tenant);
        let (mut visible, mut evaluations) = (Vec::new(), Vec::new());
        for subscription in all {
            let routed = self.at(ResourcePath::Subscription(subscription))?;
            match self.request(&routed).judge(exchange, context, &[]).await {
                Ok(decided) => {
                    evaluations.extend_from_slice(decided.evaluations());
                    visible.push(subscription);
                }
                Err(PipelineError::Policy(denied)) if denied.stage == Stage::Authorization => {
                    evaluations.extend(denied.evaluations);
                }
                Err(other) => return Err(other),
            }
        }
        // Each judgement forgot the ones before it; the list rests on all of them.
        exchange.event().judged_anew().stage("done");
        notes::caller(exchange.event(), caller);
        exchange.evaluated(self.gateway, &evaluations);
        exchange.is_about(None, &ResourcePath::Root.resource());
        Ok(visible)
    }
}
