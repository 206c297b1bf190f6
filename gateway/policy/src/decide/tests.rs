use std::sync::Mutex;

use async_trait::async_trait;
use portcullis_identity::{Caller, Principal, PrincipalKind, Restrictions};
use portcullis_model::management::ManagementCall;
use portcullis_model::secrets::SecretCall;
use portcullis_model::{
    NetworkRules, Operation, PrincipalId, RecoveryLevel, Resource, RoleDefinitionId, SubscriptionId, TenantId,
    UnixTime, VaultId, VaultPath,
};
use portcullis_network::{CallerTrust, VirtualNetworks, judge};

use super::*;
use crate::{
    AssignmentList, DirectoryFacts, NamedLocation, NetworkFacts, RequestFacts, RoleDefinitionFact, VaultFacts,
};

/// Says what it was told to say, and remembers at which hooks it was asked.
#[derive(Debug, Default)]
struct Plugins {
    access: Vec<Evaluation>,
    authorization: Vec<Evaluation>,
    asked: Mutex<Vec<Hook>>,
}

#[async_trait]
impl PolicyHook for Plugins {
    async fn evaluate(&self, hook: Hook, _: &Arc<Facts>) -> Vec<Evaluation> {
        self.asked.lock().unwrap().push(hook);
        match hook {
            Hook::ConditionalAccess => self.access.clone(),
            Hook::Authorization => self.authorization.clone(),
        }
    }

    async fn suppose(&self, hook: Hook, _: &Arc<dyn Answers>) -> Vec<Evaluation> {
        match hook {
            Hook::ConditionalAccess => self.access.clone(),
            Hook::Authorization => self.authorization.clone(),
        }
    }
}

/// A control state in which there is nothing.
#[derive(Debug)]
struct Nothing;

impl DirectoryFacts for Nothing {
    fn revision(&self) -> u64 {
        1
    }

    fn role_assignments(&self, _: PrincipalId, _: &[PrincipalId], _: &Resource) -> Arc<AssignmentList> {
        Arc::new(AssignmentList::new([]))
    }

    fn role_definition(&self, _: RoleDefinitionId) -> Option<Arc<RoleDefinitionFact>> {
        None
    }

    fn named_location(&self, _: &str) -> Option<&NamedLocation> {
        None
    }
}

fn path() -> VaultPath {
    VaultPath {
        subscription: SubscriptionId::from_bytes([3; 16]),
        group: "rg".parse().unwrap(),
        vault: "dev".parse().unwrap(),
    }
}

pub(crate) fn facts(operation: Operation, restrictions: Option<&Restrictions>) -> (Verdict, Arc<Facts>) {
    let (path, tenant) = (path(), TenantId::from_bytes([2; 16]));
    let resource = Resource::vault(&path);
    let principal = Arc::new(Principal {
        id: PrincipalId::from_bytes([1; 16]),
        tenant,
        kind: PrincipalKind::User,
        application: None,
        display_name: String::new(),
        enabled: true,
        groups: vec![],
        secrets: vec![],
    });
    let caller = match restrictions {
        Some(restrictions) => Caller::for_test_attenuated(principal, restrictions),
        None => Caller::for_test(principal),
    };
    let origin = VirtualNetworks::default().origin([127, 0, 0, 1].into(), None);
    let verdict = judge(&NetworkRules::OPEN, &[], &origin, CallerTrust::Ordinary).unwrap();
    let facts = Facts {
        request: RequestFacts {
            operation,
            object: None,
            version: None,
            vault: None,
            resource: resource.clone(),
            time: UnixTime(1),
            headers: crate::Headers::default(),
            attributes: crate::Attributes::default(),
            made_as: None,
        },
        vault: Some(Arc::new(VaultFacts {
            id: VaultId::from_bytes([4; 16]),
            name: path.vault.as_str().into(),
            path,
            resource,
            tenant,
            location: "local".to_owned(),
            recovery: RecoveryLevel { days: 90, purge_protected: false },
            permission_model: portcullis_model::PermissionModel::RoleBased,
        })),
        caller,
        network: NetworkFacts { origin, tls_version: "TLS1_3", private_endpoint: None, client_certificate: None },
        directory: Arc::new(Nothing),
        signals: Arc::default(),
        object: crate::StoredObject::known(None),
        counted: Arc::default(),
    };
    (verdict, Arc::new(facts))
}

pub(crate) fn evaluation(plugin: &str, decision: Decision) -> Evaluation {
    Evaluation {
        plugin: plugin.into(),
        digest: "00".into(),
        mode: Mode::Enforce,
        installed: None,
        decision,
        trace: crate::Trace::default(),
        remembered: false,
    }
}

