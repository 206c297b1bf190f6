//! CreateKey: the body of `POST /keys/{name}/create`.

use std::collections::BTreeMap;

use portcullis_model::keys::{KeyCall, KeyProperties};
use portcullis_model::{Curve, KeySpec, KeyType, ObjectName, OctSize, RsaSize};
use serde::Deserialize;

use super::properties::{ReleasePolicyBody, key_ops, key_type, release_policy};
use crate::ApiError;
use crate::json::{self, Member, Object, WrongType};
use crate::member::{AttributesBody, attributes, invalid, required, tags, unreadable};

#[derive(Debug, Deserialize)]
struct Body {
    #[serde(default)]
    kty: Member<String>,
    #[serde(default)]
    key_size: Member<i64>,
    #[serde(default)]
    public_exponent: Member<i64>,
    #[serde(default)]
    crv: Member<String>,
    #[serde(default)]
    key_ops: Member<Vec<Member<String>>>,
    #[serde(default)]
    attributes: Member<Object<AttributesBody>>,
    #[serde(default)]
    release_policy: Member<Object<ReleasePolicyBody>>,
    #[serde(default)]
    tags: Member<BTreeMap<String, String>>,
}

pub(crate) fn parse(name: ObjectName, body: &[u8]) -> Result<KeyCall, ApiError> {
    let body: Body = json::parse(body).map_err(unreadable)?;
    let spec = spec(body.kty, body.key_size, body.crv)?;
    // Other exponents are for managed HSMs (wire contract, section 10.1).
    let exponent = body.public_exponent.optional().map_err(invalid("public_exponent"))?;
    if exponent.is_some_and(|exponent| exponent != 65_537 && exponent != 0) {
        return Err(invalid("public_exponent")(WrongType));
    }
    let given = attributes(body.attributes)?;
    let properties = KeyProperties {
        operations: key_ops(body.key_ops, "key_ops")?,
        attributes: given.changes,
        exportable: given.exportable.unwrap_or_default(),
        release_policy: release_policy(body.release_policy)?,
        tags: tags(body.tags)?.unwrap_or_default(),
    };
    Ok(KeyCall::Create { name, spec, properties })
}

/// The kind of key, with the defaults of the wire contract, section 10.1.
fn spec(kty: Member<String>, size: Member<i64>, crv: Member<String>) -> Result<KeySpec, ApiError> {
    let key_type = key_type(kty, "kty")?;
    let size = size.optional().map_err(invalid("key_size"))?;
    let bits = size.map(|size| usize::try_from(size).map_err(|_| invalid("key_size")(WrongType))).transpose()?;
    let wrong = || invalid("key_size")(WrongType);
    match key_type {
        KeyType::Rsa => {
            let size = bits.map_or(Ok(RsaSize::Rsa2048), |bits| RsaSize::from_bits(bits).ok_or_else(wrong))?;
            Ok(KeySpec::Rsa(size))
        }
        KeyType::Oct => {
            let size = bits.ok_or_else(required("key_size"))?;
            OctSize::from_bits(size).map(KeySpec::Oct).ok_or_else(wrong)
        }
        KeyType::Ec => {
            let crv = crv.optional().map_err(invalid("crv"))?;
            let curve = crv.map_or(Ok(Curve::P256), |crv| crv.parse().map_err(|_| invalid("crv")(WrongType)))?;
            Ok(KeySpec::Ec(curve))
        }
    }
}
