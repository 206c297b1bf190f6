//! Blocks that a token's holder wrote to harm the gateway.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use portcullis_identity::{AttenuationRefusal, AuthenticateError, Complexity, TokenRequest};
use portcullis_model::{ObjectKind, ObjectName, Operation};
use proptest::prelude::*;

use crate::world::{NOW, World, append};

#[derive(Debug, PartialEq, Eq)]
enum Fate {
    TooComplex(Complexity),
    TooLarge,
    Permitted,
    Failed,
    Exhausted,
}

/// Authenticates and judges a request with a token that has one block more, in the stack of a server's worker.
fn fate(block: &str) -> (Fate, Duration) {
    let block = block.to_owned();
    let judge = move || {
        let world = World::new();
        let token = append(&world.token(), &block);
        let start = Instant::now();
        let fate = match world.authenticate(&token) {
            Err(AuthenticateError::TooComplex(complexity)) => Fate::TooComplex(complexity),
            Err(AuthenticateError::TooLarge) => Fate::TooLarge,
            Err(other) => panic!("{other:?}"),
            Ok(caller) => {
                let name: ObjectName = "a".repeat(127).parse().unwrap();
                let vault = "dev".parse().unwrap();
                let request = TokenRequest {
                    operation: Operation::SecretGet,
                    vault: Some(&vault),
                    object: Some((ObjectKind::Secret, &name)),
                    source: IpAddr::V6(Ipv6Addr::LOCALHOST),
                    now: NOW,
                };
                match caller.attenuation().unwrap().permits(&request) {
                    Ok(()) => Fate::Permitted,
                    Err(AttenuationRefusal::CheckFailed { checks }) => {
                        assert!(!checks.is_empty() && checks.len() <= 8);
                        assert!(checks.iter().all(|check| check.chars().count() <= 256));
                        assert!(!checks.iter().any(|check| check.contains(char::is_control)));
                        Fate::Failed
                    }
                    Err(AttenuationRefusal::Exhausted) => Fate::Exhausted,
                }
            }
        };
        (fate, start.elapsed())
    };
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(judge).unwrap().join().unwrap()
}

fn facts(name: &str, number: usize) -> String {
    (0..number).map(|n| format!("{name}({n});")).collect()
}

fn times(text: &str, number: usize, separator: &str) -> String {
    vec![text; number].join(separator)
}

#[test]
fn rules_are_refused() {
    for block in ["b($x) <- a($x);", "a(0); a($x) <- a($x), $x < 1000000000;", "principal($x) <- token_id($x);"] {
        assert_eq!(fate(block).0, Fate::TooComplex(Complexity::Rule), "{block}");
    }
}

/// The language has no way to write a head, but a block can have one: biscuit-auth printed to standard output for each
/// fact that such a check matched.
#[test]
fn checks_with_a_head_are_refused() {
    use biscuit_auth::builder::{Check, CheckKind, pred, rule, string, var};
    let world = World::new();
    for head in [vec![var("unbound")], vec![var("v")], vec![string("x")]] {
        for kind in [CheckKind::One, CheckKind::All, CheckKind::Reject] {
            let queries = vec![rule("query", &head, &[pred("vault", &[var("v")])])];
            let block = biscuit_auth::BlockBuilder::new().check(Check { queries, kind }).unwrap();
            let token = crate::world::append_block(&world.token(), block);
            let refused = world.authenticate(&token).unwrap_err();
            assert_eq!(refused, AuthenticateError::TooComplex(Complexity::Head), "{head:?}");
        }
    }
}

#[test]
fn regular_expressions_are_refused_wherever_they_stand() {
    for block in [
        r#"check if vault($v), $v.matches("d.*");"#,
        r#"check if operation("SecretGet") or vault($v), $v.matches("((a{99}){99}){99}");"#,
        r#"check if vault($v), true || $v.matches("d");"#,
        r#"check if vault($v), ["d"].any($p -> $v.matches($p));"#,
        r#"reject if vault($v), $v.matches("d");"#,
    ] {
        assert_eq!(fate(block).0, Fate::TooComplex(Complexity::RegularExpression), "{block}");
    }
}

#[test]
fn joins_that_take_too_long_are_refused() {
    let variables = |number: usize| (0..number).map(|n| format!("a($x{n})")).collect::<Vec<_>>().join(", ");
    let large_set = format!("{{{}}}", (0..300).map(|n| n.to_string()).collect::<Vec<_>>().join(", "));
    for block in [
        format!("{} check if {}, $x0 < 0;", facts("a", 200), variables(5)),
        format!("{} check all {}, $x0 < 0;", facts("a", 200), variables(5)),
        format!("{} reject if {};", facts("a", 200), variables(5)),
        "check if source_in($a), source_in($b), source_in($c), $a == $b + $c;".to_owned(),
        // One way through, but as deep as the block is long.
        format!("check if {};", times("time($t)", 300, ", ")),
        format!("check if {};", times("source_in($t)", 300, ", ")),
        format!("check if {large_set}.any($a -> {large_set}.any($b -> $a + $b < 0));"),
        format!("s({large_set}); {} check if s($s), a($x), a($y), $s.contains($x + $y + 1000);", facts("a", 100)),
        "check if time($t), [[1,2,3,4,5,6,7,8,9]].any($a -> $a.any($b -> $a.any($c -> $a.any($d -> $a.any($e -> $a.any($f -> $f > 9))))));".to_owned(),
    ] {
        let (fate, time) = fate(&block);
        assert_eq!(fate, Fate::TooComplex(Complexity::Steps), "{block}");
        assert!(time < SOON, "{time:?} {block}");
    }
}

