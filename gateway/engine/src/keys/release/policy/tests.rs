use proptest::prelude::*;
use serde_json::json;

use super::*;

const ISSUER: &str = "https://attest.example";

fn policy(conditions: &Value) -> Policy {
    let policy = json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": conditions}]});
    Policy::parse(policy.to_string().as_bytes()).unwrap()
}

fn fulfilled(conditions: &Value, claims: &Value) -> bool {
    policy(conditions).is_fulfilled(&ISSUER.parse().unwrap(), claims.as_object().unwrap())
}

#[test]
fn each_operator_holds_where_it_should() {
    let claims = json!({
        "text": "a", "yes": true, "no": "false", "five": 5, "huge": u64::MAX, "minus": -5, "half": 5.5, "null": null,
        "list": [5], "deep": {"er": {"five": 5}}, "deep.er": 1, "five text": "5",
    });
    let rows = [
        ("text", "equals", json!("a"), true),
        ("text", "equals", json!("A"), false),
        ("text", "equals", json!("a "), false),
        ("text", "notEquals", json!("b"), true),
        ("text", "notEquals", json!("a"), false),
        ("yes", "equals", json!(true), true),
        ("yes", "equals", json!("true"), true),
        ("yes", "equals", json!(false), false),
        ("yes", "equals", json!("True"), false),
        ("yes", "notEquals", json!("false"), true),
        ("yes", "notEquals", json!("nonsense"), false),
        ("yes", "notEquals", json!(true), false),
        ("no", "equals", json!(false), true),
        ("no", "notEquals", json!(true), true),
        ("text", "notEquals", json!(true), false),
        ("five", "equals", json!(5), true),
        ("five", "equals", json!(6), false),
        ("five", "equals", json!("5"), false),
        ("five text", "equals", json!(5), false),
        ("five", "notEquals", json!(6), true),
        ("five", "notEquals", json!("6"), false),
        ("five", "less", json!(6), true),
        ("five", "less", json!(5), false),
        ("five", "lessOrEquals", json!(5), true),
        ("five", "lessOrEquals", json!(4), false),
        ("five", "greater", json!(4), true),
        ("five", "greater", json!(5), false),
        ("five", "greaterOrEquals", json!(5), true),
        ("five", "greaterOrEquals", json!(6), false),
        ("minus", "less", json!(0), true),
        ("huge", "greater", json!(i64::MAX), true),
        ("huge", "equals", json!(u64::MAX), true),
        ("huge", "equals", json!(u64::MAX - 1), false),
        ("five text", "greater", json!(4), false),
        ("half", "greater", json!(1), false),
        ("half", "notEquals", json!(5), false),
        ("list", "equals", json!(5), false),
        ("list", "notEquals", json!(6), false),
        ("list", "exists", json!(true), true),
        ("null", "equals", json!("null"), false),
        ("null", "notEquals", json!("x"), false),
        ("null", "exists", json!(true), false),
        ("null", "exists", json!(false), false),
        ("text", "exists", json!(true), true),
        ("text", "exists", json!(false), false),
        ("deep.er.five", "equals", json!(5), true),
        ("deep.er.five", "greater", json!(5), false),
        ("deep.er", "exists", json!(true), true),
        ("deep.er", "equals", json!(1), false),
        ("deep.er.six", "exists", json!(false), true),
        ("text.x", "exists", json!(false), true),
        ("list.0", "exists", json!(true), false),
    ];
    for (claim, operator, value, expected) in rows {
        assert_eq!(
            fulfilled(&json!([{"claim": claim, operator: value}]), &claims),
            expected,
            "{claim} {operator} {value}"
        );
    }
}

#[test]
fn a_missing_claim_fulfils_nothing_but_its_absence() {
    let values = [("equals", json!("a")), ("notEquals", json!("a")), ("less", json!(1)), ("lessOrEquals", json!(1))];
    let more = [("greater", json!(1)), ("greaterOrEquals", json!(1)), ("exists", json!(true))];
    for (operator, value) in values.into_iter().chain(more) {
        for claim in ["absent", "absent.further"] {
            assert!(!fulfilled(&json!([{"claim": claim, operator: value}]), &json!({})), "{operator}");
        }
    }
    assert!(fulfilled(&json!([{"claim": "absent", "exists": false}]), &json!({})));
}

