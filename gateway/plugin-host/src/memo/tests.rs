//! What the memo does with evaluations that no honest guest makes.

use std::sync::Arc;

use portcullis_policy::Opinion;

use super::*;

const HOOK: Hook = Hook::Authorization;
const CALLER: PrincipalId = PrincipalId::from_bytes([1; 16]);

/// The caller of a number.
fn caller(id: usize) -> PrincipalId {
    PrincipalId::from_bytes([u8::try_from(id % 250).unwrap(); 16])
}

fn memo(entries: usize) -> Memo {
    Memo::new(MemoSettings::On { entries })
}

fn trace(asked: &[(&Question, Answer)]) -> Trace {
    let mut trace = Trace::new();
    for (question, answer) in asked {
        trace.push(Arc::new((*question).clone()), answer.clone());
    }
    trace
}

fn allow(rule: &str) -> Decision {
    Decision::Authorization(Opinion::Allow { rule: rule.into(), obligations: [].into() })
}

fn named(name: usize) -> Answer {
    Answer::Text(name.to_string().into())
}

fn rule(memo: &Memo, answer: impl Fn(&Question) -> Answer) -> Option<Decision> {
    memo.recall(HOOK, 1, |question| Some(answer(question))).map(|(decision, _)| decision)
}

#[test]
fn walks_by_the_answers() {
    let memo = memo(1000);
    let (data, object) = (Question::DataPlane, Question::ObjectName);
    memo.learn(HOOK, 1, CALLER, &trace(&[(&data, Answer::Bool(false))]), &allow("management")).unwrap();
    for name in 0..50 {
        let asked = trace(&[(&data, Answer::Bool(true)), (&object, named(name))]);
        memo.learn(HOOK, 1, CALLER, &asked, &allow(&name.to_string())).unwrap();
    }
    assert_eq!(rule(&memo, |_| Answer::Bool(false)), Some(allow("management")));
    for name in 0..50 {
        let answer = |question: &Question| if *question == data { Answer::Bool(true) } else { named(name) };
        assert_eq!(rule(&memo, answer), Some(allow(&name.to_string())));
    }
    let unknown = |question: &Question| if *question == data { Answer::Bool(true) } else { named(50) };
    assert_eq!(rule(&memo, unknown), None);
    assert!(memo.recall(HOOK, 2, |_| Some(Answer::Bool(false))).is_none(), "of another revision");
    assert!(memo.recall(Hook::ConditionalAccess, 1, |_| Some(Answer::Bool(false))).is_none(), "of another hook");
}

#[test]
fn a_plugin_that_asks_nothing_is_remembered_too() {
    let memo = memo(10);
    memo.learn(HOOK, 1, CALLER, &Trace::new(), &allow("always")).unwrap();
    assert_eq!(rule(&memo, |_| Answer::Nothing), Some(allow("always")));
}

/// Each of these would make a remembered decision another than a computed one: the memo must notice, and be off.
#[test]
fn a_plugin_that_is_not_deterministic_is_not_remembered_any_more() {
    let (data, vault) = (Question::DataPlane, Question::Vault);
    let yes = Answer::Bool(true);
    let first = trace(&[(&data, yes.clone()), (&vault, named(1))]);
    let strange = [
        ("another question", trace(&[(&vault, yes.clone())]), allow("a")),
        ("another second question", trace(&[(&data, yes.clone()), (&data, named(1))]), allow("a")),
        ("a question less", trace(&[(&data, yes.clone())]), allow("a")),
        ("no question", Trace::new(), allow("a")),
        ("a question more", trace(&[(&data, yes.clone()), (&vault, named(1)), (&vault, named(1))]), allow("a")),
        ("another decision", first.clone(), allow("b")),
    ];
    for (what, trace, decision) in strange {
        let memo = memo(1000);
        memo.learn(HOOK, 1, CALLER, &first, &allow("a")).unwrap();
        assert_eq!(memo.learn(HOOK, 1, CALLER, &first, &allow("a")), Ok(()), "the same again is no contradiction");
        let recall = |memo: &Memo| rule(memo, |question| if *question == data { yes.clone() } else { named(1) });
        assert_eq!(recall(&memo), Some(allow("a")));
        assert_eq!(memo.learn(HOOK, 1, CALLER, &trace, &decision), Err(NotDeterministic), "{what}");
        assert_eq!(recall(&memo), None, "{what}");
        memo.learn(HOOK, 1, CALLER, &first, &allow("a")).unwrap();
        assert_eq!(recall(&memo), None, "{what}: off for good");
    }
}