/// What is let through ends soon, in an unoptimised build as well.
#[test]
fn the_costliest_that_is_accepted_is_cheap() {
    let concatenation = format!("check if object($k, $n), {} == $n;", times("$n", 60, " + "));
    let text = "x".repeat(2000);
    for block in [
        format!("{} check if a($x), $x < 0;", facts("a", 250)),
        format!("{} check if a($x), a($y), $x + $y < 0;", facts("a", 40)),
        "check if source_in($a), $a == \"x\";".to_owned(),
        format!("t(\"{text}\"); check if t($t), $t + $t + $t == $t;"),
        concatenation,
        format!("check if {};", times("vault($v), $v == \"x\"", 60, " or ")),
        format!("check if vault($v), {};", times("$v == \"x\"", 150, " || ")),
        times("check if false;", 150, ""),
        "check if [1,2,3,4].any($a -> [1,2,3,4].any($b -> $a + $b > 100));".to_owned(),
    ] {
        let (fate, time) = fate(&block);
        assert_eq!(fate, Fate::Failed, "{block}");
        assert!(time < SOON, "{time:?} {block}");
    }
}

#[test]
fn checks_that_cannot_be_evaluated_fail() {
    for block in [
        "check if 1 / 0 == 1;",
        "check if 9223372036854775807 + 1 > 0;",
        "check if \"a\" < 1;",
        "check if time($t), $t == \"now\";",
        "check if 1;",
        "check if vault($v), $v.extern::anything();",
        "check if vault($v), [1].any($v -> true);",
        "check if nothing($x);",
        "reject if true;",
    ] {
        assert_eq!(fate(block).0, Fate::Failed, "{block}");
    }
}

#[test]
fn what_a_check_says_is_made_fit_for_a_log() {
    let world = World::new();
    let text = format!("\u{1b}[31m\n\r\u{0}{}", "y".repeat(1000));
    let query = biscuit_auth::builder::Check {
        queries: vec![biscuit_auth::builder::rule::<biscuit_auth::builder::Term, _>(
            "query",
            &[],
            &[biscuit_auth::builder::pred("vault", &[biscuit_auth::builder::string(&text)])],
        )],
        kind: biscuit_auth::builder::CheckKind::One,
    };
    let block = biscuit_auth::BlockBuilder::new().check(query).unwrap();
    let caller = world.authenticate(&crate::world::append_block(&world.token(), block)).unwrap();
    let request = TokenRequest {
        operation: Operation::SecretList,
        vault: None,
        object: None,
        source: IpAddr::V6(Ipv6Addr::LOCALHOST),
        now: NOW,
    };
    let refusal = caller.attenuation().unwrap().permits(&request).unwrap_err();
    assert!(!refusal.to_string().contains(char::is_control), "{refusal:?}");
    assert!(refusal.to_string().chars().count() < 300);
}

/// Parts of which blocks are put together at random.
fn block() -> impl Strategy<Value = String> {
    let term = || {
        proptest::sample::select(vec![
            "$x",
            "$y",
            "1",
            "\"SecretGet\"",
            "\"10.0.0.0/8\"",
            "true",
            "{1, 2}",
            "[1, \"a\"]",
            "{\"k\": 1}",
            "null",
            "hex:00ff",
            "2027-01-15T08:00:00Z",
        ])
    };
    let name = || proptest::sample::select(vec!["operation", "vault", "object", "time", "source_in", "f", "principal"]);
    let predicate = (name(), proptest::collection::vec(term(), 1..4))
        .prop_map(|(name, terms)| format!("{name}({})", terms.join(", ")));
    let operator = proptest::sample::select(vec!["==", "!=", "===", "<", "+", "-", "*", "/", "&", "|", "&&", "||"]);
    let call =
        proptest::sample::select(vec!["contains", "starts_with", "union", "intersection", "get", "length", "type"]);
    let expression = prop_oneof![
        (term(), operator, term()).prop_map(|(a, operator, b)| format!("{a} {operator} {b}")),
        (term(), call, term()).prop_map(|(a, call, b)| match call {
            "length" | "type" => format!("{a}.{call}() == {b}"),
            call => format!("{a}.{call}({b})"),
        }),
        (term(), term()).prop_map(|(a, b)| format!("{a}.any($p -> $p == {b})")),
        (term(), term()).prop_map(|(a, b)| format!("({a} / {b} == 1).try_or(true)")),
    ];
    let kind = proptest::sample::select(vec!["check if", "check all", "reject if"]);
    let check = (kind, proptest::collection::vec(predicate, 1..4), proptest::collection::vec(expression, 0..3))
        .prop_map(|(kind, predicates, expressions)| {
            format!("{kind} {};", [predicates, expressions].concat().join(", "))
        });
    let fact = term()
        .prop_filter("facts have no variables", |term| !term.contains('$'))
        .prop_map(|term| format!("f({term});"));
    (proptest::collection::vec(fact, 0..6), proptest::collection::vec(check, 0..4))
        .prop_map(|(facts, checks)| [facts, checks].concat().concat())
}

proptest! {
    #[test]
    fn no_block_breaks_anything(block in block()) {
        prop_assume!(biscuit_auth::BlockBuilder::new().code(&block).is_ok());
        let (_, time) = fate(&block);
        prop_assert!(time < SOON, "{time:?} {block}");
    }
}

/// Milliseconds, on a machine that does nothing else; what was let through by mistake takes minutes.
const SOON: Duration = Duration::from_secs(5);
