//! The rule of a device filter: `device.trustType -eq "ServerAD" -and -not (device.model -in ["a", "b"])`.
//!
//! The grammar is Graph's (`conditionalAccessFilter`). Texts compare without case. An attribute that is not known of the
//! device is null: an operator that asserts something does not match it, one that denies something does.

use crate::json::shown;

/// A rule that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// Either.
    Or(Box<Self>, Box<Self>),
    /// Not that.
    Not(Box<Self>),
    /// A comparison.
    Compare {
        /// What is compared, one of [`ATTRIBUTES`].
        attribute: String,
        /// How.
        operator: Operator,
        /// Whether the operator is the denial of it.
        negated: bool,
        /// With what, in lower case; one value, but for lists.
        values: Vec<String>,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The same.
    Equals,
    /// The text begins so.
    StartsWith,
    /// The text ends so.
    EndsWith,
    /// The text has it within; a collection has it as an element.
    Contains,
    /// One of several.
    In,
}

/// What is known of the device, by the names of the attributes.
pub trait Device {
    /// The values of an attribute: several for a collection, none when nothing is known.
    fn values(&self, attribute: &str) -> Vec<String>;
}

/// The attributes of devices that rules may name, beside `extensionAttribute1` to `extensionAttribute15`.
pub const ATTRIBUTES: [&str; 15] = [
    "deviceId",
    "displayName",
    "deviceOwnership",
    "enrollmentProfileName",
    "isCompliant",
    "isManaged",
    "manufacturer",
    "mdmAppId",
    "model",
    "operatingSystem",
    "operatingSystemVersion",
    "physicalIds",
    "profileType",
    "systemLabels",
    "trustType",
];

/// The attributes that are collections.
pub const COLLECTIONS: [&str; 2] = ["physicalIds", "systemLabels"];

impl Rule {
    /// Parses a rule.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > BYTES {
            return Err(format!("has more than {BYTES} characters"));
        }
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
        let rule = parser.either()?;
        match parser.tokens.next() {
            None => Ok(rule),
            Some(token) => Err(format!("goes on after its end, with {}", token.shown())),
        }
    }

    /// Whether a device matches.
    pub fn matches(&self, device: &impl Device) -> bool {
        match self {
            Self::And(left, right) => left.matches(device) && right.matches(device),
            Self::Or(left, right) => left.matches(device) || right.matches(device),
            Self::Not(rule) => !rule.matches(device),
            Self::Compare { attribute, operator, negated, values } => {
                let known = device.values(attribute);
                let collection = COLLECTIONS.contains(&attribute.as_str());
                let any = known.iter().any(|known| operator.holds(&known.to_lowercase(), values, collection));
                any != *negated
            }
        }
    }
}

impl Operator {
    fn holds(self, known: &str, values: &[String], collection: bool) -> bool {
        values.iter().any(|value| match self {
            Self::Contains if !collection => known.contains(value.as_str()),
            Self::Equals | Self::In | Self::Contains => known == value,
            Self::StartsWith => known.starts_with(value.as_str()),
            Self::EndsWith => known.ends_with(value.as_str()),
        })
    }

    fn named(word: &str) -> Option<(Self, bool)> {
        let table = [
            ("eq", "ne", Self::Equals),
            ("startswith", "notstartswith", Self::StartsWith),
            ("endswith", "notendswith", Self::EndsWith),
            ("contains", "notcontains", Self::Contains),
            ("in", "notin", Self::In),
        ];
        table.into_iter().find_map(|(name, denied, operator)| match word {
            word if word == name => Some((operator, false)),
            word if word == denied => Some((operator, true)),
            _ => None,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    /// `(`, `)`, `[`, `]` or `,`.
    Mark(char),
    /// `-and`, without the hyphen and in lower case.
    Operator(String),
    /// `device.model`.
    Word(String),
    /// `"a text"`.
    Text(String),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Mark(mark) => format!("`{mark}`"),
            Self::Operator(name) => format!("`-{}`", shown(name)),
            Self::Word(word) => format!("`{}`", shown(word)),
            Self::Text(text) => format!("\"{}\"", shown(text)),
        }
    }
}

fn tokens(mut rest: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let (token, next) = match first {
            ' ' | '\t' | '\r' | '\n' => {
                rest = after;
                continue;
            }
            '(' | ')' | '[' | ']' | ',' => (Token::Mark(first), after),
            '"' | '\'' => {
                let (text, next) = after.split_once(first).ok_or("has a text without its second quote")?;
                (Token::Text(text.to_owned()), next)
            }
            _ => {
                let inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '_';
                let end = after.find(|letter| !inside(letter)).unwrap_or(after.len());
                let (word, next) = after.split_at(end);
                if first != '-' && !inside(first) {
                    return Err(format!("has a `{first}` where nothing begins so"));
                }
                let operator = Token::Operator(word.to_ascii_lowercase());
                (if first == '-' { operator } else { Token::Word(format!("{first}{word}")) }, next)
            }
        };
        tokens.push(token);
        rest = next;
    }
    Ok(tokens)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    /// `a -or b`, weaker than `-and`.
    fn either(&mut self) -> Result<Rule, String> {
        let mut rule = self.both()?;
        while self.takes(&Token::Operator("or".to_owned())) {
            rule = Rule::Or(Box::new(rule), Box::new(self.both()?));
        }
        Ok(rule)
    }

