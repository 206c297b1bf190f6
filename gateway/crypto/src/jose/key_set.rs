//! The public keys of an authority: a JSON Web Key Set (RFC 7517 section 5).

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis_model::{Curve, SignatureAlgorithm};
use serde_json::{Map, Value};

use super::{base64url, json};
use crate::material::{PublicJwk, PublicKey};
use crate::x509;

/// One key with which an authority signs.
#[derive(Debug)]
pub struct VerificationKey {
    key: PublicKey,
    /// The one algorithm that it is for, if its owner said so.
    algorithm: Option<SignatureAlgorithm>,
}

/// The keys with which an authority signs, by their names.
#[derive(Debug, Default)]
pub struct KeySet(HashMap<Box<str>, Arc<VerificationKey>>);

/// Why a text is not a set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeySet {
    /// It is too long.
    #[error("a key set must have at most {} bytes", KeySet::MAX_BYTES)]
    TooLong,
    /// It is no JSON object with a list `keys`, or gives a member twice.
    #[error("not a JSON object with a list `keys`, or a member is given twice")]
    Malformed,
    /// It has too many keys.
    #[error("a key set must have at most {MAX_KEYS} keys")]
    TooMany,
    /// Two keys have one name.
    #[error("two keys have the same `kid`")]
    SameName,
    /// No key can verify a signature.
    #[error(
        "no key in it can be used: one needs a `kid`, the type RSA (2048, 3072 or 4096 bits) or EC (P-256, P-384 or P-521) with its numbers or `x5c`, and must not be for something else than signatures"
    )]
    NoneUsable,
}

impl KeySet {
    /// The greatest set, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Reads a set. Keys of types that are not known, without a name or for other purposes are left out, as RFC 7517
    /// section 5 has it.
    pub fn parse(text: &[u8]) -> Result<Self, BadKeySet> {
        if text.len() > Self::MAX_BYTES {
            return Err(BadKeySet::TooLong);
        }
        let set = json::object(text).map_err(|_| BadKeySet::Malformed)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(BadKeySet::Malformed)?;
        if keys.len() > MAX_KEYS {
            return Err(BadKeySet::TooMany);
        }
        let mut known = HashMap::new();
        for (name, key) in keys.iter().filter_map(|key| usable(key.as_object()?)) {
            if known.insert(name, Arc::new(key)).is_some() {
                return Err(BadKeySet::SameName);
            }
        }
        if known.is_empty() { Err(BadKeySet::NoneUsable) } else { Ok(Self(known)) }
    }

    /// The key of a name, compared exactly.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<Arc<VerificationKey>> {
        self.0.get(kid).cloned()
    }
}

impl VerificationKey {
    /// A key for whatever algorithm it fits.
    #[must_use]
    pub fn of(key: &PublicJwk) -> Option<Self> {
        Some(Self { key: PublicKey::from_jwk(key).ok()?, algorithm: None })
    }

    /// The key of a certificate, for whatever algorithm it fits.
    #[must_use]
    pub fn of_certificate(certificate: &x509::CertificateFacts) -> Option<Self> {
        Some(Self { key: PublicKey::of_certificate(&certificate.public_key).ok()?, algorithm: None })
    }

    /// Whether a message has a signature of this key under an algorithm that it is for.
    #[must_use]
    pub fn verifies(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let meant = self.algorithm.is_none_or(|own| own == algorithm);
        // The algorithm is of the token's choice, the type of the key is not: they must fit.
        meant && self.key.verify_message(algorithm, message, signature) == Ok(true)
    }
}

fn usable(jwk: &Map<String, Value>) -> Option<(Box<str>, VerificationKey)> {
    let kid = jwk.get("kid")?.as_str().filter(|kid| !kid.is_empty())?;
    let signs = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let verifies = |operations: &Value| operations.as_array().is_some_and(|list| list.iter().any(|op| op == "verify"));
    if !signs || !jwk.get("key_ops").is_none_or(verifies) {
        return None;
    }
    let algorithm = match jwk.get("alg") {
        None => None,
        Some(name) => Some(name.as_str().and_then(algorithm)?),
    };
    Some((kid.into(), VerificationKey { key: key(jwk)?, algorithm }))
}

