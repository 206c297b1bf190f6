//! Case files: tests of a plugin for those who write no code (docs/reference/case-files.md).

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use portcullis_plugin_host::{Evaluated, Plugin};
use portcullis_policy::Hook;
use serde_json::{Map, Value};

use crate::Scenario;
use crate::nearest::did_you_mean;
use crate::places::{Member, elements, members};
use crate::said::evaluated;

/// The cases of one file.
#[derive(Debug)]
pub struct CaseFile {
    text: String,
    cases: Vec<Case>,
}

#[derive(Debug)]
struct Case {
    name: String,
    line: usize,
    given: Map<String, Value>,
    expect: Map<String, Value>,
    asked: Option<Vec<String>>,
    hook: Option<Hook>,
    /// Where `expect` and `asked` stand in the text; not known of TOML.
    places: Option<(Range<usize>, Option<Range<usize>>)>,
}

/// Says what is wrong with a case file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct CaseFileError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// What came of one case.
#[derive(Debug, Clone)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// The line at which it stands.
    pub line: usize,
    /// Why it failed, if it did.
    pub problem: Option<String>,
    /// What was decided.
    pub evaluated: Option<(Hook, Evaluated)>,
    /// Whether the case brought settings of its own.
    pub own_settings: bool,
    /// How long the evaluation took.
    pub took: Duration,
}

const WORDS: &[&str] = &[
    "allow",
    "deny",
    "abstain",
    "grant",
    "block",
    "challenge",
    "not-applicable",
    "failed",
    "reason",
    "claims",
    "obligations",
];
const FILE_FIELDS: &[&str] = &["given", "cases"];
const CASE_FIELDS: &[&str] = &["name", "given", "expect", "asked", "hook"];

impl CaseFile {
    /// Reads a file of JSON.
    ///
    /// # Errors
    /// What is wrong, and at which line.
    pub fn from_json(text: &str) -> Result<Self, CaseFileError> {
        let whole: Value = serde_json::from_str(text).map_err(|error| CaseFileError {
            line: error.line().max(1),
            problem: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
        })?;
        let file = members(text, 0..text.len());
        known(text, &file, FILE_FIELDS, "a case file")?;
        let common = object(whole.get("given"));
        check_given(text, file.get("given"))?;
        let places = file.get("cases").and_then(|cases| elements(text, cases.value.clone())).unwrap_or_default();
        let list = whole.get("cases").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut cases = Vec::new();
        for (place, case) in places.into_iter().zip(&list) {
            let line = line_of(text, place.start);
            let fields = members(text, place);
            known(text, &fields, CASE_FIELDS, "a case")?;
            check_given(text, fields.get("given"))?;
            let place = |name: &str| fields.get(name).map(|member| member.value.clone());
            let places = place("expect").map(|expect| (expect, place("asked")));
            cases.push(Case::new(line, &common, &object(Some(case)), places)?);
        }
        Self::new(text, cases)
    }

    /// Reads a file of TOML.
    ///
    /// # Errors
    /// What is wrong, and at which line.
    pub fn from_toml(text: &str) -> Result<Self, CaseFileError> {
        let file: Value = toml::from_str(text).map_err(|error| CaseFileError {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            problem: error.message().to_owned(),
        })?;
        let line_naming = |name: &str| {
            let names = |line: &str| line.split(['=', ' ', '.', '[', ']', '"']).any(|word| word == name);
            text.lines().position(names).map_or(1, |at| at + 1)
        };
        let check = |object: &Map<String, Value>, known: &[&str], what: &str| match unknown(object.keys(), known) {
            Some(name) => Err(CaseFileError { line: line_naming(name), problem: no_such(name, known, what) }),
            None => Ok(()),
        };
        let empty = Map::new();
        let file = file.as_object().unwrap_or(&empty);
        check(file, FILE_FIELDS, "a case file")?;
        let common = object(file.get("given"));
        check(&common, crate::scenario::FIELDS, "a scenario")?;
        let list = file.get("cases").and_then(Value::as_array).cloned().unwrap_or_default();
        let heads = text.lines().enumerate().filter(|(_, line)| line.trim() == "[[cases]]");
        let mut lines = heads.map(|(at, _)| at + 1);
        let mut cases = Vec::new();
        for case in &list {
            let case = case.as_object().unwrap_or(&empty);
            let line = lines.next().unwrap_or(1);
            check(case, CASE_FIELDS, "a case")?;
            check(&object(case.get("given")), crate::scenario::FIELDS, "a scenario")?;
            cases.push(Case::new(line, &common, case, None)?);
        }
        Self::new(text, cases)
    }