pub(crate) fn only_reported(evaluation: Evaluation) -> Evaluation {
    Evaluation { mode: Mode::ReportOnly, ..evaluation }
}

pub(crate) fn allow(plugin: &str) -> Evaluation {
    evaluation(
        plugin,
        Decision::Authorization(Opinion::Allow { rule: format!("{plugin}-allows").into(), obligations: [].into() }),
    )
}

pub(crate) fn deny(plugin: &str) -> Evaluation {
    let rule = format!("{plugin}-denies").into();
    evaluation(plugin, Decision::Authorization(Opinion::Deny { rule, reason: "no".into() }))
}

pub(crate) fn abstain(plugin: &str) -> Evaluation {
    evaluation(plugin, Decision::Authorization(Opinion::Abstain { reason: "nothing to say".into() }))
}

pub(crate) fn failed(plugin: &str) -> Evaluation {
    evaluation(plugin, Decision::Failed(Failure::NoSandbox))
}

fn grant(plugin: &str) -> Evaluation {
    evaluation(plugin, Decision::ConditionalAccess(Access::Grant { rule: "ok".into(), obligations: [].into() }))
}

fn unconcerned(plugin: &str) -> Evaluation {
    evaluation(plugin, Decision::ConditionalAccess(Access::NotApplicable))
}

pub(crate) fn block(plugin: &str) -> Evaluation {
    let rule = format!("{plugin}-blocks").into();
    evaluation(plugin, Decision::ConditionalAccess(Access::Block { rule, reason: "no".into() }))
}

pub(crate) fn challenge(plugin: &str) -> Evaluation {
    let (rule, claims) = (format!("{plugin}-asks").into(), format!("{{\"by\":\"{plugin}\"}}").into());
    evaluation(plugin, Decision::ConditionalAccess(Access::Challenge { rule, reason: "fresher".into(), claims }))
}

async fn decide(plugins: &Arc<Plugins>, facts: &(Verdict, Arc<Facts>)) -> Result<Decided, Box<Denied>> {
    Policy::new(Arc::clone(plugins) as Arc<dyn PolicyHook>).decide(&facts.0, &facts.1).await
}

/// How a decision ended: the rule that allowed, or the denial with plugin and rule.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    Allowed(&'static str),
    Denied(Denial, Option<&'static str>, &'static str),
}

use Ended::{Allowed, Denied as Ends};

fn ended(stage: Stage, result: &Result<Decided, Box<Denied>>, expected: &Ended, evaluations: usize) {
    match (result, expected) {
        (Ok(decided), Allowed(rule)) => {
            assert_eq!(**decided.grant().rule(), **rule);
            assert_eq!(decided.evaluations().len(), evaluations);
        }
        (Err(denied), Ends(denial, plugin, rule)) => {
            assert_eq!((&denied.denial, denied.stage), (denial, stage));
            assert_eq!((denied.plugin.as_deref(), &*denied.rule), (*plugin, *rule));
            assert_eq!(denied.evaluations.len(), evaluations, "everything that was evaluated is told");
        }
        _ => panic!("{result:?} is not {expected:?}"),
    }
}

#[tokio::test]
async fn opinions_are_combined_so_that_deny_wins_and_nothing_denies() {
    use Denial::{ByPlugin, NotAllowed};
    for (authorization, expected) in [
        (vec![], Ends(NotAllowed, None, "default-deny")),
        (vec![allow("a")], Allowed("a-allows")),
        (vec![allow("a"), allow("b")], Allowed("a-allows")),
        (vec![abstain("a"), allow("b")], Allowed("b-allows")),
        (vec![abstain("a"), abstain("b")], Ends(NotAllowed, Some("a"), "default-deny")),
        (vec![allow("a"), deny("b")], Ends(ByPlugin, Some("b"), "b-denies")),
        (vec![deny("a"), allow("b")], Ends(ByPlugin, Some("a"), "a-denies")),
        (vec![abstain("a"), deny("b")], Ends(ByPlugin, Some("b"), "b-denies")),
        (vec![allow("a"), failed("b")], Ends(ByPlugin, Some("b"), "fail-closed")),
        (vec![failed("a"), allow("b")], Ends(ByPlugin, Some("a"), "fail-closed")),
        (vec![allow("a"), grant("b")], Ends(ByPlugin, Some("b"), "fail-closed")),
        // What is only reported counts neither way.
        (vec![only_reported(deny("a")), allow("b")], Allowed("b-allows")),
        (vec![only_reported(failed("a")), allow("b")], Allowed("b-allows")),
        (vec![only_reported(grant("a")), allow("b")], Allowed("b-allows")),
        (vec![only_reported(allow("a"))], Ends(NotAllowed, None, "default-deny")),
        (vec![only_reported(allow("a")), abstain("b")], Ends(NotAllowed, Some("b"), "default-deny")),
    ] {
        let count = authorization.len();
        let plugins = Arc::new(Plugins { authorization, ..Plugins::default() });
        let result = decide(&plugins, &facts(Operation::SecretGet, None)).await;
        ended(Stage::Authorization, &result, &expected, count);
    }
}

