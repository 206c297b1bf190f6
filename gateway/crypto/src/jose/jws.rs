//! Signed tokens in their compact form.

use portcullis_model::SignatureAlgorithm;
use serde_json::{Map, Value};

use super::{VerificationKey, algorithm, base64url, json};

/// A signed token as it came: well-formed, verified by nobody.
///
/// Nothing of it may be believed before [`Jws::is_signed_by`] said so; until then its header and its claims serve
/// to find the key, and nothing else.
#[derive(Debug)]
pub struct Jws<'a> {
    algorithm: SignatureAlgorithm,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Reads a token of at most so many bytes: three parts of base64url, two of which are JSON objects without members
    /// given twice. Header parameters that name keys (`jku`, `jwk`, `x5u`, `x5c`) are not looked at, and extensions
    /// that must be understood (`crit`, RFC 7515 section 4.1.11) are refused: there are none that we understand.
    #[must_use]
    pub fn parse(text: &'a str, most_bytes: usize) -> Option<Self> {
        if text.len() > most_bytes {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header = json::object(&base64url::decode(header)?).ok()?;
        let claims = json::object(&base64url::decode(claims)?).ok()?;
        if header.contains_key("crit") {
            return None;
        }
        Some(Self {
            algorithm: header.get("alg")?.as_str().and_then(algorithm)?,
            header,
            claims,
            signed,
            signature: base64url::decode(signature)?,
        })
    }

    /// The algorithm of its header: the token's own choice, which the key must fit.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// A text of its header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// Whether its type is that of a JSON Web Token, as far as it says.
    #[must_use]
    pub fn is_jwt(&self) -> bool {
        self.header.get("typ").is_none_or(|typ| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT")))
    }

    /// Its claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// Takes the claims out.
    #[must_use]
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
    }

    /// Whether a key signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerificationKey) -> bool {
        key.verifies(self.algorithm, self.signed.as_bytes(), &self.signature)
    }
}

#[cfg(test)]
mod tests {
    use portcullis_model::{Curve, KeySpec};
    use serde_json::json;

    use super::*;
    use crate::material::KeyMaterial;
    use crate::{SystemRandom, sha256};

    fn compact(header: &Value, claims: &Value, key: &KeyMaterial) -> String {
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = key.sign(SignatureAlgorithm::Es256, &sha256(signed.as_bytes())).unwrap();
        format!("{signed}.{}", base64url::encode(&signature))
    }

    #[test]
    fn only_the_signer_has_signed_it() {
        let keys = [(); 2].map(|()| KeyMaterial::generate(KeySpec::Ec(Curve::P256), &SystemRandom::new()).unwrap());
        let text = compact(&json!({"alg": "ES256", "kid": "k"}), &json!({"a": 1}), &keys[0]);
        let token = Jws::parse(&text, 1000).unwrap();
        let public = |key: &KeyMaterial| VerificationKey::of(&key.public()).unwrap();
        assert!(token.is_signed_by(&public(&keys[0])) && !token.is_signed_by(&public(&keys[1])));
        assert_eq!((token.header("kid"), token.claims()["a"].as_i64()), (Some("k"), Some(1)));
        assert!(Jws::parse(&text, text.len() - 1).is_none(), "too long");
    }

    #[test]
    fn none_shared_secrets_and_extensions_are_no_tokens() {
        let key = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &SystemRandom::new()).unwrap();
        for header in [
            json!({"alg": "none"}),
            json!({"alg": "None"}),
            json!({"alg": "HS256"}),
            json!({"alg": "es256"}),
            json!({"alg": "ES256K"}),
            json!({"alg": 1}),
            json!({}),
            json!({"alg": "ES256", "crit": ["b64"], "b64": false}),
        ] {
            let text = compact(&header, &json!({}), &key);
            assert!(Jws::parse(&text, 1000).is_none(), "{header}");
            let (signed, _) = text.rsplit_once('.').unwrap();
            assert!(Jws::parse(&format!("{signed}."), 1000).is_none(), "{header}");
        }
    }
}
