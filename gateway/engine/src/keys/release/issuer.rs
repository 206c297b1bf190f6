//! Names of attestation authorities.

use std::fmt;
use std::str::FromStr;

/// The name of an attestation authority: the URL that its tokens have as `iss`, `https` and without query. Compared
/// exactly, but that one slash at the end makes no difference: policies and tokens disagree about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Issuer(Box<str>);

/// The text is not the name of an attestation authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attestation authority is a URL that begins with `https://`, without query, fragment or user")]
pub struct NotAnIssuer;

impl Issuer {
    /// The URL, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Issuer {
    type Err = NotAnIssuer;

    fn from_str(text: &str) -> Result<Self, NotAnIssuer> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let rest = text.strip_prefix("https://").ok_or(NotAnIssuer)?;
        let odd =
            |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'?' | b'#' | b'@' | b'\\' | b'"' | b'<' | b'>');
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        if host.is_empty() || text.len() > MAX_BYTES || rest.bytes().any(odd) || rest.ends_with('/') {
            return Err(NotAnIssuer);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const MAX_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_at_the_end_makes_no_difference_and_everything_else_does() {
        let issuer: Issuer = "https://a.example".parse().unwrap();
        assert_eq!("https://a.example/".parse(), Ok(issuer.clone()));
        for other in ["https://A.example", "https://a.example:443", "https://a.example/x", "https://a.example.evil"] {
            assert_ne!(other.parse(), Ok(issuer.clone()), "{other}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "https://",
            "https:///",
            "https:///x",
            "https://:1",
            "http://a.example",
            "HTTPS://a.example",
            "a.example",
            "https://a.example//",
            "https://a.example?x=1",
            "https://a.example#x",
            "https://b@a.example",
            "https://a.example\\x",
            "https://a.example ",
            " https://a.example",
            "https://a.ex\u{e4}mple",
            "https://a.example\n",
        ] {
            assert_eq!(text.parse::<Issuer>(), Err(NotAnIssuer), "{text}");
        }
        assert!(format!("https://{}", "a".repeat(505)).parse::<Issuer>().is_err());
    }
}
