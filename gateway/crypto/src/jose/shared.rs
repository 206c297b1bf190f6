//! Signed JSON between two who share a key.

use serde_json::{Map, Value};

use super::{base64url, json};
use crate::Mac;

/// A token in compact form whose algorithm is `HS256` and no other, verified by nobody.
///
/// It has a type of its own, so that no place that expects the signature of an issuer can take the tag of a shared key for
/// one.
#[derive(Debug)]
pub struct Shared<'a> {
    signed: &'a str,
    tag: Vec<u8>,
}

impl<'a> Shared<'a> {
    /// Reads a token of at most so many bytes. Its claims are not read before they are verified.
    #[must_use]
    pub fn parse(text: &'a str, most_bytes: usize) -> Option<Self> {
        if text.len() > most_bytes {
            return None;
        }
        let (signed, tag) = text.rsplit_once('.')?;
        let (header, _) = signed.split_once('.')?;
        let header = json::object(&base64url::decode(header)?).ok()?;
        if header.get("alg")?.as_str() != Some("HS256") || header.contains_key("crit") {
            return None;
        }
        Some(Self { signed, tag: base64url::decode(tag)? })
    }

    /// The claims, if who made the token has the key.
    #[must_use]
    pub fn claims(&self, key: &Mac) -> Option<Map<String, Value>> {
        if !key.verify(self.signed.as_bytes(), &self.tag) {
            return None;
        }
        let (_, claims) = self.signed.split_once('.')?;
        json::object(&base64url::decode(claims)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compact(header: &Value, claims: &str, key: &Mac) -> String {
        let signed =
            format!("{}.{}", base64url::encode(header.to_string().as_bytes()), base64url::encode(claims.as_bytes()));
        let tag = base64url::encode(&key.tag(signed.as_bytes()));
        format!("{signed}.{tag}")
    }

    #[test]
    fn only_who_has_the_key_is_believed() {
        let [key, other] = ["a-key-of-a-proxy", "another-key"].map(|key| Mac::with_secret(key.as_bytes()));
        let text = compact(&json!({"alg": "HS256"}), r#"{"sub":"x"}"#, &key);
        let token = Shared::parse(&text, 1000).unwrap();
        assert_eq!(token.claims(&key).unwrap()["sub"], "x");
        assert!(token.claims(&other).is_none());
        assert!(Shared::parse(&text, text.len() - 1).is_none(), "too long");
        let (signed, tag) = text.rsplit_once('.').unwrap();
        for tag in ["", &tag[..tag.len() - 4], &format!("{tag}AAAA")] {
            let text = format!("{signed}.{tag}");
            assert!(Shared::parse(&text, 1000).is_none_or(|token| token.claims(&key).is_none()), "{tag}");
        }
        let changed = text.replacen(&base64url::encode(br#"{"sub":"x"}"#), &base64url::encode(br#"{"sub":"y"}"#), 1);
        assert!(Shared::parse(&changed, 1000).unwrap().claims(&key).is_none());
    }

    #[test]
    fn other_algorithms_extensions_and_members_given_twice_are_no_tokens() {
        let key = Mac::with_secret(b"a-key-of-a-proxy");
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "hs256"}),
            json!({"alg": "HS512"}),
            json!({"alg": "ES256"}),
            json!({}),
            json!({"alg": "HS256", "crit": ["b64"], "b64": false}),
        ] {
            assert!(Shared::parse(&compact(&header, "{}", &key), 1000).is_none(), "{header}");
        }
        let twice = compact(&json!({"alg": "HS256"}), r#"{"sub":"x","sub":"y"}"#, &key);
        assert!(Shared::parse(&twice, 1000).unwrap().claims(&key).is_none());
    }
}
