use std::sync::Mutex;

use async_trait::async_trait;
use portcullis_identity::Restrictions;
use portcullis_model::secrets::{DeletedSecret, SecretBundle, SecretCall, SecretOutcome};
use portcullis_model::{
    Attributes, Listed, ObjectAttributes, ObjectName, ObjectVersion, Page, RecoveryLevel, Tags, UnixTime,
};

use super::*;
use crate::decide::tests::{abstain, allow, block, challenge, deny, evaluation, facts, failed, only_reported};
use crate::{Access, Answer, Answers, Decision, Evaluation, Hook, Obligation, Opinion, PolicyHook, Question, Settled};

/// Allows lists on the condition that they are filtered, and says of objects what their names say.
#[derive(Debug, Default)]
struct ByName {
    /// The requests that were judged.
    judged: Mutex<Vec<Arc<Facts>>>,
}

fn demanding(obligation: Obligation) -> Evaluation {
    let opinion = Opinion::Allow { rule: "r".into(), obligations: [obligation].into() };
    evaluation("p", Decision::Authorization(opinion))
}

#[async_trait]
impl PolicyHook for ByName {
    async fn evaluate(&self, hook: Hook, facts: &Arc<Facts>) -> Vec<Evaluation> {
        let name = facts.request.object.as_ref().map(|(_, name)| name.folded().to_owned()).unwrap_or_default();
        let kind = name.split('-').next().unwrap_or_default();
        match hook {
            Hook::ConditionalAccess => match kind {
                "block" => vec![block("p")],
                "challenge" => vec![challenge("p")],
                "reported" => vec![only_reported(block("p"))],
                "failed" => vec![failed("p")],
                "slow" => {
                    vec![evaluation("p", Decision::Failed(Failure::TimedOut(std::time::Duration::from_millis(100))))]
                }
                _ => vec![],
            },
            Hook::Authorization => {
                self.judged.lock().unwrap().push(Arc::clone(facts));
                vec![match kind {
                    "" => demanding(Obligation::FilterList),
                    "deny" => deny("p"),
                    "abstain" => abstain("p"),
                    "why" => demanding(Obligation::RequireReason(crate::REASON_HEADER.into())),
                    "quiet" => demanding(Obligation::NoStore),
                    "alarm" => demanding(Obligation::Notify("seen".into())),
                    "wrong" => evaluation("p", Decision::ConditionalAccess(Access::NotApplicable)),
                    _ => allow("p"),
                }]
            }
        }
    }

    async fn suppose(&self, _: Hook, _: &Arc<dyn Answers>) -> Vec<Evaluation> {
        panic!("an item is judged as a request is")
    }
}

#[derive(Debug, Default)]
struct Ledger {
    stored: bool,
    topics: Vec<Arc<str>>,
    /// The names that were judged, and by which rule they are left out.
    judged: Vec<(String, Option<Arc<str>>)>,
    filtered: usize,
}

impl Creditor for Ledger {
    fn forbid_storing(&mut self) {
        self.stored = true;
    }

    fn notify(&mut self, topic: &Arc<str>) {
        self.topics.push(Arc::clone(topic));
    }

    fn judged(&mut self, item: &JudgedItem) {
        let name = item.facts.request.object.as_ref().unwrap().1.as_str().to_owned();
        self.judged.push((name, item.result.as_ref().err().map(|denied| Arc::clone(&denied.rule))));
    }

    fn filtered(&mut self) {
        self.filtered += 1;
    }
}

fn bundle(name: &str) -> SecretBundle {
    let (created, updated) = (UnixTime(1), UnixTime(2));
    let recovery = RecoveryLevel { days: 7, purge_protected: false };
    let tags = std::collections::BTreeMap::from([("team".to_owned(), format!("of {name}"))]);
    SecretBundle {
        name: name.parse().unwrap(),
        version: ObjectVersion::from_bytes([7; 16]),
        value: None,
        content_type: None,
        attributes: ObjectAttributes { set: Attributes::default(), created, updated, recovery },
        tags: Tags::try_from(tags).unwrap(),
        managed: false,
    }
}

/// What an engine with these names answers.
fn page(names: &[String], call: &Call) -> Outcome {
    let Call::Secret(SecretCall::List { page } | SecretCall::ListDeleted { page }) = call else { panic!("{call:?}") };
    let begin = page.after.as_ref().map_or(0, |after| names.iter().position(|it| it == after.as_str()).unwrap() + 1);
    let items: Vec<_> = names[begin..].iter().take(page.limit.into()).map(|name| bundle(name)).collect();
    let next = (begin + items.len() < names.len()).then(|| items.last().unwrap().name.clone());
    let deleted = |bundle| DeletedSecret { bundle, deleted: UnixTime(3), scheduled_purge: UnixTime(4) };
    Outcome::Secret(match call {
        Call::Secret(SecretCall::List { .. }) => SecretOutcome::List(Listed { items, next }),
        _ => SecretOutcome::DeletedList(Listed { items: items.into_iter().map(deleted).collect(), next }),
    })
}