#[test]
fn a_failure_is_not_learned() {
    let memo = memo(1000);
    let failed = Decision::Failed(portcullis_policy::Failure::TooMuch("questions"));
    memo.learn(HOOK, 1, CALLER, &trace(&[(&Question::Vault, named(1))]), &failed).unwrap();
    assert_eq!(rule(&memo, |_| named(1)), None);
}

#[test]
fn starts_anew_when_it_is_full_and_stays_within_its_bound() {
    let memo = memo(30);
    for name in 0..1000 {
        memo.learn(HOOK, 1, caller(name), &trace(&[(&Question::Vault, named(name))]), &allow("a")).unwrap();
        assert_eq!(rule(&memo, |_| named(name)), Some(allow("a")), "the latest is always known");
        assert!(memo.authorization.read().unwrap().entries() <= 30);
    }
    let long: Vec<_> = (0..40).map(|at| (&Question::Vault, named(at))).collect();
    memo.learn(HOOK, 2, CALLER, &trace(&long), &allow("a")).unwrap();
    assert!(memo.authorization.read().unwrap().entries() <= 30, "what does not fit at all is not learned");
}

#[test]
fn long_texts_count_for_more() {
    let memo = memo(1000);
    for name in 0..100 {
        let long = Answer::Text(format!("{name}{}", "x".repeat(6400)).into());
        memo.learn(HOOK, 1, caller(name), &trace(&[(&Question::Vault, long)]), &allow("a")).unwrap();
    }
    let kept = memo.authorization.read().unwrap();
    assert!(kept.entries() <= 1000);
    assert!(
        kept.recall(1, |_| Some(Answer::Text(format!("0{}", "x".repeat(6400)).into()))).is_none(),
        "it started anew"
    );
}

#[test]
fn an_older_revision_adds_nothing() {
    let memo = memo(1000);
    let asked = trace(&[(&Question::Vault, named(1))]);
    memo.learn(HOOK, 2, CALLER, &asked, &allow("new")).unwrap();
    memo.learn(HOOK, 1, CALLER, &asked, &allow("old")).unwrap();
    let (decision, _) = memo.recall(HOOK, 2, |_| Some(named(1))).unwrap();
    assert_eq!(decision, allow("new"));
}

#[test]
fn off_is_off() {
    let memo = Memo::new(MemoSettings::Off);
    memo.learn(HOOK, 1, CALLER, &Trace::new(), &allow("a")).unwrap();
    assert_eq!(rule(&memo, |_| Answer::Nothing), None);
}

/// A caller who varies names gets no more than half of the memo, and the entries of others stay.
#[test]
fn one_caller_cannot_push_out_what_others_use() {
    let memo = memo(1000);
    let others = |name: usize| Answer::Text(format!("other {name}").into());
    for name in 0..20 {
        memo.learn(HOOK, 1, caller(name + 2), &trace(&[(&Question::Vault, others(name))]), &allow("a")).unwrap();
    }
    for name in 0..10_000 {
        memo.learn(HOOK, 1, CALLER, &trace(&[(&Question::Vault, named(name))]), &allow("a")).unwrap();
    }
    for name in 0..20 {
        assert_eq!(rule(&memo, |_| others(name)), Some(allow("a")), "{name}");
    }
    assert!(memo.authorization.read().unwrap().entries() <= 500);
    // There is room for what others learn.
    memo.learn(HOOK, 1, caller(99), &trace(&[(&Question::Vault, others(99))]), &allow("a")).unwrap();
    assert_eq!(rule(&memo, |_| others(99)), Some(allow("a")));
    assert_eq!(rule(&memo, |_| others(0)), Some(allow("a")));
}
