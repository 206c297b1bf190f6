//! Addresses of documents.

use std::str::FromStr;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// An `https` URL without user and fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpsUrl {
    /// In lower case.
    host: String,
    port: u16,
    target: PathAndQuery,
}

/// The text is not an `https` URL without user and fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a URL that begins with `https://`, without user and fragment")]
pub struct NotAnHttpsUrl;

impl HttpsUrl {
    /// Whether two documents are at one host and port.
    #[must_use]
    pub fn has_origin_of(&self, other: &Self) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }

    /// Whether the host is this machine by its name alone (RFC 6761, section 6.3), whatever a resolver says.
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.ends_with(".localhost")
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn target(&self) -> &str {
        self.target.as_str()
    }

    /// What the `Host` header says.
    pub(crate) fn authority(&self) -> String {
        if self.port == HTTPS { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

impl FromStr for HttpsUrl {
    type Err = NotAnHttpsUrl;

    fn from_str(text: &str) -> Result<Self, NotAnHttpsUrl> {
        // The parser would drop a fragment.
        if text.contains(['#', '\\']) {
            return Err(NotAnHttpsUrl);
        }
        let uri: Uri = text.parse().map_err(|_| NotAnHttpsUrl)?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(NotAnHttpsUrl)?;
        let host = authority.host().to_ascii_lowercase();
        let rest = authority.as_str().get(host.len()..).ok_or(NotAnHttpsUrl)?;
        let port = match rest.strip_prefix(':') {
            None => HTTPS,
            Some(port) => port.parse().map_err(|_| NotAnHttpsUrl)?,
        };
        if uri.scheme() != Some(&Scheme::HTTPS) || host.is_empty() || port == 0 {
            return Err(NotAnHttpsUrl);
        }
        let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Self { host, port, target })
    }
}

const HTTPS: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_host_and_port() {
        let url: HttpsUrl = "https://a.example/x".parse().unwrap();
        for same in ["https://a.example", "https://A.example:443/y?z=1", "HTTPS://a.example/"] {
            assert!(url.has_origin_of(&same.parse().unwrap()), "{same}");
        }
        for other in ["https://a.example:444", "https://b.example/x", "https://a.example.evil", "https://a.example./"] {
            assert!(!url.has_origin_of(&other.parse().unwrap()), "{other}");
        }
        assert_eq!((url.authority().as_str(), url.target()), ("a.example", "/x"));
        let url: HttpsUrl = "https://a.example:8443".parse().unwrap();
        assert_eq!((url.authority().as_str(), url.target(), url.port()), ("a.example:8443", "/", 8443));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "/x",
            "a.example",
            "http://a.example/x",
            "ftp://a.example/x",
            "https://",
            "https:///x",
            "https://:443/x",
            "https://user@a.example/x",
            "https://a.example@b.example/x",
            "https://a.example\\@b.example/x",
            "https://a.example/x#y",
            "https://a.example:0/",
            "https://a.example:/",
            "https://a.example:99999/",
            "https://a.example:443:443/",
            "https://a.example/ x",
            "file:///etc/passwd",
        ] {
            assert_eq!(text.parse::<HttpsUrl>(), Err(NotAnHttpsUrl), "{text}");
        }
    }
}
