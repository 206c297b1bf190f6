//! The rules that a plugin's settings have, as the plugin's description of them says.
//!
//! A description is a JSON Schema. What it marks with `"x-portcullis-rule": true` is a rule's name, as the plugin's
//! decisions name it: a string, or with `propertyNames` the name of each member of an object.

use serde_json::Value;

/// The keyword of the schema.
const KEYWORD: &str = "x-portcullis-rule";

/// How deeply settings and schemas are looked into.
const DEPTH: usize = 64;

/// A rule that settings have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsRule {
    /// Its name.
    pub name: String,
    /// Where it stands: a JSON pointer (RFC 6901).
    pub pointer: String,
}

/// The rules of settings, in their order. None when the description, a JSON Schema, does not say what a rule is.
///
/// # Errors
/// When one of the two is not JSON.
pub fn rules_of(description: &str, settings: &str) -> Result<Option<Vec<SettingsRule>>, serde_json::Error> {
    let schema: Value = serde_json::from_str(description)?;
    let settings = serde_json::from_str(settings)?;
    if !says(&schema, DEPTH) {
        return Ok(None);
    }
    let mut search = Search { root: &schema, found: Vec::new() };
    search.look(&schema, &settings, "", DEPTH);
    Ok(Some(search.found))
}

/// Whether a schema marks anything at all.
fn says(schema: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match schema {
        Value::Object(members) => marks(schema) || members.values().any(|member| says(member, depth)),
        Value::Array(elements) => elements.iter().any(|element| says(element, depth)),
        _ => false,
    }
}

fn marks(schema: &Value) -> bool {
    schema.get(KEYWORD) == Some(&Value::Bool(true))
}

struct Search<'a> {
    root: &'a Value,
    found: Vec<SettingsRule>,
}

impl Search<'_> {
    /// Looks for rules in a value, which stands at a pointer and which a schema is about. Schemas of other documents are
    /// not looked into.
    fn look(&mut self, schema: &Value, value: &Value, pointer: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let (true, Value::String(name)) = (marks(schema), value) {
            self.found(name, pointer);
        }
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(schema) = reference.and_then(|reference| self.root.pointer(reference)) {
            self.look(schema, value, pointer, depth);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for schema in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.look(schema, value, pointer, depth);
            }
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    if schema.get("propertyNames").is_some_and(marks) {
                        self.found(name, &pointer);
                    }
                    let own = schema.get("properties").and_then(|properties| properties.get(name));
                    if let Some(schema) = own.or_else(|| schema.get("additionalProperties")) {
                        self.look(schema, member, &pointer, depth);
                    }
                }
            }
            Value::Array(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    if let Some(schema) = schema.get("items") {
                        self.look(schema, element, &format!("{pointer}/{at}"), depth);
                    }
                }
            }
            _ => {}
        }
    }

    fn found(&mut self, name: &str, pointer: &str) {
        let rule = SettingsRule { name: name.to_owned(), pointer: pointer.to_owned() };
        if !self.found.contains(&rule) {
            self.found.push(rule);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(schema: &str, settings: &str) -> Option<Vec<(String, String)>> {
        let rules = rules_of(schema, settings).unwrap()?;
        Some(rules.into_iter().map(|rule| (rule.name, rule.pointer)).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(expected.iter().map(|(name, pointer)| ((*name).to_owned(), (*pointer).to_owned())).collect())
    }

    #[test]
    fn finds_what_the_description_marks_and_nothing_else() {
        let schema = r##"{
            "properties": {
                "policies": { "items": { "anyOf": [{ "$ref": "#/$defs/policy" }] } },
                "named": { "propertyNames": { "x-portcullis-rule": true } }
            },
            "$defs": { "policy": { "properties": { "id": { "x-portcullis-rule": true }, "name": {} } } }
        }"##;
        let settings = r#"{ "policies": [{ "id": "a", "name": "x" }, { "id": 7 }, { "id": "b" }], "named": { "c/d": 1 }, "id": "no" }"#;
        assert_eq!(
            rules(schema, settings),
            pairs(&[("c/d", "/named/c~1d"), ("a", "/policies/0/id"), ("b", "/policies/2/id")])
        );
        assert_eq!(rules(schema, "{}"), pairs(&[]));
    }

    #[test]
    fn a_description_that_marks_nothing_or_never_ends_tells_nothing() {
        assert_eq!(rules(r#"{ "properties": { "id": { "type": "string" } } }"#, r#"{ "id": "a" }"#), None);
        assert_eq!(rules(r#"{ "properties": { "id": { "x-portcullis-rule": false } } }"#, r#"{ "id": "a" }"#), None);
        let endless = r##"{ "$ref": "#", "properties": { "id": { "x-portcullis-rule": true } } }"##;
        assert_eq!(rules(endless, r#"{ "id": "a" }"#), pairs(&[("a", "/id")]));
        assert!(rules_of("{", "{}").is_err());
    }

    #[test]
    fn conditional_access_says_that_its_policies_are_rules() {
        let schema = include_str!("../../../../plugins/conditional-access/src/schema.json");
        let settings = r#"{ "policies": [{ "id": "p" }], "namedLocations": [{ "id": "office" }] }"#;
        assert_eq!(rules(schema, settings), pairs(&[("p", "/policies/0/id")]));
    }
}