struct World {
    names: Vec<String>,
    hook: Arc<ByName>,
    ledger: Ledger,
    restrictions: Option<Restrictions>,
}

impl World {
    fn of(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { names, hook: Arc::default(), ledger: Ledger::default(), restrictions: None }
    }

    /// A page of the list as its caller sees it.
    async fn list(&mut self, call: fn(Page<ObjectName>) -> SecretCall, page_of: Page<ObjectName>) -> Outcome {
        let policy = Policy::new(Arc::clone(&self.hook) as Arc<dyn PolicyHook>);
        let call = Call::Secret(call(page_of));
        let (verdict, facts) = facts(call.operation(), self.restrictions.as_ref());
        let decided = policy.decide(&verdict, &facts).await.unwrap();
        let (mut permitted, mut owed) = decided.permit(call).unwrap();
        loop {
            let outcome = page(&self.names, permitted.call());
            match owed.settle(&policy, outcome, &mut self.ledger).await.unwrap() {
                Settled::Whole(told) => return told.into_outcome(),
                Settled::GoOn(next, rest) => (permitted, owed) = (next, rest),
            }
        }
    }

    async fn secrets(&mut self, limit: u8, after: Option<ObjectName>) -> (Vec<String>, Option<ObjectName>) {
        let outcome = self.list(|page| SecretCall::List { page }, Page { limit, after }).await;
        let Outcome::Secret(SecretOutcome::List(Listed { items, next })) = outcome else { panic!("{outcome:?}") };
        (items.into_iter().map(|item| item.name.as_str().to_owned()).collect(), next)
    }
}

#[tokio::test]
async fn whatever_would_refuse_to_read_an_item_leaves_it_out() {
    let names = [
        "abstain-a",
        "alarm-a",
        "block-a",
        "challenge-a",
        "deny-a",
        "failed-a",
        "plain",
        "quiet-a",
        "reported-a",
        "why-a",
        "wrong-a",
    ];
    let mut world = World::of(names);
    let (told, next) = world.secrets(25, None).await;
    assert_eq!((told, next), (["alarm-a", "plain", "quiet-a", "reported-a"].map(str::to_owned).to_vec(), None));
    let by = |name: &str| world.ledger.judged.iter().find(|(judged, _)| judged == name).unwrap().1.as_deref();
    for (name, rule) in [
        ("abstain-a", "default-deny"),
        ("block-a", "p-blocks"),
        ("challenge-a", "p-asks"),
        ("deny-a", "p-denies"),
        ("failed-a", "fail-closed"),
        ("why-a", "obligation/require-reason"),
        ("wrong-a", "fail-closed"),
    ] {
        assert_eq!(by(name), Some(rule), "{name}");
    }
    assert_eq!((by("plain"), world.ledger.judged.len(), world.ledger.filtered), (None, names.len(), 1));
    // What is told was permitted on conditions; they are owed by the list that tells it.
    assert!(world.ledger.stored);
    assert_eq!(world.ledger.topics, [Arc::from("seen")]);
    let mut nothing = World::of(["deny-a", "quiet-x", "why-b"]);
    nothing.names.retain(|name| name != "quiet-x");
    assert_eq!(nothing.secrets(25, None).await, (vec![], None), "an empty list and no error");
    assert!(!nothing.ledger.stored);
}

#[tokio::test]
async fn an_item_is_judged_as_the_request_that_reads_it() {
    let mut world = World::of(["Plain"]);
    world.secrets(25, None).await;
    let _ = world.list(|page| SecretCall::ListDeleted { page }, Page { limit: 25, after: None }).await;
    let judged = world.hook.judged.lock().unwrap().clone();
    let [list, item, _, deleted] = &judged[..] else { panic!("{judged:?}") };
    assert_eq!(item.request.operation, Operation::SecretGet);
    assert_eq!(deleted.request.operation, Operation::SecretGetDeleted);
    assert_eq!(item.request.resource.id(), format!("{}/secrets/plain", list.request.resource.id()));
    assert_eq!((item.request.time, item.request.made_as), (list.request.time, Some(Operation::SecretList)));
    assert_eq!(item.answer(&Question::ObjectName), Answer::Text("plain".into()));
    assert_eq!(item.answer(&Question::ObjectVersion), Answer::Nothing);
    assert_eq!(item.answer(&Question::Tag("team".into())), Answer::Text("of Plain".into()), "of that very object");
    assert!(item.counted.looks_only() && !list.counted.looks_only());
    assert_eq!(item.caller.principal().id, list.caller.principal().id);
    assert!(Arc::ptr_eq(&item.directory, &list.directory));
}