/// What a plugin was told of an object that the caller may not read is no answer for the caller.
#[tokio::test]
async fn a_refused_caller_is_not_told_what_was_answered_about_stored_objects() {
    let mut trace = crate::Trace::new();
    trace.push(Arc::new(Question::Tag("team".to_owned())), Answer::Text("payments".into()));
    trace.push(Arc::new(Question::DataPlane), Answer::Bool(true));
    let plugins = Plugins { authorization: vec![Evaluation { trace, ..deny("a") }], ..Plugins::default() };
    let denied = decide(&Arc::new(plugins), &facts(Operation::SecretGet, None)).await.unwrap_err();
    assert_eq!(denied.facts, ["tag team = (not shown)", "data-plane = yes"]);
    assert_eq!(denied.evaluations[0].trace.entries()[0].to_string(), "tag team = payments", "the audit log knows");
}

#[tokio::test]
async fn conditional_access_only_takes_away_and_block_beats_challenge() {
    use Denial::{ByPlugin, Challenge};
    let asks = |plugin: &str| Challenge(format!("{{\"by\":\"{plugin}\"}}").into());
    for (access, expected) in [
        (vec![], Allowed("z-allows")),
        (vec![grant("a"), unconcerned("b")], Allowed("z-allows")),
        (vec![block("a")], Ends(ByPlugin, Some("a"), "a-blocks")),
        (vec![grant("a"), block("b")], Ends(ByPlugin, Some("b"), "b-blocks")),
        (vec![challenge("a")], Ends(asks("a"), Some("a"), "a-asks")),
        (vec![challenge("a"), challenge("b")], Ends(asks("a"), Some("a"), "a-asks")),
        (vec![challenge("a"), grant("b")], Ends(asks("a"), Some("a"), "a-asks")),
        (vec![challenge("a"), block("b")], Ends(ByPlugin, Some("b"), "b-blocks")),
        (vec![block("a"), challenge("b")], Ends(ByPlugin, Some("a"), "a-blocks")),
        (vec![challenge("a"), failed("b")], Ends(ByPlugin, Some("b"), "fail-closed")),
        (vec![failed("a")], Ends(ByPlugin, Some("a"), "fail-closed")),
        (vec![allow("a")], Ends(ByPlugin, Some("a"), "fail-closed")),
        (vec![only_reported(block("a"))], Allowed("z-allows")),
        (vec![only_reported(challenge("a"))], Allowed("z-allows")),
        (vec![only_reported(failed("a")), grant("b")], Allowed("z-allows")),
        (vec![only_reported(block("a")), challenge("b")], Ends(asks("b"), Some("b"), "b-asks")),
    ] {
        let allowed = matches!(expected, Allowed(_));
        let count = access.len() + usize::from(allowed);
        let plugins = Arc::new(Plugins { access, authorization: vec![allow("z")], ..Plugins::default() });
        let result = decide(&plugins, &facts(Operation::SecretGet, None)).await;
        ended(Stage::ConditionalAccess, &result, &expected, count);
        let asked = plugins.asked.lock().unwrap().clone();
        let both = [Hook::ConditionalAccess, Hook::Authorization];
        assert_eq!(asked, if allowed { &both[..] } else { &both[..1] }, "a refusal ends it");
    }
}

/// A grant of conditional access is no permission.
#[tokio::test]
async fn a_grant_of_conditional_access_allows_nothing() {
    let plugins = Arc::new(Plugins { access: vec![grant("a")], ..Plugins::default() });
    let result = decide(&plugins, &facts(Operation::SecretGet, None)).await;
    ended(Stage::Authorization, &result, &Ends(Denial::NotAllowed, None, "default-deny"), 1);
}