    fn new(text: &str, cases: Vec<Case>) -> Result<Self, CaseFileError> {
        if cases.is_empty() {
            let problem = "the file has no `cases`: a file that tests nothing must not pass".to_owned();
            return Err(CaseFileError { line: 1, problem });
        }
        Ok(Self { text: text.to_owned(), cases })
    }

    /// Runs every case against a plugin. A scenario's own settings win over those that the plugin was loaded with.
    #[must_use]
    pub fn run(&self, plugin: &Plugin) -> Vec<CaseResult> {
        self.cases.iter().map(|case| case.run(plugin)).collect()
    }

    /// The scenarios of the file, each with its hook where the case says which.
    #[must_use]
    pub fn scenarios(&self) -> Vec<(String, Map<String, Value>, Option<Hook>)> {
        self.cases.iter().map(|case| (case.name.clone(), case.given.clone(), case.hook_expected())).collect()
    }

    /// The file's text with what was decided in the place of what was expected; none when it stays as it is.
    ///
    /// # Errors
    /// When the file is TOML, whose comments and order would be lost, or a case could not be evaluated.
    pub fn updated(&self, results: &[CaseResult]) -> Result<Option<String>, CaseFileError> {
        let mut text = self.text.clone();
        // From the end, so that the places before stay true.
        for (case, result) in self.cases.iter().zip(results).rev() {
            if result.problem.is_none() {
                continue;
            }
            let refused = |problem: &str| CaseFileError { line: case.line, problem: problem.to_owned() };
            let Some((expect, asked)) = case.places.clone() else {
                return Err(refused("only case files of JSON are updated; change this one by hand"));
            };
            let Some((_, evaluated)) = &result.evaluated else {
                return Err(refused("the case cannot be evaluated, so there is nothing to write"));
            };
            let facts = evaluated.trace.iter().map(|fact| format!("{} = {}", fact.question, fact.answer));
            let asked = asked.map(|place| (place, Value::from_iter(facts).to_string()));
            let mut changes = vec![(expect, expectation(evaluated).to_string())];
            changes.extend(asked);
            changes.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
            for (place, new) in changes {
                text.replace_range(place, &new);
            }
        }
        Ok((text != self.text).then_some(text))
    }
}

/// The members of an object; none of what is no object.
fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

impl Case {
    /// A case as it stands in a file of either language; `common` is what the file gives to all its cases.
    fn new(
        line: usize,
        common: &Map<String, Value>,
        case: &Map<String, Value>,
        places: Option<(Range<usize>, Option<Range<usize>>)>,
    ) -> Result<Self, CaseFileError> {
        let wrong = |problem: String| CaseFileError { line, problem };
        let name = case.get("name").and_then(Value::as_str).map(str::to_owned);
        let expect = object(case.get("expect"));
        let name = name.ok_or_else(|| wrong("the case has no `name`".to_owned()))?;
        if let Some(word) = unknown(expect.keys(), WORDS) {
            return Err(wrong(format!("`{name}`: {}", no_such(word, WORDS, "an expectation"))));
        }
        if expect.keys().filter(|key| !matches!(key.as_str(), "reason" | "claims" | "obligations")).count() != 1 {
            let words = WORDS.get(..8).unwrap_or_default().join("`, `");
            return Err(wrong(format!("`{name}`: `expect` needs exactly one of `{words}`")));
        }
        let asked = match case.get("asked") {
            None => None,
            Some(asked) => Some(
                serde_json::from_value(asked.clone())
                    .map_err(|_| wrong(format!("`{name}`: `asked` is a list of texts such as `data-plane = yes`")))?,
            ),
        };
        let hook = match case.get("hook").map(|hook| hook.as_str().unwrap_or_default()) {
            None => None,
            Some("authorization") => Some(Hook::Authorization),
            Some("conditional-access") => Some(Hook::ConditionalAccess),
            Some(_) => {
                return Err(wrong(format!("`{name}`: `hook` is `authorization` or `conditional-access`")));
            }
        };
        let mut all = common.clone();
        all.extend(object(case.get("given")));
        Ok(Self { name, line, given: all, expect, asked, hook, places })
    }