#[tokio::test]
async fn versions_are_judged_one_by_one() {
    let policy = Policy::new(Arc::new(ByName::default()));
    for (name, left) in [("plain", 2), ("deny-a", 0)] {
        let name: ObjectName = name.parse().unwrap();
        let call = Call::Secret(SecretCall::ListVersions { name: name.clone(), page: Page { limit: 25, after: None } });
        let (verdict, facts) = facts(call.operation(), None);
        let (_, owed) = policy.decide(&verdict, &facts).await.unwrap().permit(call).unwrap();
        let versions = [[1; 16], [2; 16]].map(ObjectVersion::from_bytes);
        let items = versions.iter().map(|version| SecretBundle { version: version.clone(), ..bundle(name.as_str()) });
        let outcome = Outcome::Secret(SecretOutcome::Versions(Listed { items: items.collect(), next: None }));
        let mut ledger = Ledger::default();
        let Ok(Settled::Whole(told)) = owed.settle(&policy, outcome, &mut ledger).await else { panic!() };
        let mut told = told.into_outcome();
        assert_eq!((told.object_page().unwrap().len(), ledger.judged.len()), (left, 2));
    }
}

/// What is left out shall not show in the lengths of pages.
#[tokio::test]
async fn pages_are_filled_from_what_follows() {
    // Every third may be read; for short pages there are runs of 70 in between of which none may.
    for (limit, run) in [(1, true), (2, true), (7, true), (24, false), (25, false)] {
        let shown = |at: usize| at.is_multiple_of(3) && !(run && at % 210 >= 140);
        let name = |at: usize| if shown(at) { format!("n{at:04}") } else { format!("deny-{at:04}") };
        let names: Vec<String> = (0..630).map(name).collect();
        let visible: Vec<String> = names.iter().filter(|name| name.starts_with('n')).cloned().collect();
        let mut world = World::of(names.clone());
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let before = world.ledger.judged.len();
            let (told, next) = world.secrets(limit, after).await;
            assert!(world.ledger.judged.len() - before <= usize::from(JUDGED), "{limit}");
            let last = told.last().cloned();
            all.extend(told.clone());
            let Some(next) = next else { break };
            assert_eq!(told.len(), usize::from(limit), "{limit}: a page in the middle is full");
            assert_eq!(last.as_deref(), Some(next.as_str()), "{limit}: it goes on after what was told");
            after = Some(next);
        }
        assert_eq!(all, visible, "{limit}");
    }
}

/// Beyond the bound a page ends where it is, and the walk still comes to an end.
#[tokio::test]
async fn what_one_request_judges_is_bounded() {
    let names = (0..250).map(|at| format!("deny-{at:03}")).chain(["plain".to_owned()]);
    for limit in [1, 25] {
        let mut world = World::of(names.clone());
        let (mut all, mut after, mut requests) = (Vec::new(), None, 0);
        loop {
            let (told, next) = world.secrets(limit, after).await;
            requests += 1;
            all.extend(told);
            assert!(world.ledger.judged.len() <= requests * usize::from(JUDGED));
            let Some(next) = next else { break };
            after = Some(next);
        }
        assert_eq!((all, requests), (vec!["plain".to_owned()], 3), "{limit}");
    }
}

#[tokio::test]
async fn what_the_token_does_not_cover_is_left_out() {
    let mut world = World::of(["plain"]);
    world.restrictions = Some(Restrictions { operations: vec![Operation::SecretList], ..Restrictions::default() });
    assert_eq!(world.secrets(25, None).await, (vec![], None));
    assert_eq!(world.ledger.judged, [("plain".to_owned(), Some("token/attenuation".into()))]);
    let operations = vec![Operation::SecretList, Operation::SecretGet];
    world.restrictions = Some(Restrictions { operations, ..Restrictions::default() });
    assert_eq!(world.secrets(25, None).await.0, ["plain"]);
}

/// Objects that a plugin is slow about cost its time twice, and not for each like them.
#[tokio::test]
async fn nothing_is_judged_after_a_plugin_took_too_long_twice() {
    let mut world = World::of(["first", "slow-a", "second", "slow-b", "slow-c", "plain"]);
    assert_eq!(world.secrets(25, None).await, (["first", "second"].map(str::to_owned).to_vec(), None));
    let rules: Vec<_> = world.ledger.judged.iter().map(|(_, rule)| rule.as_deref()).collect();
    let (late, unjudged) = (Some("fail-closed"), Some("filter-list/time"));
    assert_eq!(rules, [None, late, None, late, unjudged, unjudged]);
}

/// An outcome of another call is never told in the place of a filtered list.
#[tokio::test]
async fn an_outcome_that_is_no_list_is_refused() {
    let policy = Policy::new(Arc::new(ByName::default()));
    let call = Call::Secret(SecretCall::List { page: Page { limit: 25, after: None } });
    let (verdict, facts) = facts(Operation::SecretList, None);
    let (_, owed) = policy.decide(&verdict, &facts).await.unwrap().permit(call).unwrap();
    let outcome = Outcome::Secret(SecretOutcome::Bundle(bundle("plain")));
    assert_eq!(owed.settle(&policy, outcome, &mut Ledger::default()).await.err(), Some(OtherOperation));
}