#[tokio::test]
async fn conditional_access_is_asked_on_the_management_plane_too() {
    let plugins = Arc::new(Plugins { access: vec![block("a")], authorization: vec![allow("z")], ..Plugins::default() });
    let result = decide(&plugins, &facts(Operation::VaultGet, None)).await;
    ended(Stage::ConditionalAccess, &result, &Ends(Denial::ByPlugin, Some("a"), "a-blocks"), 1);
    assert_eq!(*plugins.asked.lock().unwrap(), [Hook::ConditionalAccess]);
}

#[tokio::test]
async fn a_token_that_does_not_cover_the_request_ends_it_before_any_plugin() {
    let plugins = Arc::new(Plugins { authorization: vec![allow("z")], ..Plugins::default() });
    let restrictions = Restrictions { operations: vec![Operation::SecretList], ..Restrictions::default() };
    let result = decide(&plugins, &facts(Operation::SecretGet, Some(&restrictions))).await;
    ended(Stage::Token, &result, &Ends(Denial::TokenRestricted, None, "token/attenuation"), 0);
    assert_eq!(*plugins.asked.lock().unwrap(), []);
    let covered = decide(&plugins, &facts(Operation::SecretList, Some(&restrictions))).await;
    ended(Stage::Token, &covered, &Allowed("z-allows"), 1);
}

#[tokio::test]
async fn a_permit_is_for_the_operation_that_was_decided_on() {
    let plugins = Arc::new(Plugins { authorization: vec![allow("z")], ..Plugins::default() });
    let delete = || Call::Secret(SecretCall::Delete { name: "s".parse().unwrap() });
    for (operation, permitted) in [(Operation::SecretDelete, true), (Operation::SecretGet, false)] {
        let decided = decide(&plugins, &facts(operation, None)).await.unwrap();
        assert_eq!(decided.permit(delete()).is_ok(), permitted, "{operation:?}");
    }
    let decided = decide(&plugins, &facts(Operation::SecretGet, None)).await.unwrap();
    let other_plane = Call::Management(ManagementCall::VaultGet { vault: path() });
    assert_eq!(decided.permit(other_plane).err(), Some(OtherOperation));
}

/// A supposition is judged as a request is. It gives no permit: see the doc test of [`crate::Supposed`].
#[tokio::test]
async fn a_supposition_meets_the_same_opinions() {
    let facts = facts(Operation::SecretGet, None);
    let answers = Arc::clone(&facts.1) as Arc<dyn Answers>;
    for (access, authorization, allowed) in [
        (vec![], vec![allow("a")], true),
        (vec![], vec![deny("a"), allow("b")], false),
        (vec![], vec![abstain("a")], false),
        (vec![block("a")], vec![allow("b")], false),
        (vec![only_reported(block("a"))], vec![allow("b")], true),
        (vec![failed("a")], vec![allow("b")], false),
    ] {
        let plugins = Arc::new(Plugins { access, authorization, asked: Mutex::default() });
        let decided = decide(&plugins, &facts).await;
        let supposed = Policy::new(plugins).suppose(&answers).await;
        assert_eq!((decided.is_ok(), supposed.is_ok()), (allowed, allowed));
        if let (Err(decided), Err(supposed)) = (decided, supposed) {
            assert_eq!(
                (decided.plugin, decided.rule, decided.reason),
                (supposed.plugin, supposed.rule, supposed.reason)
            );
        }
    }
}

/// The table of `docs/reference/decisions.md`, row by row, with the plugins in their order and in the opposite one.
#[tokio::test]
async fn the_table_of_decisions_holds() {
    let page = include_str!("../../../../docs/reference/decisions.md");
    let rows = page.lines().skip_while(|line| !line.starts_with("| conditional access |")).skip(2);
    let mut tried = 0;
    for row in rows.take_while(|line| line.starts_with('|')) {
        let [_, access, authorization, expected, _] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        let said = |cell: &str| -> Vec<Evaluation> {
            cell.split(',').map(str::trim).filter(|word| !word.is_empty()).map(opinion).collect()
        };
        for reversed in [false, true] {
            let (mut access, mut authorization) = (said(access), said(authorization));
            if reversed {
                access.reverse();
                authorization.reverse();
            }
            let policy = Policy::new(Arc::new(Plugins { access, authorization, asked: Mutex::default() }));
            let (verdict, facts) = facts(Operation::SecretGet, None);
            let decision = match policy.decide(&verdict, &facts).await {
                Ok(_) => "permitted",
                Err(denied) if matches!(denied.denial, Denial::Challenge(_)) => "challenged",
                Err(_) => "refused",
            };
            assert_eq!(decision, expected, "{row}");
        }
        tried += 1;
    }
    assert!(tried >= 30, "{tried}");
}

