//! The memo on against the memo off, with programs that nobody would write.
//!
//! A program decides by a hash of its seed and of all that it was answered so far which question comes next, or what it
//! says in the end: any guest is such a function, since answers are all that it can see. The world answers by hashes of
//! its own state, part of which moves with each revision of the control state and part with each request.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use portcullis_model::{PrincipalId, UnixTime};
use portcullis_policy::{Answer, Decision, Hook, Obligation, Opinion, Question, Rate, Trace};

use super::*;
use crate::MemoSettings;

/// Numbers that are the same at every run.
fn number(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn below(bound: u64, of: impl Hash) -> u64 {
    number(of) % bound
}

/// A program of one seed.
#[derive(Clone, Copy)]
struct Program {
    seed: u64,
    /// How many questions it asks at most.
    depth: usize,
    /// Of how many different ones.
    questions: u64,
}

enum Step {
    Ask(Arc<Question>),
    Say(Decision),
}

impl Program {
    fn new(seed: u64) -> Self {
        let depth = usize::try_from(below(12, (seed, "depth"))).expect("small");
        Self { seed, depth, questions: 2 + below(30, (seed, "questions")) }
    }

    /// What comes after some answers. No two histories need to have anything in common.
    fn step(&self, so_far: &Trace) -> Step {
        let history: Vec<_> = so_far.entries().iter().map(|asked| asked.answer.to_string()).collect();
        let at = number((self.seed, &history));
        if history.len() >= self.depth || at.is_multiple_of(5) {
            Step::Say(said(at / 5))
        } else {
            Step::Ask(Arc::new(question(at / 5 % self.questions)))
        }
    }

    fn run(&self, answer: impl Fn(&Question) -> Answer) -> (Decision, Trace) {
        let mut trace = Trace::new();
        loop {
            match self.step(&trace) {
                Step::Say(decision) => return (decision, trace),
                Step::Ask(question) => {
                    let answer = answer(&question);
                    trace.push(question, answer);
                }
            }
        }
    }
}

fn said(number: u64) -> Decision {
    let text = || Arc::<str>::from(format!("r{}", number / 4 % 7));
    Decision::Authorization(match number % 4 {
        0 => Opinion::Allow { rule: text(), obligations: [].into() },
        1 => Opinion::Allow { rule: text(), obligations: [Obligation::NoStore].into() },
        2 => Opinion::Deny { rule: text(), reason: text() },
        _ => Opinion::Abstain { reason: text() },
    })
}

fn question(number: u64) -> Question {
    let text = || format!("q{}", number / 10);
    match number % 10 {
        0 => Question::ObjectName,
        1 => Question::Tag(text()),
        2 => Question::TagIs(text(), "v".to_owned()),
        3 => Question::Header(text()),
        4 => Question::Claim(text()),
        5 => Question::InGroup(PrincipalId::from_bytes([u8::try_from(number).expect("small"); 16])),
        6 => Question::NamedLocation(text()),
        7 => Question::Before(UnixTime(i64::try_from(number).expect("small"))),
        8 => Question::Data(text(), String::new()),
        _ => Question::Rate(Rate { key: text(), limit: 5, seconds: 60 }),
    }
}

/// What a request meets.
#[derive(Clone, Copy)]
struct World {
    revision: u64,
    /// Control state: what groups, roles and locations answer.
    control: u64,
    /// What differs between requests.
    request: u64,
}

impl World {
    fn answer(&self, question: &Question) -> Answer {
        let of_control = matches!(question, Question::InGroup(_) | Question::NamedLocation(_) | Question::Data(..));
        let text = question.to_string();
        let number = match question {
            // A counter never says the same for sure.
            Question::Rate(_) => number((self.request, self.revision, &text)),
            _ if of_control => number((self.control, &text)),
            _ => number((self.request % 13, &text)),
        };
        match question {
            Question::TagIs(..) | Question::InGroup(_) | Question::NamedLocation(_) | Question::Before(_) => {
                Answer::Bool(number.is_multiple_of(2))
            }
            _ if number.is_multiple_of(3) => Answer::Nothing,
            _ => Answer::Text(format!("a{}", number % 4).into()),
        }
    }
}

/// Runs a program with a memo for some evaluations and compares each with one that no memo saw. Gives how many were
/// remembered.
fn compare(memo: &Memo, program: &Program, evaluations: Range<u64>) -> u64 {
    compare_with(memo, program, evaluations, World::answer)
}

/// As [`compare`], with the answers that the memo is given.
fn compare_with(
    memo: &Memo,
    program: &Program,
    evaluations: Range<u64>,
    told: impl Fn(&World, &Question) -> Answer,
) -> u64 {
    let mut remembered = 0;
    for at in evaluations {
        // Two in a hundred see another control state; now and then one that began earlier looks at an older one.
        let revision = at / 50 - below(2, (at, "late")).min(at / 50);
        // Control states come back, as when a change is taken back.
        let world = World { revision, control: below(5, (program.seed, revision)), request: number((at, "request")) };
        let (decision, trace) = program.run(|question| world.answer(question));
        let recalled = memo.recall(Hook::Authorization, revision, |question| Some(told(&world, question)));
        if let Some(recalled) = recalled {
            let counted = trace.entries().iter().any(|asked| !asked.question.is_cacheable());
            assert!(!counted, "seed {}, evaluation {at}: what was counted was remembered", program.seed);
            assert_eq!(recalled, (decision, trace), "seed {}, evaluation {at}", program.seed);
            remembered += 1;
        } else {
            let caller = PrincipalId::from_bytes([u8::try_from(at % 5).expect("small"); 16]);
            let learned = memo.learn(Hook::Authorization, revision, caller, &trace, &decision);
            assert!(learned.is_ok(), "seed {}, evaluation {at}: a pure program was called impure", program.seed);
        }
    }
    remembered
}

/// Many programs, each with a memo of another size, from one that holds next to nothing on.
fn many(programs: u64, evaluations: u64) -> u64 {
    (0..programs)
        .map(|seed| {
            let memo = Memo::new(MemoSettings::On {
                entries: [8, 60, 1000, 100_000][usize::try_from(seed % 4).expect("small")],
            });
            compare(&memo, &Program::new(seed), 0..evaluations)
        })
        .sum()
}

#[test]
fn what_is_remembered_is_what_would_have_been_decided() {
    let (programs, evaluations) = (400, 250);
    let remembered = many(programs, evaluations);
    assert!(remembered > programs * evaluations / 10, "only {remembered} were remembered: the test shows little");
}

/// `cargo test --workspace --lib memo:: -- --ignored`: some minutes.
#[test]
#[ignore = "takes minutes"]
fn what_is_remembered_is_what_would_have_been_decided_five_million_times() {
    let remembered = many(5_000, 1_000);
    assert!(remembered > 500_000, "{remembered}");
}

#[test]
fn readers_and_writers_at_once_see_what_would_have_been_decided() {
    for seed in 1000..1010 {
        let memo = Memo::new(MemoSettings::On { entries: 500 });
        let program = Program { depth: 6, ..Program::new(seed) };
        thread::scope(|scope| {
            for part in 0..4 {
                let memo = &memo;
                let program = &program;
                scope.spawn(move || compare(memo, program, part * 17..part * 17 + 1000));
            }
        });
    }
}

/// The comparison would notice a memo that misses an input: here the headers of all requests are one request's.
#[test]
#[should_panic(expected = "evaluation")]
fn an_input_that_the_memo_misses_is_noticed() {
    let stale = |world: &World, question: &Question| match question {
        Question::Header(_) => World { request: 0, ..*world }.answer(question),
        _ => world.answer(question),
    };
    for seed in 0..50 {
        let memo = Memo::new(MemoSettings::On { entries: 10_000 });
        compare_with(&memo, &Program::new(seed), 0..250, stale);
    }
}
