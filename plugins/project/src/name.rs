//! What a project may be called.

use std::fmt;
use std::str::FromStr;

/// The bytes that a name may have.
const LENGTH: usize = 64;

/// Names that a package manager keeps for itself, or that the project would depend on beside itself.
const RESERVED: &[&str] =
    &["core", "std", "alloc", "proc-macro", "test", "build", "deps", "examples", "serde", "serde-json"];

/// Rust's keywords, which cannot name a package.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// A project's name: the package's, the folder's and the plugin's. Letters in lower case, digits and single hyphens,
/// beginning with a letter: what Cargo, PyPI, npm and the gateway all take, and no file system reads as a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectName(String);

/// Says why a text is no project's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no name.
    #[error("a plugin's name is missing: such as `office-hours`")]
    Empty,
    /// The name is too long.
    #[error("a plugin's name has at most {LENGTH} letters")]
    TooLong,
    /// A letter that no name has, or in a place where it may not stand.
    #[error(
        "a plugin's name has letters a to z, digits and single hyphens, and begins with a letter: such as \
         `office-hours`, not `{0}`"
    )]
    Letters(String),
    /// A name that cannot be a package's.
    #[error("`{0}` cannot be a package's name: choose another, such as `{0}-policy`")]
    Reserved(String),
}

impl ProjectName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as an identifier: hyphens become underscores.
    #[must_use]
    pub fn snake(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for ProjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > LENGTH {
            return Err(NameError::TooLong);
        }
        let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let placed = text.starts_with(|letter: char| letter.is_ascii_lowercase()) && !text.ends_with('-');
        if !letters || !placed || text.contains("--") {
            return Err(NameError::Letters(text.escape_default().to_string()));
        }
        if RESERVED.contains(&text) || KEYWORDS.contains(&text) || text.starts_with("portcullis-plugin") {
            return Err(NameError::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_every_package_manager_takes() {
        for good in ["a", "office-hours", "four-eyes2", &"x".repeat(64)] {
            assert_eq!(good.parse::<ProjectName>().unwrap().as_str(), good);
        }
        assert_eq!("office-hours".parse::<ProjectName>().unwrap().snake(), "office_hours");
    }

    #[test]
    fn refuses_paths_keywords_and_spellings_that_differ_between_tools() {
        for bad in ["Office", "2fast", "-a", "a-", "a--b", "a_b", "../evil", "a/b", "a b", "a.b", "é", "a\nb", "a\\b"]
        {
            assert!(matches!(bad.parse::<ProjectName>(), Err(NameError::Letters(_))), "{bad}");
        }
        for bad in ["test", "fn", "match", "std", "portcullis-plugin", "serde-json"] {
            assert!(matches!(bad.parse::<ProjectName>(), Err(NameError::Reserved(_))), "{bad}");
        }
        assert_eq!("".parse::<ProjectName>(), Err(NameError::Empty));
        assert_eq!("x".repeat(65).parse::<ProjectName>(), Err(NameError::TooLong));
    }
}
