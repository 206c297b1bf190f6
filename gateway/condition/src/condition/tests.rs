use std::cell::RefCell;

use proptest::prelude::*;

use super::*;
use crate::{ObjectKind, Side};

const SECRETS: Attribute = Attribute::ObjectName(Side::Resource, ObjectKind::Secret);
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

/// A request, and what was asked of it.
#[derive(Default)]
struct Asked {
    action: &'static str,
    values: Vec<(Attribute, &'static str)>,
    now: i64,
    asked: RefCell<Vec<String>>,
}

impl Circumstances for Asked {
    fn action_matches(&self, pattern: &str) -> bool {
        self.asked.borrow_mut().push(pattern.to_owned());
        pattern.eq_ignore_ascii_case(self.action)
    }

    fn values(&self, attribute: Attribute) -> Vec<String> {
        self.asked.borrow_mut().push(format!("{attribute:?}"));
        let of = self.values.iter().filter(|(known, _)| *known == attribute);
        of.map(|(_, value)| (*value).to_owned()).collect()
    }

    fn before(&self, second: i64) -> bool {
        self.now < second
    }
}

fn holds(text: &str, request: &Asked) -> bool {
    let condition: Condition = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    condition.holds(request)
}

fn secret(name: &'static str) -> Asked {
    Asked { values: vec![(SECRETS, name)], ..Asked::default() }
}

#[test]
fn the_condition_of_the_data_access_administrator() {
    let text = format!(
        "((!(ActionMatches{{'{WRITE}'}})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] \
         ForAnyOfAnyValues:GuidEquals{{{USER}, 00482a5a-887f-4fb3-b363-3b7fe8e74483}})) AND \
         ((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/delete'}})) OR \
         (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{{{USER}}}))"
    );
    let write = |role| Asked {
        action: WRITE,
        values: vec![(Attribute::AssignmentRole(Side::Request), role)],
        ..Asked::default()
    };
    assert!(holds(&text, &write(USER)));
    assert!(holds(&text, &write("4633458B-17DE-408A-B874-0445C86B69E6")));
    assert!(!holds(&text, &write(OWNER)));
    assert!(!holds(&text, &Asked { action: WRITE, ..Asked::default() }), "without a role it is no");
    let delete = |role| Asked {
        action: "Microsoft.Authorization/roleAssignments/delete",
        values: vec![(Attribute::AssignmentRole(Side::Resource), role)],
        ..Asked::default()
    };
    assert!(holds(&text, &delete(USER)));
    assert!(!holds(&text, &delete(OWNER)));
    assert!(holds(&text, &Asked { action: "Microsoft.KeyVault/vaults/read", ..Asked::default() }));
}

#[test]
fn every_operator() {
    let name = "@Resource[Microsoft.KeyVault/vaults/secrets:name]";
    for (comparison, value, expected) in [
        ("StringEquals 'app-db'", "app-db", true),
        ("StringEquals 'App-db'", "app-db", true),
        ("StringNotEquals 'App-DB'", "app-db", false),
        ("StringNotStartsWith 'APP'", "app-db", false),
        ("StringNotLike 'App-*'", "app-db", false),
        ("StringEquals 'app-d'", "app-db", false),
        ("StringEqualsIgnoreCase 'App-DB'", "app-db", true),
        ("StringNotEquals 'app-db'", "app-db", false),
        ("StringNotEquals 'x'", "app-db", true),
        ("StringNotEqualsIgnoreCase 'APP-DB'", "app-db", false),
        ("StringStartsWith 'app-'", "app-db", true),
        ("StringNotStartsWith 'app-'", "app-db", false),
        ("StringStartsWithIgnoreCase 'APP'", "app-db", true),
        ("StringLike 'app-*'", "app-db", true),
        ("StringLike 'app-?'", "app-db", false),
        ("StringNotLike 'app-*'", "app-db", false),
        ("StringLikeIgnoreCase 'APP*'", "app-db", true),
        ("ForAnyOfAnyValues:StringLike {'x*', 'app-*'}", "app-db", true),
        ("ForAllOfAnyValues:StringEquals {'x', 'y'}", "app-db", false),
        ("ForAnyOfAllValues:StringStartsWith {'app', 'app-'}", "app-db", true),
        ("ForAllOfAllValues:StringNotEquals {'app-db', 'x'}", "app-db", false),
        ("ForAnyOfAllValues:StringNotEquals {'y', 'x'}", "app-db", true),
    ] {
        assert_eq!(holds(&format!("{name} {comparison}"), &secret(value)), expected, "{comparison}");
        assert!(!holds(&format!("{name} {comparison}"), &Asked::default()), "a missing attribute: {comparison}");
    }
}

#[test]
fn time_is_asked_in_comparisons() {
    let at = |now| Asked { now, ..Asked::default() };
    for (operator, before, then, after) in [
        ("DateTimeLessThan", true, false, false),
        ("DateTimeLessThanEquals", true, true, false),
        ("DateTimeGreaterThan", false, false, true),
        ("DateTimeGreaterThanEquals", false, true, true),
        ("DateTimeEquals", false, true, false),
        ("DateTimeNotEquals", true, false, true),
    ] {
        let text = format!("@Environment[UtcNow] {operator} '1970-01-01T00:01:40.0Z'");
        let got = [99, 100, 101].map(|now| holds(&text, &at(now)));
        assert_eq!(got, [before, then, after], "{operator}");
    }
    let late = "@Environment[UtcNow] DateTimeLessThan '1970-01-01T00:01:40.5Z'";
    assert!(holds(late, &at(100)) && !holds(late, &at(101)));
}

#[test]
fn asks_from_left_to_right_and_no_more_than_it_needs() {
    let name = "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringEquals 'db'";
    let request = Asked { action: "a", ..secret("db") };
    assert!(holds(&format!("ActionMatches{{'a'}} OR {name}"), &request));
    assert_eq!(*request.asked.borrow(), ["a"]);
    let request = Asked { action: "a", ..secret("db") };
    assert!(!holds(&format!("NOT ActionMatches{{'a'}} && {name}"), &request));
    assert_eq!(*request.asked.borrow(), ["a"]);
    assert!(holds("Exists @Resource[Microsoft.KeyVault/vaults/secrets:name]", &secret("db")));
    assert!(holds("not exists @resource[microsoft.keyvault/vaults/keys:NAME]", &secret("db")));
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let name = "@Resource[Microsoft.KeyVault/vaults/secrets:name]";
    let deep = format!("{}ActionMatches{{'a'}}{}", "(".repeat(40), ")".repeat(40));
    let negated = format!("{}ActionMatches{{'a'}}", "!".repeat(40));
    for (text, at, why) in [
        ("", 1, "is expected"),
        ("ActionMatches{'a'} AND", 23, "is expected"),
        ("ActionMatches{'a'} ActionMatches{'b'}", 20, "after the end"),
        ("ActionMatches{'a'} AND ActionMatches{'b'} OR ActionMatches{'c'}", 43, "side by side"),
        ("ActionMatches('a')", 14, "`{` is expected"),
        ("ActionMatches{'a}", 15, "not closed"),
        ("(ActionMatches{'a'}", 20, "`)` is expected"),
        ("@Resource[Microsoft.KeyVault/vaults/secrets:name", 1, "not closed by `]`"),
        ("@Resource[Microsoft.Storage/x:name] StringEquals 'a'", 1, "not known"),
        ("@Other[Microsoft.KeyVault/vaults:name] StringEquals 'a'", 1, "not known"),
        ("@Request[Microsoft.KeyVault/vaults:name] StringEquals 'a'", 1, "not known"),
        (&format!("{name} StringIs 'a'"), 51, "operator that is not known"),
        (&format!("{name} StringEquals {{'a'}}"), 64, "quantifier"),
        (&format!("{name} StringEquals a"), 64, "text in `'`"),
        (&format!("{name} StringEquals {name}"), 64, "on the right side"),
        (&format!("'a' StringEquals {name}"), 1, "on the right side"),
        (&format!("{name} GuidEquals {USER}"), 51, "go with the attribute"),
        (&format!("{name} ForSomeValues:StringEquals {{'a'}}"), 51, "not known"),
        (&format!("{name} ForAnyOfAnyValues:StringEquals {{}}"), 83, "is expected"),
        ("@Principal[oid] GuidEquals 'me'", 28, "value that does not go"),
        ("@Environment[UtcNow] DateTimeLessThan 'now'", 39, "value that does not go"),
        ("@Environment[UtcNow] StringEquals 'now'", 22, "go with the attribute"),
        ("@Environment[UtcNow] DateTimeNear '2026-01-01T00:00:00Z'", 22, "operator that is not known"),
        ("SubOperationMatches{'x'}", 1, "sub-operations"),
        ("ActionMatches{'a'} # b", 20, "do not have"),
        ("ActionMatches{'a'} k\u{e4}se", 21, "do not have"),
        (&deep, 33, "nested deeper"),
        (&negated, 33, "nested deeper"),
        (&"a".repeat(MAX_BYTES + 1), MAX_BYTES + 1, "longer than"),
    ] {
        let error = text.parse::<Condition>().expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
        assert!(error.contains(&format!("character {at}:")), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(text in ".{0,200}") {
        let _ = text.parse::<Condition>();
    }

    #[test]
    fn words_in_any_order_never_panic(words in proptest::collection::vec(prop_oneof![
        Just("("), Just(")"), Just("!"), Just("AND"), Just("OR"), Just("{"), Just("}"), Just(","), Just(":"),
        Just("'a'"), Just("ActionMatches"), Just("Exists"), Just("StringEquals"), Just("ForAnyOfAnyValues"),
        Just("@Principal[oid]"), Just("@Environment[UtcNow]"), Just("GuidEquals"), Just("DateTimeLessThan"),
    ], 0..40)) {
        let _ = words.join(" ").parse::<Condition>();
    }
}