#[test]
fn lists_nest() {
    let yes = json!({"claim": "a", "equals": 1});
    let no = json!({"claim": "a", "equals": 2});
    let rows = [
        (json!([yes, yes]), true),
        (json!([yes, no]), false),
        (json!([{"anyOf": [no, yes]}]), true),
        (json!([{"anyOf": [no, no]}]), false),
        (json!([yes, {"allOf": [yes, {"anyOf": [no, {"allOf": [yes, yes]}]}]}]), true),
        (json!([yes, {"allOf": [yes, {"anyOf": [no, {"allOf": [yes, no]}]}]}]), false),
    ];
    for (conditions, expected) in rows {
        assert_eq!(fulfilled(&conditions, &json!({"a": 1})), expected, "{conditions}");
    }
}

#[test]
fn each_authority_has_its_own_conditions() {
    let policy = json!({"version": "1.0.0", "anyOf": [
        {"authority": "https://one.example/", "allOf": [{"claim": "a", "equals": 1}]},
        {"authority": "https://two.example", "anyOf": [{"claim": "a", "equals": 2}, {"claim": "b", "equals": 2}]},
    ]});
    let policy = Policy::parse(policy.to_string().as_bytes()).unwrap();
    let ask = |issuer: &str, claims: Value| policy.is_fulfilled(&issuer.parse().unwrap(), claims.as_object().unwrap());
    assert!(ask("https://one.example", json!({"a": 1})));
    assert!(!ask("https://one.example", json!({"a": 2, "b": 2})));
    assert!(ask("https://two.example/", json!({"a": 1, "b": 2})));
    assert!(!ask("https://two.example", json!({"a": 1})));
    assert!(!ask("https://three.example", json!({"a": 1, "b": 2})));
    assert!(policy.names(&"https://two.example".parse().unwrap()));
    assert!(!policy.names(&"https://three.example".parse().unwrap()));
}

#[test]
fn bad_grammar_is_refused_with_what_is_wrong() {
    let with = |condition: Value| json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [condition]}]});
    let ok = || json!({"claim": "c4n4ry", "equals": 1});
    let rows = [
        (json!([]), "JSON object"),
        (json!({}), "version"),
        (json!({"version": "1.0.1", "anyOf": [{"authority": ISSUER, "allOf": [ok()]}]}), "version"),
        (json!({"version": 1, "anyOf": [{"authority": ISSUER, "allOf": [ok()]}]}), "version"),
        (json!({"version": "1.0.0"}), "anyOf must be a list"),
        (json!({"version": "1.0.0", "anyOf": []}), "anyOf must be a list"),
        (json!({"version": "1.0.0", "anyOf": {}}), "anyOf must be a list"),
        (json!({"version": "1.0.0", "anyOf": ["c4n4ry"]}), "each entry of anyOf"),
        (json!({"version": "1.0.0", "allOf": [{"authority": ISSUER, "allOf": [ok()]}]}), "not in the grammar"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [ok()]}], "x": 1}), "the policy has"),
        (json!({"version": "1.0.0", "anyOf": [{"allOf": [ok()]}]}), "authority must be"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": "http://c4n4ry", "allOf": [ok()]}]}), "authority must be"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": [ISSUER], "allOf": [ok()]}]}), "authority must be"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER}]}), "one of allOf and anyOf"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [ok()], "anyOf": [ok()]}]}), "one of"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allof": [ok()]}]}), "not in the grammar"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": []}]}), "allOf must be a list"),
        (json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [ok()], "x": 1}]}), "an authority has"),
        (with(json!({})), "claim must be"),
        (with(json!({"equals": 1})), "claim must be"),
        (with(json!({"claim": ["c4n4ry"], "equals": 1})), "claim must be"),
        (with(json!({"claim": "", "equals": 1})), "claim must be"),
        (with(json!({"claim": "c4n4ry..a", "equals": 1})), "claim must be"),
        (with(json!({"claim": ".c4n4ry", "equals": 1})), "claim must be"),
        (with(json!({"claim": "a.".repeat(16) + "a", "equals": 1})), "claim must be"),
        (with(json!({"claim": "c4n4ry"})), "a condition must have"),
        (with(json!({"claim": "c4n4ry", "Equals": 1})), "a condition must have"),
        (with(json!({"claim": "c4n4ry", "like": "c4n4ry"})), "a condition must have"),
        (with(json!({"claim": "c4n4ry", "equals": 1, "less": 2})), "a condition must have"),
        (with(json!({"claim": "c4n4ry", "equals": 1, "comment": "c4n4ry"})), "a condition must have"),
        (with(json!({"claim": "c4n4ry", "equals": null})), "value of equals"),
        (with(json!({"claim": "c4n4ry", "equals": ["c4n4ry"]})), "value of equals"),
        (with(json!({"claim": "c4n4ry", "equals": {"a": "c4n4ry"}})), "value of equals"),
        (with(json!({"claim": "c4n4ry", "notEquals": 1.5})), "value of notEquals"),
        (with(json!({"claim": "c4n4ry", "less": "1"})), "value of less"),
        (with(json!({"claim": "c4n4ry", "lessOrEquals": 1.5})), "value of lessOrEquals"),
        (with(json!({"claim": "c4n4ry", "greater": true})), "value of greater"),
        (with(json!({"claim": "c4n4ry", "greaterOrEquals": null})), "value of greaterOrEquals"),
        (with(json!({"claim": "c4n4ry", "exists": "true"})), "value of exists"),
        (with(json!({"anyOf": [ok()], "claim": "c4n4ry"})), "a list of conditions has"),
        (with(json!({"anyOf": [ok()], "allOf": [ok()]})), "a list of conditions must have one"),
        (with(json!({"anyOf": []})), "anyOf must be a list"),
    ];
    for (policy, message) in rows {
        let error = Policy::parse(policy.to_string().as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{policy}: {error}");
        assert!(!error.contains("c4n4ry"), "{error}");
    }
    for text in ["", "{", r#"{"version":"1.0.0","version":"1.0.0","anyOf":[]}"#] {
        assert_eq!(Policy::parse(text.as_bytes()), Err(PolicyError::Json));
    }
}