    fn hook_expected(&self) -> Option<Hook> {
        let authorization = ["allow", "deny", "abstain"].iter().any(|word| self.expect.contains_key(*word));
        let failed = self.expect.contains_key("failed");
        self.hook
            .or_else(|| (!failed).then_some(if authorization { Hook::Authorization } else { Hook::ConditionalAccess }))
    }

    fn run(&self, plugin: &Plugin) -> CaseResult {
        let began = Instant::now();
        let mut result = CaseResult {
            name: self.name.clone(),
            line: self.line,
            problem: None,
            evaluated: None,
            own_settings: self.given.get("settings").is_some_and(|settings| !settings.is_null()),
            took: Duration::ZERO,
        };
        match self.evaluate(plugin) {
            Ok((hook, evaluated)) => {
                result.problem = self.problem(&evaluated).map(|problem| format!("line {}: {problem}", self.line));
                result.evaluated = Some((hook, evaluated));
            }
            Err(problem) => result.problem = Some(format!("line {}: {problem}", self.line)),
        }
        result.took = began.elapsed();
        result
    }

    fn evaluate(&self, plugin: &Plugin) -> Result<(Hook, Evaluated), String> {
        let scenario = Scenario::from_object(self.given.clone()).map_err(|error| error.to_string())?;
        let answers = scenario.answers().map_err(|error| error.to_string())?;
        let hook = hook_of(plugin, self.hook_expected())?;
        let plugin = scenario.installed(plugin).map_err(|error| error.to_string())?;
        let evaluation =
            plugin.suppose(hook, &answers).ok_or_else(|| format!("the plugin has no hook `{}`", hook.name()))?;
        Ok((hook, evaluated(&evaluation)))
    }

    /// What differs from what is expected.
    fn problem(&self, evaluated: &Evaluated) -> Option<String> {
        let expected = self.expect.iter().all(|(key, value)| match key.as_str() {
            "reason" => evaluated.reason.as_deref().unwrap_or_default().contains(value.as_str().unwrap_or_default()),
            "obligations" => *value == Value::from_iter(evaluated.obligations.iter().map(String::as_str)),
            "claims" => evaluated.claims.as_deref() == value.as_str(),
            word => {
                word == evaluated.decision
                    && (*value == Value::Bool(true) || value.as_str() == evaluated.rule.as_deref())
            }
        });
        if !expected {
            return Some(format!(
                "expected {}, but it said {}",
                Value::Object(self.expect.clone()),
                expectation(evaluated)
            ));
        }
        let asked: Vec<String> =
            evaluated.trace.iter().map(|fact| format!("{} = {}", fact.question, fact.answer)).collect();
        self.asked.as_ref().filter(|expected| **expected != asked).map(|expected| {
            let at = expected.iter().zip(&asked).position(|(left, right)| left != right);
            let at = at.unwrap_or_else(|| expected.len().min(asked.len()));
            let shown =
                |list: &[String]| list.get(at).map_or_else(|| "nothing more".to_owned(), |one| format!("`{one}`"));
            format!("question {}: expected {}, but it asked {}", at + 1, shown(expected), shown(&asked))
        })
    }
}