    /// `a -and b`.
    fn both(&mut self) -> Result<Rule, String> {
        let mut rule = self.one()?;
        while self.takes(&Token::Operator("and".to_owned())) {
            rule = Rule::And(Box::new(rule), Box::new(self.one()?));
        }
        Ok(rule)
    }

    fn one(&mut self) -> Result<Rule, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("is nested more than {DEPTH} deep"));
        }
        let rule = if self.takes(&Token::Operator("not".to_owned())) {
            Rule::Not(Box::new(self.one()?))
        } else if self.takes(&Token::Mark('(')) {
            let rule = self.either()?;
            self.demand(')')?;
            rule
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn comparison(&mut self) -> Result<Rule, String> {
        let attribute = match self.tokens.next() {
            Some(Token::Word(word)) => attribute(&word)?,
            other => return Err(expected("an attribute such as `device.model`", other.as_ref())),
        };
        let (operator, negated) = match self.tokens.next() {
            Some(Token::Operator(name)) => Operator::named(&name)
                .ok_or_else(|| expected("an operator such as `-eq`", Some(&Token::Operator(name.clone()))))?,
            other => return Err(expected("an operator such as `-eq`", other.as_ref())),
        };
        let values = if operator == Operator::In { self.list()? } else { vec![self.value()?] };
        Ok(Rule::Compare { attribute, operator, negated, values })
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        self.demand('[')?;
        let mut values = vec![self.value()?];
        while self.takes(&Token::Mark(',')) {
            values.push(self.value()?);
        }
        self.demand(']').map(|()| values)
    }

    fn value(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Text(text)) if !text.is_empty() => Ok(text.to_lowercase()),
            Some(Token::Word(word)) if ["true", "false"].iter().any(|flag| word.eq_ignore_ascii_case(flag)) => {
                Ok(word.to_ascii_lowercase())
            }
            other => Err(expected("a text in quotes, True or False", other.as_ref())),
        }
    }

    fn takes(&mut self, token: &Token) -> bool {
        self.tokens.next_if(|next| next == token).is_some()
    }

    fn demand(&mut self, mark: char) -> Result<(), String> {
        if self.takes(&Token::Mark(mark)) {
            return Ok(());
        }
        let found = self.tokens.next();
        Err(expected(&format!("`{mark}`"), found.as_ref()))
    }
}

fn attribute(word: &str) -> Result<String, String> {
    let name = word.split_once('.').filter(|(what, _)| what.eq_ignore_ascii_case("device")).map(|(_, name)| name);
    let name = name.ok_or_else(|| format!("has `{}` where `device.` and an attribute belong", shown(word)))?;
    let known = ATTRIBUTES.iter().find(|known| known.eq_ignore_ascii_case(name)).map(|known| (*known).to_owned());
    known
        .or_else(|| extension(name))
        .ok_or_else(|| format!("names an attribute that devices do not have: {}", shown(name)))
}

/// `extensionAttribute1` to `extensionAttribute15`.
fn extension(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let number: u8 = name.strip_prefix(EXTENSION_FOLDED)?.parse().ok()?;
    let known = (1..=15).contains(&number) && name.len() == EXTENSION_FOLDED.len() + number.to_string().len();
    known.then(|| format!("{EXTENSION}{number}"))
}

fn expected(what: &str, found: Option<&Token>) -> String {
    match found {
        Some(token) => format!("has {} where {what} belongs", token.shown()),
        None => format!("ends where {what} belongs"),
    }
}