#[test]
fn depth_number_and_length_are_bounded_at_their_borders() {
    let nested = |depth: usize| {
        let condition = (1..depth).fold(json!({"claim": "a", "equals": 1}), |inner, _| json!({"anyOf": [inner]}));
        let policy = json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [condition]}]});
        Policy::parse(policy.to_string().as_bytes())
    };
    assert!(nested(8).is_ok());
    assert_eq!(nested(9), Err(PolicyError::Depth));
    let many = |count: usize| {
        let conditions = vec![json!({"claim": "a", "equals": 1}); count - 1];
        let policy = json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": conditions}]});
        Policy::parse(policy.to_string().as_bytes())
    };
    assert!(many(100).is_ok());
    assert_eq!(many(101), Err(PolicyError::TooMany));
    assert_eq!(Policy::parse(&[b' '; 10 * 1024 + 1]), Err(PolicyError::TooLong));
}

#[test]
fn the_content_is_json() {
    let data = json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": [{"claim": "a", "equals": 1}]}]});
    let of = |content_type: &str| {
        let (content_type, data) = (content_type.to_owned(), data.to_string().into_bytes());
        Policy::of(&portcullis_model::ReleasePolicy { content_type, data, immutable: false })
    };
    assert!(of("application/json; charset=utf-8").is_ok() && of("Application/JSON").is_ok());
    for other in ["", "text/plain", "application/jsonp", "application/json2; charset=utf-8"] {
        assert_eq!(of(other), Err(PolicyError::ContentType), "{other}");
    }
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![any::<bool>().prop_map(Into::into), (-3..3_i64).prop_map(Into::into), "[ab]".prop_map(Into::into)]
}

fn conditions() -> impl Strategy<Value = Value> {
    let operators = prop::sample::select(vec!["equals", "notEquals"]);
    let orders = prop::sample::select(vec!["less", "lessOrEquals", "greater", "greaterOrEquals"]);
    let leaf = prop_oneof![
        ("[ab](\\.[ab])?", operators, scalars()).prop_map(|(claim, op, value)| json!({"claim": claim, op: value})),
        ("[ab]", orders, -3..3_i64).prop_map(|(claim, op, value)| json!({"claim": claim, op: value})),
        ("[ab]", any::<bool>()).prop_map(|(claim, value)| json!({"claim": claim, "exists": value})),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let lists = prop::sample::select(vec!["allOf", "anyOf"]);
        (lists, prop::collection::vec(inner, 1..3)).prop_map(|(list, inner)| json!({list: inner}))
    })
}

proptest! {
    #[test]
    fn an_operator_and_its_opposite_never_both_hold(value in scalars(), claim in scalars()) {
        let claims = json!({"a": claim});
        let holds = |operator: &str| fulfilled(&json!([{"claim": "a", operator: value}]), &claims);
        prop_assert!(!(holds("equals") && holds("notEquals")));
    }

    #[test]
    fn one_more_condition_never_opens_a_policy(one in conditions(), other in conditions(), claim in scalars()) {
        let claims = json!({"a": claim, "b": {"a": claim}});
        if fulfilled(&json!([one, other]), &claims) {
            prop_assert!(fulfilled(&json!([one]), &claims) && fulfilled(&json!([other]), &claims));
        }
    }

    #[test]
    fn no_text_panics(text in r#"[{}\[\]":,a-z0-9.]{0,60}"#, bytes: Vec<u8>) {
        let _ = (Policy::parse(text.as_bytes()), Policy::parse(&bytes));
    }
}