/// The hook at which a plugin is asked: the one that is wanted, or the only one that it has.
///
/// # Errors
/// When it has two and none is named.
pub fn hook_of(plugin: &Plugin, wanted: Option<Hook>) -> Result<Hook, String> {
    match (wanted, plugin.exports(Hook::Authorization), plugin.exports(Hook::ConditionalAccess)) {
        (Some(hook), ..) => Ok(hook),
        (None, true, false) => Ok(Hook::Authorization),
        (None, false, _) => Ok(Hook::ConditionalAccess),
        (None, true, true) => {
            Err("the plugin has both hooks; say `hook`: `authorization` or `conditional-access`".to_owned())
        }
    }
}

/// What was decided, as `expect` says it.
fn expectation(evaluated: &Evaluated) -> Value {
    let mut object = Map::new();
    let rule = evaluated.rule.clone().map_or(Value::Bool(true), Value::String);
    object.insert(evaluated.decision.clone(), rule);
    if let Some(reason) = evaluated.reason.clone() {
        object.insert("reason".to_owned(), Value::String(reason));
    }
    if !evaluated.obligations.is_empty() {
        object.insert("obligations".to_owned(), Value::from_iter(evaluated.obligations.iter().map(String::as_str)));
    }
    Value::Object(object)
}

fn unknown<'a>(mut names: impl Iterator<Item = &'a String>, known: &[&str]) -> Option<&'a str> {
    names.find(|name| !known.contains(&name.as_str())).map(String::as_str)
}

fn no_such(name: &str, known: &[&str], what: &str) -> String {
    format!("{what} has no field `{name}`{}", did_you_mean(name, known.iter().copied()))
}

fn known(text: &str, fields: &BTreeMap<String, Member>, known: &[&str], what: &str) -> Result<(), CaseFileError> {
    let Some(name) = unknown(fields.keys(), known) else { return Ok(()) };
    let at = fields.get(name).map_or(0, |member| member.name);
    Err(CaseFileError { line: line_of(text, at), problem: no_such(name, known, what) })
}

fn check_given(text: &str, given: Option<&Member>) -> Result<(), CaseFileError> {
    let Some(given) = given else { return Ok(()) };
    known(text, &members(text, given.value.clone()), crate::scenario::FIELDS, "a scenario")
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_at_which_line_a_field_is_misspelt() {
        for (text, line, problem) in [
            ("{\n \"given\": {},\n \"case\": []\n}", 3, "a case file has no field `case`; did you mean `cases`?"),
            ("{\n\"given\": {\n\"sorce\": \"x\"}}", 3, "a scenario has no field `sorce`; did you mean `source`?"),
            (
                "{\"cases\": [\n{\"name\": \"a\",\n\"expct\": {\"allow\": true}}]}",
                3,
                "a case has no field `expct`; did you mean `expect`?",
            ),
            (
                "{\"cases\": [\n{\"name\": \"a\", \"expect\": {\"alow\": true}}]}",
                2,
                "`a`: an expectation has no field `alow`; did you mean `allow`?",
            ),
            ("{\"cases\": [\n{\"name\": \"a\", \"expect\": {}}]}", 2, "`a`: `expect` needs exactly one of"),
            ("{\"cases\": []}", 1, "the file has no `cases`"),
            ("{\"cases\": [\n}", 2, "expected value"),
        ] {
            let error = CaseFile::from_json(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.problem.starts_with(problem), "{error}");
        }
        for (text, line, problem) in [
            ("[given]\nsorce = 'x'", 2, "a scenario has no field `sorce`; did you mean `source`?"),
            ("[[cases]]\nname = 'a'\nexpct = 1", 3, "a case has no field `expct`"),
            ("[[cases]]\nname = ", 2, ""),
        ] {
            let error = CaseFile::from_toml(text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.problem.starts_with(problem), "{error}");
        }
    }
}
