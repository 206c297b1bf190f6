use std::time::Duration;

use super::*;

/// What reading `text` gives, or the mistakes that it notes.
fn outcome<T>(text: &str, read: impl FnOnce(&mut Reader<'_>) -> Result<T, Noted>) -> Result<T, Vec<String>> {
    let table = DeTable::parse(text).unwrap();
    let mistakes = Mistakes::new(text);
    let result = Reader::read_root(table.get_ref(), &mistakes, read);
    let found: Vec<String> = mistakes.into_sorted().iter().map(ToString::to_string).collect();
    match result {
        Ok(value) if found.is_empty() => Ok(value),
        Ok(_) | Err(_) => Err(found),
    }
}

/// Reads the required key `a`.
fn value<T>(text: &str, read: impl FnOnce(&Value<'_>) -> Result<T, Noted>) -> Result<T, Vec<String>> {
    outcome(text, |reader| reader.required("a", "1").and_then(|value| read(&value)))
}

fn one<T: std::fmt::Debug>(result: Result<T, Vec<String>>) -> String {
    let mistakes = result.unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    mistakes.concat()
}

#[test]
fn says_that_a_key_is_missing_and_what_to_add() {
    assert_eq!(one(value("", |value| value.flag())), "a: missing; add `a = 1`");
    let nested = outcome("\n[t]\n", |reader| reader.section("t", |table| table.required("a", "\"x\"").map(|_| ())));
    assert_eq!(one(nested), "line 2, t.a: missing; add `a = \"x\"`");
}

#[test]
fn suggests_the_nearest_key_that_is_not_there_yet() {
    let read = |reader: &mut Reader<'_>| {
        let _ = (reader.optional("address"), reader.optional("subnet"));
        Ok(())
    };
    assert_eq!(outcome("address = 1\nsubnet = 2", read), Ok(()));
    assert_eq!(one(outcome("adress = 1", read)), "line 1, `adress`: unknown key; did you mean `address`?");
    let advice = "remove it, or look up its name in docs/configuration.md";
    assert_eq!(one(outcome("address = 1\nadress = 1", read)), format!("line 2, `adress`: unknown key; {advice}"));
    assert_eq!(one(outcome("\"a\\nb\" = 1", read)), format!("line 1, `a\\nb`: unknown key; {advice}"));
}

#[test]
fn says_which_type_it_expected_and_which_it_found() {
    let table = [
        ("a = 1", "expected a text in quotes, found an integer"),
        ("a = 1.5", "expected a text in quotes, found a number with a fraction"),
        ("a = true", "expected a text in quotes, found true or false"),
        ("a = 2026-01-01", "expected a text in quotes, found a date or time"),
        ("a = [\"x\"]", "expected a text in quotes, found a list"),
        ("a = { b = 1 }", "expected a text in quotes, found a table"),
    ];
    for (text, expected) in table {
        assert_eq!(one(value(text, |value| value.text().map(str::len))), format!("line 1, a: {expected}"));
    }
    assert!(
        one(value("a = \"true\"", |value| value.flag()))
            .ends_with("expected true or false, without quotes, found a text")
    );
    assert!(one(value("a = \"1\"", |value| value.integer(0, 9))).contains("expected an integer without quotes"));
    assert!(one(value("a = true", |value| value.size(0, 9))).contains("expected a size"));
    assert!(one(value("a = 1", |value| value.table(|_| Ok(())))).contains("expected a table, found an integer"));
    assert!(one(outcome("a = 1", |reader| reader.tables("a", |_| Ok(())))).contains("each under `[[a]]`"));
}

#[test]
fn numbers_have_bounds() {
    let integer = |text: &str| value(text, |value| value.integer(7_u8, 90));
    assert_eq!(integer("a = 7"), Ok(7));
    assert_eq!(integer("a = 0x5a"), Ok(90));
    for text in ["6", "91", "300", "-1", "99999999999999999999"] {
        let message = format!("line 1, a: {text} is out of bounds; choose an integer from 7 to 90");
        assert_eq!(one(integer(&format!("a = {text}"))), message);
    }
}

#[test]
fn durations_have_a_unit_and_bounds() {
    let duration = |text: &str| value(text, |value| value.duration(Duration::from_secs(1), Duration::from_secs(120)));
    assert_eq!(duration("a = \"1s\""), Ok(Duration::from_secs(1)));
    assert_eq!(duration("a = \"2m\""), Ok(Duration::from_secs(120)));
    let out = "is out of bounds; choose a duration from `1s` to `2m`";
    assert_eq!(one(duration("a = \"999ms\"")), format!("line 1, a: `999ms` {out}"));
    assert_eq!(one(duration("a = \"121s\"")), format!("line 1, a: `121s` {out}"));
    assert!(one(duration("a = \"1\"")).contains("`1` is not a duration"));
    assert!(one(duration("a = 1")).contains("expected a text in quotes"));
}

#[test]
fn sizes_are_integers_or_have_a_unit() {
    let size = |text: &str| value(text, |value| value.size(1_024_u32, 65_536));
    assert_eq!(size("a = 1024"), Ok(1_024));
    assert_eq!(size("a = \"64KiB\""), Ok(65_536));
    for text in ["1023", "\"65KiB\"", "\"8GiB\"", "-1"] {
        let message = "line 1, a: the size is out of bounds; choose one from 1KiB to 64KiB";
        assert_eq!(one(size(&format!("a = {text}"))), message);
    }
    assert!(one(size("a = \"64kb\"")).contains("`64kb` is not a size"));
}

#[test]
fn words_are_listed_and_the_nearest_is_suggested() {
    let word = |text: &str| value(text, |value| value.one_of(&[("Allow", 1), ("Deny", 2)]));
    assert_eq!(word("a = \"Deny\""), Ok(2));
    assert_eq!(one(word("a = \"deny\"")), "line 1, a: `deny` is not one of `Allow`, `Deny`; did you mean `Deny`?");
    assert_eq!(one(word("a = \"\"")), "line 1, a: `` is not one of `Allow`, `Deny`");
}

#[test]
fn prefixes_have_no_bits_behind_them() {
    let prefix =
        |text: &str| value(&format!("a = \"{text}\""), |value| value.prefix()).map(|prefix| prefix.to_string());
    for (text, expected) in
        [("10.0.0.0/8", "10.0.0.0/8"), ("198.51.100.7", "198.51.100.7/32"), ("2001:db8::1", "2001:db8::1/128")]
    {
        assert_eq!(prefix(text).as_deref(), Ok(expected));
    }
    assert_eq!(one(prefix("10.0.0.1/8")), "line 1, a: `10.0.0.1/8` has bits set behind its prefix; write `10.0.0.0/8`");
    assert!(one(prefix("2001:db8::1/32")).contains("write `2001:db8::/32`"));
    for text in ["10.0.0.0/33", "10.0.0/8", "office", ""] {
        assert!(one(prefix(text)).contains("is not a prefix or an address"), "{text}");
    }
}

#[test]
fn labels_and_paths_are_not_empty() {
    let label = |text: &str| value(text, |value| value.label().map(str::to_owned));
    assert_eq!(label("a = \"Büro 1\"").as_deref(), Ok("Büro 1"));
    for text in ["", " ", "a\\nb", &"x".repeat(257)] {
        assert!(one(label(&format!("a = \"{text}\""))).contains("must have 1 to 256 characters"), "{text}");
    }
    let path = |text: &str| value(text, |value| value.path(std::path::Path::new("/etc")));
    assert_eq!(path("a = \"x/y\"").unwrap(), std::path::Path::new("/etc/x/y"));
    assert_eq!(path("a = \"/x\"").unwrap(), std::path::Path::new("/x"));
    assert!(one(path("a = \"\"")).contains("must not be empty"));
    assert!(one(path("a = \"x\\u0000\"")).contains("NUL"));
}

#[test]
fn hidden_values_are_not_shown() {
    let text = "a = \"hunter2\"";
    let hidden = |read: fn(&Value<'_>) -> Result<(), Noted>| {
        one(outcome(text, |reader| reader.required("a", "1").map(Value::hidden).and_then(|value| read(&value))))
    };
    assert_eq!(
        hidden(|value| value.parsed::<portcullis_model::TenantId>().map(|_| ())),
        "line 1, a: the value cannot be used: not a GUID in the form 00000000-0000-0000-0000-000000000000"
    );
    assert_eq!(hidden(|value| value.parsed_with("x", |_| None)), "line 1, a: the value is not x");
    assert!(!hidden(|value| value.one_of(&[("x", ())])).contains("hunter2"));
}

#[test]
fn all_items_of_a_list_are_read() {
    let list = |text: &str| value(text, |value| value.each("a list", Value::flag));
    assert_eq!(list("a = [true, false]"), Ok(vec![true, false]));
    let places: Vec<String> = list("a = [1,\n true,\n 2]").unwrap_err();
    assert_eq!(places.len(), 2);
    assert!(places[0].starts_with("line 1, a[0]: ") && places[1].starts_with("line 3, a[2]: "), "{places:?}");
}

#[test]
fn a_section_that_is_left_out_has_no_keys() {
    let read = |reader: &mut Reader<'_>| {
        reader.section("t", |table| {
            let mut a = 5;
            table.set("a", &mut a, |value| value.integer(0, 9));
            Ok(a)
        })
    };
    assert_eq!(outcome("", read), Ok(5));
    assert_eq!(outcome("[t]\na = 6", read), Ok(6));
    assert_eq!(outcome("t.a = 7", read), Ok(7));
    assert!(one(outcome("[t]\na = 10", read)).contains("out of bounds"));
    assert!(one(outcome("[t]\nb = 1", read)).contains("line 2, t.`b`: unknown key"));
}

#[test]
fn what_is_given_twice_names_the_first_place() {
    let mut unique = Unique::new("name");
    let read = outcome("a = \"x\"\nb = \"x\"\n", |reader| {
        let (a, b) = (reader.required("a", "1")?, reader.required("b", "1")?);
        unique.add("x", &a)?;
        unique.add("x", &b)
    });
    assert_eq!(one(read), "line 2, b: the same name stands at line 1, a; remove or change one of them");
}
