//! The headers of a request that plugins may see.

use std::sync::Arc;

/// The bytes of a header's value that is shown to plugins.
const VALUE: usize = 1024;

/// The names that plugins may ask for, in lower case.
#[derive(Debug, Clone)]
pub struct HeaderNames(Arc<[Box<str>]>);

/// Says that a header must not be shown to plugins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the header `{0}` may carry a credential, so plugins cannot see it")]
pub struct SecretHeader(pub String);

/// The values of the headers that plugins may see.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    names: HeaderNames,
    values: Vec<(Box<str>, Arc<str>)>,
}

impl HeaderNames {
    /// What plugins see unless the configuration says otherwise.
    pub const USUAL: &'static [&'static str] =
        &["user-agent", "sec-ch-ua-platform", "x-ms-client-request-id", crate::REASON_HEADER];

    /// Takes names in any case.
    ///
    /// # Errors
    /// When a header of this name carries credentials.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, SecretHeader> {
        let name = |name: &str| {
            let name = name.to_ascii_lowercase();
            let secret = ["authorization", "cookie", "token", "secret", "password", "credential", "api-key"];
            if secret.iter().any(|word| name.contains(word)) { Err(SecretHeader(name)) } else { Ok(name.into()) }
        };
        names.into_iter().map(name).collect::<Result<_, _>>().map(Self)
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl Default for HeaderNames {
    fn default() -> Self {
        Self(Self::USUAL.iter().map(|name| Box::from(*name)).collect())
    }
}

impl Headers {
    /// Takes what plugins may see. `values` gives all values of a header; one that occurs twice is as good as none,
    /// because nobody can say which of them counts.
    #[must_use]
    pub fn new<'a, V: Iterator<Item = &'a [u8]>>(names: &HeaderNames, values: impl Fn(&str) -> V) -> Self {
        let value = |name: &str| {
            let mut values = values(name);
            let only = values.next().filter(|_| values.next().is_none())?;
            let shown = only.len() <= VALUE && only.iter().all(|byte| matches!(byte, b' '..=b'~'));
            let text = std::str::from_utf8(only).ok().filter(|_| shown)?;
            Some((Box::from(name), Arc::from(text.trim())))
        };
        Self { names: names.clone(), values: names.iter().filter_map(value).collect() }
    }

    /// Whether plugins may ask for a header, by its name in lower case.
    #[must_use]
    pub fn may_be_asked(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Arc<str>> {
        self.values.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Sent<'a> = &'a [(&'a str, &'a [u8])];

    fn headers(sent: Sent<'_>) -> Headers {
        Headers::new(&HeaderNames::default(), |name| {
            let name = name.to_owned();
            sent.iter().filter(move |(known, _)| *known == name).map(|(_, value)| *value)
        })
    }

    #[test]
    fn shows_what_is_listed_and_is_one_line_of_text() {
        let long = vec![b'x'; VALUE + 1];
        let cases: [(Sent<'_>, Option<&str>); 6] = [
            (&[("user-agent", b"curl/8")], Some("curl/8")),
            (&[], None),
            (&[("user-agent", b"a"), ("user-agent", b"b")], None),
            (&[("user-agent", &long)], None),
            (&[("user-agent", b"a\tb")], None),
            (&[("user-agent", "ä".as_bytes())], None),
        ];
        for (sent, expected) in cases {
            assert_eq!(headers(sent).value("user-agent").map(AsRef::as_ref), expected, "{sent:?}");
        }
        let other = headers(&[("authorization", b"Bearer x")]);
        assert!(!other.may_be_asked("authorization") && other.value("authorization").is_none());
    }

    #[test]
    fn credentials_cannot_be_listed() {
        for name in ["Authorization", "Proxy-Authorization", "cookie", "X-Vault-Token", "x-api-key"] {
            assert!(HeaderNames::new([name]).is_err(), "{name}");
        }
        assert_eq!(HeaderNames::new(["X-Why"]).unwrap().iter().collect::<Vec<_>>(), ["x-why"]);
    }
}
