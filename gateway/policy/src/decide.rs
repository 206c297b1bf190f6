//! The combination of opinions (design, 1.5): any block or deny ends it; a challenge ends it unless something
//! blocks; at least one allow is needed; report-only plugins are evaluated and recorded, never counted.

use std::sync::Arc;

use portcullis_identity::{AttenuationRefusal, TokenRequest};
use portcullis_model::{Call, Lists, Operation, Plane};
use portcullis_network::Verdict;

use crate::filter::Filter;
use crate::{
    Access, Answer, Answers, Asked, Decision, Denial, Denied, Evaluation, Facts, Failure, Grant, Hook, Mode,
    Obligations, Opinion, Owed, Permitted, PolicyHook, Question, Stage,
};

/// Decides, by asking the token, then the conditional-access plugins, then the authorisation plugins.
#[derive(Debug, Clone)]
pub struct Policy {
    hook: Arc<dyn PolicyHook>,
}

/// A request that policy allows, as its facts describe it. The call comes later: nothing of a request's body is read
/// for whoever may not make the request.
///
/// ```compile_fail
/// fn forge(facts: std::sync::Arc<portcullis_policy::Facts>) -> portcullis_policy::Decided {
///     portcullis_policy::Decided { grant: todo!(), evaluations: Vec::new() }
/// }
/// ```
#[derive(Debug)]
pub struct Decided {
    grant: Grant,
    evaluations: Vec<Evaluation>,
}

/// A permitted request as another operation, which is still to be decided on. Only [`Decided::also`] makes one, so that
/// caller, network, resource and control state are those of the first decision.
#[derive(Debug)]
pub struct Also {
    facts: Arc<Facts>,
}

impl Also {
    /// The facts by which it is decided.
    #[must_use]
    pub const fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }
}

/// Says that a call is not the operation that was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the call is not the operation that was decided on")]
pub struct OtherOperation;

impl Decided {
    /// What was evaluated on the way, for the audit record.
    #[must_use]
    pub fn evaluations(&self) -> &[Evaluation] {
        &self.evaluations
    }

    /// On what grounds it was allowed.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The facts of the same request, were it made as another operation at the same resource.
    #[must_use]
    pub fn also(&self, operation: Operation) -> Also {
        Also { facts: Arc::new(self.grant.facts().judged_as(operation)) }
    }

    /// The permit for the call that the request makes, and what is owed when it is answered: nobody tells an outcome
    /// without [`Owed::settle`]. A list's page is cut here.
    ///
    /// # Errors
    /// When the call is another operation than the one decided on; routing gives both, so this is a fault of ours.
    pub fn permit(self, mut call: Call) -> Result<(Permitted<Call>, Owed), OtherOperation> {
        if call.operation() == self.grant.operation() {
            if let Some(items) = self.grant.obligations().page {
                call.cap_page(u8::try_from(items).unwrap_or(u8::MAX));
            }
            let filter = Filter::demanded(&self.grant, &call)?;
            let owed = Owed::new(self.grant.obligations().clone(), filter);
            Ok((Permitted::new(call, self.grant), owed))
        } else {
            Err(OtherOperation)
        }
    }
}

impl Policy {
    /// Takes the plugins to ask.
    #[must_use]
    pub fn new(hook: Arc<dyn PolicyHook>) -> Self {
        Self { hook }
    }

    /// Decides on a request. The verdict proves that the network rules admitted it; the facts hold the caller.
    ///
    /// # Errors
    /// The refusal, with its stage, plugin, rule and facts.
    pub async fn decide(&self, _admitted: &Verdict, facts: &Arc<Facts>) -> Result<Decided, Box<Denied>> {
        let Conclusion { rule, obligations, evaluations } = self.judge(facts).await?;
        Ok(Decided { grant: Grant::new(Arc::clone(facts), rule, obligations), evaluations })
    }

    /// Judges a request without permitting it. Token, conditional access and authorization are asked.
    pub(crate) async fn judge(&self, facts: &Arc<Facts>) -> Result<Conclusion, Box<Denied>> {
        within_token(facts)?;
        let answers: Arc<dyn Answers> = Arc::clone(facts) as _;
        conclude(&answers, |hook| self.evaluate(hook, facts)).await
    }