fn opinion(word: &str) -> Evaluation {
    if let Some(word) = word.strip_prefix('(').and_then(|word| word.strip_suffix(')')) {
        return only_reported(opinion(word));
    }
    let (rule, reason, obligations) = (Arc::from("rule"), Arc::from("reason"), Arc::from([]));
    evaluation(
        "p",
        match word {
            "allow" => Decision::Authorization(Opinion::Allow { rule, obligations }),
            "deny" => Decision::Authorization(Opinion::Deny { rule, reason }),
            "abstain" => Decision::Authorization(Opinion::Abstain { reason }),
            "grant" => Decision::ConditionalAccess(Access::Grant { rule, obligations }),
            "block" => Decision::ConditionalAccess(Access::Block { rule, reason }),
            "challenge" => Decision::ConditionalAccess(Access::Challenge { rule, reason, claims: "{}".into() }),
            "not-applicable" => Decision::ConditionalAccess(Access::NotApplicable),
            "failed" => Decision::Failed(Failure::NoSandbox),
            other => panic!("{other}"),
        },
    )
}

/// What was demanded by any permission that counts is demanded; what cannot be done or was not fulfilled refuses.
#[tokio::test]
async fn obligations_add_up_and_refuse_when_they_cannot_be_met() {
    use crate::Obligation;
    let allow = |obligations: &[Obligation]| {
        evaluation("p", Decision::Authorization(Opinion::Allow { rule: "r".into(), obligations: obligations.into() }))
    };
    let grant = |obligations: &[Obligation]| {
        evaluation(
            "p",
            Decision::ConditionalAccess(Access::Grant { rule: "r".into(), obligations: obligations.into() }),
        )
    };
    let decide = async |access, authorization, operation| {
        let (verdict, facts) = facts(operation, None);
        Policy::new(Arc::new(Plugins { access, authorization, asked: Mutex::default() })).decide(&verdict, &facts).await
    };
    let decided = decide(
        vec![grant(&[Obligation::CapPage(9)]), only_reported(grant(&[Obligation::CapPage(1)]))],
        vec![allow(&[Obligation::NoStore]), allow(&[Obligation::CapPage(20), Obligation::Notify("t".into())])],
        Operation::SecretList,
    );
    let decided = decided.await.unwrap();
    let obligations = decided.grant().obligations().clone();
    assert_eq!((obligations.page, obligations.no_store, obligations.topics.len()), (Some(9), true, 1));
    for (demanded, operation, rule) in [
        (Obligation::FilterList, Operation::CertificateIssuersList, "obligation/filter-list"),
        (Obligation::FilterList, Operation::VaultList, "obligation/filter-list"),
        (Obligation::FilterList, Operation::DirectoryMemberGroups, "obligation/filter-list"),
        (Obligation::CapPage(5), Operation::VaultGet, "obligation/cap-page"),
        (Obligation::RequireReason(crate::REASON_HEADER.into()), Operation::SecretGet, "obligation/require-reason"),
    ] {
        let denied = decide(vec![], vec![allow(&[demanded])], operation).await.unwrap_err();
        assert_eq!(&*denied.rule, rule);
    }
    // A list of objects is filtered; in what is no list there is nothing to leave out.
    for operation in [Operation::SecretList, Operation::KeyListVersions, Operation::SecretGet, Operation::VaultPut] {
        let decided = decide(vec![], vec![allow(&[Obligation::FilterList])], operation).await;
        assert!(decided.unwrap().grant().obligations().filter_list, "{operation:?}");
    }
}

/// What a request is judged as beside its own operation obliges for the answer of its own.
#[tokio::test]
async fn what_the_second_judgement_obliges_to_is_owed_by_the_first() {
    use crate::Obligation;
    let (verdict, facts) = facts(Operation::VaultList, None);
    let opinion = Opinion::Allow { rule: "r".into(), obligations: [Obligation::FilterList].into() };
    let once = Plugins { authorization: vec![allow("a")], ..Plugins::default() };
    let decided = Policy::new(Arc::new(once)).decide(&verdict, &facts).await.unwrap();
    let also = decided.also(Operation::VaultGet);
    let demands =
        Plugins { authorization: vec![evaluation("p", Decision::Authorization(opinion))], ..Plugins::default() };
    let denied = Policy::new(Arc::new(demands)).decide_also(decided, &also).await.unwrap_err();
    assert_eq!(&*denied.rule, "obligation/filter-list");
}