/// The key of its numbers; of its certificate if it has none, as Azure's attestation service publishes its keys.
fn key(jwk: &Map<String, Value>) -> Option<PublicKey> {
    let by_number = match jwk.get("kty")?.as_str()? {
        "RSA" if jwk.contains_key("n") => PublicJwk::Rsa { n: number(jwk, "n")?, e: number(jwk, "e")? },
        "EC" if jwk.contains_key("x") => {
            let curve = jwk.get("crv")?.as_str()?.parse().ok().filter(|curve| *curve != Curve::P256K)?;
            PublicJwk::Ec { curve, x: number(jwk, "x")?, y: number(jwk, "y")? }
        }
        "RSA" | "EC" => return certified(jwk),
        _ => return None,
    };
    PublicKey::from_jwk(&by_number).ok()
}

/// The key of the first certificate. Who issued it is not asked: the set is trusted, not its certificates.
fn certified(jwk: &Map<String, Value>) -> Option<PublicKey> {
    let first = jwk.get("x5c")?.as_array()?.first()?.as_str()?;
    let certificate = x509::parse_certificate(&STANDARD.decode(first).ok()?).ok()?;
    PublicKey::of_certificate(&certificate.public_key).ok()
}

fn number(jwk: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    base64url::decode(jwk.get(name)?.as_str()?)
}

/// The algorithms that tokens of others may be signed with: no symmetric ones, and never none.
#[must_use]
pub fn algorithm(name: &str) -> Option<SignatureAlgorithm> {
    use SignatureAlgorithm as Alg;
    let algorithm = name.parse().ok()?;
    match algorithm {
        Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512 => Some(algorithm),
        Alg::Es256 | Alg::Es384 | Alg::Es512 => Some(algorithm),
        Alg::Es256k | Alg::RsNull | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => None,
    }
}

const MAX_KEYS: usize = 100;

#[cfg(test)]
mod tests {
    use portcullis_model::{KeySpec, RsaSize, UnixTime};
    use serde_json::json;

    use super::*;
    use crate::SystemRandom;
    use crate::material::KeyMaterial;
    use crate::x509::{CertificateSpec, SubjectNames, ValidityMonths, self_sign};