    /// Decides whether a permitted request is permitted as another operation too, for requests that do more than their
    /// own operation says. Token, conditional access and authorization are asked anew.
    ///
    /// # Errors
    /// The refusal of the other operation.
    pub async fn decide_also(&self, decided: Decided, also: &Also) -> Result<Decided, Box<Denied>> {
        let Decided { mut grant, mut evaluations } = decided;
        let facts = also.facts();
        let conclusion = self.judge(facts).await?;
        grant.extend(facts.request.operation, &conclusion.obligations);
        evaluations.extend(conclusion.evaluations);
        // What the other operation obliges to has to be done to the answer of the first.
        if let Err(refused) = demand_possible(grant.facts().as_ref(), grant.obligations()) {
            return Err(refused.with(evaluations));
        }
        Ok(Decided { grant, evaluations })
    }

    /// Asks the declared plugins, then those that the facts' control state has installed.
    async fn evaluate(&self, hook: Hook, facts: &Arc<Facts>) -> Vec<Evaluation> {
        let mut evaluations = self.hook.evaluate(hook, facts).await;
        if let Some(installed) = facts.directory.installed_plugins() {
            evaluations.append(&mut installed.evaluate(hook, facts).await);
        }
        evaluations
    }

    /// What would come of a request that nobody made. It says so and permits nothing.
    ///
    /// # Errors
    /// The refusal that the request would meet.
    pub async fn suppose(&self, answers: &Arc<dyn Answers>) -> Result<Conclusion, Box<Denied>> {
        conclude(answers, |hook| async move {
            let mut evaluations = self.hook.suppose(hook, answers).await;
            if let Some(installed) = answers.installed_plugins() {
                evaluations.append(&mut installed.suppose(hook, answers).await);
            }
            evaluations
        })
        .await
    }
}

/// That plugins allow a request, by which rule, and what was evaluated on the way.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// The rule that allows it.
    pub rule: Arc<str>,
    /// What must be done then.
    pub obligations: Obligations,
    /// What was evaluated.
    pub evaluations: Vec<Evaluation>,
}

/// Asks both hooks in their order and combines what is said.
async fn conclude<F>(answers: &Arc<dyn Answers>, evaluate: impl Fn(Hook) -> F) -> Result<Conclusion, Box<Denied>>
where
    F: Future<Output = Vec<Evaluation>>,
{
    // On both planes: a policy may name any operation, and one that is accepted must apply.
    let mut evaluations = ask(answers, || evaluate(Hook::ConditionalAccess)).await;
    let mut obligations = Obligations::default();
    if let Some(denied) = combine_access(&evaluations, &mut obligations) {
        return Err(denied.with(evaluations));
    }
    let asked = evaluations.len();
    evaluations.extend(ask(answers, || evaluate(Hook::Authorization)).await);
    let authorization = evaluations.get(asked..).unwrap_or_default();
    let allowed = combine_authorization(authorization, &mut obligations)
        .and_then(|rule| demand_reasons(answers.as_ref(), &obligations).map(|()| rule))
        .and_then(|rule| demand_possible(answers.as_ref(), &obligations).map(|()| rule));
    match allowed {
        Ok(rule) => Ok(Conclusion { rule, obligations, evaluations }),
        Err(refused) => Err(refused.with(evaluations)),
    }
}

/// Asks the plugins of one hook. When one asks about the stored object, that is read and all are asked anew: nothing is
/// kept of an evaluation that could not be answered, so a second one is as good as a first.
async fn ask<F>(answers: &Arc<dyn Answers>, evaluate: impl Fn() -> F) -> Vec<Evaluation>
where
    F: Future<Output = Vec<Evaluation>>,
{
    let evaluations = evaluate().await;
    match answers.stored().filter(|(object, _)| object.is_wanted()) {
        None => evaluations,
        Some((object, address)) => {
            object.read(address).await;
            evaluate().await
        }
    }
}

/// A refusal before the evaluations are moved into it.
struct Refused {
    denial: Denial,
    stage: Stage,
    plugin: Option<Arc<str>>,
    rule: Arc<str>,
    reason: Arc<str>,
    facts: Vec<String>,
}

