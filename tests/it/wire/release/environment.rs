//! Attestation authorities and environments for tests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_crypto::material::{KeyMaterial, PrivateJwk, PublicJwk};
use portcullis_crypto::{SystemRandom, sha256};
use portcullis_model::{Clock as _, Curve, KeySpec, ManualClock, RsaSize, SignatureAlgorithm, WrapAlgorithm};
use serde_json::{Value, json};

/// The issuer that test gateways trust.
pub(super) const ISSUER: &str = "https://attest.example";

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A policy of the conditions for `ISSUER`.
pub(super) fn policy(conditions: &Value) -> Value {
    json!({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": conditions}]})
}

/// The numbers of a JSON Web Key.
pub(super) fn jwk_of(key: &Value) -> PublicJwk {
    let number = |name: &str| decode(key[name].as_str().unwrap());
    match key["kty"].as_str().unwrap() {
        "RSA" => PublicJwk::Rsa { n: number("n"), e: number("e") },
        "EC" => {
            let curve: Curve = key["crv"].as_str().unwrap().parse().unwrap();
            PublicJwk::Ec { curve, x: number("x"), y: number("y") }
        }
        other => panic!("{other}"),
    }
}

/// A symmetric key of its bytes.
pub(super) fn oct(bytes: &[u8]) -> KeyMaterial {
    KeyMaterial::import(&PrivateJwk::Oct { k: bytes }).unwrap()
}

fn told(key: &KeyMaterial) -> Value {
    match key.public() {
        PublicJwk::Rsa { n, e } => json!({"kty": "RSA", "n": encode(&n), "e": encode(&e)}),
        PublicJwk::Ec { curve, x, y } => {
            json!({"kty": "EC", "crv": curve.as_str(), "x": encode(&x), "y": encode(&y)})
        }
        PublicJwk::Oct => panic!("a public key"),
    }
}

/// An authority with one key.
pub(super) struct Authority {
    key: KeyMaterial,
    kid: &'static str,
    algorithm: SignatureAlgorithm,
}

impl Authority {
    pub(super) fn ec(kid: &'static str) -> Self {
        let key = KeyMaterial::generate(KeySpec::Ec(Curve::P256), &SystemRandom::new()).unwrap();
        Self { key, kid, algorithm: SignatureAlgorithm::Es256 }
    }

    pub(super) fn rsa(kid: &'static str, algorithm: SignatureAlgorithm) -> Self {
        let key = KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa2048), &SystemRandom::new()).unwrap();
        Self { key, kid, algorithm }
    }

    /// Its public key with its name.
    pub(super) fn jwk(&self) -> Value {
        let mut key = told(&self.key);
        key["kid"] = self.kid.into();
        key
    }

    pub(super) fn jwks(&self) -> Value {
        json!({"keys": [self.jwk()]})
    }

    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm.as_str(), "kid": self.kid, "typ": "JWT"})
    }

    pub(super) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    /// Signs whatever the header says.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let signature = self.key.sign(self.algorithm, &sha256(text.as_bytes())).unwrap();
        format!("{text}.{}", encode(&signature))
    }
}

/// An environment with an RSA key of its own.
pub(super) struct Enclave(KeyMaterial);

impl Enclave {
    pub(super) fn new() -> Self {
        Self(KeyMaterial::generate(KeySpec::Rsa(RsaSize::Rsa2048), &SystemRandom::new()).unwrap())
    }

    /// Its key as the runtime's claims tell it.
    pub(super) fn jwk(&self) -> Value {
        let mut key = told(&self.0);
        key["kid"] = "enclave".into();
        key["key_use"] = "enc".into();
        key
    }

    /// What is claimed of it now, and more.
    pub(super) fn claims(&self, clock: &ManualClock, more: &Value) -> Value {
        let now = clock.now().0;
        let mut claims = json!({
            "iss": ISSUER, "nbf": now, "exp": now + 600, "x-ms-runtime": {"keys": [{"kty": "EC"}, self.jwk()]},
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    /// Unwraps in the two steps of PKCS #11.
    pub(super) fn unwrap(&self, enc: &str, wrapped: &[u8]) -> Vec<u8> {
        let oaep = match enc {
            "CKM_RSA_AES_KEY_WRAP" => WrapAlgorithm::RsaOaep,
            "RSA_AES_KEY_WRAP_256" => WrapAlgorithm::RsaOaep256,
            other => panic!("{other}"),
        };
        let (between, rest) = wrapped.split_at(256);
        let between = oct(&self.0.unwrap(oaep, between).unwrap());
        between.unwrap(WrapAlgorithm::CkmAesKeyWrapPad, rest).unwrap().to_vec()
    }
}