    fn ec() -> Value {
        let key = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &SystemRandom::new()).unwrap();
        let PublicJwk::Ec { x, y, .. } = key.public() else { panic!("an EC key") };
        json!({"kid": "k", "kty": "EC", "crv": "P-256", "x": base64url::encode(&x), "y": base64url::encode(&y)})
    }

    fn parse(keys: &Value) -> Result<KeySet, BadKeySet> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn with(mut key: Value, member: &str, value: Value) -> Value {
        key[member] = value;
        key
    }

    #[test]
    fn keys_are_found_by_their_exact_name() {
        let keys = parse(&json!([{"kty": "unknown"}, 1, with(ec(), "kid", json!("K")), ec()])).unwrap();
        assert!(keys.find("k").is_some() && keys.find("K").is_some());
        assert!(keys.find("").is_none() && keys.find("k ").is_none());
    }

    #[test]
    fn keys_that_are_not_for_signatures_are_left_out() {
        let numbers = |n: &[u8]| json!({"kid": "k", "kty": "RSA", "n": base64url::encode(n), "e": "AQAB"});
        for key in [
            with(ec(), "kid", json!("")),
            with(ec(), "kid", json!(1)),
            with(ec(), "use", json!("enc")),
            with(ec(), "key_ops", json!(["sign"])),
            with(ec(), "key_ops", json!("verify")),
            with(ec(), "alg", json!("HS256")),
            with(ec(), "alg", json!("none")),
            with(ec(), "crv", json!("P-384")),
            with(ec(), "crv", json!("P-256K")),
            with(ec(), "x", json!("AAAA")),
            with(ec(), "x", json!("not base64url")),
            json!({"kid": "k", "kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA"}),
            numbers(&[0xff; 128]),
            json!({"kid": "k", "kty": "RSA", "x5c": ["AAAA"]}),
            json!({"kid": "k", "kty": "RSA"}),
        ] {
            assert_eq!(parse(&json!([key])).map(drop), Err(BadKeySet::NoneUsable), "{key}");
        }
        assert!(parse(&json!([with(with(ec(), "use", json!("sig")), "key_ops", json!(["verify"]))])).is_ok());
    }

    #[test]
    fn a_key_without_numbers_is_that_of_its_first_certificate() {
        let validity = ValidityMonths::new(12).unwrap();
        let spec = CertificateSpec::new("CN=attest".parse().unwrap(), SubjectNames::default(), validity).unwrap();
        for (kty, key_spec, algorithm) in [
            ("RSA", KeySpec::Rsa(RsaSize::Rsa2048), SignatureAlgorithm::Rs256),
            ("EC", KeySpec::Ec(Curve::P256), SignatureAlgorithm::Es256),
        ] {
            let random = SystemRandom::new();
            let key = KeyMaterial::generate(key_spec, &random).unwrap();
            let now = UnixTime(1_795_000_000);
            let certificate = self_sign(&spec, &key.to_pkcs8().unwrap(), now, &random).unwrap();
            let signature = key.sign(algorithm, &crate::sha256(b"message")).unwrap();
            let x5c = [STANDARD.encode(certificate.as_bytes()), "no certificate".to_owned()];
            let set = parse(&json!([{"kid": "k", "kty": kty, "x5c": x5c}])).unwrap();
            let public = set.find("k").unwrap();
            assert!(public.verifies(algorithm, b"message", &signature), "{kty}");
            assert!(!public.verifies(algorithm, b"another", &signature), "{kty}");
        }
    }

    #[test]
    fn sets_that_are_none_are_refused() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(KeySet::parse(text.as_bytes()).map(drop), Err(BadKeySet::Malformed), "{text}");
        }
        assert_eq!(parse(&json!([ec(), ec()])).map(drop), Err(BadKeySet::SameName));
        assert_eq!(parse(&json!(vec![ec(); 101])).map(drop), Err(BadKeySet::TooMany));
        assert_eq!(KeySet::parse(&[b' '; KeySet::MAX_BYTES + 1]).map(drop), Err(BadKeySet::TooLong));
    }

    #[test]
    fn a_key_verifies_under_the_algorithm_that_it_is_for() {
        let key = KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa2048), &SystemRandom::new()).unwrap();
        let PublicJwk::Rsa { n, e } = key.public() else { panic!("an RSA key") };
        let jwk = json!({"kid": "k", "kty": "RSA", "n": base64url::encode(&n), "e": base64url::encode(&e)});
        let signature = key.sign(SignatureAlgorithm::Ps256, &crate::sha256(b"message")).unwrap();
        let verifies = |jwk: Value, algorithm| {
            parse(&json!([jwk])).unwrap().find("k").unwrap().verifies(algorithm, b"message", &signature)
        };
        assert!(verifies(jwk.clone(), SignatureAlgorithm::Ps256));
        assert!(verifies(with(jwk.clone(), "alg", json!("PS256")), SignatureAlgorithm::Ps256));
        assert!(!verifies(with(jwk.clone(), "alg", json!("RS256")), SignatureAlgorithm::Ps256));
        assert!(!verifies(jwk.clone(), SignatureAlgorithm::Rs256));
        assert!(!verifies(jwk, SignatureAlgorithm::Es256), "an algorithm of another type of key");
    }
}