impl Refused {
    fn by_plugin(stage: Stage, evaluation: &Evaluation, denial: Denial, rule: &Arc<str>, reason: &Arc<str>) -> Self {
        Self {
            denial,
            stage,
            plugin: Some(Arc::clone(&evaluation.plugin)),
            rule: Arc::clone(rule),
            reason: Arc::clone(reason),
            facts: facts_of(evaluation),
        }
    }

    fn by_failure(stage: Stage, evaluation: &Evaluation, failure: &Failure) -> Self {
        let reason = Arc::from(failure.to_string());
        Self::by_plugin(stage, evaluation, Denial::ByPlugin, &Arc::from("fail-closed"), &reason)
    }

    fn with(self, evaluations: Vec<Evaluation>) -> Box<Denied> {
        let Self { denial, stage, plugin, rule, reason, facts } = self;
        Box::new(Denied { denial, stage, plugin, rule, reason, facts, evaluations })
    }
}

fn facts_of(evaluation: &Evaluation) -> Vec<String> {
    let shown = |asked: &Asked| {
        if asked.question.is_for_callers() { asked.to_string() } else { format!("{} = (not shown)", asked.question) }
    };
    evaluation.trace.entries().iter().map(shown).collect()
}

fn within_token(facts: &Facts) -> Result<(), Box<Denied>> {
    let Some(attenuation) = facts.caller.attenuation() else { return Ok(()) };
    let on_data_plane = facts.request.operation.row().plane == Plane::Data;
    let request = TokenRequest {
        operation: facts.request.operation,
        vault: facts.vault.as_ref().filter(|_| on_data_plane).map(|vault| &vault.path.vault),
        object: facts.request.object.as_ref().map(|(kind, name)| (*kind, name)),
        source: facts.network.origin.address(),
        now: facts.request.time,
    };
    let (denial, checks) = match attenuation.permits(&request) {
        Ok(()) => return Ok(()),
        Err(AttenuationRefusal::CheckFailed { checks }) => (Denial::TokenRestricted, checks),
        Err(AttenuationRefusal::Exhausted) => (Denial::TokenExhausted, Vec::new()),
    };
    Err(token_refuses(denial, checks))
}

/// The refusal of a token's own restrictions.
pub(crate) fn token_refuses(denial: Denial, checks: Vec<String>) -> Box<Denied> {
    let reason = match denial {
        Denial::TokenExhausted => "the token's restrictions are too costly to evaluate",
        _ => "the token is restricted and does not cover this request",
    };
    Refused {
        denial,
        stage: Stage::Token,
        plugin: None,
        rule: "token/attenuation".into(),
        reason: reason.into(),
        facts: checks,
    }
    .with(Vec::new())
}

/// The refusal of what is not judged any more, since judging the like of it took too long.
pub(crate) fn not_judged() -> Box<Denied> {
    Refused {
        denial: Denial::ByPlugin,
        stage: Stage::Authorization,
        plugin: None,
        rule: "filter-list/time".into(),
        reason: "plugins took too long about items before this one, so no more of the list was judged".into(),
        facts: Vec::new(),
    }
    .with(Vec::new())
}

fn counted(evaluations: &[Evaluation]) -> impl Iterator<Item = &Evaluation> {
    evaluations.iter().filter(|evaluation| evaluation.mode == Mode::Enforce)
}

/// What `require-reason` demands is a matter of deciding: a request that does not say why is refused.
fn demand_reasons(answers: &dyn Answers, obligations: &Obligations) -> Result<(), Refused> {
    let given = |header: &Arc<str>| match answers.answer(&Question::Header(header.to_string())) {
        Ok(Answer::Text(why)) => !why.is_empty(),
        _ => false,
    };
    let Some(missing) = obligations.reasons.iter().find(|header| !given(header)) else { return Ok(()) };
    let reason = if answers.may_ask_for_header(missing) {
        format!("the request must say why: send the header {missing} once, with up to 1024 bytes of text")
    } else {
        format!("a policy demands the header {missing}, which `[policy] headers` of the gateway does not name")
    };
    Err(Refused {
        denial: Denial::ByPlugin,
        stage: Stage::Authorization,
        plugin: None,
        rule: "obligation/require-reason".into(),
        reason: reason.into(),
        facts: Vec::new(),
    })
}