/// How the attributes begin that a company defines itself.
pub const EXTENSION: &str = "extensionAttribute";
const EXTENSION_FOLDED: &str = "extensionattribute";
/// As Graph has it.
const BYTES: usize = 3072;
/// Enough for people, and little for the stack.
const DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Device for BTreeMap<&str, &[&str]> {
        fn values(&self, attribute: &str) -> Vec<String> {
            self.get(attribute).into_iter().flat_map(|values| values.iter().map(|value| (*value).to_owned())).collect()
        }
    }

    #[test]
    fn compares_what_is_known_of_a_device() {
        let device: BTreeMap<&str, &[&str]> = BTreeMap::from([
            ("model", ["Surface Pro"].as_slice()),
            ("isCompliant", ["true"].as_slice()),
            ("trustType", ["ServerAD"].as_slice()),
            ("systemLabels", ["M365Managed", "MultiUser"].as_slice()),
            ("extensionAttribute1", ["SAW"].as_slice()),
        ]);
        for (rule, expected) in [
            (r#"device.isCompliant -eq "True""#, true),
            ("device.isCompliant -eq True", true),
            ("device.isCompliant -ne True", false),
            (r#"device.model -startsWith "surface""#, true),
            (r#"device.model -notStartsWith "Surface""#, false),
            (r#"device.model -endsWith "go""#, false),
            (r#"device.model -contains "face""#, true),
            (r#"device.systemLabels -contains "MultiUser""#, true),
            (r#"device.systemLabels -contains "Multi""#, false),
            (r#"device.systemLabels -notContains "Multi""#, true),
            (r#"device.trustType -in ["AzureAD", "ServerAD"]"#, true),
            (r#"device.trustType -notIn ["AzureAD"]"#, true),
            (r#"device.extensionAttribute1 -eq "SAW""#, true),
            ("Device.TRUSTTYPE -EQ 'serverad'", true),
            // Nothing is known of these.
            (r#"device.manufacturer -eq "Acme""#, false),
            (r#"device.manufacturer -ne "Acme""#, true),
            (r#"device.manufacturer -notIn ["Acme"]"#, true),
            (r#"device.manufacturer -startsWith "A""#, false),
            // `-not` binds most, then `-and`, then `-or`.
            (r#"device.isCompliant -eq True -or device.isCompliant -eq False -and device.model -eq "x""#, true),
            (r#"(device.isCompliant -eq True -or device.isCompliant -eq False) -and device.model -eq "x""#, false),
            (r#"-not device.model -eq "x" -and device.isCompliant -eq True"#, true),
            (r#"-not (device.model -eq "x" -or device.isCompliant -eq True)"#, false),
        ] {
            assert_eq!(Rule::parse(rule).map(|rule| rule.matches(&device)), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_rule() {
        let deep = format!("{}device.model -eq \"x\"{}", "(".repeat(40), ")".repeat(40));
        let long = format!("device.model -eq \"{}\"", "x".repeat(BYTES));
        for (rule, expected) in [
            ("", "ends where an attribute such as `device.model` belongs"),
            ("device.model", "ends where an operator such as `-eq` belongs"),
            (r#"device.modle -eq "x""#, "names an attribute that devices do not have: modle"),
            (r#"user.model -eq "x""#, "has `user.model` where `device.` and an attribute belong"),
            (r#"device.model -like "x""#, "has `-like` where an operator such as `-eq` belongs"),
            ("device.model -eq x", "has `x` where a text in quotes, True or False belongs"),
            (r#"device.model -eq """#, "where a text in quotes, True or False belongs"),
            (r#"device.model -eq "x"#, "has a text without its second quote"),
            (r#"device.model -in "x""#, "has \"x\" where `[` belongs"),
            (r#"device.model -in ["x""#, "ends where `]` belongs"),
            (r#"(device.model -eq "x""#, "ends where `)` belongs"),
            (r#"device.model -eq "x" device.model -eq "y""#, "goes on after its end, with `device.model`"),
            (r#"device.model -eq "x" & 1"#, "has a `&` where nothing begins so"),
            (r#"device.extensionAttribute16 -eq "x""#, "do not have: extensionAttribute16"),
            (r#"device.extensionAttribute01 -eq "x""#, "do not have: extensionAttribute01"),
            (&deep, "is nested more than 32 deep"),
            (&long, "has more than 3072 characters"),
        ] {
            let error = Rule::parse(rule).unwrap_err();
            assert!(error.contains(expected), "{rule}: {error}");
        }
    }
}
