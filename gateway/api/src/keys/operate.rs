//! The bodies of the cryptographic operations: `POST /keys/{name}[/{version}]/{operation}`.

use std::str::FromStr;

use portcullis_model::SecretText;
use portcullis_model::keys::{CipherInput, KeyCall, KeyChoice, PlainInput, PrivateBytes};
use serde::Deserialize;

use crate::ApiError;
use crate::json::{self, Member, WrongType};
use crate::member::{invalid, private, public, required, unreadable};

/// The greatest value of a key operation, in bytes. Symmetric ciphers would take more; the reference's bodies are
/// bounded too.
pub(crate) const MAX_VALUE_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    alg: Member<String>,
    #[serde(default)]
    value: Member<SecretText>,
    #[serde(default)]
    digest: Member<SecretText>,
    #[serde(default)]
    iv: Member<SecretText>,
    #[serde(default)]
    tag: Member<SecretText>,
    #[serde(default)]
    aad: Member<SecretText>,
}

/// What all operations have: the algorithm and the value.
struct Given<A> {
    algorithm: A,
    value: PrivateBytes,
    rest: Rest,
}

struct Rest {
    digest: Member<SecretText>,
    iv: Member<SecretText>,
    tag: Member<SecretText>,
    aad: Member<SecretText>,
}

fn given<A: FromStr>(body: &[u8]) -> Result<Given<A>, ApiError> {
    let Body { alg, value, digest, iv, tag, aad } = json::parse(body).map_err(unreadable)?;
    let algorithm = alg.optional().map_err(invalid("alg"))?.ok_or_else(required("alg"))?;
    let algorithm = algorithm.parse().map_err(|_| invalid("alg")(WrongType))?;
    let value = private(value, "value")?.ok_or_else(required("value"))?;
    if value.len() > MAX_VALUE_BYTES {
        return Err(invalid("value")(WrongType));
    }
    Ok(Given { algorithm, value: PrivateBytes::new(value), rest: Rest { digest, iv, tag, aad } })
}

impl<A> Given<A> {
    fn public_value(&self) -> Vec<u8> {
        self.value.expose().to_vec()
    }
}

pub(crate) fn encrypt(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let Given { algorithm, value, rest } = given(body)?;
    let input = PlainInput { value, iv: public(rest.iv, "iv")?, aad: public(rest.aad, "aad")? };
    Ok(KeyCall::Encrypt { key, algorithm, input })
}

pub(crate) fn decrypt(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let given = given(body)?;
    let value = given.public_value();
    let Given { algorithm, rest, .. } = given;
    let (iv, tag, aad) = (public(rest.iv, "iv")?, public(rest.tag, "tag")?, public(rest.aad, "aad")?);
    Ok(KeyCall::Decrypt { key, algorithm, input: CipherInput { value, iv, tag, aad } })
}

pub(crate) fn wrap(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let Given { algorithm, value, .. } = given(body)?;
    Ok(KeyCall::WrapKey { key, algorithm, value })
}

pub(crate) fn unwrap(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let given = given(body)?;
    let value = given.public_value();
    Ok(KeyCall::UnwrapKey { key, algorithm: given.algorithm, value })
}

pub(crate) fn sign(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let given = given(body)?;
    let digest = given.public_value();
    Ok(KeyCall::Sign { key, algorithm: given.algorithm, digest })
}

/// Here the digest is `digest`, and `value` the signature.
pub(crate) fn verify(key: KeyChoice, body: &[u8]) -> Result<KeyCall, ApiError> {
    let given = given(body)?;
    let signature = given.public_value();
    let digest = public(given.rest.digest, "digest")?.ok_or_else(required("digest"))?;
    Ok(KeyCall::Verify { key, algorithm: given.algorithm, digest, signature })
}