/// A permission was given on a condition that this gateway cannot fulfil.
fn demand_possible(answers: &dyn Answers, obligations: &Obligations) -> Result<(), Refused> {
    let data_plane = || answers.answer(&Question::DataPlane) == Ok(Answer::Bool(true));
    let lists = || match answers.answer(&Question::Operation) {
        Ok(Answer::Name(name)) => Operation::from_name(name).map_or(Lists::Others, Operation::lists),
        // What is not known may be a list of anything.
        _ => Lists::Others,
    };
    let (rule, reason) = if obligations.filter_list && lists() == Lists::Others {
        (
            "obligation/filter-list",
            "a policy demands that the list be filtered, which is done to lists of secrets, keys and certificates and \
             of their versions, and to no others",
        )
    } else if obligations.page.is_some() && !data_plane() {
        ("obligation/cap-page", "a policy demands a shorter page, and the management plane has none")
    } else {
        return Ok(());
    };
    Err(Refused {
        denial: Denial::ByPlugin,
        stage: Stage::Authorization,
        plugin: None,
        rule: rule.into(),
        reason: reason.into(),
        facts: Vec::new(),
    })
}

fn combine_access(evaluations: &[Evaluation], obligations: &mut Obligations) -> Option<Refused> {
    const STAGE: Stage = Stage::ConditionalAccess;
    let mut challenge = None;
    for evaluation in counted(evaluations) {
        match &evaluation.decision {
            Decision::ConditionalAccess(Access::Grant { obligations: demanded, .. }) => {
                demanded.iter().for_each(|one| obligations.add(one));
            }
            Decision::ConditionalAccess(Access::NotApplicable) => {}
            Decision::ConditionalAccess(Access::Block { rule, reason }) => {
                return Some(Refused::by_plugin(STAGE, evaluation, Denial::ByPlugin, rule, reason));
            }
            Decision::ConditionalAccess(Access::Challenge { rule, reason, claims }) => {
                let denial = Denial::Challenge(Arc::clone(claims));
                challenge.get_or_insert_with(|| Refused::by_plugin(STAGE, evaluation, denial, rule, reason));
            }
            Decision::Failed(failure) => return Some(Refused::by_failure(STAGE, evaluation, failure)),
            Decision::Authorization(_) => return Some(Refused::by_failure(STAGE, evaluation, &wrong_hook())),
        }
    }
    challenge
}

fn combine_authorization(evaluations: &[Evaluation], obligations: &mut Obligations) -> Result<Arc<str>, Refused> {
    const STAGE: Stage = Stage::Authorization;
    let mut allowed = None;
    let mut abstained = None;
    for evaluation in counted(evaluations) {
        match &evaluation.decision {
            Decision::Authorization(Opinion::Allow { rule, obligations: demanded }) => {
                demanded.iter().for_each(|one| obligations.add(one));
                allowed.get_or_insert_with(|| Arc::clone(rule));
            }
            Decision::Authorization(Opinion::Deny { rule, reason }) => {
                return Err(Refused::by_plugin(STAGE, evaluation, Denial::ByPlugin, rule, reason));
            }
            Decision::Authorization(Opinion::Abstain { reason }) => {
                // Of those who allow nothing, the one who asked most has most to say about it.
                let asked = evaluation.trace.entries().len();
                if abstained.as_ref().is_none_or(|(most, _)| *most < asked) {
                    let rule = Arc::from("default-deny");
                    abstained = Some((asked, Refused::by_plugin(STAGE, evaluation, Denial::NotAllowed, &rule, reason)));
                }
            }
            Decision::Failed(failure) => return Err(Refused::by_failure(STAGE, evaluation, failure)),
            Decision::ConditionalAccess(_) => return Err(Refused::by_failure(STAGE, evaluation, &wrong_hook())),
        }
    }
    allowed.ok_or_else(|| {
        abstained.map(|(_, refused)| refused).unwrap_or_else(|| Refused {
            denial: Denial::NotAllowed,
            stage: STAGE,
            plugin: None,
            rule: "default-deny".into(),
            reason: "no authorization plugin is installed".into(),
            facts: Vec::new(),
        })
    })
}

fn wrong_hook() -> Failure {
    Failure::Nonsense("answered at the wrong hook".into())
}

#[cfg(test)]
pub(crate) mod tests;
